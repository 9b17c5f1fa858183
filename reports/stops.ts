/**
 * What stops and liquidations were to cost, what they did cost, and what they could have cost, by coin and by hour. The
 * level of a stop is its own; that of a liquidation is the mark that set it off.
 *
 * A bar that opens beyond a level fills at its open: that jump is in the fill. A bar that crosses a level inside the hour is
 * taken to fill at the level, and its path is not known; so the worst price of that hour stands beside the fill.
 */
import { op, table } from 'arquero';
import { hourMs } from '../engine/panel/hours.ts';
import { barOffset, HIGH, isPresent, LOW, type Panel } from '../engine/panel/panel.ts';
import type { TradeRow } from './trades.ts';

export interface StopRow {
  /** Open of the bar it filled in, finer bars included. */
  readonly timeMs: number;
  readonly kind: 'stop' | 'liquidation';
  readonly symbol: string;
  readonly side: 1 | -1;
  readonly level: number;
  readonly price: number;
  /** Loss from entry to the level, as a fraction < 0. */
  readonly planned: number;
  /** Loss from entry to the fill, as a fraction. */
  readonly realised: number;
  /** How far the market was beyond the level when the stop could fill: fraction of the level, 0 where it held. */
  readonly gap: number;
  /** Quote currency lost beyond the level, gap and slippage together. */
  readonly costBeyond: number;
  /** Loss from entry to the worst price of the hour in which the stop filled; NaN without bars. */
  readonly hourWorst: number;
  /** Quote currency that a fill at that price would have lost on top; 0 without bars. */
  readonly costHourWorst: number;
}

export function stopRows(trades: readonly TradeRow[], panel: Panel | null): StopRow[] {
  const coinOf = new Map(panel?.symbols.map((symbol, coin) => [symbol, coin]));
  return trades.flatMap((trade) => {
    const fill = trade.exitFill;
    const kind = fill?.exitReason;
    if (fill === null || (kind !== 'stop' && kind !== 'liquidation') || !Number.isFinite(fill.level))
      return [];
    const { side } = trade;
    const worst = worstPrice(panel, coinOf.get(trade.symbol), fill.timeMs, side);
    const more = side * (fill.price - worst) * fill.quantity;
    return [
      {
        timeMs: fill.timeMs,
        kind,
        symbol: trade.symbol,
        side,
        level: fill.level,
        price: fill.price,
        planned: side * (fill.level / trade.entryPrice - 1),
        realised: side * (fill.price / trade.entryPrice - 1),
        gap: Math.max(0, (side * (fill.level - fill.rawPrice)) / fill.level),
        costBeyond: side * (fill.level - fill.price) * fill.quantity,
        hourWorst: side * (worst / trade.entryPrice - 1),
        costHourWorst: Number.isFinite(more) ? Math.max(0, more) : 0,
      },
    ];
  });
}

function worstPrice(panel: Panel | null, coin: number | undefined, timeMs: number, side: 1 | -1): number {
  if (panel === null || coin === undefined) return Number.NaN;
  const hour = Math.floor((timeMs - panel.startMs) / hourMs);
  if (!isPresent(panel, coin, hour)) return Number.NaN;
  return panel.bars[barOffset(panel, coin, hour) + (side === 1 ? LOW : HIGH)]!;
}

/** Gaps below this are rounding. */
export const GAP_MIN = 1e-6;

export interface StopGroup {
  readonly key: string | number;
  readonly stops: number;
  readonly gapped: number;
  readonly coins: number;
  readonly planned: number;
  readonly realised: number;
  readonly worst: number;
  readonly costBeyond: number;
  readonly hourWorst: number;
  readonly costHourWorst: number;
}

/** One row per key; first where fills and the worst prices of their hours cost most together. */
export function groupStops(
  stops: readonly StopRow[],
  keyOf: (stop: StopRow) => string | number,
): StopGroup[] {
  if (stops.length === 0) return [];
  const groups = table({
    key: stops.map(keyOf),
    symbol: stops.map((stop) => stop.symbol),
    gapped: stops.map((stop) => (stop.gap > GAP_MIN ? 1 : 0)),
    planned: stops.map((stop) => stop.planned),
    realised: stops.map((stop) => stop.realised),
    costBeyond: stops.map((stop) => stop.costBeyond),
    hourWorst: stops.map((stop) => stop.hourWorst),
    costHourWorst: stops.map((stop) => stop.costHourWorst),
  })
    .groupby('key')
    .rollup({
      stops: op.count(),
      gapped: op.sum('gapped'),
      coins: op.distinct('symbol'),
      planned: op.mean('planned'),
      realised: op.mean('realised'),
      worst: op.min('realised'),
      costBeyond: op.sum('costBeyond'),
      hourWorst: op.min('hourWorst'),
      costHourWorst: op.sum('costHourWorst'),
    })
    .objects() as StopGroup[];
  return groups.sort((a, b) => b.costBeyond + b.costHourWorst - a.costBeyond - a.costHourWorst);
}

/** The hour that a row belongs to, whatever bar of it filled. */
export function hourOf(stop: StopRow): number {
  return Math.floor(stop.timeMs / hourMs) * hourMs;
}
