/**
 * Import, from other people's files to a dataset:
 *
 *   1. `openSources`   every file is looked at and unpacked
 *   2. `readTables`    columns are recognised, text becomes numbers; the rows of a table stand side by side
 *   3. `checkTable`    times, prices and volumes must obey the rules; unclosed and repeated rows are listed
 *   4. `writeSorted`   one Parquet file per table, by symbol and time; dated records and later versions of bars beside them
 *   5. `publishDataset` hashes, dense cache, fingerprint, one rename
 *
 * Faults are collected over all files before anything is refused, so that one attempt shows everything there is to repair.
 */
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Fault } from '../../engine/config.ts';
import type { Rejection } from '../dataset.ts';
import { detailLength } from '../detail-tables.ts';
import { allRows, sqlName, withDuck, writeTables } from '../duck.ts';
import { refuse, StoreFault, stopIfAborted } from '../faults.ts';
import { tableFileName } from '../manifest.ts';
import type { Progress } from '../progress.ts';
import {
  type Provenance,
  type PublishedDataset,
  type PublishOptions,
  publishDataset,
  publishedDataset,
} from '../publish.ts';
import type { Store } from '../store.ts';
import { checkDetailClock } from './detail-clock.ts';
import { type BarFacts, readExchangeFiles } from './exchange.ts';
import { readJson } from './json.ts';
import { type ImportTable, layoutOf, timeFields } from './layout.ts';
import { readRecordFiles } from './records/records.ts';
import { type ImportRequest, type TableFiles, tableFiles } from './request.ts';
import { arrivalFaults, splitRevisions, writeRevisions } from './revisions.ts';
import { checkRules, checkStep, type RawTable, repeatedRows, unclosedRows } from './rules.ts';
import { openSource, type SourceFile } from './source.ts';
import { keepKnownSymbols } from './symbols.ts';
import { type Part, readTabular } from './tabular.ts';
import { type Checked, writeSorted } from './write.ts';

export interface ImportResult extends PublishedDataset {
  /** Rows left out of any table, by file and rule. */
  readonly rejected: readonly Rejection[];
  /** What a reader of the rows should know. */
  readonly notes: readonly string[];
}

/**
 * Brings files into the store as dataset `name`, replacing one of that name only when everything went well.
 * @throws StoreFault `rows-refused` (with all faults), `name-refused`, `disk-full`, `permission-denied`, `cancelled`
 */
export async function importDataset(
  store: Store,
  request: ImportRequest,
  options: PublishOptions = {},
): Promise<ImportResult> {
  if (request.bars.length === 0) {
    throw new StoreFault('rows-refused', 'A dataset needs bars: name at least one file with --bars.');
  }
  const fill = async (dir: string) => {
    const workDir = join(dir, 'work');
    await mkdir(workDir);
    const provenance = await withDuck((duck) => fillTables(duck, { dir, workDir }, request, options), {
      tempDir: workDir,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    await rm(workDir, { recursive: true, force: true });
    return provenance;
  };
  const manifest = await publishDataset(store, request.name, fill, options);
  return { ...publishedDataset(manifest), rejected: manifest.rejected, notes: manifest.notes ?? [] };
}

interface Folders {
  /** Where the tables go. */
  readonly dir: string;
  /** For unpacked copies and spilled sorts; gone before the dataset is published. */
  readonly workDir: string;
}

async function fillTables(
  duck: DuckDBConnection,
  folders: Folders,
  request: ImportRequest,
  options: PublishOptions,
): Promise<Provenance> {
  const { progress, signal } = options;
  const faults: Fault[] = [];
  const doing = `Importing ${request.name}`;
  const files = tableFiles(request, faults);
  const sources = await openSources(files, folders.workDir, faults, { doing, ...options });
  const raws = await readTables(duck, sources, faults, { doing, ...options });
  const checked: Checked[] = [];
  for (const raw of raws) {
    stopIfAborted(signal, doing);
    progress?.(`checking ${raw.table}`);
    checked.push(await checkTable(duck, raw, byIndex(sources), faults));
  }
  const unmatched = faults.length === 0 ? await checkAgainstBars(duck, checked, sources, faults) : [];
  const bars = await barFacts(duck, checked);
  const exchange = await readExchangeFiles(
    duck,
    request,
    { workDir: folders.workDir, bars, fileCount: sources.length },
    faults,
  );
  const records = await readRecordFiles(
    duck,
    request,
    {
      workDir: folders.workDir,
      symbols: bars?.symbols ?? null,
      fileCount: sources.length + exchange.sources.length,
    },
    faults,
  );
  if (faults.length > 0) {
    const places = new Set(faults.map(({ path }) => path.split(/ row |, /)[0]));
    throw refuse(
      'rows-refused',
      `Nothing was imported into ${request.name}: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} in ${places.size} ${places.size === 1 ? 'file' : 'files'}.`,
      faults,
    );
  }
  for (const remark of exchange.remarks) progress?.(remark);
  for (const { table } of files) {
    stopIfAborted(signal, doing);
    progress?.(`writing ${table}`);
    await writeSorted(
      duck,
      checked.filter(({ raw }) => raw.table === table),
      join(folders.dir, tableFileName(table)),
    );
  }
  if (exchange.tables.length > 0) progress?.('writing what the exchange publishes');
  const revised = checked.flatMap((one) => one.revised ?? []);
  for (const one of revised) await writeRevisions(duck, one, join(folders.dir, tableFileName('revisions')));
  const tables = [...exchange.tables, ...records.tables].filter(({ table }) => table.rows > 0);
  await writeTables(
    tables.map(({ name, ...entry }) => ({ path: join(folders.dir, tableFileName(name)), ...entry })),
  );
  const paths = files.flatMap((group) => group.paths);
  return {
    sources: [...paths.map((path) => basename(path)), ...exchange.sources, ...records.sources],
    rejected: [
      ...checked.flatMap(({ rejected }) => rejected),
      ...unmatched,
      ...exchange.rejected,
      ...records.rejected,
    ],
    notes: [...revised.map(({ note }) => note), ...exchange.notes, ...records.notes],
  };
}

interface TableSource {
  readonly table: ImportTable;
  readonly source: SourceFile;
}

interface Steps {
  readonly doing: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

function byIndex(sources: readonly TableSource[]): ReadonlyMap<number, SourceFile> {
  return new Map(sources.map(({ source }) => [source.index, source]));
}

async function openSources(
  files: readonly TableFiles[],
  workDir: string,
  faults: Fault[],
  steps: Steps,
): Promise<readonly TableSource[]> {
  const sources: TableSource[] = [];
  let index = 0;
  for (const { table, paths } of files) {
    for (const path of paths) {
      stopIfAborted(steps.signal, steps.doing);
      const opened = await openSource(path, index, workDir);
      if (opened.ok && opened.value.format === 'jsonl')
        faults.push({ path, message: 'holds one object a line, which only news may. Give a list of rows.' });
      else if (opened.ok) sources.push({ table, source: opened.value });
      else faults.push(...opened.faults);
      index += 1;
    }
  }
  return sources;
}

/** Files of one table whose rows stand together; scores of different columns stay apart until they are joined. */
interface Gathered {
  readonly id: string;
  readonly table: ImportTable;
  readonly numbers: Set<string>;
  readonly unreadable: Set<string>;
  /** SELECTs over Parquet files, read where they lie. */
  readonly parts: string[];
  /** Table that text files were read into, once there is one. */
  loaded: boolean;
}

async function readTables(
  duck: DuckDBConnection,
  sources: readonly TableSource[],
  faults: Fault[],
  steps: Steps,
): Promise<readonly RawTable[]> {
  const groups = new Map<string, Gathered>();
  for (const [index, { table, source }] of sources.entries()) {
    stopIfAborted(steps.signal, steps.doing);
    steps.progress?.(`reading ${source.fileName}`, index / sources.length);
    const layout = layoutOf(table);
    const part =
      source.format === 'json'
        ? await readJson(duck, layout, source, faults)
        : await readTabular(duck, layout, source, faults);
    if (part === null) continue;
    const key = layout.open ? `${table} ${[...part.numbers].sort().join(' ')}` : table;
    const group = groups.get(key) ?? {
      id: `${table}_${groups.size}`,
      table,
      numbers: new Set<string>(),
      unreadable: new Set<string>(),
      parts: [],
      loaded: false,
    };
    groups.set(key, group);
    for (const name of part.numbers) group.numbers.add(name);
    for (const field of part.unreadable) group.unreadable.add(`${source.index} ${field}`);
    if (source.format === 'parquet') group.parts.push(part.select);
    else await appendPart(duck, group, source, part);
  }
  refuseSharedScores([...groups.values()], sources, faults);
  const raws: RawTable[] = [];
  for (const group of groups.values()) raws.push(await gather(duck, group));
  return raws;
}

/** Score files of different columns are joined by time and coin; a column in two of them would have two meanings. */
function refuseSharedScores(
  groups: readonly Gathered[],
  sources: readonly TableSource[],
  faults: Fault[],
): void {
  const scores = groups.filter(({ table }) => table === 'scores');
  const names = scores.flatMap(({ numbers }) => [...numbers]);
  const shared = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (shared.length === 0) return;
  const paths = sources.filter(({ table }) => table === 'scores').map(({ source }) => source.path);
  faults.push({
    path: paths.join(' '),
    message: `${shared.join(', ')} stands in files of different columns. Give all score files the same columns, or each column to one kind of file.`,
  });
}

/** Text files are read once, into one table, so that ten thousand small files do not make ten thousand scans. */
async function appendPart(
  duck: DuckDBConnection,
  group: Gathered,
  source: SourceFile,
  part: Part,
): Promise<void> {
  const table = `rows_${group.id}`;
  if (!group.loaded) {
    const layout = layoutOf(group.table);
    const names = layout.open ? part.numbers : [...layout.numbers, ...layout.aside].map(({ name }) => name);
    const numbers = names.map((name) => `${sqlName(name)} ${timeFields.has(name) ? 'BIGINT' : 'DOUBLE'}`);
    await duck.run(
      `CREATE TEMP TABLE ${table} (file INTEGER, "row" BIGINT, ts BIGINT, symbol VARCHAR, ${numbers.join(', ')})`,
    );
    group.loaded = true;
  }
  await duck.run(`INSERT INTO ${table} BY NAME ${part.select}`);
  await duck.run(`DROP TABLE ${source.format}_${source.index}`);
}

async function gather(duck: DuckDBConnection, group: Gathered): Promise<RawTable> {
  const parts = group.loaded ? [...group.parts, `SELECT * FROM rows_${group.id}`] : group.parts;
  const relation = `raw_${group.id}`;
  await duck.run(`CREATE TEMP VIEW ${relation} AS ${parts.join(' UNION ALL BY NAME ')}`);
  return {
    id: group.id,
    table: group.table,
    relation,
    numbers: [...group.numbers],
    unreadable: group.unreadable,
  };
}

async function checkTable(
  duck: DuckDBConnection,
  raw: RawTable,
  sources: ReadonlyMap<number, SourceFile>,
  faults: Fault[],
): Promise<Checked> {
  const broken = await checkRules(duck, raw, sources);
  faults.push(...broken, ...(await arrivalFaults(duck, raw, sources)));
  // Without sound times and symbols, steps and repetitions mean nothing.
  if (broken.some(({ path }) => path.endsWith(', ts') || path.endsWith(', symbol'))) {
    return { raw, sound: false, leaveOut: [], fuller: null, revised: null, rejected: [] };
  }
  faults.push(...(await checkStep(duck, raw, sources)));
  const unclosed = await unclosedRows(duck, raw, sources);
  let closed = raw;
  if (unclosed.table !== null) {
    closed = { ...raw, relation: `closed_${raw.id}` };
    await duck.run(
      `CREATE TEMP VIEW ${closed.relation} AS SELECT * FROM ${raw.relation} ANTI JOIN ${unclosed.table} USING (file, "row")`,
    );
  }
  const revised = await splitRevisions(duck, closed);
  if (revised !== null) closed = { ...closed, relation: revised.first };
  await duck.run(
    `CREATE TEMP TABLE coins_${raw.id} AS SELECT symbol, (row_number() OVER (ORDER BY symbol) - 1)::INTEGER AS coin
     FROM (SELECT DISTINCT symbol FROM ${closed.relation})`,
  );
  const repeated = await repeatedRows(duck, closed, sources, faults);
  return {
    raw: closed,
    sound: true,
    leaveOut: repeated.table === null ? [] : [repeated.table],
    fuller: repeated.fuller,
    revised,
    rejected: [...unclosed.rejected, ...repeated.rejected],
  };
}

/** Compares the other tables with the bars: their coins, and whether finer bars add up. Returns the rows left out for it. */
async function checkAgainstBars(
  duck: DuckDBConnection,
  checked: readonly Checked[],
  sources: readonly TableSource[],
  faults: Fault[],
): Promise<readonly Rejection[]> {
  const bars = checked.find(({ raw }) => raw.table === 'bars');
  if (bars === undefined) return [];
  const rejected: Rejection[] = [];
  for (const { raw } of checked) {
    if (raw.table === 'bars') continue;
    const before = faults.length;
    rejected.push(...(await keepKnownSymbols(duck, raw, bars.raw, byIndex(sources), faults)));
    const isDetail = detailLength(raw.table) !== null;
    if (isDetail && faults.length === before)
      faults.push(...(await checkDetailClock(duck, raw, bars.raw, byIndex(sources))));
  }
  return rejected;
}

/** Coins and span of bars that passed their own checks; null where they did not. */
async function barFacts(duck: DuckDBConnection, checked: readonly Checked[]): Promise<BarFacts | null> {
  const bars = checked.find(({ raw, sound }) => raw.table === 'bars' && sound);
  if (bars === undefined) return null;
  const rows = await allRows(
    duck,
    `SELECT symbol, min(ts) AS first FROM ${bars.raw.relation} GROUP BY symbol`,
  );
  const [span] = await allRows(duck, `SELECT min(ts) AS first, max(ts) AS last FROM ${bars.raw.relation}`);
  return {
    symbols: new Set(rows.map(({ symbol }) => String(symbol))),
    firstMs: new Map(rows.map(({ symbol, first }) => [String(symbol), Number(first)])),
    fromMs: Number(span?.['first']),
    toMs: Number(span?.['last']),
  };
}
