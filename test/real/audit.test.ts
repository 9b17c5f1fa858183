/** The look-ahead audit over the real panel, with few times: nothing of the package looks ahead there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importDataset } from '../../datasets/import/import.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { auditColumns } from '../../scenarios/columns/audit.ts';
import { absence, columnsFiles, columnsRequest } from './market-files.ts';

const { absent, reason } = absence(columnsFiles);

describe.skipIf(absent.length > 0)(`the audit of the real panel${reason}`, () => {
  let dir: string;
  let store: Store;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hourglass-real-audit-'));
    store = openStore(dir);
    await importDataset(store, columnsRequest('usdm'));
  }, 240_000);

  afterAll(() => rm(dir, { recursive: true, force: true }));

  it.each([
    ['s1', 90, []],
    ['s2', 83, ['residual-momentum']],
    ['s3', 79, []],
  ] as const)('%s is clean', async (set, columns, strategies) => {
    const startMs = performance.now();
    const result = await auditColumns(store, {
      ...{ dataset: 'usdm', set, strategies, approximateQuoteVolume: true, times: 3, replayHours: 6 },
    });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const peakMb = Math.round(process.resourceUsage().maxRSS / 1024);
    process.stdout.write(`${set}: ${JSON.stringify(result.ran)}, ${seconds} s, peak ${peakMb} MB so far\n`);
    expect(result.leaks).toEqual([]);
    expect(result.clean).toBe(true);
    expect(result.ran.Dc).toBeGreaterThanOrEqual(columns - 12);
    // The joins of news and Fear & Greed are compared wherever something arrives.
    expect(result.ran.Dg).toBeGreaterThan(10_000);
  });
});
