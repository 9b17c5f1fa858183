import { beforeAll, describe, expect, it } from 'vitest';
import { computeColumns } from '../../../../engine/columns/compute.ts';
import { CoinWindow, MarketWindow } from '../../../../engine/columns/features/coin-window.ts';
import type { ColumnInputs } from '../../../../engine/columns/features/inputs.ts';
import { instrumentKinds, noRecords } from '../../../../engine/columns/records.ts';
import { universeSizes } from '../../../../engine/columns/universe/sizes.ts';
import {
  eligible,
  universeReasons,
  writeUniverseReasons,
} from '../../../../engine/columns/universe/universe.ts';
import { hourMs } from '../../../../engine/panel/hours.ts';
import { closeAt, isPresent } from '../../../../engine/panel/panel.ts';
import { inputsOf, medianDailyVolume, randomPanel, withoutHistory } from '../features/s2/random-inputs.ts';

const startMs = Date.UTC(2024, 4, 1);
const HOURS = 1500;
const VOLUME_MIN = 920_000;
const symbols = ['PLAIN', 'USTABLE', 'DEPEG', 'WRAP', 'NEARLY', 'YOUNG', 'HALTED', 'GOLD', 'LISTED', 'GONE'];
const panel = randomPanel({
  ...{ seed: 3, symbols, startMs, hours: HOURS, holes: 0.04 },
  firstHour: (symbol) => (symbol === 'YOUNG' ? 400 : 0),
  closeOf: (symbol, hour, btc, draw) => {
    if (symbol === 'USTABLE') return 1.01 + 0.002 * (draw - 0.5);
    if (symbol === 'DEPEG') return hour >= 900 && hour < 972 ? 0.88 : 1 + 0.002 * (draw - 0.5);
    if (symbol === 'WRAP') return btc * (1 + 0.0005 * (draw - 0.5));
    // A copy with too much of its own.
    return symbol === 'NEARLY' ? btc * (1 + 0.02 * (draw - 0.5)) : null;
  },
});
const coinOf = (symbol: string) => panel.symbols.indexOf(symbol);
// A halt of a month.
for (let hour = 700; hour < 1420; hour += 1) {
  const cell = coinOf('HALTED') * HOURS + hour;
  panel.bars.fill(Number.NaN, cell * 4, cell * 4 + 4);
  panel.quoteVolume![cell] = Number.NaN;
}
const unknown = () => new Float64Array(panel.symbols.length).fill(Number.NaN);
const instruments = {
  kind: new Uint8Array(panel.symbols.length),
  onboardMs: unknown(),
  delistedMs: unknown(),
};
instruments.kind[coinOf('GOLD')] = instrumentKinds.indexOf('non-crypto');
instruments.onboardMs[coinOf('LISTED')] = startMs + 1000 * hourMs;
instruments.delistedMs[coinOf('GONE')] = startMs + 1200 * hourMs;
const inputs: ColumnInputs = inputsOf(panel, {
  records: { ...noRecords, instruments },
  dailyVolumeMin: VOLUME_MIN,
});
const coins = panel.symbols.length;
let mask: Float64Array;

beforeAll(async () => {
  mask = await maskOf(inputs);
});

async function maskOf(given: ColumnInputs, fromHour = 0, toHour = given.panel.hours): Promise<Float64Array> {
  const [rows] = await computeColumns(given, ['eligible'], { definitions: [eligible], fromHour, toHour });
  return rows!.values;
}

function reasonAt(given: ColumnInputs, symbol: string, hour: number): string {
  const window = new CoinWindow(
    new MarketWindow(given, 0, given.panel.hours),
    given.panel.symbols.indexOf(symbol),
  );
  const out = new Uint8Array(given.panel.hours);
  writeUniverseReasons(window, hour, hour + 1, out);
  return universeReasons[out[hour]!]!;
}

/** The five rules, one after another, over plain arrays. */
function isEligible(coin: number, hour: number): boolean {
  const timeMs = startMs + (hour + 1) * hourMs;
  const isListed = !(instruments.onboardMs[coin]! > timeMs) && !(instruments.delistedMs[coin]! <= timeMs);
  if (!isListed || instruments.kind[coin] !== 0 || coin === 0) return false;
  const hours = Array.from({ length: 720 }, (_, back) => hour - back);
  const present = hours.filter((each) => isPresent(panel, coin, each));
  if (!isPresent(panel, coin, hour) || present.length < 540) return false;
  const closes = present.map((each) => closeAt(panel, coin, each));
  const mean = meanOf(closes);
  const deviation = Math.sqrt(
    closes.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (closes.length - 1),
  );
  if (deviation < 0.005 * mean && Math.abs(mean - 1) <= 0.03) return false;
  return !isCopy(coin, hours) && medianDailyVolume(panel, coin, hour) >= VOLUME_MIN;
}

function isCopy(coin: number, hours: readonly number[]): boolean {
  const change = (each: number, hour: number) =>
    hour === 0 ? Number.NaN : Math.log(closeAt(panel, each, hour) / closeAt(panel, each, hour - 1));
  const pairs = hours
    .filter((hour) => hour >= 0)
    .map((hour) => [change(0, hour), change(coin, hour)] as const)
    .filter(([x, y]) => !Number.isNaN(x + y));
  const [mx, my] = [meanOf(pairs.map(([x]) => x)), meanOf(pairs.map(([, y]) => y))];
  let [sxx, sxy, syy] = [0, 0, 0];
  for (const [x, y] of pairs) {
    sxx += (x - mx) ** 2;
    sxy += (x - mx) * (y - my);
    syy += (y - my) ** 2;
  }
  return pairs.length >= 540 && sxy ** 2 / (sxx * syy) > 0.99 && Math.abs(sxy / sxx - 1) < 0.02;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

describe('eligible', () => {
  it('is 1 or 0 at every hour, as the rules say', () => {
    const faults: string[] = [];
    let members = 0;
    for (let hour = 0; hour < HOURS; hour += 7) {
      for (let coin = 0; coin < coins; coin += 1) {
        const want = isEligible(coin, hour) ? 1 : 0;
        members += want;
        if (mask[hour * coins + coin] !== want)
          faults.push(`${panel.symbols[coin]} at ${hour}, wanted ${want}`);
      }
    }
    expect(faults).toEqual([]);
    expect(members).toBeGreaterThan(200);
    expect(mask.every((value) => value === 0 || value === 1)).toBe(true);
  });

  it('tells by behaviour what pegs and copies are, while they behave so', () => {
    const free = { ...inputs, dailyVolumeMin: 0 };
    expect(reasonAt(free, 'USTABLE', 899)).toBe('stablecoin');
    expect(reasonAt(free, 'DEPEG', 899)).toBe('stablecoin');
    expect(reasonAt(free, 'DEPEG', 1000)).toMatch(/eligible|absent/);
    expect(reasonAt(free, 'NEARLY', 899)).toMatch(/eligible|absent/);
    const byKind = {
      ...instruments,
      kind: instruments.kind.map((kind, coin) => (coin === coinOf('DEPEG') ? 2 : kind)),
    };
    const told = { ...free, records: { ...noRecords, instruments: byKind } };
    const hour = firstPresent('DEPEG', 1000);
    expect(reasonAt(free, 'DEPEG', hour)).toBe('eligible');
    expect(reasonAt(told, 'DEPEG', hour)).toBe('stablecoin');
    expect(reasonAt(free, 'WRAP', firstPresent('WRAP', 900))).toBe('wrapped');
  });

  it('gives the reason', () => {
    expect(reasonAt(inputs, 'BTCUSDT', 900)).toBe('benchmark');
    expect(reasonAt(inputs, 'GOLD', 900)).toBe('non-crypto');
    expect(reasonAt(inputs, 'LISTED', 998)).toBe('not-listed');
    expect(reasonAt(inputs, 'LISTED', firstPresent('LISTED', 999))).not.toBe('not-listed');
    expect(reasonAt(inputs, 'GONE', firstPresent('GONE', 1190))).toMatch(/eligible|thin-volume/);
    expect(reasonAt(inputs, 'GONE', 1199)).toBe('not-listed');
    expect(reasonAt(inputs, 'YOUNG', 399)).toBe('not-listed');
    expect(reasonAt(inputs, 'YOUNG', firstPresent('YOUNG', 900))).toBe('short-history');
    expect(reasonAt({ ...inputs, dailyVolumeMin: 0 }, 'YOUNG', firstPresent('YOUNG', 1000))).toBe('eligible');
    expect(reasonAt(inputs, 'HALTED', 800)).toBe('absent');
    expect(reasonAt(inputs, 'HALTED', 1450)).toMatch(/short-history|absent/);
    expect(reasonAt({ ...inputs, dailyVolumeMin: 1e9 }, 'PLAIN', firstPresent('PLAIN', 900))).toBe(
      'thin-volume',
    );
  });

  it('is the same in blocks, at the newest hour alone, and from 721 hours', async () => {
    for (const [from, to] of [
      [0, 600],
      [600, 601],
      [601, HOURS],
    ] as const)
      expect(await maskOf(inputs, from, to)).toEqual(mask.subarray(from * coins, to * coins));
    const skip = 500;
    const late = { ...inputs, panel: withoutHistory(panel, skip) };
    expect(await maskOf(late, 720)).toEqual(mask.subarray((skip + 720) * coins));
  });

  it('a change after the hour, or more than 720 hours before it, changes nothing', async () => {
    const hour = 1100;
    const bars = panel.bars.map((value, at) => {
      const each = Math.floor(at / 4) % HOURS;
      return each > hour || each < hour - 720 ? value * 1.7 : value;
    });
    const other = await maskOf({ ...inputs, panel: { ...panel, bars } }, hour, hour + 1);
    expect(other).toEqual(mask.subarray(hour * coins, (hour + 1) * coins));
  });
});

it('universeSizes counts every coin once a day, under its reason', () => {
  const { counts, fromHour, stepHours } = universeSizes(inputs);
  expect([fromHour, stepHours]).toEqual([23, 24]);
  expect(counts).toHaveLength(62 * universeReasons.length);
  for (let day = 0; day < 62; day += 1) {
    const row = counts.subarray(day * universeReasons.length, (day + 1) * universeReasons.length);
    expect(row.reduce((sum, each) => sum + each, 0)).toBe(coins);
    const hour = 23 + 24 * day;
    const members = mask.subarray(hour * coins, (hour + 1) * coins).reduce((sum, each) => sum + each, 0);
    expect(row[0]).toBe(members);
  }
  const halfway = counts.subarray(40 * universeReasons.length);
  expect(halfway[universeReasons.indexOf('benchmark')]).toBe(1);
  expect(halfway[universeReasons.indexOf('non-crypto')]).toBe(1);
});

function firstPresent(symbol: string, fromHour: number): number {
  let hour = fromHour;
  while (!isPresent(panel, coinOf(symbol), hour)) hour += 1;
  return hour;
}
