/**
 * Dd: the full pipeline, training included, on markets without alpha. What it knows there out of sample it has seen. Where it knows
 * something, it is trained again with honest stand-ins for all of its parts, and for all but one: the parts that bring it back are named.
 *
 * A missing purge shows on the first day of a test, in the hours whose labels the last training rows share, and is all but gone after
 * five days: the first 24 and 12 hours are judged on their own.
 */
import { isoMinute } from '../../panel/hours.ts';
import { neweyWestT } from '../../stats/information-coefficient.ts';
import { mean } from '../../stats/mean.ts';
import { studentQuantile } from '../../stats/student-quantile.ts';
import type { Leak } from './findings.ts';
import type { Findings } from './look-ahead.ts';
import { type FoldFigures, foldFigures, judged, meanOfFolds } from './out-of-sample.ts';
import type { AuditedTrainer, OpenedTraining, TrainedPart } from './training.ts';

/** A clean trainer raises each of the three AUC alarms in one audit of a thousand. */
const FALSE_ALARM_RATE = 0.001;
/** Nearer to one half than this nothing counts as knowledge, however many markets there are. */
const AUC_LIMIT_MIN = 0.02;
/** One-sided share of the normal law below 3. */
const THREE_DEVIATIONS = 0.9986501019683699;

export interface NoiseOptions {
  readonly seeds: readonly number[];
  readonly onProgress?: (stage: string, fraction: number) => void;
}

/** One figure over all folds of all markets. */
export interface NoiseFigure {
  readonly field: 'AUC' | 'AUC of the first test day' | 'AUC of the first 12 test hours' | 't of the mean IC';
  readonly value: number;
  /** What it is without knowledge, and how far it may lie from that. */
  readonly centre: number;
  readonly limit: number;
  readonly stands: boolean;
}

export async function noiseMarketAudit(
  trainers: readonly AuditedTrainer[],
  { seeds, onProgress }: NoiseOptions,
): Promise<Findings> {
  const leaks: Leak[] = [];
  for (const trainer of trainers) {
    const say = (fraction: number) => onProgress?.(`training ${trainer.name} on noise`, fraction);
    const everything = new Set<string>();
    const markets = await overMarkets(trainer, seeds, everything, say);
    const alarms = noiseFigures(markets, trainer.horizonHours).filter(({ stands }) => stands);
    if (alarms.length === 0) continue;
    const guilty = await guiltyParts(trainer, seeds, say);
    const firstTestMs = Math.min(...markets.flat().map((fold) => fold.firstTestMs));
    for (const part of guilty.length > 0 ? guilty : [null])
      leaks.push(noiseLeak(trainer, part, alarms, firstTestMs, seeds.length));
  }
  return { leaks, count: trainers.length * seeds.length };
}

/** The figures that Dd judges, of any number of markets with their folds. */
export function noiseFigures(
  markets: readonly (readonly FoldFigures[])[],
  horizonHours: number,
): readonly NoiseFigure[] {
  const auc = (field: NoiseFigure['field'], pick: (fold: FoldFigures) => number): NoiseFigure => {
    const {
      mean: value,
      limit,
      stands,
    } = judged(
      markets.map((folds) => folds.map(pick)),
      { centre: 0.5, limitMin: AUC_LIMIT_MIN, falseAlarmRate: FALSE_ALARM_RATE },
    );
    return { field, value, centre: 0.5, limit, stands };
  };
  return [
    auc('AUC', (fold) => fold.auc),
    auc('AUC of the first test day', (fold) => fold.aucFirstDay),
    auc('AUC of the first 12 test hours', (fold) => fold.aucFirstHours),
    informationFigure(markets, horizonHours),
  ];
}

/**
 * The smaller of two: t by Newey and West over days, and t over the mean IC of each fold. Where labels overlap and predictions hardly
 * change from day to day the former is too bold. |t| >= 3, widened to Student's law with the degrees that the folds leave.
 */
function informationFigure(markets: readonly (readonly FoldFigures[])[], horizonHours: number): NoiseFigure {
  const daily = markets.flat().flatMap(({ dailyIc }) => dailyIc);
  const overDays = neweyWestT(daily, Math.max(2, Math.ceil(horizonHours / 24) - 1));
  const ofFold = ({ dailyIc }: FoldFigures) => mean(dailyIc.filter((ic) => !Number.isNaN(ic)));
  const { mean: ic, error, count } = meanOfFolds(markets.map((folds) => folds.map(ofFold)));
  const overFolds = ic / error;
  const value = Math.abs(overDays) < Math.abs(overFolds) ? overDays : overFolds;
  const limit = count < 2 ? Number.NaN : studentQuantile(THREE_DEVIATIONS, count - 1);
  return { field: 't of the mean IC', value, centre: 0, limit, stands: Math.abs(value) >= limit };
}

/** Trains once in every market, one market at a time. */
async function overMarkets(
  trainer: AuditedTrainer,
  seeds: readonly number[],
  honest: ReadonlySet<string>,
  say: (fraction: number) => void,
): Promise<readonly (readonly FoldFigures[])[]> {
  const markets: (readonly FoldFigures[])[] = [];
  for (const [place, seed] of seeds.entries()) {
    say(place / seeds.length);
    markets.push(
      await withNoise(trainer, seed, async (market) =>
        foldFigures(await market.train({ shuffleSeed: null, honest })),
      ),
    );
  }
  return markets;
}

export async function withNoise<Value>(
  trainer: AuditedTrainer,
  seed: number,
  use: (market: OpenedTraining) => Promise<Value>,
): Promise<Value> {
  const market = await trainer.openNoise(seed);
  try {
    return await use(market);
  } finally {
    await market.close?.();
  }
}

/** Parts with which alone in place the alarm comes back; none where it stands without any of them. */
async function guiltyParts(
  trainer: AuditedTrainer,
  seeds: readonly number[],
  say: (fraction: number) => void,
): Promise<readonly TrainedPart[]> {
  const standsWithout = async (honest: readonly TrainedPart[]) => {
    const names = new Set(honest.map(({ name }) => name));
    const markets = await overMarkets(trainer, seeds, names, say);
    return noiseFigures(markets, trainer.horizonHours).some(({ stands }) => stands);
  };
  if (trainer.parts.length === 0 || (await standsWithout(trainer.parts))) return [];
  const guilty: TrainedPart[] = [];
  for (const part of trainer.parts)
    if (await standsWithout(trainer.parts.filter((other) => other !== part))) guilty.push(part);
  return guilty;
}

const hints: Readonly<Record<TrainedPart['kind'], string>> = {
  column: 'a label among the features, or in-sample outputs of a model',
  'fitted state': 'a state fitted to what it judges',
  split: 'a split without purge and embargo',
};

function noiseLeak(
  { name }: AuditedTrainer,
  part: TrainedPart | null,
  alarms: readonly NoiseFigure[],
  firstTestMs: number,
  markets: number,
): Leak {
  const told = alarms.map(
    ({ field, value, centre, limit }) =>
      `${field} ${value.toFixed(3)} (without knowledge ${centre} within ${limit.toFixed(3)})`,
  );
  const by = part === null ? '' : `; with ${part.kind} ${part.name} alone in place it still is`;
  return {
    ...{ detector: 'Dd', kind: 'model', subject: name, field: part?.name ?? 'predictions', symbol: '' },
    ...{ timeMs: firstTestMs, before: alarms[0]!.value, after: alarms[0]!.centre },
    hint: part === null ? null : hints[part.kind],
    message: `${name} knows what comes on ${markets} ${markets === 1 ? 'market' : 'markets'} without alpha, tested from ${isoMinute(firstTestMs)}: ${told.join(', ')}${by}`,
  };
}
