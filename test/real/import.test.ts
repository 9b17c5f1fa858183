/** The real panel, imported whole and found again cell by cell. Needs the folder `data` of the real market data. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../datasets/dataset.ts';
import { type ImportResult, importDataset } from '../../datasets/import/import.ts';
import { openDataset } from '../../datasets/open.ts';
import { runSql } from '../../datasets/sql.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { barOffset, settlementsOf } from '../../engine/panel/panel.ts';

const folder = join(process.env['HOURGLASS_SHARED'] ?? '', 'data');
const file = (name: string) => join(folder, name);
const needed = ['usdm_1h_2024-10_2025-12.parquet', 'funding_25coins.parquet', 'mark_1h_25coins.parquet'];
const absent = needed.filter((name) => !existsSync(file(name)));
const reason = absent.length === 0 ? '' : ` (absent: ${absent.join(', ')})`;

describe.skipIf(absent.length > 0)(`the real hourly panel${reason}`, () => {
  let dir: string;
  let store: Store;
  let result: ImportResult;
  let dataset: Dataset;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hourglass-real-import-'));
    store = openStore(dir);
    result = await importDataset(store, {
      name: 'usdm',
      bars: [file('usdm_1h_2024-10_2025-12.parquet')],
      funding: [file('funding_25coins.parquet')],
      mark: [file('mark_1h_25coins.parquet')],
    });
    dataset = await openDataset(store, 'usdm', { volumes: true });
  }, 120_000);

  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('imports whole: every row, no rejection', () => {
    expect(result).toMatchObject({
      rows: 4_199_922,
      symbols: 556,
      from: '2024-10-23T04:00:00.000Z',
      to: '2026-01-01T00:00:00.000Z',
      rejected: [],
    });
    expect(dataset.manifest.tables.funding?.rows).toBe(49_928);
    expect(dataset.manifest.tables.mark?.rows).toBe(73_200);
  });

  it('keeps symbols as text, in byte order: digits first, Chinese characters last', () => {
    const { symbols } = dataset.panel;
    expect(symbols.at(-1)).toBe('币安人生USDT');
    for (const symbol of ['4USDT', '1INCHUSDT', '0GUSDT', '1000000BOBUSDT'])
      expect(symbols).toContain(symbol);
    expect(symbols).toEqual([...symbols].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });

  it('puts the bar of the crash where it belongs', () => {
    const { panel } = dataset;
    const coin = panel.symbols.indexOf('IOTXUSDT');
    const at = barOffset(panel, coin, (Date.UTC(2025, 9, 10, 21) - panel.startMs) / hourMs);
    expect(panel.bars[at]).toBe(0.02269);
    expect(panel.bars[at + 2]).toBe(0.00119);
  });

  it('has as many present cells, and the same sums, as the files have rows', async () => {
    const { panel } = dataset;
    let present = 0;
    let quoted = 0;
    for (let cell = 0; cell < panel.symbols.length * panel.hours; cell += 1) {
      if (!Number.isNaN(panel.bars[cell * 4]!)) present += 1;
      if (!Number.isNaN(panel.quoteVolume![cell]!)) quoted += 1;
    }
    expect(present).toBe(4_199_922);
    expect(quoted).toBe(4_199_922 - 2_913_590);
    const { rows } = await runSql(
      store,
      'SELECT count(*) AS bars, count(quote_volume) AS quoted FROM usdm_bars',
    );
    expect(rows).toEqual([{ bars: present, quoted }]);
  });

  it('charges funding on the mark where the mark is known', () => {
    const { symbols, startMs } = dataset.panel;
    const btc = symbols.indexOf('BTCUSDT');
    const septemberHour = (Date.UTC(2025, 8, 1) - startMs) / hourMs;
    let known = 0;
    for (const { hour, mark } of settlementsOf(dataset.panel, btc)) {
      expect(Number.isNaN(mark)).toBe(hour < septemberHour);
      if (!Number.isNaN(mark)) known += 1;
    }
    expect(known).toBe(122 * 3);
  });

  it('refuses the daily and the quarter-hourly file as hourly bars, and says why', async () => {
    for (const [name, words] of [
      ['usdm_1d_2024-01_2025-12.parquet', /no two bars lie one hour apart; the nearest are 24 hours apart/],
      ['usdm_15m_2025-10-08_10-14_crash.parquet', /does not lie on the hour/],
    ] as const) {
      await expect(importDataset(store, { name: 'wrong', bars: [file(name)] })).rejects.toThrow(words);
    }
  });
});
