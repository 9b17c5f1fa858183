/** A stored dataset, opened: its panel on shared memory, its stored columns on demand, and the hashes that name it. */
import type { MarketRecords } from '../engine/columns/records.ts';
import type { RegimeVersion } from '../engine/columns/regime/versions.ts';
import type { BracketEdition } from '../engine/exchange/brackets.ts';
import type { FilterEdition } from '../engine/exchange/filters.ts';
import type { Panel } from '../engine/panel/panel.ts';
import type { Rows } from '../engine/panel/rows.ts';
import type { DetailSource } from '../engine/simulator/rules.ts';
import type { DetailTable } from './detail-tables.ts';
import type { ScoreSource } from './scores/open.ts';

export type TableName =
  | 'bars'
  | 'funding'
  | 'mark'
  | 'scores'
  | 'instruments'
  | 'spot'
  | 'brackets'
  | 'filters'
  | 'renames'
  | DetailTable
  | RecordTable;

/** Dated records beside the bars, later versions of bars, and columns of a source's own. */
export type RecordTable = 'news' | 'fear_greed' | 'market_cap' | 'proxies' | 'revisions';

export interface TableFile {
  /** File name inside the dataset's folder. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly rows: number;
}

export interface DatasetManifest {
  readonly formatVersion: 1;
  readonly name: string;
  /** SHA-256 over the tables' hashes: names the content, not the place. */
  readonly hash: string;
  readonly symbols: number;
  /** Bars. */
  readonly rows: number;
  /** Open time of the first bar and close time of the last, epoch ms UTC. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly tables: Readonly<Partial<Record<TableName, TableFile>>>;
  /** Names of the numeric columns in `scores`. */
  readonly scoreColumns: readonly string[];
  /** Where the rows came from: file names (no folders), or the generator and its seed. */
  readonly sources: readonly string[];
  /** Rows that were not taken, by file and rule. */
  readonly rejected: readonly Rejection[];
  /** What a reader of the rows should know: guesses made or not made, unknown times. Absent where there is nothing to say. */
  readonly notes?: readonly string[];
  /** What was repaired on purpose, oldest first, with the hash of the dataset that the last repair began from. */
  readonly repairs?: readonly Repair[];
  readonly parent?: string;
}

export interface Repair {
  /** Name of the repair. */
  readonly rule: string;
  /** Null where it concerns the whole market. */
  readonly symbol: string | null;
  /** Open time of the first and of the last bar concerned, as they stood before, epoch ms UTC. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Bars that were dropped, moved or changed; rows that were added. */
  readonly rows: number;
  readonly note: string;
}

export interface Rejection {
  readonly file: string;
  readonly rule: string;
  readonly rows: number;
  /** The first such row, so that a reader can look at it. */
  readonly example: string;
}

export interface Dataset {
  readonly name: string;
  readonly hash: string;
  readonly manifest: DatasetManifest;
  readonly panel: Panel;
  /** Stored columns that a strategy may read by name (scores). */
  readonly storedColumns: readonly string[];
  /** Loads one stored column, time-major, with its row hashes. */
  rows(column: string): Promise<Rows>;
  /** What strategies' models said of it, by strategy: columns that a strategy may read by name as well. Read from the disk at every call. */
  scores(): Promise<readonly ScoreSource[]>;
  /** Leverage tiers by the time they hold from, oldest first; empty where none were imported. */
  readonly brackets: readonly BracketEdition[];
  /** Trading filters by the time they hold from, oldest first; empty where none were imported. */
  readonly filters: readonly FilterEdition[];
  /** Lengths of the finer bars there are, in minutes, finest first. */
  readonly detailMinutes: readonly number[];
  /** Finer bars of that length, or the finest there are; null where the dataset has none. */
  detail(minutes?: number): Promise<DetailSource | null>;
  /** News, Fear & Greed, market capitalisation and instruments, ready for as-of joins; read when first asked for. */
  records(): Promise<DatasetRecords>;
  /** Regime versions that were fitted to this very dataset before; null where none were. */
  regimeVersions(): Promise<readonly RegimeVersion[] | null>;
  /** What stands where: for naming the first difference between this dataset and another (see `firstInputDifference`). */
  fingerprint(): Promise<Fingerprint>;
}

/** Links and rows that name symbols without bars, by record type: they are left out. */
export interface UnknownSymbols {
  readonly news: number;
  readonly marketCap: number;
  readonly instruments: number;
}

export interface DatasetRecords extends MarketRecords {
  readonly unknown: UnknownSymbols;
}

/** Hashes of every field by hour, and of every cell over all fields. Kept per dataset hash, beyond the dataset's life. */
export interface Fingerprint {
  readonly symbols: readonly string[];
  readonly startMs: number;
  readonly hours: number;
  /**
   * Field name (open, high, low, close, volume, quoteVolume, funding, fundingMark, mark, spot, each stored column,
   * and the records: news, fearGreed, marketCap) to two lanes per hour.
   */
  readonly byHour: Readonly<Record<string, Int32Array>>;
  /** `[coin][hour]`, 32 bits over all fields. */
  readonly cells: Int32Array;
}

export interface OpenOptions {
  /** Load volume and quote volume as well. */
  readonly volumes?: boolean;
  /** Stored columns that will be asked for: read beside the bars rather than after them. */
  readonly columns?: readonly string[];
  /** Rehash the Parquet files instead of trusting size and modification time. */
  readonly verify?: boolean;
  /**
   * Open what is really there, even where it is no longer what the manifest names: `hash` then names the real content, and
   * nothing is cached. For replay, which wants to say what changed.
   */
  readonly allowChanged?: boolean;
}
