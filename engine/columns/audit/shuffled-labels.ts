/**
 * De: labels permuted across time in whole days inside the training part, the pipeline trained again. Such training knows nothing, so
 * what is right out of sample came by another way: a number of trees, a sign or a weight chosen on the test part.
 *
 * The permutations are spread over several markets without alpha. On one market alone they would share its test part and what coins keep
 * for good, and agree on an AUC beside one half by chance.
 */
import { mix32 } from '../../journal/digest.ts';
import { dayMs, isoMinute } from '../../panel/hours.ts';
import { mean } from '../../stats/mean.ts';
import { uniformAt } from './chance.ts';
import type { Leak } from './findings.ts';
import type { Findings } from './look-ahead.ts';
import { withNoise } from './noise-market.ts';
import { type FoldFigures, foldFigures, judged } from './out-of-sample.ts';
import type { AuditedTrainer } from './training.ts';

/** The band holds 99 of 100 clean trainers. */
const FALSE_ALARM_RATE = 0.01;

export interface ShuffleOptions {
  readonly seeds: readonly number[];
  /** Retrainings in all; each market gets its share, one at least. */
  readonly permutations: number;
  readonly onProgress?: (stage: string, fraction: number) => void;
}

export async function shuffledLabelAudit(
  trainers: readonly AuditedTrainer[],
  { seeds, permutations, onProgress }: ShuffleOptions,
): Promise<Findings> {
  const leaks: Leak[] = [];
  const each = Math.max(1, Math.ceil(permutations / seeds.length));
  for (const trainer of trainers) {
    const markets: (readonly FoldFigures[])[] = [];
    for (const [place, seed] of seeds.entries()) {
      onProgress?.(`training ${trainer.name} on shuffled labels`, place / seeds.length);
      markets.push(await shuffledFolds(trainer, seed, each));
    }
    const {
      mean: auc,
      limit,
      stands,
    } = judged(
      markets.map((folds) => folds.map((fold) => fold.auc)),
      { centre: 0.5, limitMin: 0, falseAlarmRate: FALSE_ALARM_RATE },
    );
    if (!stands) continue;
    const firstTestMs = Math.min(...markets.flat().map((fold) => fold.firstTestMs));
    leaks.push({
      ...{ detector: 'De', kind: 'model', subject: trainer.name, field: 'predictions', symbol: '' },
      ...{ timeMs: firstTestMs, before: auc, after: 0.5, hint: 'something chosen on the test part' },
      message: `${trainer.name}, trained on labels of other days, has an AUC of ${auc.toFixed(3)} out of sample from ${isoMinute(firstTestMs)} (${seeds.length} markets of ${each} permutations: 0.5 within ${limit.toFixed(3)})`,
    });
  }
  return { leaks, count: trainers.length * seeds.length * each };
}

/** Figures of each fold, as the mean over the permutations. */
async function shuffledFolds(
  trainer: AuditedTrainer,
  seed: number,
  permutations: number,
): Promise<readonly FoldFigures[]> {
  return await withNoise(trainer, seed, async (market) => {
    const rounds: (readonly FoldFigures[])[] = [];
    for (let round = 0; round < permutations; round += 1) {
      const shuffleSeed = mix32(mix32(seed, 0x5eed), round) >>> 0;
      rounds.push(foldFigures(await market.train({ shuffleSeed, honest: new Set() })));
    }
    return rounds[0]!.map((fold, place) => ({
      ...fold,
      auc: mean(rounds.map((figures) => figures[place]!.auc).filter((auc) => !Number.isNaN(auc))),
    }));
  });
}

/** Parallel columns, in any order. */
export interface DatedLabels {
  /** Decision, epoch ms UTC. */
  readonly timeMs: Float64Array;
  readonly coins: Int32Array;
  readonly labels: Float64Array;
}

/**
 * Labels with the days among `rows` permuted as wholes: the row of a coin at an hour takes the label that the coin had at that hour of
 * the day which comes in place of its own. What coins of one hour have in common stays together; what a day's features say of its label
 * is gone. Labels outside `rows` are left; a row whose other day has no such label gets NaN, and is left out of the training.
 */
export function labelsAcrossDays(
  { timeMs, coins, labels }: DatedLabels,
  rows: Int32Array,
  seed: number,
): Float64Array {
  const dayOf = (row: number) => Math.floor(timeMs[row]! / dayMs);
  const days = [...new Set(Array.from(rows, dayOf))].sort((a, b) => a - b);
  const other = permuted(days, seed);
  const takenFrom = new Map(days.map((day, place) => [day, other[place]!]));
  const key = (row: number, day: number) => `${day} ${timeMs[row]! - dayOf(row) * dayMs} ${coins[row]}`;
  const known = new Map(Array.from(rows, (row) => [key(row, dayOf(row)), labels[row]!]));
  const shuffled = labels.slice();
  for (const row of rows) shuffled[row] = known.get(key(row, takenFrom.get(dayOf(row))!)) ?? Number.NaN;
  return shuffled;
}

/** Fisher and Yates. */
function permuted(values: readonly number[], seed: number): readonly number[] {
  const order = values.slice();
  for (let place = order.length - 1; place > 0; place -= 1) {
    const swapped = Math.floor(uniformAt(seed, place) * (place + 1));
    [order[place], order[swapped]] = [order[swapped]!, order[place]!];
  }
  return order;
}
