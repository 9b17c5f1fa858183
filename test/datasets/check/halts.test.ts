import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDataset } from '../../../datasets/check/check.ts';
import { writeTables } from '../../../datasets/duck.ts';
import { filtersTable } from '../../../datasets/exchange-tables.ts';
import { entitiesOf } from '../../../datasets/planted/entities.ts';
import { plantedInstruments } from '../../../datasets/planted/exchange.ts';
import { tradesAt } from '../../../datasets/planted/life.ts';
import { openMarket, plantCoin } from '../../../datasets/planted/market.ts';
import { defaultSwitches, hourTimeMs } from '../../../datasets/planted/settings.ts';
import { publishDataset } from '../../../datasets/publish.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import type { Table } from '../../../engine/journal/tables.ts';

const settings = {
  seed: 2,
  coins: 30,
  days: 215,
  switches: { ...defaultSwitches, listings: false, delistings: false },
};
const market = openMarket(settings);
const coins = ['BTC', 'P001', 'P002', 'P003', 'P004', 'P018'].map(
  (id) => plantCoin(market, entitiesOf(settings).find((entity) => entity.id === id)!)!,
);
const [gap] = coins.find(({ entity }) => entity.id === 'P018')!.life.gaps;

let store: Store;
beforeAll(async () => {
  store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-halts-')));
  for (const name of ['told', 'untold']) {
    await publishDataset(store, name, async (dir) => {
      const tables: [string, Table][] = [
        ['bars', barsTable()],
        ['funding', fundingTable()],
      ];
      if (name === 'told') tables.push(['filters', filtersTable(plantedInstruments(market, coins))]);
      await writeTables(tables.map(([file, table]) => ({ path: join(dir, `${file}.parquet`), table })));
      return { sources: ['planted'] };
    });
  }
}, 60_000);
afterAll(() => rm(store.dataDir, { recursive: true, force: true }));

const findingsOf = async (name: string) =>
  (await checkDataset(store, name))
    .filter(({ rule }) => rule === 'missing-hours' || rule === 'funding-hole')
    .map(({ rule, severity, symbol, fromMs, count }) => ({ rule, severity, symbol, fromMs, count }));

describe('a coin that stood still for 90 days', () => {
  it("is a note where the exchange's list says so", async () => {
    const fromMs = hourTimeMs(gap!.fromHour);
    expect(await findingsOf('told')).toEqual([
      { rule: 'missing-hours', severity: 'note', symbol: 'P018USDT', fromMs, count: 2160 },
    ]);
  });

  it('is a hole in bars and funding where nobody does', async () => {
    const found = await findingsOf('untold');
    expect(found.map(({ rule, severity, symbol }) => [rule, severity, symbol])).toEqual([
      ['funding-hole', 'warning', 'P018USDT'],
      ['missing-hours', 'warning', 'P018USDT'],
    ]);
  });
});

function barsTable(): Table {
  const rows = coins.flatMap((coin) =>
    [...coin.close.keys()]
      .filter((row) => tradesAt(coin.life, coin.fromHour + row))
      .map((row) => ({ coin, row })),
  );
  const doubles = (name: 'open' | 'high' | 'low' | 'close' | 'volume' | 'quoteVolume') => ({
    type: 'double' as const,
    values: Float64Array.from(rows, ({ coin, row }) => coin[name][row]!),
  });
  return {
    rows: rows.length,
    columns: {
      ts: {
        type: 'time',
        values: Float64Array.from(rows, ({ coin, row }) => hourTimeMs(coin.fromHour + row)),
      },
      symbol: { type: 'text', values: rows.map(({ coin }) => coin.entity.symbol) },
      open: doubles('open'),
      high: doubles('high'),
      low: doubles('low'),
      close: doubles('close'),
      volume: doubles('volume'),
      quote_volume: doubles('quoteVolume'),
    },
  };
}

function fundingTable(): Table {
  const rows = coins.flatMap(({ entity, funding }) =>
    Array.from(funding!.hour, (hour, index) => ({
      symbol: entity.symbol,
      hour,
      rate: funding!.rate[index]!,
      mark: funding!.mark[index]!,
    })),
  );
  return {
    rows: rows.length,
    columns: {
      ts: { type: 'time', values: Float64Array.from(rows, ({ hour }) => hourTimeMs(hour)) },
      symbol: { type: 'text', values: rows.map(({ symbol }) => symbol) },
      rate: { type: 'double', values: Float64Array.from(rows, ({ rate }) => rate) },
      mark: { type: 'double', values: Float64Array.from(rows, ({ mark }) => mark) },
    },
  };
}
