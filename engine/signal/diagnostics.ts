/**
 * What stored scores give away about how they were made: a sigmoid taken twice, class labels in place of scores, a score that means
 * its contrary, and what passes a gate. Diagnoses never change a score and stop no run; what to make of them is for people.
 */
import { type Inversion, scoreInversion } from '../stats/inversion.ts';
import { coverage, disagreement, memberCoverage } from './gate-figures.ts';
import { sigmoid } from './probability.ts';

export type DiagnosisCode =
  | 'DOUBLE_SIGMOID'
  | 'PROBABILITIES_STORED'
  | 'HARD_LABEL'
  | 'INVERTED'
  | 'INCONCLUSIVE'
  | 'COVERAGE'
  | 'MEMBER_COVERAGE'
  | 'DISAGREEMENT'
  | 'DEAD_FEATURES'
  | 'CONSTANT_FEATURES';

export interface Diagnosis {
  readonly code: DiagnosisCode;
  /** `fault`: the scores cannot mean what they should. `remark`: a figure to know. */
  readonly severity: 'fault' | 'remark';
  /** Column or model that it is about. */
  readonly subject: string;
  /** Shares as fractions. */
  readonly figures: Readonly<Record<string, number>>;
  readonly sentence: string;
}

export interface DiagnosedColumn {
  readonly name: string;
  /** What the column claims to hold. Of expected values nothing is diagnosed but constants. */
  readonly kind: 'logit' | 'probability' | 'expected-value';
  /** All rows that were scored, before any gate; NaN where there is no score. */
  readonly values: ArrayLike<number>;
  /** Logit of the strategy's gate; null where none stands over this column. */
  readonly gateLogit: number | null;
  /** Of an ensemble: the members' logits on the same rows. Empty for a single model. */
  readonly members: readonly { readonly name: string; readonly logits: ArrayLike<number> }[];
  /** What became of each row as a position of the column's side, a fraction; null where nobody knows yet. */
  readonly returns: ArrayLike<number> | null;
}

/** Fewer scores than this tell nothing about how they were made. */
const SCORES_MIN = 100;
/** Where a sigmoid of a probability ends: sigmoid(1) is .73106. */
const DOUBLE_SIGMOID_MAX = 0.7312;

/** Column by column, in the order of the codes. */
export function diagnose(columns: readonly DiagnosedColumn[]): readonly Diagnosis[] {
  return columns.flatMap((column) => [
    ...rangeDiagnoses(column),
    ...inversionDiagnoses(column),
    ...gateDiagnoses(column),
  ]);
}

interface Range {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** Different values, counted up to three. */
  readonly distinct: number;
}

function rangeOf(values: ArrayLike<number>): Range {
  let [count, min, max] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const seen = new Set<number>();
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    count += 1;
    min = Math.min(min, value);
    max = Math.max(max, value);
    if (seen.size < 3) seen.add(value);
  }
  return { count, min, max, distinct: seen.size };
}

function rangeDiagnoses({ name: subject, kind, values }: DiagnosedColumn): Diagnosis[] {
  const range = rangeOf(values);
  if (range.count < SCORES_MIN) return [];
  const found: Diagnosis[] = [];
  const { count, min, max, distinct } = range;
  const isLogit = kind === 'logit';
  if (kind !== 'expected-value') {
    const [low, high] = isLogit ? [sigmoid(min), sigmoid(max)] : [min, max];
    if (low >= 0.5 && high <= DOUBLE_SIGMOID_MAX)
      found.push({
        ...{ code: 'DOUBLE_SIGMOID', severity: 'fault', subject },
        figures: { scores: count, probabilityMin: low, probabilityMax: high },
        sentence: `All ${count} probabilities of ${subject} lie between ${low.toFixed(4)} and ${high.toFixed(4)}, as those of a sigmoid taken twice do; a true one also falls below .5. Store the library's raw margin.`,
      });
  }
  if (isLogit && min >= 0 && max <= 1)
    found.push({
      ...{ code: 'PROBABILITIES_STORED', severity: 'fault', subject },
      figures: { scores: count, min, max },
      sentence: `All ${count} logits of ${subject} lie in [0, 1]: probabilities or labels were stored. Store the raw margin.`,
    });
  if (distinct <= 2)
    found.push({
      ...{ code: 'HARD_LABEL', severity: 'fault', subject },
      figures: { scores: count, distinct, min, max },
      sentence: `${count} scores of ${subject} hold ${distinct === 1 ? 'one value' : 'two values'} (${[...new Set([min, max])].join(', ')}): class labels, or a model that learned nothing. Ask the library for its raw margin.`,
    });
  return found;
}

function inversionDiagnoses({ name: subject, kind, values, returns }: DiagnosedColumn): Diagnosis[] {
  if (returns === null || kind === 'expected-value') return [];
  const probabilities = kind === 'logit' ? Float64Array.from(values, sigmoid) : values;
  const inversion = scoreInversion(probabilities, returns);
  const top = inversion.rates.at(-1)!;
  const figures = Object.fromEntries(
    inversion.rates.flatMap(({ threshold, count, winRate }) => [
      [`countFrom${threshold}`, count],
      [`winRateFrom${threshold}`, winRate],
    ]),
  );
  if (inversion.verdict === 'INVERTED')
    return [
      {
        ...{ code: 'INVERTED', severity: 'fault', subject },
        figures: { ...figures, winRateHigh: top.interval.high },
        sentence: `${subject} means its contrary: the win rate falls with the score (${ratesText(inversion)}), and at the highest it lies below one half even at the upper end of its interval, ${top.interval.high.toFixed(3)}.`,
      },
    ];
  if (inversion.verdict !== 'INCONCLUSIVE') return [];
  return [
    {
      ...{ code: 'INCONCLUSIVE', severity: 'remark', subject },
      figures,
      sentence: `Only ${top.count} scores of ${subject} reach ${top.threshold}: too few to tell whether it is inverted.`,
    },
  ];
}

function ratesText({ rates }: Inversion): string {
  return rates
    .map(
      ({ threshold, winRate, count }) =>
        `${(100 * winRate).toFixed(1)} % of ${count} from ${threshold.toFixed(2)}`,
    )
    .join(', ');
}

function gateDiagnoses({ name: subject, kind, values, gateLogit, members }: DiagnosedColumn): Diagnosis[] {
  if (gateLogit === null || kind === 'probability') return [];
  const { scored, passed, share, signalsPerThousand } = coverage(values, gateLogit);
  const found: Diagnosis[] = [
    {
      ...{ code: 'COVERAGE', severity: 'remark', subject },
      figures: { gateLogit, scored, passed, share, signalsPerThousand },
      sentence:
        scored === 0
          ? `${subject} holds no score.`
          : `${passed} of ${scored} scores of ${subject} pass the gate: ${signalsPerThousand.toFixed(2)} signals in 1,000.`,
    },
  ];
  if (members.length < 2) return found;
  const spoken = memberCoverage(members.map(({ logits }) => logits));
  found.push({
    ...{ code: 'MEMBER_COVERAGE', severity: 'remark', subject },
    figures: {
      ...{ rows: spoken.rows, all: spoken.all },
      ...Object.fromEntries(members.map(({ name }, index) => [name, spoken.shares[index]!])),
    },
    sentence:
      spoken.rows === 0
        ? `No member of ${subject} speaks.`
        : `All ${members.length} members of ${subject} speak on ${(100 * spoken.all).toFixed(2)} % of ${spoken.rows} rows; the others have no score.`,
  });
  for (const [index, left] of members.entries()) {
    for (const right of members.slice(index + 1)) {
      const { rows, either, split, rate } = disagreement(left.logits, right.logits, gateLogit);
      found.push({
        ...{ code: 'DISAGREEMENT', severity: 'remark', subject: `${left.name}, ${right.name}` },
        figures: { gateLogit, rows, either, split, rate },
        sentence:
          either === 0
            ? `Neither ${left.name} nor ${right.name} lets anything through the gate.`
            : `${left.name} and ${right.name} split over ${(100 * rate).toFixed(1)} % of the ${either} rows that either lets through.`,
      });
    }
  }
  return found;
}
