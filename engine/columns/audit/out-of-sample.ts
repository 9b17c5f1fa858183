/**
 * What predictions are worth out of sample, by fold, and whether the folds of several markets together say that it is more than chance.
 *
 * Folds are what is counted: test blocks share no day, while rows of one fold are far from independent. The last labels of a block reach
 * into the next one of its market, so that neighbours are somewhat alike; the error of a mean takes that in. A mean over n folds is judged
 * by Student's law with n - 1 degrees: few folds make a wide band, never a bold one.
 */
import { dayMs, hourMs } from '../../panel/hours.ts';
import { deviation } from '../../stats/deviation.ts';
import { mean } from '../../stats/mean.ts';
import { rocAuc } from '../../stats/roc-auc.ts';
import { spearman } from '../../stats/spearman.ts';
import { studentQuantile } from '../../stats/student-quantile.ts';
import type { OutOfSample } from './training.ts';

export interface FoldFigures {
  /** First decision of the test part, epoch ms UTC. */
  readonly firstTestMs: number;
  /** ROC AUC over the whole test part, its first 24 hours and its first 12; NaN where one class is missing there. */
  readonly auc: number;
  readonly aucFirstDay: number;
  readonly aucFirstHours: number;
  /** Mean rank correlation across coins of the decisions of a day, oldest day first; NaN with fewer than ten coins. */
  readonly dailyIc: readonly number[];
}

const FIRST_HOURS = 12;
const COINS_MIN = 10;

/** Oldest fold first. */
export function foldFigures(predictions: OutOfSample): readonly FoldFigures[] {
  const byFold = grouped([...predictions.folds.keys()], (row) => predictions.folds[row]!);
  return [...byFold]
    .sort(([a], [b]) => a - b)
    .map(([, rows]) => {
      const { timeMs } = predictions;
      const firstTestMs = rows.reduce(
        (first, row) => Math.min(first, timeMs[row]!),
        Number.POSITIVE_INFINITY,
      );
      const until = (lengthMs: number) => rows.filter((row) => timeMs[row]! < firstTestMs + lengthMs);
      return {
        firstTestMs,
        auc: aucOf(predictions, rows),
        aucFirstDay: aucOf(predictions, until(dayMs)),
        aucFirstHours: aucOf(predictions, until(FIRST_HOURS * hourMs)),
        dailyIc: dailyIcOf(predictions, rows),
      };
    });
}

function grouped(rows: readonly number[], keyOf: (row: number) => number): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [row]);
    else known.push(row);
  }
  return groups;
}

function aucOf({ label, predicted }: OutOfSample, rows: readonly number[]): number {
  return rocAuc(
    rows.map((row) => label[row]!),
    rows.map((row) => predicted[row]!),
  );
}

function dailyIcOf({ timeMs, predicted, outcome }: OutOfSample, rows: readonly number[]): readonly number[] {
  const known = rows.filter((row) => !Number.isNaN(outcome[row]!) && !Number.isNaN(predicted[row]!));
  const byDay = new Map<number, number[]>();
  for (const [time, own] of grouped(known, (row) => timeMs[row]!)) {
    const day = Math.floor(time / dayMs);
    const ic =
      own.length < COINS_MIN
        ? Number.NaN
        : spearman(
            own.map((row) => predicted[row]!),
            own.map((row) => outcome[row]!),
          );
    const ofDay = byDay.get(day) ?? [];
    byDay.set(day, ofDay);
    if (!Number.isNaN(ic)) ofDay.push(ic);
  }
  return [...byDay].sort(([a], [b]) => a - b).map(([, ics]) => (ics.length === 0 ? Number.NaN : mean(ics)));
}

export interface Judgement {
  readonly mean: number;
  /** The mean is told from its centre where it lies farther from it than this; NaN with fewer than two figures. */
  readonly limit: number;
  /** Figures that counted. */
  readonly count: number;
  readonly stands: boolean;
}

/**
 * Whether the mean of figures differs from `centre` by more than chance and by more than `limitMin`.
 * @param markets by market the figures of its folds, oldest first; NaN where a fold has none
 * @param falseAlarmRate two-sided, where figures are about normal
 */
export function judged(
  markets: readonly (readonly number[])[],
  { centre, limitMin, falseAlarmRate }: { centre: number; limitMin: number; falseAlarmRate: number },
): Judgement {
  const { mean: value, error, count } = meanOfFolds(markets);
  if (count < 2) return { mean: value, limit: Number.NaN, count, stands: false };
  const limit = Math.max(limitMin, studentQuantile(1 - falseAlarmRate / 2, count - 1) * error);
  return { mean: value, limit, count, stands: Math.abs(value - centre) > limit };
}

/** Mean over all folds with its standard error, neighbouring folds of a market being allowed to be alike; NaN below two folds. */
export function meanOfFolds(markets: readonly (readonly number[])[]): {
  readonly mean: number;
  readonly error: number;
  readonly count: number;
} {
  const known = markets.flat().filter((figure) => !Number.isNaN(figure));
  const count = known.length;
  const centre = mean(known);
  let products = 0;
  for (const folds of markets) {
    for (let place = 1; place < folds.length; place += 1) {
      const product = (folds[place]! - centre) * (folds[place - 1]! - centre);
      if (!Number.isNaN(product)) products += product;
    }
  }
  const variance = deviation(known) ** 2 + (2 * Math.max(0, products)) / (count - 1);
  return { mean: centre, error: Math.sqrt(variance / count), count };
}
