import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDataset } from '../../../datasets/check/check.ts';
import type { Finding } from '../../../datasets/check/finding.ts';
import { faultKinds } from '../../../datasets/planted/faults/kinds.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import { type FaultRow, findingOf, plantFaulty } from './truth-rows.ts';

let store: Store;
beforeAll(async () => {
  store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-planted-faults-')));
});
afterAll(() => rm(store.dataDir, { recursive: true, force: true }));

const markets = [
  { seed: 25, coins: 40, days: 100 },
  { seed: 6, coins: 30, days: 120 },
  { seed: 9, coins: 20, days: 98 },
];

describe.each(markets)('faults planted with seed $seed in $coins coins over $days days', (market) => {
  let truth: readonly FaultRow[];
  let findings: readonly Finding[];
  beforeAll(async () => {
    const name = `faulty-${market.seed}`;
    truth = await plantFaulty(store, name, market);
    findings = await checkDataset(store, name);
  });

  it('are all found, with kind, symbol, size and span to the hour', () => {
    expect(truth.filter((fault) => findingOf(findings, fault) === null)).toEqual([]);
  });

  it('are the only errors and warnings', () => {
    const explained = new Set(truth.map((fault) => findingOf(findings, fault)));
    const serious = findings.filter(({ severity }) => severity !== 'note');
    expect(serious.filter((finding) => !explained.has(finding))).toEqual([]);
  });

  it('have a repair each, but for what cannot be filled in and for what is real', () => {
    const repairOf = new Map(
      truth.map((fault) => [fault.kind, findingOf(findings, fault)?.repair?.rule ?? null]),
    );
    const expected = {
      'clock-offset': 'shift-clock',
      'time-zone': 'shift-clock',
      redenomination: 'redenominate',
      wick: null,
      'bad-print': 'drop-bad-prints',
      'missing-hours': null,
      'duplicate-bar': 'drop-duplicates',
      'out-of-order': 'sort',
      'zero-volume': null,
      'ohlc-violation': 'drop-broken-bars',
      'negative-price': 'drop-broken-bars',
      'revised-bar': 'take-revisions',
      'frozen-price': 'drop-frozen',
      'exchange-halt': null,
      'unclosed-last-bar': 'drop-unclosed',
    } as const;
    for (const [kind, repair] of repairOf) expect(repair, kind).toBe(expected[kind as keyof typeof expected]);
  });

  it('tell a wick from a print by finer bars, and call only the wick real', () => {
    for (const fault of truth.filter(({ kind }) => kind === 'wick')) {
      const found = findingOf(findings, fault)!;
      expect(found.severity).toBe('note');
      expect(found.message).toContain('finer bars show it');
    }
    for (const fault of truth.filter(({ kind }) => kind === 'bad-print'))
      expect(findingOf(findings, fault)!.severity).toBe('warning');
  });
});

it('the markets have every kind of fault between them', async () => {
  const kinds = new Set<string>();
  for (const market of markets) {
    const truth = await plantFaulty(store, `faulty-${market.seed}`, market);
    for (const { kind } of truth) kinds.add(kind);
  }
  expect(kinds).toEqual(faultKinds);
});
