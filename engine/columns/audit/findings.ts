/** What the audit says. */
import { isoMinute } from '../../panel/hours.ts';
import type { SubjectKind } from './subject.ts';

/** As in the list of detectors: a truncation, b perturbation, c lags, d noise market, e shuffled labels, f universe, g live replay. */
export const detectorNames = {
  Da: 'truncation',
  Db: 'perturbation',
  Dc: 'lags',
  Dd: 'noise market',
  De: 'shuffled labels',
  Df: 'universe audit',
  Dg: 'live replay',
  lineage: 'lineage',
  splits: 'splits',
  ledger: 'trials ledger',
} as const;
export type Detector = keyof typeof detectorNames;

export interface Leak {
  readonly detector: Detector;
  readonly kind: SubjectKind | 'join' | 'fitted state' | 'split' | 'gate' | 'model';
  /** The feature, join, model or strategy that carries it. */
  readonly subject: string;
  readonly field: string;
  /** The kind of mistake that shows like this; null where several do. */
  readonly hint: string | null;
  /** Close of the first bar whose value differs, epoch ms UTC; NaN where a leak has no hour. */
  readonly timeMs: number;
  /** Empty for the whole market. */
  readonly symbol: string;
  /** As computed with everything in view, and without; NaN where that is the value, or where there is none. */
  readonly before: number;
  readonly after: number;
  readonly message: string;
}

export interface NotRun {
  readonly detector: Detector;
  readonly reason: string;
}

export interface AuditResult {
  /** By time, one for each detector, subject and field. */
  readonly leaks: readonly Leak[];
  /** True where something was compared and nothing was found. */
  readonly clean: boolean;
  /** Comparisons made by each detector. */
  readonly ran: Readonly<Partial<Record<Detector, number>>>;
  readonly notRun: readonly NotRun[];
  /** `subject: column` without a value at any of the hours compared: of them nothing is known. */
  readonly silent: readonly string[];
}

/** The earliest leak of each detector, subject and field, oldest first. */
export function earliestLeaks(leaks: readonly Leak[]): readonly Leak[] {
  const earliest = new Map<string, Leak>();
  for (const leak of leaks) {
    const key = [leak.detector, leak.kind, leak.subject, leak.field].join('\n');
    const known = earliest.get(key);
    if (known === undefined || leak.timeMs < known.timeMs) earliest.set(key, leak);
  }
  return [...earliest.values()].sort((a, b) => a.timeMs - b.timeMs || (a.detector < b.detector ? -1 : 1));
}

/** `BTCUSDT at 2025-10-10T21:00Z`. */
export function placeText(symbol: string, timeMs: number): string {
  return `${symbol === '' ? 'the market' : symbol} at ${isoMinute(timeMs)}`;
}
