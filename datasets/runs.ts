/** The run store: one folder per run, tables as Parquet, a manifest that says what went in and what came out. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Table } from '../engine/journal/tables.ts';
import { fileHash, readTable, writeTables } from './duck.ts';
import { asStoreFault, StoreFault } from './faults.ts';
import type { Store } from './store.ts';

export const runTables = [
  'decisions',
  'targets',
  'refusals',
  'orders',
  'fills',
  'trades',
  'equity',
  'funding',
  'account_events',
] as const;
export type RunTable = (typeof runTables)[number];

/** The figures that stand at the top of every report and in `--json`. Fractions, never per cent; money in quote currency. */
export interface Headline {
  readonly trades: number;
  readonly startEquity: number;
  readonly finalEquity: number;
  readonly totalReturn: number;
  /** Daily marks at 00:00 UTC, annualised with sqrt(365); null where undefined. */
  readonly sharpe: number | null;
  readonly sortino: number | null;
  readonly calmar: number | null;
  /** Positive fraction, from hourly marks. */
  readonly maxDrawdown: number;
  /** Share of trades with pnl > 0; null without trades. */
  readonly winRate: number | null;
  readonly fees: number;
  /** Cash received, negative when paid. */
  readonly funding: number;
  /** What slippage cost against raw prices, >= 0 when it cost. */
  readonly slippage: number;
  /** Positions that were liquidated, what the clearance fees cost (part of `fees`), and what the insurance fund bore. */
  readonly liquidations: number;
  readonly clearanceFees: number;
  readonly insurance: number;
  /** Fees of orders that rested; part of `fees`. */
  readonly makerFees: number;
  /** Orders that filled in part, the rest given up, and rests that were dropped. */
  readonly partialFills: number;
  readonly droppedRests: number;
  /** Moves of money between the wallets. */
  readonly transfers: number;
  /** Margin mode that was in force. */
  readonly margin: 'none' | 'cross' | 'isolated';
  /** Prices of spot positions: none held, spot bars, or the perpetual in place of some. */
  readonly spot: 'none' | 'bars' | 'proxy';
  /** Prices that futures were marked at, and the share of their notional-hours that had a mark of their own. */
  readonly mark: 'mark' | 'trade' | 'mixed';
  readonly markShare: number;
  /** Length of the finer bars that were at hand, null for none, and hours that were lived through them. */
  readonly detailMinutes: number | null;
  readonly detailHours: number;
  /** Days for which a coin that was held was judged by brackets or filters younger than the time; of the coin with the most. */
  readonly bracketsUndatedDays: number;
  readonly filtersUndatedDays: number;
  readonly refusals: number;
  readonly refusalsByReason: Readonly<Record<string, number>>;
  readonly exitsByReason: Readonly<Record<string, number>>;
  /** Share of position-bars in which stop and target both lay inside the bar. */
  readonly ambiguousBars: number;
  /** Largest error of the accounting identity in any hour, as a fraction of that hour's equity; the run stops beyond 1e-9. */
  readonly accountingError: number;
  readonly openAtEnd: number;
  /** Notional x hours of futures held without funding rows to charge, and its share of all notional-hours of futures. */
  readonly fundingUncoveredNotionalHours: number;
  readonly fundingUncoveredShare: number;
  /** Holes between funding rows that a position was held through, and settlements charged that were interpolated. */
  readonly fundingHoles: number;
  readonly fundingInterpolated: number;
  readonly decisions: number;
  readonly hours: number;
}

export interface RunManifest {
  readonly formatVersion: 1;
  readonly runId: string;
  readonly kind: 'backtest';
  readonly engineVersion: string;
  /** The scenario as resolved: every default filled in. */
  readonly scenario: Readonly<Record<string, unknown>>;
  readonly strategy: {
    readonly name: string;
    readonly codeHash: string;
    readonly config: Readonly<Record<string, unknown>>;
  };
  readonly dataset: { readonly name: string; readonly hash: string };
  readonly models: readonly string[];
  readonly seed: number;
  readonly parentRunId: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly signalDigest: string;
  readonly digest: string;
  readonly headline: Headline;
  /** What had to be assumed, in sentences a reader can weigh. */
  readonly assumptions: readonly string[];
  readonly tables: Readonly<Record<string, { readonly rows: number; readonly sha256: string }>>;
}

/** A run read back: the manifest and a reader for its tables. */
export interface StoredRun {
  readonly dir: string;
  readonly manifest: RunManifest;
  table(name: RunTable): Promise<Table>;
}

/** What a run leaves behind, before it has a place on disk. */
export interface FinishedRun {
  readonly manifest: Omit<RunManifest, 'formatVersion' | 'runId' | 'tables'>;
  readonly tables: Readonly<Record<RunTable, Table>>;
}

/**
 * Writes a run folder: tables and manifest under a temporary name, then renamed, so that a run is there whole or not at all.
 * The id is the scenario's name and a hash of everything that went in: the same inputs are the same run, and writing it
 * again replaces it by its equal (its report goes with it).
 */
export async function writeRun(store: Store, run: FinishedRun): Promise<StoredRun> {
  const runId = runIdOf(run.manifest);
  const dir = join(store.runsDir, runId);
  const staging = join(store.runsDir, `.staging-${runId}-${process.pid}`);
  try {
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true });
    const files = await writeTables(
      runTables.map((name) => ({ path: join(staging, `${name}.parquet`), table: run.tables[name] })),
    );
    const tables = Object.fromEntries(
      runTables.map((name, index) => [name, { rows: files[index]!.rows, sha256: files[index]!.sha256 }]),
    );
    const manifest: RunManifest = { formatVersion: 1, runId, ...run.manifest, tables };
    await writeFile(join(staging, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    await rm(dir, { recursive: true, force: true });
    await rename(staging, dir);
    return storedRun(dir, manifest);
  } catch (cause) {
    await rm(staging, { recursive: true, force: true });
    throw asStoreFault(cause, `writing run ${runId}`);
  }
}

function runIdOf(manifest: FinishedRun['manifest']): string {
  const { scenario, strategy, dataset, models, seed, fromMs, toMs, engineVersion, parentRunId } = manifest;
  // The strategy counts by its code: the same file under two paths is the same strategy.
  const { strategy: _path, ...settings } = scenario;
  const inputs = JSON.stringify({
    scenario: settings,
    strategy,
    dataset,
    models,
    seed,
    fromMs,
    toMs,
    engineVersion,
    parentRunId,
  });
  return `${String(scenario['name'])}-${createHash('sha256').update(inputs).digest('hex').slice(0, 10)}`;
}

/** Names of the run's tables whose files no longer hold what was written. */
export async function damagedTables({ dir, manifest }: StoredRun): Promise<readonly RunTable[]> {
  const damaged: RunTable[] = [];
  for (const name of runTables) {
    const sha256 = await fileHash(join(dir, `${name}.parquet`)).catch(() => null);
    if (sha256 !== manifest.tables[name]?.sha256) damaged.push(name);
  }
  return damaged;
}

function storedRun(dir: string, manifest: RunManifest): StoredRun {
  return { dir, manifest, table: (name) => readTable(join(dir, `${name}.parquet`)) };
}

/**
 * Reads a run back by its id, by its scenario's name (the newest run of it), or by the beginning of its id where only one
 * run begins so.
 * @throws StoreFault `run-missing`, naming the runs there are
 */
export async function readRun(store: Store, runId: string): Promise<StoredRun> {
  const ids = await runIds(store);
  const ofScenario = ids.includes(runId)
    ? []
    : (await listRuns(store)).filter(({ scenario }) => scenario['name'] === runId);
  const named = ids.includes(runId) ? runId : ofScenario[0]?.runId;
  const matches = named === undefined ? ids.filter((id) => id.startsWith(runId)) : [named];
  if (matches.length !== 1) {
    const known = (matches.length > 1 ? matches : ids).join(', ') || 'none yet';
    const what = matches.length > 1 ? 'names several runs' : 'names no run';
    throw new StoreFault(
      'run-missing',
      `${JSON.stringify(runId)} ${what}; there are: ${known}. See: hourglass runs list`,
    );
  }
  const dir = join(store.runsDir, matches[0]!);
  const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')) as RunManifest;
  return storedRun(dir, manifest);
}

/** All runs of a store, newest first; folders without a manifest are somebody else's and passed over. */
export async function listRuns(store: Store): Promise<readonly RunManifest[]> {
  const runs = await Promise.all(
    (await runIds(store)).map(async (id) => {
      const path = join(store.runsDir, id, 'manifest.json');
      const [found, text] = await Promise.all([stat(path), readFile(path, 'utf8')]).catch(
        () => [null, ''] as const,
      );
      return found === null ? [] : [{ mtimeMs: found.mtimeMs, manifest: JSON.parse(text) as RunManifest }];
    }),
  );
  return runs
    .flat()
    .sort((a, b) => b.mtimeMs - a.mtimeMs)
    .map(({ manifest }) => manifest);
}

async function runIds(store: Store): Promise<readonly string[]> {
  const entries = await readdir(store.runsDir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name);
}
