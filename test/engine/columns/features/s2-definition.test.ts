/** Every feature of s2 that comes from prices and volumes, against its formula written the long way. */
import { beforeAll, describe, expect, it } from 'vitest';
import { computeColumns } from '../../../../engine/columns/compute.ts';
import { barInputs } from '../../../../engine/columns/features/inputs.ts';
import { features } from '../../../../engine/columns/features/registry.ts';
import { s2Features } from '../../../../engine/columns/features/s2/index.ts';
import type { Rows } from '../../../../engine/panel/rows.ts';
import { randomMarket, uniformOf } from './random-market.ts';
import { barsOf, Reference, reference } from './reference.ts';

const names = Object.keys(reference);
const markets = [
  randomMarket({ seed: 1, coins: 7, hours: 1700, redenominationHour: 1500 }),
  randomMarket({ seed: 2, coins: 7, hours: 2900 }),
];

interface Cell {
  readonly coin: number;
  readonly hour: number;
  readonly rows: readonly Rows[];
  readonly expected: Reference;
}
const cells: Cell[] = [];

beforeAll(async () => {
  for (const [index, panel] of markets.entries()) {
    const rows = await computeColumns(barInputs(panel), names);
    const uniform = uniformOf(index + 11);
    for (let coin = 0; coin < panel.symbols.length; coin += 1) {
      const hours = [panel.hours - 1, 1440 + Math.floor(uniform() * 60), Math.floor(uniform() * panel.hours)];
      if (panel.life !== undefined && coin === 1) hours.push(1499, 1500, 1510);
      for (const hour of hours) {
        const expected = new Reference(barsOf(panel, coin, hour), barsOf(panel, 0, hour));
        cells.push({ coin, hour, rows, expected });
      }
    }
  }
});

/** Relative to the expected size; sums of many small numbers may come near 0. */
function gapOf(actual: number, expected: number): number {
  if (Number.isNaN(expected)) return Number.isNaN(actual) ? 0 : Number.POSITIVE_INFINITY;
  const gap = Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-4);
  return Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
}

describe.each(names)('%s', (name) => {
  it('is what its formula says', () => {
    const { warmupHours } = features.get(name)!;
    let known = 0;
    for (const { coin, hour, rows, expected } of cells) {
      const column = rows[names.indexOf(name)]!;
      const born = expected.coin.c.findIndex((_, at) => at >= bornOf(name, coin, column.hours));
      const value = hour < born + warmupHours || born < 0 ? Number.NaN : finite(reference[name]!(expected));
      const actual = column.values[hour * column.coins + coin]!;
      const place = `${name} of coin ${coin} at ${hour}: ${actual}, expected ${value}`;
      expect(gapOf(actual, value), place).toBeLessThan(1e-9);
      if (!Number.isNaN(value)) known += 1;
    }
    expect(known, 'cells with a value').toBeGreaterThan(cells.length / 4);
  });
});

function bornOf(name: string, coin: number, hours: number): number {
  return features.get(name)!.scope === 'coin' && coin === 5 ? Math.floor(hours / 3) : 0;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}

it('every row of prices and volumes has its formula here', () => {
  const groups = new Set(['resid', 'resmom', 'price', 'vol', 'liq', 'kbar']);
  const rows = s2Features.filter(({ group, name }) => groups.has(group) || name.startsWith('btc_'));
  expect(rows.map(({ name }) => name)).toEqual(names);
});
