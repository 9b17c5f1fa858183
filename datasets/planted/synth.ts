/**
 * A planted market as a stored dataset: the tables a real one has, and `truth/` beside them for tests alone.
 *
 *   1. coins are planted in blocks, in symbol order, and each block's tables are written as parts (`writeParts`)
 *   2. the parts are joined into one file a table (`joinParts`)
 *   3. what a test may know goes to `truth/` (`writeTruth`)
 *   4. the store hashes, caches and publishes the folder (`publishDataset`)
 *
 * Only one block is in memory at a time.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Table, TableColumn } from '../../engine/journal/tables.ts';
import { copyToParquet, loadTable, sqlName, sqlText, storedDouble, withDuck, writeTables } from '../duck.ts';
import { bracketsTable, filtersTable } from '../exchange-tables.ts';
import { stopIfAborted } from '../faults.ts';
import type { Progress } from '../progress.ts';
import { type PublishedDataset, type PublishOptions, publishDataset, publishedDataset } from '../publish.ts';
import type { Store } from '../store.ts';
import { type Entity, entitiesOf } from './entities.ts';
import { plantedBrackets, plantedInstruments } from './exchange.ts';
import { type Market, openMarket, type PlantedCoin, plantCoin } from './market.ts';
import { Oracle, type OracleIc, oracleColumns, oracleTable } from './oracle.ts';
import { type MarketSettings, type PresetName, presetSettings } from './settings.ts';
import {
  barsTable,
  fundingTable,
  instrumentsTable,
  scoresTable,
  truthCoinsTable,
  truthDaysTable,
  truthRegimeTable,
} from './tables.ts';

export interface SynthRequest {
  readonly name: string;
  readonly preset: PresetName;
  readonly seed: number;
  /** Once aborted, generation stops at the next block and the store is as it was. */
  readonly signal?: AbortSignal;
}

export interface SynthResult extends PublishedDataset {
  /** The signal's measured worth, which also stands in the manifest's sources and in `truth/`. */
  readonly oracle: readonly OracleIc[];
}

/**
 * Makes a planted market of a preset's size. The same seed gives the same dataset hash.
 * @example await synthDataset(openStore('.hourglass'), { name: 'demo', preset: 'S', seed: 1 })
 * @throws StoreFault `name-refused`, `disk-full`, `permission-denied`, `disk-fault`, `cancelled`
 */
export async function synthDataset(
  store: Store,
  request: SynthRequest,
  progress?: Progress,
): Promise<SynthResult> {
  const settings = presetSettings(request.preset, request.seed);
  return await synthMarket(store, { ...request, settings, title: `preset ${request.preset}` }, progress);
}

/** The same for a market of any size and with any switches. */
export async function synthMarket(
  store: Store,
  request: {
    readonly name: string;
    readonly settings: MarketSettings;
    readonly title: string;
    readonly signal?: AbortSignal;
  },
  progress?: Progress,
): Promise<SynthResult> {
  const market = openMarket(request.settings);
  let oracle: readonly OracleIc[] = [];
  const options: PublishOptions = {
    ...(progress === undefined ? {} : { progress }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
  const fill = async (dir: string) => {
    const planted = await withDuck(async (duck) => {
      const made = await writeParts(duck, dir, market, options);
      progress?.('joining tables');
      await joinParts(duck, dir, made.parts);
      return made;
    }, options);
    progress?.('measuring the planted signal');
    oracle = planted.oracle.measure();
    await writeTruth(dir, market, oracle);
    return { sources: sourcesOf(request.title, request.settings, oracle) };
  };
  const manifest = await publishDataset(store, request.name, fill, options);
  return { ...publishedDataset(manifest), oracle };
}

// About 40 MB of columns: large enough that the number of files stays small, small enough to forget.
const blockCoins = 64;

/** Tables that are written block by block, by their place in the dataset's folder. */
function blockTables(market: Market, coins: readonly PlantedCoin[]): Readonly<Record<string, Table>> {
  return {
    bars: barsTable(coins),
    funding: fundingTable(coins),
    scores: scoresTable(coins),
    instruments: instrumentsTable(market, coins),
    brackets: bracketsTable([plantedBrackets(coins)]),
    filters: filtersTable(plantedInstruments(market, coins)),
    'truth/coins': truthCoinsTable(coins),
    'truth/coin_day': truthDaysTable(coins),
  };
}

/** A table on its way: part files in order, and what its columns hold. */
interface Parts {
  readonly files: string[];
  readonly types: ReadonlyMap<string, TableColumn['type']>;
}

interface Planted {
  readonly parts: ReadonlyMap<string, Parts>;
  readonly oracle: Oracle;
}

async function writeParts(
  duck: DuckDBConnection,
  dir: string,
  market: Market,
  options: PublishOptions,
): Promise<Planted> {
  const entities = bySymbol(entitiesOf(market.settings));
  const parts = new Map<string, Parts>();
  const oracle = new Oracle(market);
  await mkdir(join(dir, 'parts', 'truth'), { recursive: true });
  let writing: Promise<void> = Promise.resolve();
  for (let from = 0; from < entities.length; from += blockCoins) {
    options.progress?.('planting coins', from / entities.length);
    const coins = await plantBlock(market, entities.slice(from, from + blockCoins));
    for (const coin of coins) oracle.add(coin);
    await writing;
    // Only here is no query under way that closing the database would cut off.
    stopIfAborted(options.signal, 'Planting a market');
    writing = writeBlock(duck, join(dir, 'parts'), String(from), blockTables(market, coins), parts);
    // Heard where it is awaited, in the next round; until then a rejection is nobody's.
    writing.catch(() => undefined);
  }
  await writing;
  return { parts, oracle };
}

/** Parts live for seconds and are rewritten when they are joined: they are not compressed. */
async function writeBlock(
  duck: DuckDBConnection,
  dir: string,
  block: string,
  tables: Readonly<Record<string, Table>>,
  parts: Map<string, Parts>,
): Promise<void> {
  for (const [name, table] of Object.entries(tables)) {
    if (table.rows === 0) continue;
    const path = join(dir, `${name}-${block}.parquet`);
    await loadTable(duck, 'part', table);
    await duck.run(`COPY part TO ${sqlText(path)} (FORMAT parquet, COMPRESSION uncompressed)`);
    await duck.run('DROP TABLE part');
    const types = new Map(Object.entries(table.columns).map(([column, { type }]) => [column, type]));
    parts.set(name, { files: [...(parts.get(name)?.files ?? []), path], types });
  }
}

/** Yields between coins, so that the block before gets written meanwhile and a Ctrl-C is heard. */
async function plantBlock(market: Market, entities: readonly Entity[]): Promise<readonly PlantedCoin[]> {
  const coins: PlantedCoin[] = [];
  for (const entity of entities) {
    const coin = plantCoin(market, entity);
    if (coin !== null) coins.push(coin);
    await setImmediate();
  }
  return coins;
}

/** Bars are stored by symbol in the byte order of UTF-8. */
function bySymbol(entities: readonly Entity[]): readonly Entity[] {
  return [...entities].sort((a, b) => Buffer.compare(Buffer.from(a.symbol), Buffer.from(b.symbol)));
}

async function joinParts(duck: DuckDBConnection, dir: string, parts: Planted['parts']): Promise<void> {
  await mkdir(join(dir, 'truth'), { recursive: true });
  for (const [name, { files, types }] of parts) {
    const columns = [...types].map(([column, type]) => storedColumn(column, type)).join(', ');
    const source = `read_parquet([${files.map(sqlText).join(', ')}])`;
    await copyToParquet(duck, `SELECT ${columns} FROM ${source}`, join(dir, `${name}.parquet`));
  }
  await rm(join(dir, 'parts'), { recursive: true });
}

/** Loaded tables hold times as doubles and NaN for "no value"; stored ones hold whole milliseconds and NULL. */
function storedColumn(column: string, type: TableColumn['type']): string {
  const name = sqlName(column);
  if (type === 'double') return `${storedDouble(name)} AS ${name}`;
  if (type === 'time') return `CAST(nullif(${name}, 'nan'::DOUBLE) AS BIGINT) AS ${name}`;
  return name;
}

async function writeTruth(dir: string, market: Market, measured: readonly OracleIc[]): Promise<void> {
  await writeTables([
    { path: join(dir, 'truth', 'regime.parquet'), table: truthRegimeTable(market) },
    { path: join(dir, 'truth', 'oracle.parquet'), table: oracleTable(measured) },
  ]);
}

function sourcesOf(title: string, settings: MarketSettings, measured: readonly OracleIc[]): string[] {
  const { seed, coins, days, switches } = settings;
  const lines = oracleColumns.map((column) => {
    const cells = measured.filter((cell) => cell.column === column);
    const values = cells.map((cell) => `${cell.mean.toFixed(4)} at ${cell.horizonDays} d`).join(', ');
    return `oracle rank IC of ${column} to the residual return: ${values}`;
  });
  return [
    `planted market, ${title}, seed ${seed}: ${coins} coins, ${days} days`,
    `switches ${JSON.stringify(switches)}`,
    ...lines,
  ];
}
