/** SQL over built sets and over records, under names that do not depend on a dataset. */
import { join } from 'node:path';
import { newsClasses } from '../../engine/columns/records.ts';
import type { DatasetManifest } from '../dataset.ts';
import { sqlFile, sqlText } from '../duck.ts';
import type { Store } from '../store.ts';
import { columnSetFile, listColumnSets, type StoredColumnSet } from './column-set.ts';
import { regimeColumns } from './tables.ts';

export interface View {
  readonly name: string;
  readonly select: string;
}

/**
 * Views over the built sets of datasets; sets that have become stale are left out.
 *
 *   `<dataset>_<set>`       values of an exported set
 *   `<dataset>_fill`        fill by column and day, with `feature_set`
 *   `<dataset>_universe`    the universe by hour, with `feature_set`
 *   `ML_REGIME`             regime by day over all datasets
 */
export async function columnViews(store: Store, datasets: readonly string[]): Promise<readonly View[]> {
  const views: View[] = [];
  const regimes: string[] = [];
  for (const dataset of datasets) {
    const sets = (await listColumnSets(store, dataset)).filter(({ stale }) => !stale);
    for (const { dir, manifest } of sets) {
      const { files, set } = manifest;
      if (files.length === 0) continue;
      const paths = files.map((file) => sqlFile(join(dir, file))).join(', ');
      views.push({ name: `${dataset}_${set}`, select: `SELECT * FROM read_parquet([${paths}])` });
    }
    for (const file of ['fill', 'universe'] as const) {
      const parts = await filesOf(sets, file);
      if (parts.length > 0) views.push({ name: `${dataset}_${file}`, select: unionOf(parts, 'feature_set') });
    }
    // Regime versions depend on the dataset alone: any set that has them tells the same.
    const [regime] = await filesOf(sets, 'regime');
    if (regime !== undefined) regimes.push(unionOf([{ ...regime, value: dataset }], 'dataset'));
  }
  const none = `SELECT NULL::VARCHAR AS dataset, NULL::BIGINT AS day_ms, ${regimeColumns
    .map((name) => `NULL::DOUBLE AS ${name}`)
    .join(
      ', ',
    )}, NULL::VARCHAR AS state, NULL::BIGINT AS valid_from_ms, NULL::BIGINT AS trained_to_ms WHERE false`;
  return [...views, { name: 'ML_REGIME', select: [none, ...regimes].join(' UNION ALL ') }];
}

interface Part {
  readonly path: string;
  /** What tells its rows from those of the other parts. */
  readonly value: string;
}

async function filesOf(
  sets: readonly StoredColumnSet[],
  file: 'fill' | 'universe' | 'regime',
): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const set of sets) {
    const path = await columnSetFile(set, file);
    if (path !== null) parts.push({ path, value: set.manifest.set });
  }
  return parts;
}

function unionOf(parts: readonly Part[], name: string): string {
  return parts
    .map(({ path, value }) => `SELECT ${sqlText(value)} AS ${name}, * FROM read_parquet(${sqlFile(path)})`)
    .join(' UNION ALL ');
}

/**
 * `FE_NEWS_EVENTS`: one row an article and coin it is linked to (one without a symbol where it is linked to none). `event` is
 * the most probable class, NULL before a classifier has seen the article; a dataset whose table has no classes shows those that
 * scoring gave it. `hours_since_listing` and `hours_since_hack` count
 * from the publication of such an event to the close of the dataset's last bar.
 */
export function newsEventsView(
  store: Store,
  manifests: readonly DatasetManifest[],
  columnsOf: ReadonlyMap<string, ReadonlySet<string>>,
  classifiedOf: ReadonlyMap<string, string> = new Map(),
): View {
  const classes = newsClasses.map((name) => `p_${name}`);
  const parts = manifests.flatMap(({ name, tables, toMs }) => {
    if (tables.news === undefined) return [];
    const present = columnsOf.get(name) ?? new Set<string>();
    const own = classes.every((column) => present.has(column));
    const classified = classifiedOf.get(name);
    const classed = own || classified !== undefined;
    const event = classed
      ? `CASE greatest(${classes.join(', ')}) ${newsClasses.map((one) => `WHEN p_${one} THEN ${sqlText(one)}`).join(' ')} END`
      : 'NULL::VARCHAR';
    const probabilities = classes.map((column) => (classed ? column : `NULL::DOUBLE AS ${column}`));
    const articles = `read_parquet(${sqlFile(join(store.datasetDir(name), tables.news.file))})`;
    const rows =
      own || classified === undefined
        ? articles
        : `(SELECT id, published_ms, ingested_ms, title, source, symbols FROM ${articles})
           LEFT JOIN (SELECT id, ${classes.join(', ')} FROM read_parquet(${sqlFile(classified)})) USING (id)`;
    return [
      `SELECT ${sqlText(name)} AS dataset, id, nullif(symbol, '') AS symbol, published_ms,
        greatest(published_ms, coalesce(ingested_ms, published_ms)) AS available_ms, title, source, ${event} AS event,
        ${probabilities.join(', ')}, ${toMs}::BIGINT AS to_ms
       FROM (SELECT *, unnest(string_split(coalesce(symbols, ''), ' ')) AS symbol FROM ${rows})`,
    ];
  });
  const none = `SELECT NULL::VARCHAR AS dataset, NULL::VARCHAR AS id, NULL::VARCHAR AS symbol, NULL::BIGINT AS published_ms,
    NULL::BIGINT AS available_ms, NULL::VARCHAR AS title, NULL::VARCHAR AS source, NULL::VARCHAR AS event,
    ${classes.map((column) => `NULL::DOUBLE AS ${column}`).join(', ')}, NULL::BIGINT AS to_ms WHERE false`;
  const since = (one: string) =>
    `CASE WHEN event = '${one}' AND available_ms <= to_ms THEN (to_ms - published_ms) / 3600000.0 END AS hours_since_${one}`;
  return {
    name: 'FE_NEWS_EVENTS',
    select: `SELECT * EXCLUDE (to_ms), ${since('listing')}, ${since('hack')} FROM (${[none, ...parts].join(' UNION ALL ')})`,
  };
}
