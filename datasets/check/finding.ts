/** What the data check reports. */
import type { CheckInput } from './input.ts';

/**
 * `error`: the rows break something that every run relies on. `warning`: results can be wrong unless somebody looks.
 * `note`: true as far as anyone can tell, and worth knowing.
 */
export type Severity = 'error' | 'warning' | 'note';

export interface Finding {
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
}

/** A rule looks at the whole of a dataset and returns what it found, nothing where all is well. */
export type Rule = (input: CheckInput) => readonly Finding[];

const severities: readonly Severity[] = ['error', 'warning', 'note'];

/** Worst first; within a severity by rule, then time, then symbol. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
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
