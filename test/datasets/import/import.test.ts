import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { listDatasets } from '../../../datasets/catalogue.ts';
import { readTable, writeTable } from '../../../datasets/duck.ts';
import { importDataset } from '../../../datasets/import/import.ts';
import type { ImportRequest } from '../../../datasets/import/request.ts';
import { openDataset } from '../../../datasets/open.ts';
import { runSql } from '../../../datasets/sql.ts';
import type { Store } from '../../../datasets/store.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { settlementsOf } from '../../../engine/panel/panel.ts';
import { faultOf, freshStore, startMs, tinyRows, writeBars, writeColumn } from '../tiny-market.ts';

type Place = Store & { readonly files: string };

async function given(place: Place, name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(place.files, name), content);
  return join(place.files, name);
}

const klineHeader =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n';

function klines(
  count: number,
  change: (row: (string | number)[], hour: number) => void = () => undefined,
): string {
  const lines = Array.from({ length: count }, (_, hour) => {
    const ts = startMs + hour * hourMs;
    const row = [ts, '10.5', '11', '10', '10.75', '3', ts + hourMs - 1, '32.1', 7, '1', '11', 0];
    change(row, hour);
    return row.join(',');
  });
  return `${lines.join('\n')}\n`;
}

function named(rows: readonly string[]): string {
  return `symbol,ts,open,high,low,close\n${rows.join('\n')}\n`;
}

async function refusal(place: Place, request: Omit<ImportRequest, 'name'>): Promise<readonly string[]> {
  const fault = await faultOf(importDataset(place, { name: 'bad', ...request }));
  expect(fault.code).toBe('rows-refused');
  expect((await listDatasets(place)).datasets).toEqual([]);
  expect(await readdir(place.datasetsDir)).toEqual([]);
  return fault.faults.map(
    ({ path, message }) =>
      `${path.replace(`${place.files}/`, '')}: ${message.replaceAll(`${place.files}/`, '')}`,
  );
}

describe('files that are taken', () => {
  it('one market from Parquet, kline CSV with and without header, packed or not, and JSON of three shapes', async () => {
    const place = await freshStore();
    const row = (hour: number) => [startMs + hour * hourMs, 1, 2, 0.5, 1.5, 3];
    const hours = [0, 1, 2];
    const result = await importDataset(place, {
      name: 'mixed',
      bars: [
        await writeBars(
          join(place.files, 'a.parquet'),
          tinyRows([{ symbol: '币安人生USDT', firstHour: 1, bars: 3 }]),
        ),
        await given(place, 'BTCUSDT-1h-2024-01.csv', klines(4)),
        await given(place, '4-1h-2024-01.csv.gz', gzipSync(klineHeader + klines(2))),
        await given(place, '1INCH_USDT_USDT-1h.json', JSON.stringify(hours.map(row))),
        await given(
          place,
          'by-symbol.json.gz',
          gzipSync(JSON.stringify({ 'ETH/USDT:USDT': hours.map(row) })),
        ),
        await given(
          place,
          'named.json',
          JSON.stringify([
            { symbol: 'SOL/USDT:USDT', timestamp: startMs, o: '1', h: '2', l: '0.5', c: '1.5' },
          ]),
        ),
      ],
      funding: [
        await given(
          place,
          'funding.json',
          JSON.stringify([
            { symbol: 'BTCUSDT', fundingTime: startMs + 7, fundingRate: '0.0001', markPrice: '10.4' },
          ]),
        ),
      ],
    });
    expect(result).toMatchObject({
      dataset: 'mixed',
      rows: 16,
      symbols: 6,
      rejected: [],
      from: '2024-01-01T00:00:00.000Z',
    });
    const { panel } = await openDataset(place, 'mixed', { volumes: true });
    expect(panel.symbols).toEqual(['1INCHUSDT', '4', 'BTCUSDT', 'ETHUSDT', 'SOLUSDT', '币安人生USDT']);
    const btc = panel.symbols.indexOf('BTCUSDT') * panel.hours;
    expect([...panel.bars.subarray(btc * 4, btc * 4 + 4)]).toEqual([10.5, 11, 10, 10.75]);
    expect(panel.quoteVolume?.[btc]).toBe(32.1);
    expect(panel.symbols.flatMap((_, coin) => settlementsOf(panel, coin).map(({ mark }) => mark))).toEqual([
      10.4,
    ]);
  });

  it('times as TIMESTAMP or as text are times', async () => {
    const place = await freshStore();
    const bars = await given(
      place,
      'text.csv',
      named([
        'A,2024-01-01 00:00:00,1,2,0.5,1',
        'A,2024-01-01T01:00:00Z,1,2,0.5,1',
        `A,${startMs + 2 * hourMs},1,2,0.5,1`,
      ]),
    );
    expect(await importDataset(place, { name: 'text', bars: [bars] })).toMatchObject({
      rows: 3,
      fromMs: startMs,
    });
  });

  it('the hash speaks of the rows, not of the files they came in', async () => {
    const place = await freshStore();
    const rows = tinyRows([
      { symbol: 'BTCUSDT', firstHour: 0, bars: 30 },
      { symbol: '4', firstHour: 3, bars: 20 },
    ]);
    const parts = [rows.slice(0, 11), rows.slice(11)];
    const whole = await writeBars(join(place.files, 'whole.parquet'), rows);
    const halves = await Promise.all(
      parts.map((part, index) => writeBars(join(place.files, `half-${index}.parquet`), part)),
    );
    const a = await importDataset(place, { name: 'a', bars: [whole] });
    const b = await importDataset(place, { name: 'b', bars: halves.toReversed() });
    expect(b.hash).toBe(a.hash);
  });

  it('an import replaces the dataset of its name, whole', async () => {
    const place = await freshStore();
    const first = await given(place, 'AUSDT-1h.csv', klines(4));
    const second = await given(place, 'BUSDT-1h.csv', klines(6));
    await importDataset(place, { name: 'tiny', bars: [first] });
    await importDataset(place, { name: 'tiny', bars: [second] });
    expect((await openDataset(place, 'tiny')).panel).toMatchObject({ symbols: ['BUSDT'], hours: 6 });
    expect(await readdir(place.datasetsDir)).toEqual(['tiny']);
  });

  it('quote volume, trades and volumes that are not known stay unknown', async () => {
    const place = await freshStore();
    const table = {
      rows: 2,
      columns: {
        timestamp: { type: 'time' as const, values: Float64Array.of(startMs, startMs + hourMs) },
        symbol: { type: 'text' as const, values: ['A', 'A'] },
        ...Object.fromEntries(
          ['open', 'high', 'low', 'close'].map((name) => [
            name,
            { type: 'double' as const, values: Float64Array.of(1, 1) },
          ]),
        ),
        volume: { type: 'double' as const, values: Float64Array.of(Number.NaN, 0) },
      },
    };
    await writeTable(join(place.files, 'a.parquet'), table);
    await importDataset(place, { name: 'a', bars: [join(place.files, 'a.parquet')] });
    const answer = await runSql(place, 'SELECT volume, quote_volume FROM a_bars ORDER BY ts');
    expect(answer.rows).toEqual([
      { volume: null, quote_volume: null },
      { volume: 0, quote_volume: null },
    ]);
  });
});

describe('rows that are left out, counted and named', () => {
  it('a bar given twice and equal is kept once, with what either of the two knows', async () => {
    const place = await freshStore();
    const header = 'symbol,ts,open,high,low,close,volume\n';
    const a = await given(
      place,
      'a.csv',
      `${header}A,${startMs},1,2,0.5,1,\nA,${startMs + hourMs},1,2,0.5,1,5\n`,
    );
    const b = await given(
      place,
      'b.csv',
      `${header}A,${startMs + 2 * hourMs},1,2,0.5,1,5\nA,${startMs},1,2,0.5,1,7\n`,
    );
    const result = await importDataset(place, { name: 'dup', bars: [a, b] });
    expect(result.rows).toBe(3);
    expect(result.rejected).toEqual([
      { file: 'b.csv', rule: 'duplicate', rows: 1, example: 'row 2: A 2024-01-01T00:00Z' },
    ]);
    const bars = await readTable(join(place.datasetDir('dup'), 'bars.parquet'));
    expect([...bars.columns['volume']!.values]).toEqual([7, 5, 5]);
  });

  it('a last bar whose close time cuts it short, or that is marked as open, has not closed', async () => {
    const place = await freshStore();
    const cut = await given(
      place,
      'AUSDT-1h.csv',
      klines(5, (row, hour) => {
        if (hour === 4) row[6] = startMs + 4.5 * hourMs;
      }),
    );
    const marked = await given(
      place,
      'b.csv',
      `symbol,ts,open,high,low,close,is_closed\nB,${startMs},1,2,0.5,1,true\nB,${startMs + hourMs},1,2,0.5,1,false\n`,
    );
    const result = await importDataset(place, { name: 'open', bars: [cut, marked] });
    expect(result.rows).toBe(5);
    expect(result.rejected).toEqual([
      { file: 'AUSDT-1h.csv', rule: 'unclosed-bar', rows: 1, example: 'row 5: AUSDT 2024-01-01T04:00Z' },
      { file: 'b.csv', rule: 'unclosed-bar', rows: 1, example: 'row 2: B 2024-01-01T01:00Z' },
    ]);
  });

  it('a settlement that two files stamp some milliseconds apart is one settlement', async () => {
    const place = await freshStore();
    const bars = await given(place, 'BTCUSDT-1h.csv', klines(9));
    const a = await writeColumn(join(place.files, 'a.parquet'), 'rate', [
      { symbol: 'BTCUSDT', ts: startMs + 13, value: 0.0001 },
    ]);
    const b = await writeColumn(join(place.files, 'b.parquet'), 'funding_rate', [
      { symbol: 'BTCUSDT', ts: startMs, value: 0.0001 },
    ]);
    const result = await importDataset(place, { name: 'f', bars: [bars], funding: [a, b] });
    expect(result.rejected).toMatchObject([{ file: 'b.parquet', rule: 'duplicate', rows: 1 }]);
    expect(settlementsOf((await openDataset(place, 'f')).panel, 0)).toHaveLength(1);
  });
});

describe('rows that are refused', () => {
  it.each([
    [
      'a missing column',
      'symbol,ts,open,high,close\nA,0,1,2,1\n',
      /^x\.csv: has no column low .*it has symbol, ts, open, high, close\. Rename or add/,
    ],
    [
      'text for a number',
      named([`A,${startMs},1,2,0.5,abc`]),
      /^x\.csv row 1, close: "abc" is not a number \(1 such row\)\. Repair/,
    ],
    ['text for a time', named(['A,noon,1,2,0.5,1']), /^x\.csv row 1, ts: "noon" is not a time/],
    [
      'NaN',
      named([`A,${startMs},NaN,2,0.5,1`]),
      /^x\.csv row 1, open: A 2024-01-01T00:00Z: nan is not a finite number/,
    ],
    [
      'no price',
      named([`A,${startMs},1,2,0.5,`]),
      /^x\.csv row 1, close: A 2024-01-01T00:00Z: the price is missing/,
    ],
    [
      'a negative price',
      named([`A,${startMs},1,2,-0.5,1`]),
      /^x\.csv row 1, low: .*-0\.5 is not a positive price/,
    ],
    ['a zero price', named([`A,${startMs},1,2,0,1`]), /^x\.csv row 1, low: .*0\.0 is not a positive price/],
    [
      'high below low',
      named([`A,${startMs},1,0.5,2,1`]),
      /^x\.csv row 1, high: .*high 0\.5, low 2\.0: high is lower than low/,
    ],
    [
      'close above high',
      named([`A,${startMs},1,2,0.5,3`]),
      /^x\.csv row 1, high: .*open or close lies above high/,
    ],
    [
      'open below low',
      named([`A,${startMs},0.1,2,0.5,1`]),
      /^x\.csv row 1, low: .*open or close lies below low/,
    ],
    [
      'seconds',
      named([`A,${startMs / 1000},1,2,0.5,1`]),
      /^x\.csv row 1, ts: .*1704067200 looks like a time in seconds .*Multiply by 1,000/,
    ],
    [
      'microseconds',
      named([`A,${startMs}000,1,2,0.5,1`]),
      /^x\.csv row 1, ts: .*microseconds .*Divide by 1,000:/,
    ],
    [
      'nanoseconds',
      named([`A,${startMs}000000,1,2,0.5,1`]),
      /^x\.csv row 1, ts: .*nanoseconds .*Divide by 1,000,000/,
    ],
    [
      'a time off the hour',
      named([`A,${startMs + 60_000},1,2,0.5,1`]),
      /^x\.csv row 1, ts: .*does not lie on the hour/,
    ],
    ['no symbol', named([`,${startMs},1,2,0.5,1`]), /^x\.csv row 1, symbol: .*the symbol is missing/],
    [
      'too few cells',
      named(['A,1,2']),
      /^x\.csv: cannot be read as CSV: .*Line: 2 \(Expected Number of Columns: 6 Found: 3\)/,
    ],
    ['nothing', '', /^x\.csv: is empty \(0 bytes\)/],
    ['no rows', named([]), /^x\.csv: holds no rows/],
    ['no header', '1,2,3\n4,5,6\n', /^x\.csv: has no header and 3 columns; .*Add a header line/],
    [
      'daily bars',
      named([
        ...[0, 24, 48, 72].map((hour) => `A,${startMs + hour * hourMs},1,2,0.5,1`),
        `NEW,${startMs},1,2,0.5,1`,
      ]),
      /^x\.csv, ts: no two bars lie one hour apart; the nearest are 24 hours apart/,
    ],
  ])('%s', async (_, content, expected) => {
    const place = await freshStore();
    const faults = await refusal(place, { bars: [await given(place, 'x.csv', content)] });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(expected);
  });

  it('all faults of all files are told at once, each with its first row and how many there are', async () => {
    const place = await freshStore();
    const whole = await readFile(
      await writeBars(join(place.files, 'whole.parquet'), tinyRows([{ symbol: 'A', firstHour: 0, bars: 9 }])),
    );
    const damaged = gzipSync(klines(500));
    damaged.fill(0xff, 40, 80);
    const faults = await refusal(place, {
      bars: [
        await given(
          place,
          'a.csv',
          named([
            `A,${startMs},1,2,0.5,1`,
            `A,${startMs + hourMs},x,2,0.5,1`,
            `A,${startMs + 2 * hourMs},y,2,0,1`,
          ]),
        ),
        await given(place, 'cut.csv.gz', gzipSync(klines(500)).subarray(0, 300)),
        await given(place, 'damaged.csv.gz', damaged),
        await given(place, 'cut.parquet', whole.subarray(0, whole.length - 20)),
        await given(place, 'cut.json', '[[1,2,3'),
        await given(place, 'odd.json', '"a text"'),
        await given(place, 'notes.xlsx', 'PK'),
        join(place.files, 'nowhere.csv'),
        place.files,
      ],
      funding: [await given(place, 'f.csv', `symbol,ts,rate\nA,${startMs},1.5\n`)],
    });
    const expected = [
      /^cut\.csv\.gz: is a gzip file that ends too early/,
      /^damaged\.csv\.gz: is a damaged gzip file/,
      /^notes\.xlsx: is none of Parquet, CSV and JSON/,
      /^nowhere\.csv: is not there/,
      /: is a folder/,
      /^a\.csv row 2, open: "x" is not a number \(2 such rows\)/,
      /^cut\.parquet: cannot be read as Parquet: .*cut short/,
      /^cut\.json: cannot be read as JSON: .*cut short/,
      /^odd\.json: must be a list of rows/,
      /^a\.csv row 3, low: A 2024-01-01T02:00Z: 0\.0 is not a positive price \(1 such row\)/,
      /^f\.csv row 1, rate: A 2024-01-01T00:00Z: 1\.5 is not a fraction of notional/,
    ];
    expect(faults).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(faults[index]).toMatch(pattern);
  });

  it('a bar given twice and different names both files, rows and values', async () => {
    const place = await freshStore();
    const a = await given(
      place,
      'a.csv',
      named([`A,${startMs},1,2,0.5,1`, `A,${startMs + hourMs},1,2,0.5,1.5`]),
    );
    const b = await given(place, 'b.csv', named([`A,${startMs + hourMs},1,2,0.5,1.25`]));
    expect(await refusal(place, { bars: [a, b] })).toEqual([
      'a.csv row 2, close: A 2024-01-01T01:00Z: 1.5 here, 1.25 in b.csv row 1 (1 such row). Keep one of the two.',
    ]);
  });

  it('bars of another length than an hour, where close times tell', async () => {
    const place = await freshStore();
    const csv = klines(2, (row) => {
      row[6] = Number(row[0]) + 4 * hourMs - 1;
    });
    const [fault, ...more] = await refusal(place, { bars: [await given(place, 'AUSDT-4h.csv', csv)] });
    expect(more).toEqual([]);
    expect(fault).toMatch(
      /^AUSDT-4h\.csv row 1, close_time: .*is not one hour after the open \(2 such rows\)/,
    );
  });

  it('symbols that a reader has made numbers of', async () => {
    const place = await freshStore();
    const path = join(place.files, 'a.parquet');
    const one = { type: 'double' as const, values: Float64Array.of(1) };
    await writeTable(path, {
      rows: 1,
      columns: {
        ts: { type: 'time', values: Float64Array.of(startMs) },
        symbol: { type: 'integer', values: Int32Array.of(4) },
        open: one,
        high: one,
        low: one,
        close: one,
      },
    });
    const [fault] = await refusal(place, { bars: [path] });
    expect(fault).toMatch(/^a\.parquet, symbol: column symbol has type INTEGER; symbols are text/);
  });

  it('funding or scores none of whose coins has bars', async () => {
    const place = await freshStore();
    const bars = await given(place, 'BTCUSDT-1h.csv', klines(3));
    const funding = await writeColumn(join(place.files, 'f.parquet'), 'rate', [
      { symbol: 'BTC', ts: startMs, value: 0 },
    ]);
    const [fault] = await refusal(place, { bars: [bars], funding: [funding] });
    expect(fault).toMatch(/^f\.parquet, symbol: none of its symbols has bars \(BTC here, BTCUSDT there\)/);
  });

  it('a score in files of different columns', async () => {
    const place = await freshStore();
    const bars = await given(place, 'BTCUSDT-1h.csv', klines(3));
    const a = await given(place, 'a.csv', `symbol,ts,score\nBTCUSDT,${startMs},1\n`);
    const b = await given(place, 'b.csv', `symbol,ts,score,ev\nBTCUSDT,${startMs + hourMs},1,2\n`);
    const [fault] = await refusal(place, { bars: [bars], scores: [a, b] });
    expect(fault).toMatch(/score stands in files of different columns/);
  });

  it('a request without bars', async () => {
    expect((await faultOf(importDataset(await freshStore(), { name: 'x', bars: [] }))).message).toContain(
      '--bars',
    );
  });
});

describe('an import that does not come to its end', () => {
  it('when cancelled, at whatever stage, leaves the former version and nothing else', async () => {
    const place = await freshStore();
    const before = await importDataset(place, {
      name: 'tiny',
      bars: [await given(place, 'AUSDT-1h.csv', klines(4))],
    });
    const bars = [await given(place, 'BUSDT-1h.csv', klines(6))];
    const stages: string[] = [];
    await importDataset(place, { name: 'other', bars }, { progress: (stage) => stages.push(stage) });
    expect(stages.length).toBeGreaterThan(4);
    for (const last of new Set(stages)) {
      const controller = new AbortController();
      const progress = (stage: string) => {
        if (stage === last) controller.abort();
      };
      const fault = await faultOf(
        importDataset(place, { name: 'tiny', bars }, { progress, signal: controller.signal }),
      );
      expect(fault.code).toBe('cancelled');
      expect(await readdir(place.datasetsDir)).toEqual(['other', 'tiny']);
      expect((await openDataset(place, 'tiny', { verify: true })).hash).toBe(before.hash);
    }
  });

  it('when the store cannot be written, says so', async () => {
    const place = await freshStore();
    await mkdir(place.dataDir, { recursive: true });
    await writeFile(place.datasetsDir, 'a file where the folder should be');
    const fault = await faultOf(
      importDataset(place, { name: 'x', bars: [await given(place, 'AUSDT-1h.csv', klines(4))] }),
    );
    expect(fault.code).toBe('disk-fault');
  });
});
