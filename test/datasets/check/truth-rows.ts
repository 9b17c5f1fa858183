/** Planted faults beside what the data check found of them. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../../datasets/check/finding.ts';
import { readTable } from '../../../datasets/duck.ts';
import { defaultSwitches, type Switches } from '../../../datasets/planted/settings.ts';
import { synthMarket } from '../../../datasets/planted/synth.ts';
import type { Store } from '../../../datasets/store.ts';

export interface FaultRow {
  readonly kind: string;
  readonly symbol: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** NaN for kinds without a size. */
  readonly value: number;
}

export interface Size {
  readonly seed: number;
  readonly coins: number;
  readonly days: number;
}

export async function plantMarket(
  store: Store,
  name: string,
  size: Size,
  switches: Partial<Switches>,
): Promise<void> {
  // News and proxies have no part in what the bars show.
  const settings = { ...size, switches: { ...defaultSwitches, news: false, proxies: false, ...switches } };
  await synthMarket(store, { name, settings, title: 'faulty', workers: 0 });
}

/** Plants a market with faults, once, and returns its truth. */
export async function plantFaulty(store: Store, name: string, size: Size): Promise<readonly FaultRow[]> {
  const path = join(store.datasetDir(name), 'truth', 'faults.parquet');
  const exists = (await stat(path).catch(() => null)) !== null;
  if (!exists) await plantMarket(store, name, size, { faults: true });
  const { rows, columns } = await readTable(path);
  const value = (column: string, row: number) => columns[column]!.values[row]!;
  return Array.from({ length: rows }, (_, row) => ({
    kind: String(value('kind', row)),
    symbol: String(value('symbol', row)),
    fromMs: Number(value('from_ms', row)),
    toMs: Number(value('to_ms', row)),
    value: Number(value('value', row)),
  }));
}

const ofMarket = new Set(['exchange-halt', 'unclosed-last-bar']);

/** The finding of the fault's own rule with its symbol, its very span and its size; null where there is none. */
export function findingOf(findings: readonly Finding[], fault: FaultRow): Finding | null {
  const symbol = ofMarket.has(fault.kind) ? null : fault.symbol;
  return (
    findings.find(
      (finding) =>
        finding.rule === fault.kind &&
        finding.symbol === symbol &&
        finding.fromMs === fault.fromMs &&
        finding.toMs === fault.toMs &&
        (Number.isNaN(fault.value) || finding.value === fault.value),
    ) ?? null
  );
}
