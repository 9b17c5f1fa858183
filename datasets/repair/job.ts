import type { Finding } from '../check/finding.ts';
import { type RepairRule, repairLaws } from './rules.ts';

/** One repair, and the findings that it mends. */
export interface RepairJob {
  readonly rule: RepairRule;
  readonly findings: readonly Finding[];
  /** What the whole market means in findings without a symbol. */
  readonly symbols: readonly string[];
}

/** The law of a repair in words, with what happened besides. */
export function repairNote(rule: RepairRule, besides = ''): string {
  const { action } = repairLaws[rule];
  return besides === '' ? action : `${action}; ${besides}`;
}
