/**
 * The story of one decision about one coin, told from the run's tables:
 *
 * 1. `marketSteps`: what the market showed (close, how many bars).
 * 2. `targetSteps`: whether the coin was a target, at which rank, with which score.
 * 3. `carriedOut` (why-order.ts): the refusal, or the order, its fills, its life and its end; once a market.
 */
import type { StoredRun } from '../datasets/runs.ts';
import type { Table } from '../engine/journal/tables.ts';
import { hourMs } from '../engine/panel/hours.ts';
import { closeAt, hourAt, isListed, type Panel } from '../engine/panel/panel.ts';
import { numbers, texts } from './columns.ts';
import { minute, money, percent, plural, price } from './format.ts';
import { sideName } from './groups.ts';
import { exitClause } from './reasons.ts';
import { known, rowsAt, type Step } from './step.ts';
import { type FillRow, type JoinedTrades, readTrades } from './trades.ts';
import { carriedOut, renamesOf, type Wish } from './why-order.ts';

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
  const rows = targetRows(targets, at);
  const joined = await readTrades(run);
  const tables = {
    orders: await run.table('orders'),
    funding: await run.table('funding'),
    events: await run.table('account_events'),
  };
  const total = numbers(decisions, 'targets')[decision]!;
  const stories = rows.map((row) => ({
    target: targetStep(targets, row, at.symbol, total),
    carried: carriedOut(wishOf(targets, row), joined, tables, panel),
  }));
  const entered = stories.some(({ carried }) => carried.some(({ step }) => step === 'fill'));
  const [first, ...others] = stories;
  return {
    steps: [
      ...marketSteps(panel, at),
      ...decisionSteps(decisions, decision, at.timeMs),
      first?.target ?? notTarget(targets, at, total),
      ...(entered ? [] : heldSteps(joined, tables.events, at)),
      ...(first?.carried ?? []),
      ...others.flatMap(({ target, carried }) => [target, ...carried]),
    ],
  };
}

function wishOf(targets: Table, row: number): Wish {
  return {
    timeMs: numbers(targets, 'time')[row]!,
    symbol: texts(targets, 'symbol')[row] ?? '',
    market: texts(targets, 'market')[row] ?? 'usdm',
    side: numbers(targets, 'side')[row]!,
    outcome: texts(targets, 'outcome')[row] ?? '',
    refusal: texts(targets, 'refusal')[row] ?? null,
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

function targetStep(targets: Table, row: number, symbol: string, total: number): Step {
  const side = numbers(targets, 'side')[row]!;
  const rank = numbers(targets, 'rank')[row]!;
  const score = numbers(targets, 'score')[row]!;
  const notional = numbers(targets, 'notional')[row]!;
  const market = texts(targets, 'market')[row] ?? 'usdm';
  const scored = Number.isFinite(score) ? `, with score ${scoreText(score)}` : '';
  const size = Number.isFinite(notional) ? ` for ${money(notional)}` : '';
  const wish = side === 0 ? 'to be closed' : `wanted ${sideName(side)}${size}`;
  return {
    step: 'target',
    text: `${symbol} was target ${rank + 1} of ${total}${scored}: ${wish}${market === 'spot' ? ', on the spot market' : ''}.`,
    values: { rank, targets: total, side, market, score: known(score), notional: known(notional) },
  };
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
  { trades, open }: JoinedTrades,
  events: Table,
  at: { readonly timeMs: number; readonly symbol: string },
): Step[] {
  const held = trades.find(
    (trade) => trade.symbol === at.symbol && trade.entryMs < at.timeMs && trade.exitMs >= at.timeMs,
  );
  if (held === undefined) {
    const entry = open.find(
      (fill) => fill.timeMs < at.timeMs && nameAt(events, fill, at.timeMs) === at.symbol,
    );
    if (entry === undefined) return [];
    const text = `It was held ${sideName(entry.side)} at that time: entered ${minute(entry.timeMs)} UTC, still open when the run ended.`;
    return [{ step: 'held', text, values: { side: entry.side, entryMs: entry.timeMs, exitMs: null } }];
  }
  return [
    {
      step: 'held',
      text: `It was held ${sideName(held.side)} at that time: entered ${minute(held.entryMs)} UTC, left ${minute(held.exitMs)} UTC ${exitClause(held.exitReason)}.`,
      values: { side: held.side, entryMs: held.entryMs, exitMs: held.exitMs },
    },
  ];
}

function nameAt(events: Table, entry: FillRow, timeMs: number): string {
  return renamesOf(events, entry, timeMs).at(-1)?.name ?? entry.symbol;
}

function targetRows(targets: Table, at: { readonly timeMs: number; readonly symbol: string }): number[] {
  const symbol = texts(targets, 'symbol');
  return rowsAt(targets, at.timeMs).filter((row) => symbol[row] === at.symbol);
}

function rowAt(table: Table, timeMs: number): number {
  return numbers(table, 'time').indexOf(timeMs);
}

function scoreText(score: number): string {
  return score.toFixed(4).replace('-', '−');
}
