/**
 * The story of one decision about one coin, told from the run's tables:
 *
 * 1. `marketSteps`: what the market showed (close, how many bars).
 * 2. `targetSteps`: whether the coin was a target, at which rank, with which score.
 * 3. `orderSteps`: the refusal, or the order and its fill.
 * 4. `holdingSteps`: stop and target levels, funding.
 * 5. `endSteps`: how it ended, how far beyond the stop, what was left.
 */
import type { StoredRun } from '../datasets/runs.ts';
import type { Table } from '../engine/journal/tables.ts';
import { hourMs } from '../engine/panel/hours.ts';
import { closeAt, hourAt, isListed, type Panel } from '../engine/panel/panel.ts';
import { numbers, texts } from './columns.ts';
import { minute, money, percent, plural, price } from './format.ts';
import { sideName } from './groups.ts';
import { GAP_MIN, type StopRow, stopRows } from './stops.ts';
import { type FillRow, readTrades, type TradeRow } from './trades.ts';

export interface Step {
  /** Kebab-case name of the stage. */
  readonly step: string;
  /** A plain sentence with its figures. */
  readonly text: string;
  readonly values: Readonly<Record<string, number | string | null>>;
}

export interface Story {
  readonly steps: readonly Step[];
}

/** The story of what was decided about `symbol` at `timeMs`. Without a panel the closes are left out. */
export async function why(
  run: StoredRun,
  panel: Panel | null,
  at: { readonly timeMs: number; readonly symbol: string },
): Promise<Story> {
  const decisions = await run.table('decisions');
  const decision = rowAt(decisions, at.timeMs);
  if (decision < 0) return { steps: [...marketSteps(panel, at), noDecision(decisions, at.timeMs)] };
  const targets = await run.table('targets');
  const target = targetRow(targets, at);
  const { trades, fills } = await readTrades(run);
  const entry = fills.find(
    (fill) => fill.leg === 'entry' && fill.symbol === at.symbol && fill.decidedMs === at.timeMs,
  );
  const trade = trades.find((row) => row.entryFill === entry && entry !== undefined) ?? null;
  const order = orderOf(await run.table('orders'), at);
  return {
    steps: [
      ...marketSteps(panel, at),
      ...decisionSteps(decisions, decision, at.timeMs),
      ...targetSteps(targets, target, at, decisions, decision),
      ...(entry === undefined ? heldSteps(trades, at) : []),
      ...orderSteps(targets, target, order, entry ?? null),
      ...(entry === undefined ? [] : holdingSteps(entry, order, trade, await run.table('funding'))),
      ...(entry === undefined ? [] : endSteps(trade, panel)),
    ],
  };
}

function marketSteps(panel: Panel | null, at: { readonly timeMs: number; readonly symbol: string }): Step[] {
  if (panel === null) return [];
  const coin = panel.symbols.indexOf(at.symbol);
  if (coin < 0) {
    const text = `The dataset has no coin ${at.symbol}. Names are case-sensitive, as the venue writes them.`;
    return [{ step: 'market', text, values: { close: null } }];
  }
  const hour = Math.floor(hourAt(panel, at.timeMs)) - 1;
  const last = hour >= 0 && hour < panel.hours ? closeAt(panel, coin, hour) : Number.NaN;
  if (Number.isNaN(last)) {
    const why = isListed(panel, coin, hour)
      ? 'was listed but had no bar (a halt or a hole)'
      : 'was not listed';
    return [
      {
        step: 'market',
        text: `In the hour that ended at ${minute(at.timeMs)} UTC, ${at.symbol} ${why}.`,
        values: { close: null },
      },
    ];
  }
  const dayBack = hour - 24 >= 0 ? closeAt(panel, coin, hour - 24) : Number.NaN;
  const change = last / dayBack - 1;
  const moved = Number.isNaN(change) ? '' : `, ${percent(change, { signed: true })} over 24 hours`;
  return [
    {
      step: 'market',
      text: `The newest closed bar of ${at.symbol} (${minute(timeOf(panel, hour))} UTC) ended at ${price(last)}${moved}.`,
      values: { close: last, change24h: known(change) },
    },
  ];
}

function timeOf(panel: Panel, hour: number): number {
  return panel.startMs + hour * hourMs;
}

function noDecision(decisions: Table, timeMs: number): Step {
  const time = numbers(decisions, 'time');
  const before = Array.from(time)
    .filter((value) => value < timeMs)
    .at(-1);
  const after = Array.from(time).find((value) => value > timeMs);
  const near = [before, after].filter((value) => value !== undefined).map((value) => `${minute(value)} UTC`);
  return {
    step: 'decision',
    text: `Nothing was decided at ${minute(timeMs)} UTC. ${near.length === 0 ? 'The run has no decisions.' : `The nearest decisions: ${near.join(' and ')}.`}`,
    values: { before: before ?? null, after: after ?? null },
  };
}

function decisionSteps(decisions: Table, row: number, timeMs: number): Step[] {
  const equity = numbers(decisions, 'equity')[row]!;
  const positions = numbers(decisions, 'positions')[row]!;
  const skipped = texts(decisions, 'skipped')[row] ?? null;
  const text =
    skipped === null
      ? `At ${minute(timeMs)} UTC the account stood at ${money(equity)} with ${plural(positions, 'open position')}.`
      : `At ${minute(timeMs)} UTC nothing could be decided: ${skipped}.`;
  return [{ step: 'account', text, values: { equity, positions, skipped } }];
}

function targetSteps(
  targets: Table,
  row: number,
  at: { readonly timeMs: number; readonly symbol: string },
  decisions: Table,
  decision: number,
): Step[] {
  const total = numbers(decisions, 'targets')[decision]!;
  if (row < 0) return [notTarget(targets, at, total)];
  const side = numbers(targets, 'side')[row]!;
  const rank = numbers(targets, 'rank')[row]!;
  const score = numbers(targets, 'score')[row]!;
  const notional = numbers(targets, 'notional')[row]!;
  const scored = Number.isFinite(score) ? `, with score ${scoreText(score)}` : '';
  const wish = side === 0 ? 'to be closed' : `wanted ${sideName(side)} for ${money(notional)}`;
  return [
    {
      step: 'target',
      text: `${at.symbol} was target ${rank + 1} of ${total}${scored}: ${wish}.`,
      values: { rank, targets: total, side, score: known(score), notional: known(notional) },
    },
  ];
}

/** Ranks are given within the targets, for the tables hold no other scores. */
function notTarget(
  targets: Table,
  at: { readonly timeMs: number; readonly symbol: string },
  total: number,
): Step {
  const rows = rowsAt(targets, at.timeMs);
  const side = numbers(targets, 'side');
  const score = numbers(targets, 'score');
  const scores = (which: number) =>
    rows.filter((row) => side[row] === which && Number.isFinite(score[row]!)).map((row) => score[row]!);
  const longs = scores(1);
  const shorts = scores(-1);
  const context = [
    longs.length > 0
      ? `longs had scores from ${scoreText(Math.min(...longs))} to ${scoreText(Math.max(...longs))}`
      : '',
    shorts.length > 0
      ? `shorts from ${scoreText(Math.min(...shorts))} to ${scoreText(Math.max(...shorts))}`
      : '',
  ].filter((text) => text !== '');
  const said =
    context.length === 0
      ? ''
      : ` The ${context.join(', ')}; the strategy gives no reason for what it leaves out.`;
  return {
    step: 'target',
    text: `${at.symbol} was not among the ${plural(total, 'target')}.${said}`,
    values: {
      targets: total,
      longScoreMin: longs.length > 0 ? Math.min(...longs) : null,
      shortScoreMax: shorts.length > 0 ? Math.max(...shorts) : null,
    },
  };
}

function heldSteps(
  trades: readonly TradeRow[],
  at: { readonly timeMs: number; readonly symbol: string },
): Step[] {
  const held = trades.find(
    (trade) => trade.symbol === at.symbol && trade.entryMs < at.timeMs && trade.exitMs >= at.timeMs,
  );
  if (held === undefined) return [];
  return [
    {
      step: 'held',
      text: `It was held ${sideName(held.side)} at that time: entered ${minute(held.entryMs)} UTC, left ${minute(held.exitMs)} UTC by ${held.exitReason}.`,
      values: { side: held.side, entryMs: held.entryMs, exitMs: held.exitMs },
    },
  ];
}

interface OrderRow {
  readonly quantity: number;
  readonly stopLossFraction: number;
  readonly takeProfitFraction: number;
  readonly holdHoursMax: number;
}

function orderSteps(targets: Table, target: number, order: OrderRow | null, entry: FillRow | null): Step[] {
  const steps: Step[] = [];
  const refusal = target < 0 ? null : (texts(targets, 'refusal')[target] ?? null);
  if (refusal !== null) {
    steps.push({
      step: 'refusal',
      text: `It was refused: ${refusal}. No order was sent.`,
      values: { reason: refusal },
    });
  }
  if (order !== null) {
    steps.push({
      step: 'order',
      text: `An entry order for ${price(order.quantity)} units was given.`,
      values: { quantity: order.quantity },
    });
  }
  if (entry !== null) {
    const slipped = entry.slippage / (entry.rawPrice * entry.quantity);
    steps.push({
      step: 'fill',
      text: `It filled ${sideName(entry.side)} at ${minute(entry.timeMs)} UTC at ${price(entry.price)}; the raw price was ${price(entry.rawPrice)}, so slippage cost ${money(entry.slippage)} (${percent(slipped, { digits: 3 })}) and the fee ${money(entry.fee)}.`,
      values: {
        timeMs: entry.timeMs,
        price: entry.price,
        rawPrice: entry.rawPrice,
        quantity: entry.quantity,
        slippage: entry.slippage,
        fee: entry.fee,
      },
    });
  } else if (order !== null && refusal === null) {
    steps.push({ step: 'fill', text: 'The order never filled: the coin had no bar to fill in.', values: {} });
  }
  return steps;
}

function holdingSteps(
  entry: FillRow,
  order: OrderRow | null,
  trade: TradeRow | null,
  funding: Table,
): Step[] {
  const steps: Step[] = [];
  const stop = entry.price * (1 - entry.side * (order?.stopLossFraction ?? Number.NaN));
  const target = entry.price * (1 + entry.side * (order?.takeProfitFraction ?? Number.NaN));
  const hold = order?.holdHoursMax ?? Number.NaN;
  const levels = [
    Number.isNaN(stop)
      ? 'no stop'
      : `a stop at ${price(stop)} (${percent(order?.stopLossFraction ?? 0)} away)`,
    Number.isNaN(target) ? 'no take-profit' : `a take-profit at ${price(target)}`,
    Number.isNaN(hold) ? 'no time limit' : `a time limit of ${plural(hold, 'hour')}`,
  ];
  steps.push({
    step: 'levels',
    text: `It was held with ${levels.slice(0, 2).join(', ')} and ${levels[2]}.`,
    values: { stop: known(stop), target: known(target), holdHoursMax: known(hold) },
  });
  const paid = fundingOf(funding, entry, trade?.exitMs ?? Number.POSITIVE_INFINITY);
  const sense = paid.cash > 0 ? 'received' : 'paid';
  steps.push({
    step: 'funding',
    text:
      paid.charges === 0
        ? 'No funding was charged while it was held: none fell due, or the dataset has no rows for it.'
        : `Funding was charged ${plural(paid.charges, 'time')}: ${money(Math.abs(paid.cash))} ${sense}.`,
    values: paid,
  });
  return steps;
}

function endSteps(trade: TradeRow | null, panel: Panel | null): Step[] {
  if (trade === null) {
    return [{ step: 'end', text: 'The position was still open when the run ended.', values: {} }];
  }
  const exit = trade.exitFill;
  const steps: Step[] = [
    {
      step: 'exit',
      text: `It ended at ${minute(trade.exitMs)} UTC by ${trade.exitReason}, at ${price(trade.exitPrice)}${exit === null ? '' : ` (raw price ${price(exit.rawPrice)}, fee ${money(exit.fee)})`}.`,
      values: {
        timeMs: trade.exitMs,
        reason: trade.exitReason,
        price: trade.exitPrice,
        rawPrice: exit?.rawPrice ?? null,
      },
    },
  ];
  steps.push(...stopRows([trade], panel).map(stopStep));
  const excursions = Number.isFinite(trade.adverse)
    ? ` On the way it was at worst ${percent(trade.adverse, { signed: true })} and at best ${percent(trade.favourable, { signed: true })}.`
    : '';
  steps.push({
    step: 'result',
    text: `Net of ${money(trade.fees)} fees and ${money(trade.funding, true)} funding it ${trade.pnl < 0 ? 'lost' : 'made'} ${money(Math.abs(trade.pnl))} (${percent(trade.netReturn, { signed: true })} of its notional).${excursions}`,
    values: {
      pnl: trade.pnl,
      netReturn: trade.netReturn,
      fees: trade.fees,
      funding: trade.funding,
      mae: known(trade.adverse),
      mfe: known(trade.favourable),
    },
  });
  return steps;
}

function stopStep(stop: StopRow): Step {
  const { level, gap, planned, realised, hourWorst } = stop;
  const losses = `the loss was ${percent(realised)}, planned ${percent(planned)}`;
  const fill =
    gap > GAP_MIN
      ? `The market jumped over the stop at ${price(level)}: the bar opened ${percent(gap)} beyond it, and ${losses}.`
      : `The stop at ${price(level)} was crossed inside the hour and is taken to have filled there: ${losses}.`;
  const hour = Number.isFinite(hourWorst)
    ? ` At the worst price of that hour it would have been ${percent(hourWorst)}.`
    : '';
  return {
    step: 'stop',
    text: fill + hour,
    values: { level, gap, planned, realised, lostBeyond: stop.costBeyond, hourWorst: known(hourWorst) },
  };
}

function fundingOf(
  funding: Table,
  entry: FillRow,
  exitMs: number,
): { readonly charges: number; readonly cash: number } {
  const symbol = texts(funding, 'symbol');
  const time = numbers(funding, 'time');
  const cash = numbers(funding, 'cash');
  let charges = 0;
  let sum = 0;
  for (let row = 0; row < funding.rows; row += 1) {
    if (symbol[row] !== entry.symbol || time[row]! <= entry.timeMs || time[row]! > exitMs) continue;
    charges += 1;
    sum += cash[row]!;
  }
  return { charges, cash: sum };
}

function orderOf(orders: Table, at: { readonly timeMs: number; readonly symbol: string }): OrderRow | null {
  const leg = texts(orders, 'leg');
  const symbol = texts(orders, 'symbol');
  const row = rowsAt(orders, at.timeMs).find(
    (index) => symbol[index] === at.symbol && leg[index] === 'entry',
  );
  if (row === undefined) return null;
  return {
    quantity: numbers(orders, 'quantity')[row]!,
    stopLossFraction: numbers(orders, 'stop_loss_fraction')[row]!,
    takeProfitFraction: numbers(orders, 'take_profit_fraction')[row]!,
    holdHoursMax: numbers(orders, 'hold_hours_max')[row]!,
  };
}

function targetRow(targets: Table, at: { readonly timeMs: number; readonly symbol: string }): number {
  const symbol = texts(targets, 'symbol');
  return rowsAt(targets, at.timeMs).find((row) => symbol[row] === at.symbol) ?? -1;
}

function rowAt(table: Table, timeMs: number): number {
  return numbers(table, 'time').indexOf(timeMs);
}

function rowsAt(table: Table, timeMs: number): number[] {
  const time = numbers(table, 'time');
  return Array.from({ length: table.rows }, (_, row) => row).filter((row) => time[row] === timeMs);
}

function scoreText(score: number): string {
  return score.toFixed(4).replace('-', '−');
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
