/** Which rows a training may use: the span it looks at, its decision hours, its coins. */

import { dayMs, hourMs } from '../engine/panel/hours.ts';
import { type Panel, sharedInt32, timeAt } from '../engine/panel/panel.ts';
import type { Rows } from '../engine/panel/rows.ts';
import type { ModelPlan, SizeSpec } from '../engine/signal/model-plan.ts';
import { quantiles } from '../engine/stats/quantiles.ts';
import { TrainingFault } from './faults.ts';

/** Epoch ms UTC, on the hour. */
export interface TrainingWindow {
  /** First decision time that may be a row. */
  readonly fromMs: number;
  /** Last decision time whose label has run its whole life by `toMs`. */
  readonly lastDecisionMs: number;
  /** The retrain's own moment: nothing later is looked at. */
  readonly toMs: number;
}

/**
 * The span of a retrain at `toMs`. Decisions whose label could reach past `toMs` are left out, also where a barrier was met before:
 * those that end early are no fair sample of their hour.
 *
 * @throws TrainingFault `training-refused` where the data hold too little of it
 */
export function trainingWindow(panel: Panel, plan: ModelPlan, toMs: number): TrainingWindow {
  const endMs = timeAt(panel, panel.hours);
  const { count, testDays, embargoHours } = plan.folds;
  const fromMs = Math.max(timeAt(panel, 1), plan.trainDays === null ? 0 : toMs - plan.trainDays * dayMs);
  const lastDecisionMs = toMs - plan.labelHours * hourMs;
  const neededMs = (count * testDays + 1) * dayMs + (plan.labelHours + embargoHours) * hourMs;
  if (toMs % hourMs !== 0 || toMs > endMs || lastDecisionMs - fromMs < neededMs) {
    const days = Math.ceil(neededMs / dayMs + plan.labelHours / 24);
    throw new TrainingFault(
      'training-refused',
      `Nothing can be trained up to ${iso(toMs)}: the data run from ${iso(panel.startMs)} to ${iso(endMs)}, and ${plan.strategy} takes at least ${days} days before a whole hour inside them. Give another --to, or more data.`,
      { faults: [{ path: '--to', message: `${iso(toMs)} leaves too little to train on` }] },
    );
  }
  return { fromMs, lastDecisionMs, toMs };
}

/** `2024-10-01 00:00`, UTC. */
export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
}

/**
 * Panel hours whose close is a decision inside the window, ascending. One decision in `rowStride` is taken, counted from the epoch, so
 * that two windows take the same ones.
 */
export function decisionHours(
  panel: Panel,
  { decisionHoursUtc }: Pick<ModelPlan, 'decisionHoursUtc'>,
  { rowStride }: Pick<SizeSpec, 'rowStride'>,
  { fromMs, lastDecisionMs }: Pick<TrainingWindow, 'fromMs' | 'lastDecisionMs'>,
): Int32Array {
  const byDay = decisionHoursUtc ?? Array.from({ length: 24 }, (_, hour) => hour);
  const hours: number[] = [];
  for (let timeMs = fromMs; timeMs <= lastDecisionMs; timeMs += hourMs) {
    const place = byDay.indexOf((timeMs % dayMs) / hourMs);
    if (place < 0) continue;
    const ordinal = Math.floor(timeMs / dayMs) * byDay.length + place;
    if (ordinal % rowStride === 0) hours.push((timeMs - panel.startMs) / hourMs - 1);
  }
  const shared = sharedInt32(hours.length);
  shared.set(hours);
  return shared;
}

export interface ChosenCoins {
  /** Panel indices, ascending. */
  readonly coins: Int32Array;
  /** Coins that were in the universe at any decision hour. */
  readonly candidates: number;
}

/** Least hours of a day that make it count. */
const DAY_HOURS_MIN = 18;

/**
 * The coins of a training: all that were in the universe at a decision hour, or the `coinsMax` of them with the highest median daily
 * quote volume over the window (volume times close where a bar has none), as known at its end.
 *
 * @param eligible 1 or 0, row 0 being panel hour `eligibleFromHour`
 */
export function chosenCoins(
  panel: Panel,
  eligible: Rows,
  eligibleFromHour: number,
  hours: Int32Array,
  { window, coinsMax }: { readonly window: TrainingWindow; readonly coinsMax: number | null },
): ChosenCoins {
  const { coins } = eligible;
  const candidates: number[] = [];
  for (let coin = 0; coin < coins; coin += 1) {
    if (hours.some((hour) => eligible.values[(hour - eligibleFromHour) * coins + coin] === 1))
      candidates.push(coin);
  }
  const chosen =
    coinsMax === null || candidates.length <= coinsMax
      ? candidates
      : candidates
          .map((coin) => ({ coin, volume: medianDailyVolume(panel, coin, window) }))
          .sort((a, b) => b.volume - a.volume || a.coin - b.coin)
          .slice(0, coinsMax)
          .map(({ coin }) => coin)
          .sort((a, b) => a - b);
  const shared = sharedInt32(chosen.length);
  shared.set(chosen);
  return { coins: shared, candidates: candidates.length };
}

/** Quote currency; 0 where no day counts. */
function medianDailyVolume(
  { startMs, hours, bars, volume, quoteVolume }: Panel,
  coin: number,
  { fromMs, toMs }: TrainingWindow,
): number {
  const totals: number[] = [];
  const hourOf = (timeMs: number) => Math.max(0, Math.min(hours, (timeMs - startMs) / hourMs));
  for (let day = Math.ceil(fromMs / dayMs); (day + 1) * dayMs <= toMs; day += 1) {
    let [total, count] = [0, 0];
    for (let hour = hourOf(day * dayMs); hour < hourOf((day + 1) * dayMs); hour += 1) {
      const cell = coin * hours + hour;
      const quote = quoteVolume?.[cell] ?? Number.NaN;
      const value = Number.isNaN(quote) ? (volume?.[cell] ?? Number.NaN) * bars[cell * 4 + 3]! : quote;
      if (Number.isNaN(value)) continue;
      total += value;
      count += 1;
    }
    if (count >= DAY_HOURS_MIN) totals.push(total);
  }
  const [median = 0] = quantiles(totals, [0.5]);
  return Number.isNaN(median) ? 0 : median;
}
