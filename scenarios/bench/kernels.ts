/** The workload's kernels: rolling slope, daily rank correlation, first-touch labels, each over the whole panel, in one thread. */
import { barrierLabelDefaults, labelBarriers } from '../../engine/columns/labels/barrier-labels.ts';
import { barrierOutcomes } from '../../engine/columns/labels/barrier-walk.ts';
import { logReturns } from '../../engine/columns/market-columns.ts';
import { rollingBeta } from '../../engine/columns/rolling.ts';
import { closeAt } from '../../engine/panel/panel.ts';
import { spearman } from '../../engine/stats/spearman.ts';
import type { Workload } from './workload.ts';

export interface Kernel {
  readonly task: string;
  /** Computes everything anew and returns the figures by which the workload checks it. */
  run(workload: Workload): Readonly<Record<string, number>>;
}

/** Slope on coin 0 over the last 720 hours, only where all 720 returns exist. */
function beta720(workload: Workload): Readonly<Record<string, number>> {
  const { panel } = workload;
  let count = 0;
  let total = 0;
  const x = logReturnsOf(workload, 0);
  const out = new Float64Array(panel.hours);
  for (let coin = 0; coin < panel.symbols.length; coin += 1) {
    const range = { window: 720, countMin: 720, firstStamp: 0, from: 0, to: panel.hours };
    rollingBeta(x, logReturnsOf(workload, coin), range, out);
    for (const beta of out) {
      if (beta !== beta) continue;
      count += 1;
      total += beta;
    }
  }
  return { count, mean: total / count };
}

function logReturnsOf({ panel }: Workload, coin: number): Float64Array {
  const returns = new Float64Array(panel.hours).fill(Number.NaN);
  logReturns(panel, coin, 0, panel.hours, returns);
  return returns;
}

/** Rank correlation of the score at bars 11, 35, 59, … with the return of the next 24 hours, mean over days. */
function spearmanIc24({ panel, score }: Workload): Readonly<Record<string, number>> {
  const coins = panel.symbols.length;
  const later = new Float64Array(coins);
  let sum = 0;
  let days = 0;
  for (let hour = 11; hour + 24 < panel.hours; hour += 24) {
    for (let coin = 0; coin < coins; coin += 1) {
      later[coin] = closeAt(panel, coin, hour + 24) / closeAt(panel, coin, hour) - 1;
    }
    sum += spearman(score.values.subarray(hour * coins, (hour + 1) * coins), later);
    days += 1;
  }
  return { mean: sum / days };
}

/** Which of 2 % up and 2 % down comes first within 72 hours of every close. Opens are not looked at. */
function labels72({ panel }: Workload): Readonly<Record<string, number>> {
  const outcomes = new Uint8Array(panel.symbols.length * panel.hours);
  labelBarriers(panel, { ...barrierLabelDefaults, entry: 'close', gaps: 'unseen' }, { outcome: outcomes });
  const counts = new Int32Array(barrierOutcomes.length);
  for (let cell = 0; cell < outcomes.length; cell += 1) {
    const outcome = outcomes[cell]!;
    counts[outcome] = counts[outcome]! + 1;
  }
  const countOf = (outcome: (typeof barrierOutcomes)[number]) => counts[barrierOutcomes.indexOf(outcome)]!;
  return { up: countOf('profit'), down: countOf('loss') };
}

export const kernels: readonly Kernel[] = [
  { task: 'labels72', run: labels72 },
  { task: 'beta720', run: beta720 },
  { task: 'spearman_ic24', run: spearmanIc24 },
];
