/** What became of one target: refused, or ordered, filled, held and ended. */
import type { Table } from '../engine/journal/tables.ts';
import type { Panel } from '../engine/panel/panel.ts';
import { numbers, numbersIfAny, texts } from './columns.ts';
import { minute, money, percent, plural, price } from './format.ts';
import { sideName } from './groups.ts';
import { exitClause, refusalClause } from './reasons.ts';
import { known, rowsAt, type Step } from './step.ts';
import { GAP_MIN, type StopRow, stopRows } from './stops.ts';
import type { FillRow, JoinedTrades, TradeRow } from './trades.ts';

/** A target as the decision gave it, and how it ended. */
export interface Wish {
  readonly timeMs: number;
  readonly symbol: string;
  readonly market: string;
  /** 0: to be closed. */
  readonly side: number;
  readonly outcome: string;
  readonly refusal: string | null;
}

interface OrderRow {
  readonly quantity: number;
  readonly stopLossFraction: number;
  readonly takeProfitFraction: number;
  readonly trailingStopFraction: number;
  readonly holdHoursMax: number;
  readonly leverage: number;
  readonly limitPrice: number;
}

interface Tables {
  readonly orders: Table;
  readonly funding: Table;
  readonly events: Table;
}

export function carriedOut(
  wish: Wish,
  joined: JoinedTrades,
  { orders, funding, events }: Tables,
  panel: Panel | null,
): Step[] {
  const order = orderOf(orders, wish);
  const fills = fillsOf(wish, joined.fills, orders);
  const told = [...refusalSteps(wish), ...(order === null ? [] : [orderStep(wish, order)])];
  if (wish.side === 0) return [...told, ...fills.map(closingStep)];
  const first = fills[0];
  if (first === undefined) {
    if (order === null || wish.refusal !== null) return told;
    const text = 'The order never filled: the coin had no bar to fill in.';
    return [...told, { step: 'fill', text, values: {} }];
  }
  const trades = joined.trades.filter(({ entryFill }) => entryFill !== null && fills.includes(entryFill));
  const isOpen = trades.length === 0 || joined.open.some((entry) => fills.includes(entry));
  const untilMs = isOpen ? Number.POSITIVE_INFINITY : Math.max(...trades.map(({ exitMs }) => exitMs));
  const renames = renamesOf(events, first, untilMs);
  return [
    ...told,
    fillStep(fills, wish, order),
    levelsStep(fills, order),
    ...renames.map(({ step }) => step),
    fundingStep(funding, first, untilMs, [first.symbol, ...renames.map(({ name }) => name)]),
    ...trades.flatMap((trade) => endSteps(trade, panel)),
    ...(isOpen ? [openStep(trades.length > 0)] : []),
  ];
}

function orderOf(orders: Table, { timeMs, symbol, market, side }: Wish): OrderRow | null {
  const [symbols, markets, leg] = [texts(orders, 'symbol'), texts(orders, 'market'), texts(orders, 'leg')];
  const row = rowsAt(orders, timeMs).find(
    (index) =>
      symbols[index] === symbol &&
      markets[index] === market &&
      leg[index] === (side === 0 ? 'exit' : 'entry'),
  );
  if (row === undefined) return null;
  return {
    quantity: numbers(orders, 'quantity')[row]!,
    stopLossFraction: numbers(orders, 'stop_loss_fraction')[row]!,
    takeProfitFraction: numbers(orders, 'take_profit_fraction')[row]!,
    trailingStopFraction: numbersIfAny(orders, 'trailing_stop_fraction')?.[row] ?? Number.NaN,
    holdHoursMax: numbers(orders, 'hold_hours_max')[row]!,
    leverage: numbers(orders, 'leverage')[row]!,
    limitPrice: numbers(orders, 'limit_price')[row]!,
  };
}

/** Fills of the target's order. A resting order names no decision where it fills: it is the newest of its coin before. */
function fillsOf(
  { timeMs, symbol, market, side }: Wish,
  fills: readonly FillRow[],
  orders: Table,
): FillRow[] {
  const leg = side === 0 ? 'exit' : 'entry';
  const own = fills.filter((fill) => fill.symbol === symbol && fill.market === market && fill.leg === leg);
  const nextMs = nextOrderMs(orders, { timeMs, symbol, market, leg });
  return own.filter(
    (fill) =>
      fill.decidedMs === timeMs ||
      (leg === 'entry' && Number.isNaN(fill.decidedMs) && fill.timeMs >= timeMs && fill.timeMs < nextMs),
  );
}

function nextOrderMs(
  orders: Table,
  after: { readonly timeMs: number; readonly symbol: string; readonly market: string; readonly leg: string },
): number {
  const [symbol, market, leg] = [texts(orders, 'symbol'), texts(orders, 'market'), texts(orders, 'leg')];
  const time = numbers(orders, 'time');
  const row = Array.from(time.keys()).find(
    (index) =>
      time[index]! > after.timeMs &&
      symbol[index] === after.symbol &&
      market[index] === after.market &&
      leg[index] === after.leg,
  );
  return row === undefined ? Number.POSITIVE_INFINITY : time[row]!;
}

function refusalSteps({ refusal }: Wish): Step[] {
  if (refusal === null) return [];
  const text = `It was not carried out: ${refusal} (${refusalClause(refusal)}).`;
  return [{ step: 'refusal', text, values: { reason: refusal } }];
}

function orderStep({ side, outcome }: Wish, order: OrderRow): Step {
  const { quantity, leverage, limitPrice } = order;
  const limit = Number.isFinite(limitPrice) ? ` with a limit of ${price(limitPrice)}` : '';
  const levered = Number.isFinite(leverage) && leverage !== 1 ? ` at ${leverage}×` : '';
  const size = Number.isFinite(quantity) ? ` for ${unitsText(quantity)}` : '';
  const withdrew =
    outcome === 'withdrew' ? ' It took back the limit order of the coin that was still resting.' : '';
  return {
    step: 'order',
    text: `An ${side === 0 ? 'exit' : 'entry'} order${size}${limit}${levered} was given.${withdrew}`,
    values: { quantity: known(quantity), limitPrice: known(limitPrice), leverage: known(leverage) },
  };
}

function unitsText(quantity: number): string {
  return `${price(quantity)} ${quantity === 1 ? 'unit' : 'units'}`;
}

function fillStep(fills: readonly FillRow[], wish: Wish, order: OrderRow | null): Step {
  const first = fills[0]!;
  const sum = (of: (fill: FillRow) => number) => fills.reduce((total, fill) => total + of(fill), 0);
  const quantity = sum((fill) => fill.quantity);
  const mean = averagePrice(fills);
  const raw = sum((fill) => fill.quantity * fill.rawPrice) / quantity;
  const [slippage, fee] = [sum((fill) => fill.slippage), sum((fill) => fill.fee)];
  const parts = fills.length === 1 ? '' : ` in ${plural(fills.length, 'fill')}`;
  const cost = first.maker
    ? `it had rested and filled at its limit, without slippage, for a maker fee of ${money(fee)}`
    : `the raw price was ${price(raw)}, so slippage cost ${money(slippage)} (${percent(slippage / (raw * quantity), { digits: 3 })}) and the fee ${money(fee)}`;
  const rest =
    wish.outcome === 'partial' && order !== null
      ? ` Of ${unitsText(order.quantity)} ${price(quantity)} filled; the rest was given up.`
      : '';
  return {
    step: 'fill',
    text: `It filled ${sideName(first.side)} at ${minute(first.timeMs)} UTC at ${price(mean)}${parts}; ${cost}.${rest}`,
    values: {
      timeMs: first.timeMs,
      price: mean,
      rawPrice: raw,
      quantity,
      slippage,
      fee,
      fills: fills.length,
      liquidity: first.maker ? 'maker' : 'taker',
    },
  };
}

function averagePrice(fills: readonly FillRow[]): number {
  if (fills.length === 1) return fills[0]!.price;
  const quantity = fills.reduce((sum, fill) => sum + fill.quantity, 0);
  return fills.reduce((sum, fill) => sum + fill.quantity * fill.price, 0) / quantity;
}

/** What an exit order sold or bought back. */
function closingStep(fill: FillRow): Step {
  return {
    step: 'fill',
    text: `${unitsText(fill.quantity)} ${fill.quantity === 1 ? 'was' : 'were'} closed at ${minute(fill.timeMs)} UTC at ${price(fill.price)}; slippage cost ${money(fill.slippage)}, the fee ${money(fill.fee)}.`,
    values: { timeMs: fill.timeMs, price: fill.price, quantity: fill.quantity, fee: fill.fee },
  };
}

function levelsStep(fills: readonly FillRow[], order: OrderRow | null): Step {
  const { side } = fills[0]!;
  const entry = averagePrice(fills);
  const stop = entry * (1 - side * (order?.stopLossFraction ?? Number.NaN));
  const target = entry * (1 + side * (order?.takeProfitFraction ?? Number.NaN));
  const hold = order?.holdHoursMax ?? Number.NaN;
  const levels = [
    stopText(stop, order),
    Number.isNaN(target) ? 'no take-profit' : `a take-profit at ${price(target)}`,
    Number.isNaN(hold) ? 'no time limit' : `a time limit of ${plural(hold, 'hour')}`,
  ];
  return {
    step: 'levels',
    text: `It was held with ${levels[0]}, ${levels[1]} and ${levels[2]}.`,
    values: {
      stop: known(stop),
      trailingStopFraction: known(order?.trailingStopFraction ?? Number.NaN),
      target: known(target),
      holdHoursMax: known(hold),
    },
  };
}

/** Of a stop and a trailing stop the nearer level holds. */
function stopText(stop: number, order: OrderRow | null): string {
  const trail = order?.trailingStopFraction ?? Number.NaN;
  const trailing = Number.isNaN(trail) ? '' : `a stop trailing ${percent(trail)} behind the best price`;
  if (Number.isNaN(stop)) return trailing === '' ? 'no stop' : trailing;
  const fixed = `a stop at ${price(stop)} (${percent(order?.stopLossFraction ?? 0)} away)`;
  return trailing === '' ? fixed : `${fixed}, ${trailing}`;
}

/** Renames and redenominations of what was held, in order; each begins where the one before has ended. */
export function renamesOf(
  events: Table,
  entry: FillRow,
  untilMs: number,
): { readonly name: string; readonly step: Step }[] {
  const [event, symbol, to] = [texts(events, 'event'), texts(events, 'symbol'), texts(events, 'to_symbol')];
  const [time, amount] = [numbers(events, 'time'), numbers(events, 'amount')];
  const found: { name: string; step: Step }[] = [];
  let name = entry.symbol;
  let lastMs = entry.timeMs;
  for (let row = 0; row < events.rows; row += 1) {
    if (event[row] !== 'redenomination' || symbol[row] !== name) continue;
    // One that both markets held is told twice.
    if (time[row]! <= lastMs || time[row]! > untilMs) continue;
    lastMs = time[row]!;
    name = to[row] ?? name;
    const factor = amount[row]!;
    const text = `At ${minute(lastMs)} UTC it became ${name}: the quantity was divided by ${price(factor)}, entry and levels multiplied by it. Nothing was charged.`;
    found.push({ name, step: { step: 'redenomination', text, values: { timeMs: lastMs, name, factor } } });
  }
  return found;
}

function fundingStep(funding: Table, entry: FillRow, untilMs: number, names: readonly string[]): Step {
  if (entry.market === 'spot') {
    const text = 'A spot position neither pays nor receives funding.';
    return { step: 'funding', text, values: { charges: 0, cash: 0 } };
  }
  const symbol = texts(funding, 'symbol');
  const [time, cash] = [numbers(funding, 'time'), numbers(funding, 'cash')];
  const rows = Array.from(time.keys()).filter(
    (row) => names.includes(symbol[row] ?? '') && time[row]! > entry.timeMs && time[row]! <= untilMs,
  );
  const sum = rows.reduce((total, row) => total + cash[row]!, 0);
  const text =
    rows.length === 0
      ? 'No funding was charged while it was held: none fell due, or the dataset has no rows for it.'
      : `Funding was charged ${plural(rows.length, 'time')}: ${money(Math.abs(sum))} ${sum > 0 ? 'received' : 'paid'}.`;
  return { step: 'funding', text, values: { charges: rows.length, cash: sum } };
}

function openStep(inPart: boolean): Step {
  const text = `${inPart ? 'The rest of the position' : 'The position'} was still open when the run ended.`;
  return { step: 'end', text, values: {} };
}

function endSteps(trade: TradeRow, panel: Panel | null): Step[] {
  const exit = trade.exitFill;
  const steps: Step[] = [
    {
      step: 'exit',
      text: `It ended at ${minute(trade.exitMs)} UTC ${exitClause(trade.exitReason)}, at ${price(trade.exitPrice)}${exit === null ? '' : ` (raw price ${price(exit.rawPrice)}, fee ${money(exit.fee)})`}.`,
      values: {
        timeMs: trade.exitMs,
        reason: trade.exitReason,
        price: trade.exitPrice,
        rawPrice: exit?.rawPrice ?? null,
      },
    },
  ];
  for (const row of stopRows([trade], panel)) {
    steps.push(row.kind === 'stop' ? stopStep(row) : liquidationStep(row, trade));
  }
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
  // A trailing stop may hold a profit.
  const losses =
    planned < 0
      ? `the loss was ${percent(realised)}, planned ${percent(planned)}`
      : `${percent(realised, { signed: true })} was left of ${percent(planned, { signed: true })} at the level`;
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

function liquidationStep(row: StopRow, trade: TradeRow): Step {
  const { level, price: fill, planned, realised } = row;
  const clearanceFee = trade.exitFill?.fee ?? 0;
  const borne =
    trade.insurance > 0 ? ` The insurance fund bore ${money(trade.insurance)} beyond the margin.` : '';
  return {
    step: 'liquidation',
    text: `The mark stood at ${price(level)}, ${percent(planned, { signed: true })} from the entry at ${Number(trade.leverage.toFixed(2))}×, when the margin no longer held it. It was closed by force at ${price(fill)} (${percent(realised, { signed: true })}) for a clearance fee of ${money(clearanceFee)}.${borne}`,
    values: { level, price: fill, planned, realised, clearanceFee, insurance: trade.insurance },
  };
}
