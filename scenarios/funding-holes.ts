/**
 * Settlements that the funding record should have and has not. Between two recorded rows of a coin lies a hole where the interval is
 * longer than both its neighbours, or longer than the eight hours that no perpetual exceeds; the missing stamps follow the shorter
 * neighbour.
 */

import {
  addSettlement,
  emptyFunding,
  type FundingRows,
  type Panel,
  type Settlement,
  settlementsOf,
} from '../engine/panel/panel.ts';
import type { Holding } from '../engine/portfolio/holdings.ts';

const INTERVAL_HOURS_MAX = 8;

export interface FundingHole {
  readonly coin: number;
  readonly before: Settlement;
  readonly after: Settlement;
  /** Panel hours of the missing stamps, upward; at least one. */
  readonly stamps: readonly number[];
}

export function fundingHoles(panel: Panel): readonly FundingHole[] {
  return panel.symbols.flatMap((_, coin) => holesOf(panel, coin));
}

function holesOf(panel: Panel, coin: number): FundingHole[] {
  const rows = settlementsOf(panel, coin);
  const gaps = panel.life?.gaps.filter((gap) => gap.coin === coin) ?? [];
  const holes: FundingHole[] = [];
  for (let index = 0; index + 1 < rows.length; index += 1) {
    const before = rows[index]!;
    const after = rows[index + 1]!;
    const earlier = index === 0 ? Number.NaN : before.hour - rows[index - 1]!.hour;
    const later = index + 2 >= rows.length ? Number.NaN : rows[index + 2]!.hour - after.hour;
    const interval = after.hour - before.hour;
    if (!(interval > INTERVAL_HOURS_MAX || (interval > earlier && interval > later))) continue;
    const step = Math.min(INTERVAL_HOURS_MAX, ...[earlier, later].filter(Number.isFinite));
    const stamps: number[] = [];
    for (let hour = before.hour + step; hour < after.hour; hour += step) {
      // Between two lives of one name there is nobody to settle.
      if (!gaps.some(({ fromHour, toHour }) => hour >= fromHour && hour < toHour)) stamps.push(hour);
    }
    if (stamps.length > 0) holes.push({ coin, before, after, stamps });
  }
  return holes;
}

export interface InterpolatedPanel {
  readonly panel: Panel;
  /** Settlements that were made up. */
  readonly count: number;
  isInterpolated(coin: number, hour: number): boolean;
}

/** The panel with every hole filled by the line, in time, between the rates of its two ends; marks of such rows are not known. */
export function interpolated(panel: Panel): InterpolatedPanel {
  const { funding, hours, symbols } = panel;
  const coins = symbols.length;
  const holes = fundingHoles(panel);
  const added = new Set(holes.flatMap(({ coin, stamps }) => stamps.map((hour) => hour * coins + coin)));
  const isInterpolated = (coin: number, hour: number) => added.has(hour * coins + coin);
  if (holes.length === 0) return { panel, count: 0, isInterpolated };
  const stamps = new Set(holes.flatMap((hole) => hole.stamps));
  for (let hour = 0; hour < hours; hour += 1) if (funding.rowOf[hour]! >= 0) stamps.add(hour);
  const filled = emptyFunding(coins, hours, stamps, funding.mark.length > 0);
  copyRows(funding, filled, coins);
  for (const { coin, before, after, stamps: missing } of holes) {
    for (const hour of missing) {
      const share = (hour - before.hour) / (after.hour - before.hour);
      const rate = before.rate + share * (after.rate - before.rate);
      addSettlement(filled, coins, { coin, hour, rate, mark: Number.NaN });
    }
  }
  return { panel: { ...panel, funding: filled }, count: added.size, isInterpolated };
}

function copyRows(from: FundingRows, to: FundingRows, coins: number): void {
  for (const [hour, row] of from.rowOf.entries()) {
    if (row < 0) continue;
    const target = to.rowOf[hour]! * coins;
    to.rate.set(from.rate.subarray(row * coins, (row + 1) * coins), target);
    if (from.mark.length > 0) to.mark.set(from.mark.subarray(row * coins, (row + 1) * coins), target);
  }
}

export interface UncoveredFunding {
  /** Holes that a futures position was held through. */
  readonly holes: number;
  /** The first place at which a settlement was missed; null where none was. */
  readonly first: { readonly coin: number; readonly hour: number } | null;
}

/** Settlements that held positions missed: in holes of the record, and in coins and times without any row. */
export function uncoveredFunding(panel: Panel, stays: readonly Holding[]): UncoveredFunding {
  const futures = stays.filter(({ market }) => market === 'usdm');
  const traded = [...new Set(futures.map(({ coin }) => coin))];
  const recorded = new Map(traded.map((coin) => [coin, settlementsOf(panel, coin)]));
  const holes = new Map(traded.map((coin) => [coin, holesOf(panel, coin)]));
  const met = new Set<FundingHole>();
  let first: { coin: number; hour: number } | null = null;
  for (const { coin, entryHour, exitHour } of futures) {
    const missed: number[] = [];
    for (const hole of holes.get(coin)!) {
      const stamp = hole.stamps.find((hour) => hour > entryHour && hour <= exitHour);
      if (stamp === undefined) continue;
      met.add(hole);
      missed.push(stamp);
    }
    const outside = firstOutside(recorded.get(coin)!, entryHour, exitHour);
    if (outside !== null) missed.push(outside);
    for (const hour of missed) if (first === null || hour < first.hour) first = { coin, hour };
  }
  return { holes: met.size, first };
}

/** The first hour of [entryHour, exitHour) further than the longest interval before the first row or behind the last; null for none. */
function firstOutside(rows: readonly Settlement[], entryHour: number, exitHour: number): number | null {
  const from = rows[0]?.hour ?? Number.POSITIVE_INFINITY;
  const to = rows.at(-1)?.hour ?? Number.POSITIVE_INFINITY;
  if (entryHour + INTERVAL_HOURS_MAX < from) return entryHour;
  const behind = Math.max(entryHour, to + INTERVAL_HOURS_MAX);
  return behind < exitHour ? behind : null;
}
