/** Small planted markets written past every importer, with one fault planted by the test. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDataset } from '../../../datasets/check/check.ts';
import type { Finding } from '../../../datasets/check/finding.ts';
import type { DatasetManifest, TableFile, TableName } from '../../../datasets/dataset.ts';
import { writeTables } from '../../../datasets/duck.ts';
import { writeManifest } from '../../../datasets/manifest.ts';
import { entitiesOf } from '../../../datasets/planted/entities.ts';
import { openMarket, type PlantedCoin, plantCoin } from '../../../datasets/planted/market.ts';
import { defaultSwitches, hourTimeMs, marketStartMs } from '../../../datasets/planted/settings.ts';
import { openStore } from '../../../datasets/store.ts';
import type { Table } from '../../../engine/journal/tables.ts';
import { hourMs } from '../../../engine/panel/hours.ts';

export interface Bar {
  ts: number;
  symbol: string;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  quote_volume: number;
  trades: number;
}

export interface Settlement {
  ts: number;
  symbol: string;
  rate: number;
}

export interface Tables {
  bars: Bar[];
  /** Empty for a dataset without a funding table. */
  funding: Settlement[];
  ends: { symbol: string; delistedMs: number }[];
}

/** Forty coins over forty days, all of them alive throughout. */
const settings = {
  seed: 6,
  coins: 40,
  days: 40,
  switches: { ...defaultSwitches, listings: false, delistings: false },
};
export const marketHours = settings.days * 24;
export const timeOfHour = (hour: number) => marketStartMs + hour * hourMs;

let planted: readonly PlantedCoin[] | null = null;

function coins(): readonly PlantedCoin[] {
  if (planted === null) {
    const market = openMarket(settings);
    const made = entitiesOf(settings).map((entity) => plantCoin(market, entity));
    planted = made
      .filter((coin) => coin !== null)
      .sort((a, b) => Buffer.compare(Buffer.from(a.entity.symbol), Buffer.from(b.entity.symbol)));
  }
  return planted;
}

export const symbolsOf = () => coins().map(({ entity }) => entity.symbol);

export function cleanTables(): Tables {
  const bars = coins().flatMap((coin) =>
    Array.from(coin.close, (close, row) => ({
      ts: hourTimeMs(coin.fromHour + row),
      symbol: coin.entity.symbol,
      open: coin.open[row]!,
      high: coin.high[row]!,
      low: coin.low[row]!,
      close,
      volume: coin.volume[row]!,
      quote_volume: coin.quoteVolume[row]!,
      trades: coin.trades[row]!,
    })),
  );
  const funding = coins().flatMap(({ entity, funding }) =>
    Array.from(funding?.hour ?? [], (hour, row) => ({
      ts: hourTimeMs(hour),
      symbol: entity.symbol,
      rate: funding!.rate[row]!,
    })),
  );
  return { bars, funding, ends: [] };
}

/** The bar of one symbol and hour, to be changed in place. */
export function barAt(tables: Tables, symbol: string, hour: number): Bar {
  const bar = tables.bars.find((one) => one.symbol === symbol && one.ts === timeOfHour(hour));
  if (bar === undefined) throw new Error(`no bar of ${symbol} in hour ${hour}`);
  return bar;
}

/** Hours [from, to) of one symbol. */
export function barsBetween(tables: Tables, symbol: string, from: number, to: number): Bar[] {
  return tables.bars.filter(
    (bar) => bar.symbol === symbol && bar.ts >= timeOfHour(from) && bar.ts < timeOfHour(to),
  );
}

/** Writes the tables as they are and checks them. */
export async function check(tables: Tables): Promise<readonly Finding[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hourglass-check-'));
  try {
    const store = openStore(dataDir);
    const dir = store.datasetDir('faulty');
    await mkdir(dir, { recursive: true });
    const entries: [TableName, Table][] = [['bars', barsTable(tables.bars)]];
    if (tables.funding.length > 0) entries.push(['funding', fundingTable(tables.funding)]);
    if (tables.ends.length > 0) entries.push(['instruments', endsTable(tables.ends)]);
    const files = await writeTables(
      entries.map(([name, table]) => ({ path: join(dir, `${name}.parquet`), table })),
    );
    const named = Object.fromEntries(entries.map(([name], index) => [name, files[index]]));
    await writeManifest(dir, manifestOf(named));
    return await checkDataset(store, 'faulty');
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function manifestOf(tables: Partial<Record<TableName, TableFile>>): DatasetManifest {
  return {
    formatVersion: 1,
    name: 'faulty',
    hash: 'of no importance here',
    symbols: 0,
    rows: 0,
    fromMs: 0,
    toMs: 0,
    tables,
    scoreColumns: [],
    sources: [],
    rejected: [],
  };
}

function barsTable(bars: readonly Bar[]): Table {
  const doubles = (name: Exclude<keyof Bar, 'symbol'>) => ({
    type: 'double' as const,
    values: Float64Array.from(bars, (bar) => bar[name]),
  });
  return {
    rows: bars.length,
    columns: {
      ts: { type: 'time', values: doubles('ts').values },
      symbol: { type: 'text', values: bars.map(({ symbol }) => symbol) },
      open: doubles('open'),
      high: doubles('high'),
      low: doubles('low'),
      close: doubles('close'),
      volume: doubles('volume'),
      quote_volume: doubles('quote_volume'),
      trades: doubles('trades'),
    },
  };
}

function fundingTable(rows: readonly Settlement[]): Table {
  return {
    rows: rows.length,
    columns: {
      ts: { type: 'time', values: Float64Array.from(rows, ({ ts }) => ts) },
      symbol: { type: 'text', values: rows.map(({ symbol }) => symbol) },
      rate: { type: 'double', values: Float64Array.from(rows, ({ rate }) => rate) },
    },
  };
}

function endsTable(ends: Tables['ends']): Table {
  return {
    rows: ends.length,
    columns: {
      symbol: { type: 'text', values: ends.map(({ symbol }) => symbol) },
      delisted_ms: { type: 'time', values: Float64Array.from(ends, ({ delistedMs }) => delistedMs) },
    },
  };
}
