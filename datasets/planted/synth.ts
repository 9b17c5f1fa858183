/**
 * A planted market as a stored dataset: the tables a real one has, and `truth/` beside them for tests alone.
 *
 *   1. coins are planted in blocks, in symbol order, and each block's tables are written as parts (`plantBlocks`)
 *   2. the parts are joined into one file a table (`joinParts`)
 *   3. what concerns the market as a whole is written, the truth about it to `truth/` (`writeWhole`)
 *   4. the store hashes, caches and publishes the folder (`publishDataset`)
 *
 * Blocks are planted by worker threads where there are several; only those under way are in memory. Which thread plants a
 * block changes nothing in it.
 */
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Table } from '../../engine/journal/tables.ts';
import { siblingModule, WorkerPool } from '../../engine/signal/pool.ts';
import { sqlName, sqlText, storedDouble, withDuck, writeTables } from '../duck.ts';
import { bracketsTable, filtersTable } from '../exchange-tables.ts';
import { stopIfAborted } from '../faults.ts';
import type { Progress } from '../progress.ts';
import { type PublishedDataset, type PublishOptions, publishDataset, publishedDataset } from '../publish.ts';
import type { Store } from '../store.ts';
import { stateHalfLifeDays } from './alpha/state.ts';
import { betaLaw } from './beta.ts';
import { type BlockResult, type BlockTask, type Part, plantBlock } from './block.ts';
import type { DetailRequest } from './detail-table.ts';
import { entitiesOf } from './entities.ts';
import { instrumentRows, type ListedCoin, plantedBrackets, plantedInstruments } from './exchange.ts';
import { plantFearGreed } from './fear-greed.ts';
import { lifeOf } from './life.ts';
import { type Market, openMarket } from './market.ts';
import { plantNews } from './news/articles.ts';
import { newsCoinsOf } from './news/coins.ts';
import { coinNamesTable, newsTable, truthNewsTable } from './news/tables.ts';
import { measureOracle, type OracleIc, oracleTable } from './oracle.ts';
import { type Listing, listingsOf } from './pieces.ts';
import { proxyNoise } from './proxies.ts';
import { regimeLaws } from './regime.ts';
import {
  burnInDays,
  defaultSwitches,
  type MarketSettings,
  marketStartMs,
  type PresetName,
  presets,
  type Switches,
} from './settings.ts';
import { fearGreedTable, instrumentsTable, renamesTable } from './tables.ts';
import { truthRegimeLawTable, truthRegimeTable } from './truth.ts';
import { truthUniverseTable, universeTruth } from './universe.ts';

interface SynthOptions {
  readonly name: string;
  /** Finer bars to store as well. */
  readonly detail?: DetailRequest;
  /** Worker threads; 0 plants in the calling one. Without it, as many as there are processors and blocks to fill them. */
  readonly workers?: number;
  /** Once aborted, generation stops at the next block and the store is as it was. */
  readonly signal?: AbortSignal;
}

export interface SynthRequest extends SynthOptions {
  readonly preset: PresetName;
  readonly seed: number;
  /** What differs from `defaultSwitches`. */
  readonly switches?: Partial<Switches>;
}

export interface SynthResult extends PublishedDataset {
  /** The signals' measured worth, which also stands in the manifest's sources and in `truth/`. */
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
  const { preset, seed } = request;
  const settings = { seed, ...presets[preset], switches: { ...defaultSwitches, ...request.switches } };
  return await synthMarket(store, { ...request, settings, title: `preset ${preset}` }, progress);
}

/** The same for a market of any size and with any switches. */
export async function synthMarket(
  store: Store,
  request: SynthOptions & { readonly settings: MarketSettings; readonly title: string },
  progress?: Progress,
): Promise<SynthResult> {
  const { settings, signal } = request;
  const market = openMarket(settings);
  let oracle: readonly OracleIc[] = [];
  const options: PublishOptions = {
    ...(progress === undefined ? {} : { progress }),
    ...(signal === undefined ? {} : { signal }),
  };
  const fill = async (dir: string) => {
    const listings = listingsOf(settings);
    const planted = await plantBlocks(dir, listings, request, options);
    progress?.('joining tables');
    await joinParts(
      dir,
      planted.flatMap(({ parts }) => parts),
      options,
    );
    progress?.('measuring the planted signal');
    oracle = measureOracle(
      market,
      planted.flatMap((block) => block.oracle),
    );
    await writeWhole(
      dir,
      market,
      listings,
      planted.flatMap(({ listed }) => listed),
      oracle,
    );
    return { sources: sourcesOf(request.title, settings, oracle) };
  };
  const manifest = await publishDataset(store, request.name, fill, options);
  return { ...publishedDataset(manifest), oracle };
}

// About 30 MB of columns: large enough that files stay few, small enough to forget and to share out evenly.
const blockCoins = 40;
/** Fewer blocks are planted before a second thread has started. */
const blocksPerWorkerMin = 2;

/** A single thread would not be faster than the calling one. */
function workersFor(blocks: number): number {
  const workers = Math.min(availableParallelism(), Math.floor(blocks / blocksPerWorkerMin));
  return workers > 1 ? workers : 0;
}

/** Results in the order of the blocks, whoever planted them. */
async function plantBlocks(
  dir: string,
  listings: readonly Listing[],
  request: SynthOptions & { readonly settings: MarketSettings },
  options: PublishOptions,
): Promise<readonly BlockResult[]> {
  const { settings, detail = null } = request;
  const tasks: BlockTask[] = [];
  for (let from = 0; from < listings.length; from += blockCoins) {
    const own = listings.slice(from, from + blockCoins);
    tasks.push({ settings, listings: own, detail, dir: join(dir, 'parts'), block: tasks.length });
  }
  const workers = request.workers ?? workersFor(tasks.length);
  if (workers === 0) return await eachTask(tasks, 1, options, plantBlock);
  const pool = new WorkerPool(workers);
  const moduleUrl = siblingModule('block', import.meta.url);
  try {
    return await eachTask(tasks, workers, options, (task) =>
      pool.run<BlockResult>(moduleUrl, 'plantBlock', task),
    );
  } finally {
    await pool.close();
  }
}

/**
 * Hands out the tasks in order, `atOnce` at a time. After a fault or an abort no further one begins, and those under way are
 * waited for: a thread that is ended while it writes would leave its database half closed.
 */
async function eachTask(
  tasks: readonly BlockTask[],
  atOnce: number,
  { progress, signal }: PublishOptions,
  run: (task: BlockTask) => Promise<BlockResult>,
): Promise<readonly BlockResult[]> {
  const results: BlockResult[] = new Array(tasks.length);
  const waiting = [...tasks];
  let done = 0;
  const runner = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      progress?.('planting coins', done / tasks.length);
      // A Ctrl-C that came meanwhile is heard here.
      await setImmediate();
      if (signal?.aborted === true) return;
      results[task.block] = await run(task);
      done += 1;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, runner));
  stopIfAborted(signal, 'Planting a market');
  for (const outcome of ended) if (outcome.status === 'rejected') throw outcome.reason;
  return results;
}

// Prices are all different: a dictionary of them costs a fifth of the writing and makes larger files, but symbols want theirs.
// A higher level saves a sixth of the room for twice the time.
const storedFormat = 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 2000';

/** Parts follow each other in symbol order; the proxies of barrier coins alone come in parts of their own. */
async function joinParts(dir: string, parts: readonly Part[], options: PublishOptions): Promise<void> {
  const tables = new Map<string, Part[]>();
  for (const part of parts) tables.set(part.table, [...(tables.get(part.table) ?? []), part]);
  await mkdir(join(dir, 'truth'), { recursive: true });
  await withDuck(async (duck) => {
    for (const [name, own] of tables) {
      stopIfAborted(options.signal, 'Planting a market');
      const types = new Map(own.flatMap((part) => part.types));
      const columns = [...types].map(([column, type]) => storedColumn(name, column, type)).join(', ');
      const files = own.map(({ path }) => sqlText(path)).join(', ');
      const source = `read_parquet([${files}], union_by_name = true)`;
      const order = name === 'proxies' ? ' ORDER BY symbol, ts' : '';
      const path = sqlText(join(dir, `${name}.parquet`));
      await duck.run(`COPY (SELECT ${columns} FROM ${source}${order}) TO ${path} (${storedFormat})`);
    }
  }, options);
  await rm(join(dir, 'parts'), { recursive: true });
}

/** Truth by the hour is kept in single precision: it is as large as the bars, and compared with estimates. */
const singlePrecision: ReadonlySet<string> = new Set(['truth/coin_hour']);

/** Loaded tables hold times as doubles and NaN for "no value"; stored ones hold whole milliseconds and NULL. */
function storedColumn(table: string, column: string, type: Part['types'][number][1]): string {
  const name = sqlName(column);
  if (type === 'time') return `CAST(nullif(${name}, 'nan'::DOUBLE) AS BIGINT) AS ${name}`;
  if (type !== 'double') return name;
  const stored = storedDouble(name);
  return `${singlePrecision.has(table) ? `CAST(${stored} AS FLOAT)` : stored} AS ${name}`;
}

/** Tables that no block can write alone. */
async function writeWhole(
  dir: string,
  market: Market,
  listings: readonly Listing[],
  listed: readonly ListedCoin[],
  measured: readonly OracleIc[],
): Promise<void> {
  const { seed, switches } = market.settings;
  const { regimes } = market.factor;
  const tables = {
    instruments: instrumentsTable(instrumentRows(market, listed)),
    brackets: bracketsTable(plantedBrackets(market, listed)),
    filters: filtersTable(plantedInstruments(market, listed)),
    renames: renamesTable(market, listings),
    fear_greed: fearGreedTable(
      switches.fearGreed ? plantFearGreed(seed, regimes, market.days, switches.hardRegime) : [],
    ),
    ...newsTables(market),
    'truth/regime': truthRegimeTable(market),
    'truth/regime_law': truthRegimeLawTable(),
    'truth/universe': truthUniverseTable(universeTruth(market, listed)),
    'truth/oracle': oracleTable(measured),
  };
  const entries = Object.entries(tables).map(([name, table]) => ({
    path: join(dir, `${name}.parquet`),
    table,
  }));
  for (const { path } of entries) await mkdir(dirname(path), { recursive: true });
  await writeTables(entries.filter(({ table }) => table.rows > 0));
}

/** Nothing where there is no news. */
function newsTables({ settings }: Market): Readonly<Record<string, Table>> {
  const { seed, days, switches } = settings;
  if (!switches.news) return {};
  const coins = newsCoinsOf(seed, entitiesOf(settings), (entity) => lifeOf(seed, entity, switches));
  const articles = plantNews(seed, coins, days);
  return {
    news: newsTable(articles),
    'truth/news': truthNewsTable(articles, switches.newsDrift),
    'truth/coin_names': coinNamesTable(coins),
  };
}

/** What a reader of the manifest may want to know of the laws beside seed and switches. */
const constants = {
  start: new Date(marketStartMs).toISOString(),
  burnInDays,
  beta: betaLaw,
  stateHalfLifeDays,
  proxyNoise,
  regimes: regimeLaws,
};

function sourcesOf(title: string, settings: MarketSettings, measured: readonly OracleIc[]): string[] {
  const { seed, coins, days, switches } = settings;
  const columns = [...new Set(measured.map(({ column }) => column))];
  const lines = columns.map((column) => {
    const cells = measured.filter((cell) => cell.column === column);
    const values = cells.map((cell) => `${cell.mean.toFixed(4)} at ${cell.horizonDays} d`).join(', ');
    return `oracle rank IC of ${column} to the residual return: ${values}`;
  });
  return [
    `planted market, ${title}, seed ${seed}: ${coins} coins, ${days} days`,
    `switches ${JSON.stringify(switches)}`,
    `constants ${JSON.stringify(constants)}`,
    ...lines,
  ];
}
