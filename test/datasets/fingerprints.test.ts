import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fingerprint } from '../../datasets/dataset.ts';
import {
  fingerprintOf,
  firstInputDifference,
  loadFingerprint,
  saveFingerprint,
} from '../../datasets/fingerprints.ts';
import { sealRows, symbolLanes } from '../../engine/panel/fingerprint.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { panelFromBars } from '../../engine/panel/panel.ts';
import { emptyRows } from '../../engine/panel/rows.ts';
import { freshStore, startMs, type TinyRow, tinyRows } from './tiny-market.ts';

const rows = tinyRows([
  { symbol: 'BTCUSDT', firstHour: 0, bars: 8 },
  { symbol: '4', firstHour: 2, bars: 5 },
  { symbol: 'ETHUSDT', firstHour: 1, bars: 7, holes: [3] },
]);

function fingerprint(bars: readonly TinyRow[], options: { rate?: number; score?: number } = {}): Fingerprint {
  const panel = panelFromBars(
    bars.map(({ ts, ...row }) => ({ ...row, timeMs: ts })),
    [{ symbol: 'BTCUSDT', timeMs: startMs, rate: options.rate ?? 0.0001 }],
  );
  const score = emptyRows('score', panel.symbols.length, panel.hours);
  score.values[3 * panel.symbols.length + panel.symbols.indexOf('4')] = options.score ?? 1.5;
  sealRows(score, symbolLanes(panel.symbols), panel.startMs);
  return fingerprintOf({ panel, scores: new Map([['score', score]]) });
}

describe('the first difference between two datasets', () => {
  it('is none for the same rows, in whatever order the coins come', () => {
    expect(firstInputDifference(fingerprint(rows), fingerprint(rows))).toBeNull();
    expect(firstInputDifference(fingerprint(rows), fingerprint(rows.toReversed()))).toBeNull();
  });

  it('names hour, coin and field of any one changed number', () => {
    const field = fc.constantFrom('open', 'high', 'low', 'close', 'volume');
    fc.assert(
      fc.property(fc.nat({ max: rows.length - 1 }), field, (at, name) => {
        const sign = name === 'low' ? -1 : name === 'open' || name === 'close' ? 0.1 : 1;
        const changed = rows.map((row, index) =>
          index === at ? { ...row, [name]: row[name as 'open'] + sign } : row,
        );
        const { symbol, ts } = rows[at]!;
        expect(firstInputDifference(fingerprint(rows), fingerprint(changed))).toEqual({
          timeMs: ts,
          symbol,
          field: name,
        });
      }),
    );
  });

  it('names funding and scores as well', () => {
    const a = fingerprint(rows);
    const funding = { timeMs: startMs, symbol: 'BTCUSDT', field: 'funding' };
    expect(firstInputDifference(a, fingerprint(rows, { rate: 0.0002 }))).toEqual(funding);
    const score = { timeMs: startMs + 3 * hourMs, symbol: '4', field: 'score' };
    expect(firstInputDifference(a, fingerprint(rows, { score: 1.6 }))).toEqual(score);
  });

  it('names the earliest of several', () => {
    const changed = rows.map((row) =>
      row.ts >= startMs + 4 * hourMs ? { ...row, close: row.close + 0.1 } : row,
    );
    expect(firstInputDifference(fingerprint(rows), fingerprint(changed))).toMatchObject({
      timeMs: startMs + 4 * hourMs,
      field: 'close',
    });
  });

  it('lines up datasets of other spans and other coins by time and symbol', () => {
    const later = rows.filter(({ ts }) => ts >= startMs + 2 * hourMs);
    expect(firstInputDifference(fingerprint(rows), fingerprint(later))).toMatchObject({
      timeMs: startMs,
      symbol: 'BTCUSDT',
    });
    const fewer = rows.filter(({ symbol }) => symbol !== '4');
    const difference = firstInputDifference(fingerprint(rows), fingerprint(fewer, { score: 1.5 }));
    expect(difference).toEqual({ timeMs: startMs + 2 * hourMs, symbol: '4', field: 'open' });
  });
});

describe('fingerprints on disk', () => {
  it('come back as they were, by the hash of the dataset', async () => {
    const store = await freshStore();
    const kept = fingerprint(rows);
    await saveFingerprint(store, 'abc', kept);
    expect(await loadFingerprint(store, 'abc')).toEqual(kept);
    expect(await loadFingerprint(store, 'abd')).toBeNull();
  });

  it('count as not kept when the file was cut short', async () => {
    const store = await freshStore();
    await saveFingerprint(store, 'abc', fingerprint(rows));
    await truncate(join(store.fingerprintsDir, 'abc.bin'), 200);
    expect(await loadFingerprint(store, 'abc')).toBeNull();
  });
});
