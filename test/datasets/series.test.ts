import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstInputDifference } from '../../datasets/fingerprints.ts';
import { type ImportResult, importDataset } from '../../datasets/import/import.ts';
import { spotMap } from '../../datasets/import/symbols.ts';
import { openDataset } from '../../datasets/open.ts';
import { runSql } from '../../datasets/sql.ts';
import type { Store } from '../../datasets/store.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import type { Panel } from '../../engine/panel/panel.ts';
import {
  faultOf,
  freshStore,
  startMs,
  type TinyRow,
  tinyRows,
  writeBars,
  writeColumn,
} from './tiny-market.ts';

type Place = Store & { readonly files: string };

const perpetuals = tinyRows([
  { symbol: '1000PEPEUSDT', firstHour: 0, bars: 10 },
  { symbol: 'BTCUSDT', firstHour: 0, bars: 12 },
  { symbol: 'ETHUSDT', firstHour: 2, bars: 8 },
]);
const marks = tinyRows([
  { symbol: 'BTCUSDT', firstHour: 0, bars: 14, holes: [3] },
  { symbol: 'ETHUSDT', firstHour: 40, bars: 3 },
]);
const spots = tinyRows([
  { symbol: 'PEPEUSDT', firstHour: 1, bars: 4 },
  { symbol: 'ETHUSDT', firstHour: 0, bars: 12, holes: [5] },
]);

async function imported(
  place: Place,
  given: { readonly mark?: readonly TinyRow[]; readonly spot?: readonly TinyRow[] },
  name = 'series',
): Promise<ImportResult> {
  const written = async (table: string, rows: readonly TinyRow[] | undefined) =>
    rows === undefined
      ? {}
      : { [table]: [await writeBars(join(place.files, `${name}-${table}.parquet`), rows)] };
  const bars = [await writeBars(join(place.files, `${name}.parquet`), perpetuals)];
  return await importDataset(place, {
    name,
    bars,
    ...(await written('mark', given.mark)),
    ...(await written('spot', given.spot)),
  });
}

/** The four prices of one row and hour. */
function pricesAt({ bars, hours }: Panel, row: number, hour: number): number[] {
  const at = (row * hours + hour) * 4;
  return [...bars.subarray(at, at + 4)];
}

function expectRow(panel: Panel, row: number, rows: readonly TinyRow[], units = 1): void {
  for (let hour = 0; hour < panel.hours; hour += 1) {
    const bar = rows.find(({ ts }) => ts === startMs + hour * hourMs);
    const wanted =
      bar === undefined ? new Array(4).fill(Number.NaN) : [bar.open, bar.high, bar.low, bar.close];
    expect(pricesAt(panel, row, hour), `row ${row}, hour ${hour}`).toEqual(
      wanted.map((price) => price * units),
    );
  }
}

describe('mark and spot bars', () => {
  it('stand behind the bars of the coins, in rows of their own, from the tables and from the cache alike', async () => {
    const place = await freshStore();
    expect((await imported(place, { mark: marks, spot: spots })).rejected).toEqual([]);
    const { panel } = await openDataset(place, 'series');
    // The mark bars of ETHUSDT lie after the last bar: it has no row of them.
    expect([...panel.series!.markRow]).toEqual([-1, 3, -1]);
    expect([...panel.series!.spotRow]).toEqual([4, -1, 5]);
    expect(panel.bars.length).toBe(6 * panel.hours * 4);
    for (const [coin, symbol] of panel.symbols.entries())
      expectRow(
        panel,
        coin,
        perpetuals.filter((row) => row.symbol === symbol),
      );
    expectRow(
      panel,
      3,
      marks.filter(({ symbol }) => symbol === 'BTCUSDT'),
    );
    expectRow(
      panel,
      4,
      spots.filter(({ symbol }) => symbol === 'PEPEUSDT'),
      1000,
    );
    expectRow(
      panel,
      5,
      spots.filter(({ symbol }) => symbol === 'ETHUSDT'),
    );
    const rebuilt = await openDataset(place, 'series', { verify: true });
    expect(rebuilt.panel).toEqual(panel);
    // A spot coin is a thousandth of the contract: so many fewer of these were traded.
    const { rows } = await runSql(
      place,
      "SELECT volume FROM series_spot WHERE symbol = '1000PEPEUSDT' ORDER BY ts",
    );
    expect(rows.map(({ volume }) => volume)).toEqual([0.001, 0.002, 0.003, 0.004]);
  });

  it('are absent from a dataset that has none', async () => {
    const place = await freshStore();
    await imported(place, {});
    const { panel } = await openDataset(place, 'series');
    expect(panel.series).toBeUndefined();
    expect(panel.bars.length).toBe(3 * panel.hours * 4);
  });

  it('count among the inputs: a changed mark or spot price is named', async () => {
    const place = await freshStore();
    const raised = (rows: readonly TinyRow[], symbol: string, hour: number) =>
      rows.map((row) =>
        row.symbol === symbol && row.ts === startMs + hour * hourMs ? { ...row, high: row.high + 1 } : row,
      );
    const printOf = async (name: string, given: Parameters<typeof imported>[1]) => {
      await imported(place, given, name);
      return await (await openDataset(place, name)).fingerprint();
    };
    const base = await printOf('base', { mark: marks, spot: spots });
    expect(firstInputDifference(base, await printOf('same', { mark: marks, spot: spots }))).toBeNull();
    const mark = await printOf('mark', { mark: raised(marks, 'BTCUSDT', 7), spot: spots });
    expect(firstInputDifference(base, mark)).toEqual({
      timeMs: startMs + 7 * hourMs,
      symbol: 'BTCUSDT',
      field: 'mark',
    });
    const spot = await printOf('spot', { mark: marks, spot: raised(spots, 'PEPEUSDT', 2) });
    expect(firstInputDifference(base, spot)).toEqual({
      timeMs: startMs + 2 * hourMs,
      symbol: '1000PEPEUSDT',
      field: 'spot',
    });
    // High and low in each other's place.
    const turned = marks.map((row) => ({ ...row, close: row.open, open: row.close }));
    expect(firstInputDifference(base, await printOf('turned', { mark: turned, spot: spots }))).toMatchObject({
      timeMs: startMs,
      field: 'mark',
    });
  });
});

describe('a spot market', () => {
  it.each([
    ['of the same name', ['BTCUSDT'], ['BTCUSDT'], { BTCUSDT: ['BTCUSDT', 1] }, []],
    ['of a multiplied contract', ['PEPEUSDT'], ['1000PEPEUSDT'], { PEPEUSDT: ['1000PEPEUSDT', 1000] }, []],
    ['of a million', ['MOGUSDT'], ['1000000MOGUSDT'], { MOGUSDT: ['1000000MOGUSDT', 1e6] }, []],
    [
      'of a million by letter',
      ['BABYDOGEUSDT'],
      ['1MBABYDOGEUSDT'],
      { BABYDOGEUSDT: ['1MBABYDOGEUSDT', 1e6] },
      [],
    ],
    [
      'with a multiplied name of its own',
      ['1000SATSUSDT'],
      ['1000SATSUSDT'],
      { '1000SATSUSDT': ['1000SATSUSDT', 1] },
      [],
    ],
    [
      'beginning with a digit',
      ['1INCHUSDT', 'INCHUSDT'],
      ['1INCHUSDT'],
      { '1INCHUSDT': ['1INCHUSDT', 1] },
      [],
    ],
    ['that two contracts could mean', ['BOBUSDT'], ['1000000BOBUSDT', 'BOBUSDT'], {}, ['BOBUSDT']],
    ['that two multiples could mean', ['XUSDT'], ['1000000XUSDT', '1000XUSDT'], {}, ['XUSDT']],
    [
      'whose contract has another market',
      ['1000CATUSDT', 'CATUSDT'],
      ['1000CATUSDT'],
      { '1000CATUSDT': ['1000CATUSDT', 1] },
      [],
    ],
    ['without a contract', ['LONEUSDT'], ['BTCUSDT'], {}, []],
  ])('%s', (_, spot, contracts, wanted, ambiguous) => {
    const map = spotMap(spot, contracts);
    expect(
      Object.fromEntries([...map.perpetualOf].map(([symbol, to]) => [symbol, [to.perpetual, to.multiplier]])),
    ).toEqual(wanted);
    expect(map.ambiguous).toEqual(ambiguous);
  });

  it('that nobody trades here, or that could be two, is left out and counted', async () => {
    const place = await freshStore();
    const coins = ['1000000BOBUSDT', 'BOBUSDT', 'BTCUSDT'].map((symbol) => ({
      symbol,
      firstHour: 0,
      bars: 3,
    }));
    const result = await importDataset(place, {
      name: 'bob',
      bars: [await writeBars(join(place.files, 'bars.parquet'), tinyRows(coins))],
      spot: [
        await writeBars(
          join(place.files, 'spot.parquet'),
          tinyRows(['BOBUSDT', 'BTCUSDT', 'LONEUSDT'].map((symbol) => ({ symbol, firstHour: 0, bars: 2 }))),
        ),
      ],
    });
    expect(result.rejected).toEqual([
      {
        file: 'spot.parquet',
        rule: 'ambiguous-symbol',
        rows: 2,
        example: 'row 1: BOBUSDT 2024-01-01T00:00Z',
      },
      { file: 'spot.parquet', rule: 'unknown-symbol', rows: 2, example: 'row 5: LONEUSDT 2024-01-01T00:00Z' },
    ]);
    const { panel } = await openDataset(place, 'bob');
    expect([...panel.series!.spotRow]).toEqual([-1, -1, 3]);
  });
});

describe('funding of coins that have no bars', () => {
  const settled = (...symbols: readonly string[]) =>
    symbols.map((symbol, row) => ({ symbol, ts: startMs + 8 * row * hourMs, value: 0.0001 }));

  it('is left out and counted by file', async () => {
    const place = await freshStore();
    const result = await importDataset(place, {
      name: 'funded',
      bars: [await writeBars(join(place.files, 'bars.parquet'), perpetuals)],
      funding: [
        await writeColumn(
          join(place.files, 'a.parquet'),
          'rate',
          settled('BTCUSDT', 'GONEUSDT', 'GONEUSDT', 'LOSTUSDT'),
        ),
        await writeColumn(join(place.files, 'b.parquet'), 'rate', settled('GONEUSDT', 'ETHUSDT')),
      ],
    });
    expect(result.rejected).toEqual([
      { file: 'a.parquet', rule: 'unknown-symbol', rows: 3, example: 'row 2: GONEUSDT 2024-01-01T08:00Z' },
      { file: 'b.parquet', rule: 'unknown-symbol', rows: 1, example: 'row 1: GONEUSDT 2024-01-01T00:00Z' },
    ]);
    const { rows } = await runSql(place, 'SELECT DISTINCT symbol FROM funded_funding ORDER BY symbol');
    expect(rows).toEqual([{ symbol: 'BTCUSDT' }, { symbol: 'ETHUSDT' }]);
  });

  it('and of nobody else is a fault', async () => {
    const place = await freshStore();
    const funding = [await writeColumn(join(place.files, 'f.parquet'), 'rate', settled('BTC-PERP'))];
    const bars = [await writeBars(join(place.files, 'bars.parquet'), perpetuals)];
    const fault = await faultOf(importDataset(place, { name: 'funded', bars, funding }));
    expect(fault.faults).toEqual([
      {
        path: `${funding[0]}, symbol`,
        message: expect.stringContaining('none of its symbols has bars (BTC-PERP here, 1000PEPEUSDT there)'),
      },
    ]);
  });
});
