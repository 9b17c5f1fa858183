/** What the data check reports. */
import type { RepairRule } from '../repair/rules.ts';
import type { CheckInput } from './input.ts';

/**
 * `error`: the rows break something that every run relies on. `warning`: results can be wrong unless somebody looks.
 * `note`: true as far as anyone can tell, and worth knowing.
 */
export type Severity = 'error' | 'warning' | 'note';

/** What a rule saw. */
export interface Observation {
  readonly rule: string;
  readonly severity: Severity;
  /** Null where the finding is about the market or the table as a whole. */
  readonly symbol: string | null;
  /** Open time of the first and of the last bar (or stamp) concerned, epoch ms UTC. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How many bars, stamps or symbols; the message says which. */
  readonly count: number;
  /** What it means and what to do. */
  readonly message: string;
  /** Hours by which stamps are late (negative: early), or the factor of prices; absent where a rule measures nothing. */
  readonly value?: number;
}

/** A repair that `data repair` knows by name. */
export interface Suggestion {
  readonly rule: RepairRule;
  /** What it does to the rows concerned. */
  readonly action: string;
}

export interface Finding extends Observation {
  /** Null where nothing may be repaired: what was not recorded is not filled in, and what is true stays. */
  readonly repair: Suggestion | null;
}

/** A rule looks at the whole of a dataset and returns what it found, nothing where all is well. */
export type Rule = (input: CheckInput) => readonly Observation[];

const severities: readonly Severity[] = ['error', 'warning', 'note'];

/** Worst first; within a severity by rule, then time, then symbol. */
export function inOrder<Seen extends Observation>(findings: readonly Seen[]): readonly Seen[] {
  return [...findings].sort(
    (a, b) =>
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      compareText(a.rule, b.rule) ||
      a.fromMs - b.fromMs ||
      compareText(a.symbol ?? '', b.symbol ?? ''),
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Up to eight names, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

/** A fraction as people read it in a sentence. */
export function percent(fraction: number): string {
  const size = Math.abs(fraction);
  const nearlyAll = size > 0.99 && size < 1;
  const digits = size < 0.01 || nearlyAll ? 2 : size < 0.1 ? 1 : 0;
  return `${(fraction * 100).toFixed(digits)} %`;
}
