import { beforeAll, describe, expect, it } from 'vitest';
import { plantRegimes } from '../../../../datasets/planted/regime.ts';
import { openStream, uniformAt } from '../../../../datasets/planted/streams.ts';
import { computeColumns } from '../../../../engine/columns/compute.ts';
import type { ColumnInputs } from '../../../../engine/columns/features/inputs.ts';
import { regimeFeatures } from '../../../../engine/columns/features/s2/regime.ts';
import { noRecords } from '../../../../engine/columns/records.ts';
import { fitMarketRegimes, regimeInputs } from '../../../../engine/columns/regime/market-regimes.ts';
import { regimeProbabilities } from '../../../../engine/columns/regime/versions.ts';
import { dayMs, hourMs } from '../../../../engine/panel/hours.ts';
import { type Panel, panelFromBars } from '../../../../engine/panel/panel.ts';
import { inputsOf, withoutHistory } from '../features/s2/random-inputs.ts';
import { median, plantedPath } from './planted-days.ts';

const startMs = Date.UTC(2024, 0, 1);

/** BTC alone, with Fear & Greed about each day published and arriving in the first half hour of the next. */
function plantedInputs(seed: number, days: number): ColumnInputs {
  const { closes, greed } = plantedPath(seed, days);
  const panel = panelFromBars(
    [...closes].map((close, hour) => ({
      ...{ symbol: 'BTCUSDT', timeMs: startMs + hour * hourMs },
      ...{ open: close, high: close, low: close, close },
    })),
  );
  const delays = openStream(seed, 'greed', 'delays');
  const availableMs = greed.map(
    (_, day) => startMs + (day + 1) * dayMs + Math.floor(uniformAt(delays, day) * 30 * 60_000),
  );
  return inputsOf(panel, { records: { ...noRecords, fearGreed: { availableMs, values: greed } } });
}

const DAYS = 240;
const bare = plantedInputs(1, DAYS);
const names = regimeFeatures.map(({ name }) => name);
let inputs: ColumnInputs;
let batch: ReadonlyMap<string, Float64Array>;

async function columnsOf(given: ColumnInputs, fromHour = 0, toHour = given.panel.hours) {
  const options = { definitions: regimeFeatures, fromHour, toHour };
  return new Map((await computeColumns(given, names, options)).map(({ name, values }) => [name, values]));
}

beforeAll(async () => {
  inputs = { ...bare, regimes: fitMarketRegimes(bare, { restarts: 3 }) };
  batch = await columnsOf(inputs);
});

describe('p_* columns', () => {
  it('stand from their first warm hour on, hold from midnight to midnight, and sum to 1', () => {
    const [first, ...others] = names.map((name) => batch.get(name)!);
    const warm = first!.findIndex((value) => !Number.isNaN(value));
    expect(warm).toBe(2232);
    for (let hour = warm; hour < first!.length; hour += 1) {
      const sum = others.reduce((total, values) => total + values[hour]!, first![hour]!);
      expect(sum).toBeCloseTo(1, 12);
      // The bar that opens at 23:00 closes at midnight.
      if (hour > warm && hour % 24 !== 23) expect(first![hour]).toBe(first![hour - 1]);
    }
  });

  it('are the filtered pass of the version valid on the day', () => {
    const days = regimeInputs(inputs);
    const whole = regimeProbabilities(inputs.regimes, days, 0, days.values.length / 3);
    for (const hour of [2232, 2400, 3000, 4001, 5759]) {
      const midnight = Math.floor((hour + 1) / 24) * 24 * hourMs + startMs;
      const day = (midnight - days.startMs) / dayMs;
      for (const [state, name] of names.entries())
        expect(batch.get(name)![hour]).toBe(whole[day * 4 + state]);
    }
  });

  it('have the same bits in blocks, at one hour alone, and from a history of 2,233 hours', async () => {
    for (const [from, to] of [
      [0, 2500],
      [2500, 2501],
      [2501, DAYS * 24],
    ] as const)
      for (const [name, values] of await columnsOf(inputs, from, to))
        expect(values, name).toEqual(batch.get(name)!.subarray(from, to));
    for (const hour of [2950, 2951, 4000]) {
      const late = { ...inputs, panel: withoutHistory(upTo(inputs.panel, hour + 1), hour - 2232) };
      for (const [name, values] of await columnsOf(late, 2232, 2233))
        expect(values[0], name).toBe(batch.get(name)![hour]);
    }
  });

  it('keep their past when the data go on and versions are added', async () => {
    const hours = 200 * 24;
    const early = { ...bare, panel: upTo(bare.panel, hours) };
    const then = { ...early, regimes: fitMarketRegimes(early, { restarts: 3 }) };
    expect(then.regimes.length).toBeLessThan(inputs.regimes.length);
    for (const [name, values] of await columnsOf(then))
      expect(values, name).toEqual(batch.get(name)!.subarray(0, hours));
  });
});

it('a Fear & Greed reading older than 72 hours is missing', () => {
  const { availableMs, values } = bare.records.fearGreed!;
  const gap = (day: number) => day < 100 || day > 110;
  const kept = {
    availableMs: availableMs.filter((_, day) => gap(day)),
    values: values.filter((_, day) => gap(day)),
  };
  const days = regimeInputs({ ...bare, records: { ...noRecords, fearGreed: kept } });
  const missing = [...days.values.keys()].filter((at) => at % 3 === 2 && Number.isNaN(days.values[at]!));
  // The index about day 99 arrives on day 100 and is too old at the midnight that ends day 103 (place 103).
  expect(missing.map((at) => Math.floor(at / 3))).toEqual([0, 103, 104, 105, 106, 107, 108, 109, 110, 111]);
});

it('recovers the planted chain, trained on the first half and scored on the second', () => {
  const scores = [1, 2, 3, 4, 5].map((seed) => {
    const given = plantedInputs(seed, 730);
    const half = { ...given, panel: upTo(given.panel, 365 * 24) };
    const versions = fitMarketRegimes(half, { trainDaysMin: 358 }).slice(-1);
    const days = regimeInputs(given);
    const probabilities = regimeProbabilities(versions, days, 0, 730);
    const regimes = plantRegimes(seed, 730);
    let hits = 0;
    for (let day = 365; day < 729; day += 1) {
      const row = probabilities.subarray(day * 4, day * 4 + 4);
      // The observation at place `day` closes day `day`.
      if (row.indexOf(Math.max(...row)) === regimes[day]) hits += 1;
    }
    return hits / 364;
  });
  expect(median(scores)).toBeGreaterThanOrEqual(0.9);
});

function upTo(panel: Panel, hours: number): Panel {
  return { ...panel, hours, bars: panel.bars.subarray(0, hours * 4), endHour: Int32Array.of(hours) };
}
