/** Rows to train on, of a planted market without alpha: features that persist, and whether a coin beats the median over three days. */
import { noiseSwitches } from '../../../datasets/planted/settings.ts';
import type { SampleSpans } from '../../../engine/columns/folds/split.ts';
import { dayMs, hourMs } from '../../../engine/panel/hours.ts';
import { closeAt, type Panel } from '../../../engine/panel/panel.ts';
import { plantedPanel, pricesAlone } from '../../truth/planted.ts';
import type { Columns } from './trees.ts';

export const LABEL_HOURS = 72;
const WARM_DAYS = 30;

export interface RowsOptions {
  readonly coins: number;
  readonly days: number;
  readonly strideHours: number;
}

/** In order of time, then of coins. */
export interface MarketRows extends SampleSpans {
  readonly panel: Panel;
  readonly coins: Int32Array;
  readonly names: readonly string[];
  readonly columns: Columns;
  /** Log return over the label's hours less the median coin's, and whether it is above 0. */
  readonly outcome: Float64Array;
  readonly label: Float64Array;
}

const spansDays = [10, 20, 30] as const;
const names = ['return', 'deviation'].flatMap((kind) => spansDays.map((days) => `${kind}_${days}d`));

/** The universe grows: half of the coins come in one by one over the first two thirds of the rows. */
export function noiseRows(seed: number, { coins, days, strideHours }: RowsOptions): MarketRows {
  const { panel } = plantedPanel({ seed, coins, days, switches: { ...noiseSwitches, ...pricesAlone } });
  const found: { hour: number; coin: number; values: readonly number[]; outcome: number }[] = [];
  const logs = panel.symbols.map((_, coin) =>
    Float64Array.from({ length: panel.hours }, (_, hour) => Math.log(closeAt(panel, coin, hour))),
  );
  for (let hour = WARM_DAYS * 24 - 1; hour + LABEL_HOURS < panel.hours; hour += strideHours) {
    const share = (hour - WARM_DAYS * 24) / (panel.hours - WARM_DAYS * 24);
    const members = Math.floor(logs.length * Math.min(1, 0.5 + 0.75 * share));
    const there = logs.slice(0, members).flatMap((log, coin) => {
      const outcome = log[hour + LABEL_HOURS]! - log[hour]!;
      const values = featuresAt(log, hour);
      return values.some(Number.isNaN) || Number.isNaN(outcome) ? [] : [{ hour, coin, values, outcome }];
    });
    const middle = there.map(({ outcome }) => outcome).sort((a, b) => a - b)[there.length >> 1] ?? 0;
    found.push(...there.map((row) => ({ ...row, outcome: row.outcome - middle })));
  }
  const startMs = Float64Array.from(found, ({ hour }) => panel.startMs + (hour + 1) * hourMs);
  return {
    ...{ panel, names, startMs, endMs: startMs.map((start) => start + LABEL_HOURS * hourMs) },
    coins: Int32Array.from(found, ({ coin }) => coin),
    columns: names.map((_, place) => Float32Array.from(found, ({ values }) => values[place]!)),
    outcome: Float64Array.from(found, ({ outcome }) => outcome),
    label: Float64Array.from(found, ({ outcome }) => (outcome > 0 ? 1 : 0)),
  };
}

function featuresAt(log: Float64Array, hour: number): readonly number[] {
  const returns = spansDays.map((days) => log[hour]! - log[hour - days * 24 + 1]!);
  const deviations = spansDays.map((days) => {
    let squares = 0;
    for (let day = 0; day < days; day += 1) {
      const end = hour - day * 24;
      squares += (log[end]! - log[Math.max(0, end - 24)]!) ** 2;
    }
    return Math.sqrt(squares / days);
  });
  return [...returns, ...deviations];
}

/** Number of the UTC day in which a row was decided. */
export function dayOf({ startMs }: MarketRows, row: number): number {
  return Math.floor(startMs[row]! / dayMs);
}
