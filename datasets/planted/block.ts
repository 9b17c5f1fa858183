/** One block of a planted market, from streams to part files: what a worker thread does, or the calling one. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Table, TableColumn } from '../../engine/journal/tables.ts';
import { detailTable } from '../detail-tables.ts';
import { loadTable, sqlText, withDuck } from '../duck.ts';
import { barrierScoresTable, type NamedEpisodes, truthBarrierTable } from './barrier/index.ts';
import { type DetailRequest, detailOf } from './detail-table.ts';
import type { ListedCoin } from './exchange.ts';
import { faultKinds } from './faults/kinds.ts';
import { type FaultedCoin, plantFaults } from './faults/plant.ts';
import { revisionsTable, truthFaultBarsTable, truthFaultsTable } from './faults/tables.ts';
import { type Market, openMarket, type PlantedCoin, plantCoin } from './market.ts';
import { type OracleCoin, oracleCoin } from './oracle.ts';
import { type Listing, type Piece, pieceOf } from './pieces.ts';
import type { MarketSettings } from './settings.ts';
import {
  barColumnsOf,
  barsTable,
  type FaultyPiece,
  faultyBarsTable,
  fundingTable,
  marketCapTable,
  markTable,
  proxiesTable,
  scoresTable,
  spotTable,
} from './tables.ts';
import { truthCoinsTable, truthDaysTable, truthHoursTable } from './truth.ts';

export interface BlockTask {
  readonly settings: MarketSettings;
  readonly listings: readonly Listing[];
  readonly detail: DetailRequest | null;
  /** Folder of the part files, and the block's number in their names. */
  readonly dir: string;
  readonly block: number;
}

/** A table's part in a file, and what its columns hold. */
export interface Part {
  readonly table: string;
  readonly path: string;
  readonly types: readonly (readonly [column: string, type: TableColumn['type']])[];
}

export interface BlockResult {
  /** In the order in which the rows belong. */
  readonly parts: readonly Part[];
  readonly oracle: readonly OracleCoin[];
  readonly listed: readonly ListedCoin[];
}

/** Plants the coins of one block and writes their tables as parts. The same task writes the same parts, wherever it runs. */
export async function plantBlock(task: BlockTask): Promise<BlockResult> {
  const market = marketOf(task.settings);
  const pieces: Piece[] = [];
  const faulty: FaultyPiece[] = [];
  for (const listing of task.listings) {
    const coin = plantCoin(market, listing.entity);
    const piece = coin && pieceOf(coin, listing);
    if (piece !== null) pieces.push(piece);
    if (piece !== null && market.settings.switches.faults) faulty.push(faultyOf(market, piece, listing));
    // A Ctrl-C is heard between two coins.
    await setImmediate();
  }
  const parts: Part[] = [];
  await withDuck(
    async (duck) => {
      for (const [table, make] of blockTables(market)) {
        await addPart(duck, parts, task, table, make(pieces));
      }
      for (const [table, made] of faultTables(faulty)) await addPart(duck, parts, task, table, made);
      for (const [index, piece] of pieces.entries()) {
        const detail = detailOf(piece, task.detail, faulty[index]?.faulted ?? null);
        if (detail !== null) await addPart(duck, parts, task, detailTable(detail.minutes), detail.table);
      }
    },
    { threads: 1 },
  );
  return { parts, ...kept(market, pieces) };
}

let opened: { readonly key: string; readonly market: Market } | null = null;

/** The factor is the same for all blocks of a market: it is drawn once in each thread. */
function marketOf(settings: MarketSettings): Market {
  const key = JSON.stringify(settings);
  if (opened?.key !== key) opened = { key, market: openMarket(settings) };
  return opened.market;
}

/** Tables that are written block by block, by their place in the dataset's folder. */
function blockTables(market: Market): readonly (readonly [string, (pieces: readonly Piece[]) => Table])[] {
  const { switches } = market.settings;
  return [
    ['bars', (pieces) => (switches.faults ? noRows : barsTable(pieces))],
    ['funding', fundingTable],
    ['mark', markTable],
    ['spot', spotTable],
    ['scores', scoresTable],
    ['market_cap', (pieces) => (switches.marketCap ? marketCapTable(market, pieces) : noRows)],
    ['proxies', (pieces) => proxiesTable(market, pieces)],
    ['proxies', (pieces) => barrierProxiesTable(episodesOf(pieces))],
    ['truth/barrier', (pieces) => truthBarrierTable(episodesOf(pieces))],
    ['truth/coins', truthCoinsTable],
    ['truth/coin_day', (pieces) => truthDaysTable(market, lawful(pieces))],
    ['truth/coin_hour', (pieces) => truthHoursTable(switches, lawful(pieces))],
  ];
}

const noRows: Table = { rows: 0, columns: {} };

function episodesOf(pieces: readonly Piece[]): readonly NamedEpisodes[] {
  return pieces.flatMap(({ coin: { episodes }, symbol }) =>
    episodes === null ? [] : [{ symbol, episodes }],
  );
}

/** What anybody may know of the decision points, in columns of numbers: `barrier_side` is 1 for BUY and -1 for SELL. */
function barrierProxiesTable(coins: readonly NamedEpisodes[]): Table {
  const { rows, columns } = barrierScoresTable(coins);
  const named = Object.entries(columns).map(([name, column]): [string, TableColumn] => {
    if (name === 'ts' || name === 'symbol') return [name, column];
    if (column.type !== 'text') return [`barrier_${name}`, column];
    return [
      `barrier_${name}`,
      { type: 'double', values: Float64Array.from(column.values, (side) => (side === 'BUY' ? 1 : -1)) },
    ];
  });
  return { rows, columns: Object.fromEntries(named) };
}

/** Those whose returns follow the law of factor and residual. */
function lawful(pieces: readonly Piece[]): readonly Piece[] {
  return pieces.filter(({ coin }) => coin.entity.kind !== 'barrier');
}

// Without a dictionary of prices, which are all different; symbols want theirs.
const partFormat = 'FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 2000';

/** Parts live for seconds and are rewritten when they are joined: they are not compressed. */
async function addPart(
  duck: DuckDBConnection,
  parts: Part[],
  { dir, block }: BlockTask,
  name: string,
  table: Table,
): Promise<void> {
  if (table.rows === 0) return;
  const path = join(dir, `${name}-${block}-${parts.length}.parquet`);
  await mkdir(dirname(path), { recursive: true });
  await loadTable(duck, 'part', table);
  await duck.run(`COPY part TO ${sqlText(path)} (${partFormat})`);
  await duck.run('DROP TABLE part');
  const types = Object.entries(table.columns).map(([column, { type }]) => [column, type] as const);
  parts.push({ table: name, path, types });
}

/** Bars as the data show them, what came later, and the truth about both; each coin's rows under the names of their hours. */
function faultTables(faulty: readonly FaultyPiece[]): readonly (readonly [string, Table])[] {
  const own = <Row extends { readonly symbol: string }>(pick: (faulted: FaultedCoin) => readonly Row[]) =>
    faulty.flatMap(({ piece, faulted }) => pick(faulted).filter(({ symbol }) => symbol === piece.symbol));
  const truth = own((faulted) => faulted.truth);
  return [
    ['bars', faultyBarsTable(faulty)],
    ['revisions', revisionsTable(own((faulted) => faulted.revisions))],
    ['truth/faults', truthFaultsTable(truth)],
    ['truth/fault_bars', truthFaultBarsTable(truth)],
  ];
}

function faultyOf(market: Market, piece: Piece, listing: Listing): FaultyPiece {
  const { coin } = piece;
  const { entity, traits, life, grid } = coin;
  const faulted = plantFaults({
    ...{ seed: market.settings.seed, kinds: faultKinds, entity, traits, life, grid },
    marketHours: market.hours,
    bars: barColumnsOf(coin),
  });
  return { piece, listing, faulted };
}

/** What is measured and told once all blocks are there. A renamed coin is kept under its first name. */
function kept(market: Market, pieces: readonly Piece[]): Pick<BlockResult, 'oracle' | 'listed'> {
  const coins: readonly PlantedCoin[] = pieces
    .filter(({ coin, symbol }) => symbol === coin.entity.symbol)
    .map(({ coin }) => coin);
  return {
    oracle: coins.flatMap((coin) => oracleCoin(market, coin) ?? []),
    listed: coins.map(({ entity, traits, life, grid }) => ({ entity, traits, life, grid })),
  };
}
