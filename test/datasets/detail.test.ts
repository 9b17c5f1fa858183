import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../datasets/dataset.ts';
import { writeTable } from '../../datasets/duck.ts';
import { type ImportResult, importDataset } from '../../datasets/import/import.ts';
import { openDataset } from '../../datasets/open.ts';
import type { Store } from '../../datasets/store.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { faultOf, freshStore, startMs } from './tiny-market.ts';

type Place = Store & { readonly files: string };

interface Row {
  readonly symbol: string;
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

const symbols = ['A', 'B', 'C'];
const hours = 60;

/** A different walk for every coin, in steps of 15 minutes. */
function walk(coin: number): readonly Row[] {
  const priceAt = (step: number) => 100 * (coin + 1) + 10 * Math.sin(step * 0.37 * (coin + 1)) + (step % 7);
  return Array.from({ length: hours * 4 }, (_, step) => {
    const [open, close] = [priceAt(step), priceAt(step + 1)];
    const ts = startMs + (step * hourMs) / 4;
    return {
      symbol: symbols[coin]!,
      ts,
      open,
      high: Math.max(open, close) + 0.5,
      low: Math.min(open, close) - 0.25,
      close,
    };
  });
}

const quarters = symbols.flatMap((_, coin) => walk(coin));

/** What whole hours of quarters add up to. */
function hourly(rows: readonly Row[]): readonly Row[] {
  const groups = Array.from({ length: rows.length / 4 }, (_, hour) => rows.slice(hour * 4, hour * 4 + 4));
  return groups.map((group) => ({
    symbol: group[0]!.symbol,
    ts: Math.floor(group[0]!.ts / hourMs) * hourMs,
    open: group[0]!.open,
    high: Math.max(...group.map(({ high }) => high)),
    low: Math.min(...group.map(({ low }) => low)),
    close: group.at(-1)!.close,
  }));
}

async function written(place: Place, name: string, rows: readonly Row[]): Promise<string> {
  const numbers = ['open', 'high', 'low', 'close'] as const;
  const path = join(place.files, name);
  await writeTable(path, {
    rows: rows.length,
    columns: {
      ts: { type: 'time', values: Float64Array.from(rows, ({ ts }) => ts) },
      symbol: { type: 'text', values: rows.map(({ symbol }) => symbol) },
      ...Object.fromEntries(
        numbers.map((name) => [
          name,
          { type: 'double' as const, values: Float64Array.from(rows, (row) => row[name]) },
        ]),
      ),
    },
  });
  return path;
}

async function imported(place: Place, ...detail: readonly string[]): Promise<ImportResult> {
  const bars = [await written(place, 'bars.parquet', hourly(quarters))];
  return await importDataset(place, { name: 'fine', bars, detail });
}

async function refusal(place: Place, ...detail: readonly string[]): Promise<readonly string[]> {
  const fault = await faultOf(imported(place, ...detail));
  expect(fault.code).toBe('rows-refused');
  return fault.faults.map(({ path, message }) => `${path}: ${message}`.replaceAll(`${place.files}/`, ''));
}

/** Every bar that was given is handed out in its place, and no other is. */
async function expectBars(dataset: Dataset, minutes: number, rows: readonly Row[]): Promise<void> {
  const source = (await dataset.detail(minutes))!;
  expect(source.minutes).toBe(minutes);
  const perHour = 60 / minutes;
  const wanted = new Map<string, Float64Array>();
  for (const { symbol, ts, open, high, low, close } of rows) {
    const hour = Math.floor((ts - startMs) / hourMs);
    const key = `${dataset.panel.symbols.indexOf(symbol)} ${hour}`;
    const bars = wanted.get(key) ?? new Float64Array(perHour * 4).fill(Number.NaN);
    bars.set([open, high, low, close], ((ts - startMs - hour * hourMs) / (minutes * 60_000)) * 4);
    wanted.set(key, bars);
  }
  for (const coin of dataset.panel.symbols.keys()) {
    // Backwards, so that blocks are read out of order.
    for (let hour = hours + 2; hour >= -1; hour -= 1) {
      expect(source.bars(coin, hour), `${coin} ${hour}`).toEqual(wanted.get(`${coin} ${hour}`) ?? null);
    }
  }
}

describe('finer bars', () => {
  it('are handed out by coin and hour: holes, partial hours and long absences included', async () => {
    const place = await freshStore();
    const kept = quarters.filter(({ symbol, ts }, index) => {
      const hour = Math.floor((ts - startMs) / hourMs);
      if (symbol === 'B') return hour >= 3 && (hour < 10 || hour >= 38) && index % 11 !== 0;
      return symbol === 'C' && hour !== 20 && hour !== 21;
    });
    await imported(place, `15m=${await written(place, 'q.parquet', kept)}`);
    const dataset = await openDataset(place, 'fine');
    expect(dataset.detailMinutes).toEqual([15]);
    await expectBars(dataset, 15, kept);
    expect(await dataset.detail(5)).toBeNull();
  });

  it('of two lengths stand side by side, the finest first; a path alone has the length before it', async () => {
    const place = await freshStore();
    const halves = hourly(quarters).flatMap((bar) => [
      bar,
      { ...bar, ts: bar.ts + hourMs / 2, open: bar.close },
    ]);
    const quarterFiles = await Promise.all(
      symbols.map((symbol) =>
        written(
          place,
          `${symbol}.parquet`,
          quarters.filter((row) => row.symbol === symbol),
        ),
      ),
    );
    await imported(
      place,
      `30m=${await written(place, 'h.parquet', halves)}`,
      `15m=${quarterFiles[0]}`,
      ...quarterFiles.slice(1),
    );
    const dataset = await openDataset(place, 'fine');
    expect(dataset.detailMinutes).toEqual([15, 30]);
    expect((await dataset.detail())!.minutes).toBe(15);
    await expectBars(dataset, 15, quarters);
    await expectBars(dataset, 30, halves);
  });

  it('a dataset without them has none', async () => {
    const place = await freshStore();
    await imported(place);
    const dataset = await openDataset(place, 'fine');
    expect(dataset.detailMinutes).toEqual([]);
    expect(await dataset.detail()).toBeNull();
  });

  it('are packed anew where the packed copy is gone, cut short, of other bars, or not trusted', async () => {
    const place = await freshStore();
    await imported(place, `15m=${await written(place, 'q.parquet', quarters)}`);
    const packed = join(place.datasetDir('fine'), 'cache-detail', '15m.f64');
    const whole = await readFile(packed);
    expect(whole.length).toBe(quarters.length * 32);
    const harm: readonly (() => Promise<void>)[] = [
      () => rm(join(place.datasetDir('fine'), 'cache-detail'), { recursive: true }),
      () => truncate(packed, 64),
      () => writeFile(packed.replace('.f64', '.json'), '{}'),
    ];
    for (const act of harm) {
      await act();
      await expectBars(await openDataset(place, 'fine'), 15, quarters);
      expect((await readFile(packed)).equals(whole)).toBe(true);
    }
    await writeFile(packed, Buffer.alloc(whole.length));
    await expectBars(await openDataset(place, 'fine', { verify: true }), 15, quarters);
    const before = await stat(packed);
    await expectBars(await openDataset(place, 'fine'), 15, quarters);
    expect((await stat(packed)).mtimeMs).toBe(before.mtimeMs);
  });

  it('go on being readable when the dataset is replaced meanwhile', async () => {
    const place = await freshStore();
    await imported(place, `15m=${await written(place, 'q.parquet', quarters)}`);
    const former = await openDataset(place, 'fine');
    await former.detail(15);
    await imported(place);
    await expectBars(former, 15, quarters);
  });
});

describe('finer bars are refused', () => {
  it.each([
    [3, /its clock is 3 h ahead: subtract 3 h/i],
    [-5, /its clock is 5 h behind: add 5 h/i],
    [12, /its clock is 12 h ahead/i],
  ])('when their clock is %d h off, with the first hour that shows it', async (shift, expected) => {
    const place = await freshStore();
    const shifted = quarters.map((row) => ({ ...row, ts: row.ts + shift * hourMs }));
    const faults = await refusal(place, `15m=${await written(place, 'q.parquet', shifted)}`);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(expected);
    expect(faults[0]).toMatch(
      /^q\.parquet, ts: \d+ of \d+ complete hours do not add up to the hourly bars, the first A 2024-01-01T/,
    );
  });

  it('when one coin of several has another clock', async () => {
    const place = await freshStore();
    const shifted = quarters.map((row) => (row.symbol === 'B' ? { ...row, ts: row.ts + 3 * hourMs } : row));
    const [fault] = await refusal(place, `15m=${await written(place, 'q.parquet', shifted)}`);
    expect(fault).toMatch(
      /57 of 177 complete hours .* the first B 2024-01-01T03:00Z\. Its clock is 3 h ahead/,
    );
  });

  it('when they are of another market, or of no hour that has bars', async () => {
    const place = await freshStore();
    const other = quarters.map((row) => ({ ...row, high: row.high * 1.01 }));
    const later = quarters.map((row) => ({ ...row, ts: row.ts + 1000 * hourMs }));
    expect(await refusal(place, `15m=${await written(place, 'other.parquet', other)}`)).toEqual([
      expect.stringMatching(
        /^other\.parquet, ts: 180 of 180 .* They are of another market or another collection/,
      ),
    ]);
    expect(await refusal(place, `15m=${await written(place, 'later.parquet', later)}`)).toEqual([
      expect.stringMatching(/^later\.parquet, ts: none of its 180 complete hours has an hourly bar/),
    ]);
  });

  it('when their length does not divide an hour, is not theirs, or is not said', async () => {
    const place = await freshStore();
    const path = await written(place, 'q.parquet', quarters);
    expect(await refusal(place, path, `45m=${path}`)).toEqual([
      'q.parquet: must say how long its bars are, such as 15m=FILE.',
      expect.stringMatching(/^45m=q\.parquet: bars of 45 minutes cannot be taken; .* 1, 2, 3/),
    ]);
    expect(await refusal(place, `30m=${path}`)).toEqual([
      expect.stringMatching(/^q\.parquet row 2, ts: .* is no open time of a 30-minute bar \(360 such rows\)/),
    ]);
    expect(await refusal(place, `5m=${path}`)).toEqual([
      expect.stringMatching(
        /^q\.parquet, ts: no two bars lie 5 minutes apart; .* 5-minute bars are needed here/,
      ),
    ]);
  });

  it('when none of their coins has bars; a coin that has none is left out and counted', async () => {
    const place = await freshStore();
    const renamed = (from: string, to: string) =>
      quarters.map((row) => (row.symbol === from ? { ...row, symbol: to } : row));
    const result = await imported(place, `15m=${await written(place, 'q.parquet', renamed('C', 'D'))}`);
    expect(result.rejected).toEqual([
      { file: 'q.parquet', rule: 'unknown-symbol', rows: 240, example: 'row 481: D 2024-01-01T00:00Z' },
    ]);
    await expectBars(
      await openDataset(place, 'fine'),
      15,
      quarters.filter(({ symbol }) => symbol !== 'C'),
    );
    const alien = quarters.map((row) => ({ ...row, symbol: `${row.symbol}USDT` }));
    expect(await refusal(place, `15m=${await written(place, 'alien.parquet', alien)}`)).toEqual([
      expect.stringMatching(/^alien\.parquet, symbol: none of its symbols has bars \(AUSDT here, A there\)/),
    ]);
  });

  it('when incomplete hours reach beyond the hourly ones, however many complete ones add up', async () => {
    const place = await freshStore();
    const lacking = quarters.filter((_, index) => index % 4 !== 3 || index >= 40);
    await imported(place, `15m=${await written(place, 'lacking.parquet', lacking)}`);
    const below = lacking.map((row) =>
      row.symbol === 'A' && row.ts < startMs + 10 * hourMs ? { ...row, low: row.low - 20 } : row,
    );
    expect(await refusal(place, `15m=${await written(place, 'below.parquet', below)}`)).toEqual([
      'below.parquet, ts: 10 of 10 incomplete hours reach beyond the high or low of the hourly bar, the first A 2024-01-01T00:00Z. They are of another market or another collection: import bars of one source.',
    ]);
  });

  it('when a file has no complete hour, even if its bars would fit; one that completes another file has', async () => {
    const place = await freshStore();
    const part = (coins: string, wanted: (quarter: number) => boolean) =>
      quarters.filter(({ symbol }, index) => coins.includes(symbol) && wanted(index % 4));
    const lacking = await written(
      place,
      'lacking.parquet',
      part('ABC', (quarter) => quarter < 3),
    );
    const first = await written(
      place,
      'first.parquet',
      part('A', (quarter) => quarter < 2),
    );
    const second = await written(
      place,
      'second.parquet',
      part('A', (quarter) => quarter >= 2),
    );
    const others = await written(
      place,
      'others.parquet',
      part('BC', () => true),
    );
    expect(await refusal(place, `15m=${lacking}`)).toEqual([
      expect.stringMatching(/^lacking\.parquet, ts: no hour of it is complete \(4 bars\)/),
    ]);
    expect(await refusal(place, `15m=${first}`, others)).toEqual([
      expect.stringMatching(/^first\.parquet, ts: no hour of it is complete/),
    ]);
    await imported(place, `15m=${first}`, second, others);
    await expectBars(await openDataset(place, 'fine'), 15, quarters);
  });

  it('less than one hour in a hundred may differ', async () => {
    const place = await freshStore();
    const mended = quarters.map((row, index) => (index === 50 ? { ...row, high: row.high + 9 } : row));
    expect((await imported(place, `15m=${await written(place, 'q.parquet', mended)}`)).rejected).toEqual([]);
  });
});
