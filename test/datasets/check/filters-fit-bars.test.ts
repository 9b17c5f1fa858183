import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDataset } from '../../../datasets/check/check.ts';
import type { Finding } from '../../../datasets/check/finding.ts';
import { readTable, writeTable } from '../../../datasets/duck.ts';
import { defaultSwitches } from '../../../datasets/planted/settings.ts';
import { synthMarket } from '../../../datasets/planted/synth.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import type { Table } from '../../../engine/journal/tables.ts';

let store: Store;
let clean: Table;
const pathOf = () => join(store.datasetDir('planted'), 'filters.parquet');

beforeAll(async () => {
  store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-filters-')));
  const settings = { seed: 5, coins: 12, days: 20, switches: defaultSwitches };
  await synthMarket(store, { name: 'planted', settings, title: 'small' });
  clean = await readTable(pathOf());
});
afterAll(() => rm(store.dataDir, { recursive: true, force: true }));

type Column = 'tick_size' | 'step_size' | 'notional_min';

/** Findings about filters in which some values were multiplied or set. */
async function findingsWith(
  changes: Partial<Record<Column, (value: number, symbol: string) => number>>,
): Promise<readonly Finding[]> {
  const symbols = clean.columns['symbol']!.values as readonly string[];
  const changed = Object.entries(changes).map(([name, change]) => [
    name,
    {
      type: 'double' as const,
      values: Float64Array.from(clean.columns[name]!.values as Float64Array, (value, row) =>
        change(value, symbols[row]!),
      ),
    },
  ]);
  await writeTable(pathOf(), { ...clean, columns: { ...clean.columns, ...Object.fromEntries(changed) } });
  return (await checkDataset(store, 'planted')).filter(({ rule }) => rule === 'filters-fit-bars');
}

const of =
  (...symbols: readonly string[]) =>
  (factor: number) =>
  (value: number, symbol: string) =>
    symbols.includes(symbol) ? value * factor : value;

describe('filters and the bars they are for', () => {
  it('fit on a planted market', async () => {
    expect(await findingsWith({})).toEqual([]);
  });

  it('whose steps are too coarse for the volumes are of another market', async () => {
    const found = await findingsWith({ step_size: of('P003USDT', 'P005USDT')(7) });
    expect(found).toMatchObject([{ severity: 'error', symbol: null }]);
    expect(found[0]!.count).toBeGreaterThan(200);
    expect(found[0]!.message).toContain('(P003USDT, P005USDT)');
    expect(found[0]!.message).toContain('not of this market');
  });

  it('whose ticks are too coarse for some closes had a finer tick then', async () => {
    const found = await findingsWith({ tick_size: of('P003USDT', 'P005USDT')(10_000) });
    expect(found.map(({ severity, symbol }) => [severity, symbol])).toEqual([
      ['warning', 'P003USDT'],
      ['warning', 'P005USDT'],
    ]);
    for (const { count, message } of found) {
      expect(count).toBeGreaterThan(100);
      expect(message).toContain('its tick changed later');
    }
  });

  it('with ticks and steps of nothing cannot round', async () => {
    const found = await findingsWith({ tick_size: of('P003USDT')(0), step_size: of('P005USDT')(0) });
    expect(found.map(({ severity, symbol }) => [severity, symbol])).toEqual([
      ['error', 'P003USDT'],
      ['error', 'P005USDT'],
    ]);
  });

  it('with the minimum of the test net are worth a note', async () => {
    const found = await findingsWith({
      notional_min: (value, symbol) => (symbol === 'BTCUSDT' ? 100 : value),
    });
    expect(found).toMatchObject([{ severity: 'note', symbol: 'BTCUSDT' }]);
  });
});
