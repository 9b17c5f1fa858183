/** SQL over everything the store holds, for looking, never for changing. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { datasetNames } from './catalogue.ts';
import { columnViews, newsEventsView } from './columns/views.ts';
import type { DatasetManifest } from './dataset.ts';
import { describeRelation, sqlFile, sqlName, sqlText, withDuck } from './duck.ts';
import { StoreFault } from './faults.ts';
import { readManifest } from './manifest.ts';
import { type RunManifest, runTables } from './runs.ts';
import { staleness } from './scores/open.ts';
import { listScores, type StoredScores, scoreFiles } from './scores/score-set.ts';
import { scoreViews } from './scores/views.ts';
import type { Store } from './store.ts';

export interface SqlAnswer {
  readonly columns: readonly string[];
  /** One object a row, keyed by column; BIGINT as number where exact, else as text. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Runs one reading statement. Views: `<dataset>_bars`, `<dataset>_funding`, … for every table of every dataset (also under
 * the name with `_` for every character that would need quotes), those of `datasets/columns/views.ts` over built columns and
 * news, those of `datasets/scores/views.ts` over scores, and `run_trades`, `run_equity`, … over all backtests, with `run_id` and
 * `filename`.
 * @throws StoreFault `query-refused`
 */
export async function runSql(store: Store, query: string): Promise<SqlAnswer> {
  return await withDuck(async (duck) => {
    await createViews(duck, store);
    await duck.run(`SET allowed_directories = [${sqlText(`${store.dataDir}/`)}]`);
    await duck.run('SET enable_external_access = false');
    await duck.run('SET lock_configuration = true');
    try {
      await refuseWriting(duck, query);
      const result = await duck.run(query);
      const columns = result.deduplicatedColumnNames();
      const rows = await result.getRowsJson();
      const numeric = result.columnTypes().map((type) => /^(U?BIGINT|U?HUGEINT)$/.test(String(type)));
      return {
        columns,
        rows: rows.map((row) =>
          Object.fromEntries(
            columns.map((name, index) => [name, plain(row[index], numeric[index] === true)]),
          ),
        ),
      };
    } catch (cause) {
      if (cause instanceof StoreFault) throw cause;
      throw new StoreFault('query-refused', `The query cannot be run: ${(cause as Error).message}`, {
        cause,
      });
    }
  });
}

function plain(value: unknown, isWhole: boolean): unknown {
  if (!isWhole || typeof value !== 'string') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

async function refuseWriting(duck: DuckDBConnection, query: string): Promise<void> {
  const statements = await duck.extractStatements(query);
  const refused = (why: string) =>
    new StoreFault(
      'query-refused',
      `${why} Give one SELECT, WITH, FROM, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN.`,
    );
  if (statements.count !== 1) throw refused(`The query holds ${statements.count} statements.`);
  const text = query.replace(/^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)+/, '');
  if (
    !/^\(*\s*(select|with|from|values|describe|desc|summarize|show|explain|pragma|table|pivot|unpivot)\b/i.test(
      text,
    )
  ) {
    throw refused('The query does not read.');
  }
  // EXPLAIN ANALYZE runs what it explains, and WITH may end in an INSERT.
  if (
    /\b(copy|insert|update|delete|create|drop|alter|attach|install|load|export|import|merge|truncate)\b/i.test(
      withoutTexts(text),
    )
  ) {
    throw refused('The query would write.');
  }
}

/** The query with its literals, quoted names and comments blanked, so that words inside them do not count. */
function withoutTexts(query: string): string {
  return query.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
}

async function createViews(duck: DuckDBConnection, store: Store): Promise<void> {
  const taken = new Set<string>();
  const view = async (name: string, select: string) => {
    for (const alias of new Set([name, name.replace(/[^\p{L}\p{N}_]/gu, '_')])) {
      if (taken.has(alias.toLowerCase())) continue;
      taken.add(alias.toLowerCase());
      // A table that cannot be read must not keep the others from being asked.
      await duck.run(`CREATE VIEW ${sqlName(alias)} AS ${select}`).catch(() => undefined);
    }
  };
  const datasets = await datasetNames(store);
  const manifests: DatasetManifest[] = [];
  const newsColumns = new Map<string, ReadonlySet<string>>();
  for (const dataset of datasets) {
    const manifest = await readManifest(store, dataset).catch(() => null);
    if (manifest !== null) manifests.push(manifest);
    const news = manifest?.tables.news;
    if (news !== undefined) {
      const path = sqlFile(join(store.datasetDir(dataset), news.file));
      const columns = await describeRelation(duck, `read_parquet(${path})`).catch(() => []);
      newsColumns.set(dataset, new Set(columns.map(({ name }) => name)));
    }
    for (const [table, { file }] of Object.entries(manifest?.tables ?? {})) {
      const path = join(store.datasetDir(dataset), file);
      if (await isThere(path))
        await view(`${dataset}_${table}`, `SELECT * FROM read_parquet(${sqlFile(path)})`);
    }
  }
  const scores = await freshScores(store, manifests);
  const further = [
    ...(await columnViews(store, datasets)),
    newsEventsView(store, manifests, newsColumns, await classifiedNews(scores)),
    ...scoreViews(scores),
  ];
  for (const { name, select } of further) await view(name, select);
  const runs = await backtestsOf(store);
  for (const table of runTables) {
    const paths: string[] = [];
    for (const run of runs) {
      const dir = join(store.runsDir, run);
      const path = join(dir, `${table}.parquet`);
      if (await isThere(path)) paths.push(path);
    }
    if (paths.length === 0) continue;
    const files = `read_parquet([${paths.map(sqlFile).join(', ')}], filename = true, union_by_name = true)`;
    await view(
      `run_${table}`,
      `SELECT regexp_extract(filename, '([^/\\\\]+)[/\\\\][^/\\\\]+$', 1) AS run_id, * FROM ${files}`,
    );
  }
}

/** Of all datasets. Stale ones are left out, as stale columns are, and so are those that miss a file. */
async function freshScores(store: Store, manifests: readonly DatasetManifest[]): Promise<StoredScores[]> {
  const found: StoredScores[] = [];
  for (const { name, hash } of manifests) {
    for (const scores of await listScores(store, name)) {
      const { dir, manifest } = scores;
      const isWhole = (await Promise.all(manifest.files.map(({ file }) => isThere(join(dir, file))))).every(
        Boolean,
      );
      if (isWhole && (await staleness(store, manifest, hash)) === null) found.push(scores);
    }
  }
  return found;
}

/** Files with the classes that scoring gave the articles, by dataset; of two strategies the first by name. */
async function classifiedNews(scores: readonly StoredScores[]): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const { dir, manifest } of scores) {
    const path = join(dir, scoreFiles.news);
    if (!files.has(manifest.dataset) && (await isThere(path))) files.set(manifest.dataset, path);
  }
  return files;
}

/** Finished backtests. What paper or real money did must not be added up with what was only simulated. */
async function backtestsOf(store: Store): Promise<readonly string[]> {
  const runs = await readdir(store.runsDir).catch(() => []);
  const kinds = await Promise.all(
    runs.map((run) =>
      readFile(join(store.runsDir, run, 'manifest.json'), 'utf8')
        .then((text) => (JSON.parse(text) as RunManifest).kind)
        .catch(() => null),
    ),
  );
  return runs.filter((_, at) => kinds[at] === 'backtest');
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
