/**
 * The page of a set of columns, with its charts and figures, beside the set:
 *
 *   columns/<dataset>/<set>.report/columns.html
 *   columns/<dataset>/<set>.report/build.json, audit.json    what each command said
 *   columns/<dataset>/<set>.report/charts/                   SVG, PNG and CSV
 *
 * Each command replaces its own part and writes the page anew from both. It is there for a set that was not stored, too.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { columnSetDir } from '../datasets/columns/column-set.ts';
import type { Progress } from '../datasets/progress.ts';
import type { Store } from '../datasets/store.ts';
import { engineVersion } from '../engine/version.ts';
import { fillCharts } from './charts/fill.ts';
import { regimeCharts } from './charts/regime.ts';
import { residualCharts } from './charts/residual.ts';
import { universeCharts } from './charts/universe.ts';
import type { ColumnAuditFacts, ColumnBuildFacts } from './column-facts.ts';
import { columnsPage } from './columns-page.ts';
import { libraryText } from './page.ts';
import { writeChart } from './report.ts';
import { writeWhole } from './write-file.ts';

const PAGE = 'columns.html';
const ending = '.report';

/** @throws ReportError `report-not-written`; the page's path otherwise. */
export async function writeBuildPage(
  store: Store,
  build: ColumnBuildFacts,
  progress?: Progress,
): Promise<string> {
  const { dataset, set } = build.manifest;
  const dir = reportDir(store, dataset, set);
  await writeWhole(join(dir, 'build.json'), `${JSON.stringify(build)}\n`);
  const charts = chartsOf(build);
  for (const [index, chart] of charts.entries()) {
    progress?.('writing the page', index / (charts.length + 1));
    await writeChart(chart, join(dir, 'charts'));
  }
  return await writePage(dir, { dataset, set, build, audit: await readPart<ColumnAuditFacts>(dir, 'audit') });
}

/** @throws ReportError `report-not-written`; the page's path otherwise. */
export async function writeAuditPage(store: Store, audit: ColumnAuditFacts): Promise<string> {
  const { dataset, set } = audit;
  const dir = reportDir(store, dataset, set);
  await writeWhole(join(dir, 'audit.json'), `${JSON.stringify(audit)}\n`);
  return await writePage(dir, { dataset, set, audit, build: await readPart<ColumnBuildFacts>(dir, 'build') });
}

function reportDir(store: Store, dataset: string, set: string): string {
  return `${columnSetDir(store, dataset, set)}${ending}`;
}

interface Parts {
  readonly dataset: string;
  readonly set: string;
  readonly build: ColumnBuildFacts | null;
  readonly audit: ColumnAuditFacts | null;
}

async function writePage(dir: string, parts: Parts): Promise<string> {
  const libraries = [
    await libraryText('vega'),
    await libraryText('vega-lite'),
    await libraryText('vega-embed'),
  ];
  const charts = parts.build === null ? [] : chartsOf(parts.build);
  const path = join(dir, PAGE);
  await writeWhole(path, columnsPage({ ...parts, charts, engineVersion, libraries }));
  return path;
}

function chartsOf({ universe, fill, regime, residual }: ColumnBuildFacts) {
  return [
    ...universeCharts(universe),
    ...fillCharts(fill),
    ...(regime === null ? [] : regimeCharts(regime)),
    ...(residual === null ? [] : residualCharts(residual)),
  ];
}

/** Null where that command has not run, or its part is of another format. */
async function readPart<Facts extends { readonly formatVersion: 1 }>(
  dir: string,
  name: 'build' | 'audit',
): Promise<Facts | null> {
  try {
    const part = JSON.parse(await readFile(join(dir, `${name}.json`), 'utf8')) as Facts;
    return part.formatVersion === 1 ? part : null;
  } catch {
    return null;
  }
}

/** A page of columns, for the page that leads to all. */
export interface ColumnsPageLink {
  readonly file: string;
  readonly dataset: string;
  readonly set: string;
  readonly build: ColumnBuildFacts | null;
  readonly audit: ColumnAuditFacts | null;
}

/** All pages of columns in the store, by dataset and set. */
export async function columnsPages(store: Store): Promise<readonly ColumnsPageLink[]> {
  const pages: ColumnsPageLink[] = [];
  for (const dataset of (await readdir(store.columnsDir).catch(() => [])).sort()) {
    const folder = join(store.columnsDir, dataset);
    for (const entry of (await readdir(folder).catch(() => [])).sort()) {
      if (!entry.endsWith(ending)) continue;
      const dir = join(folder, entry);
      const [build, audit] = [
        await readPart<ColumnBuildFacts>(dir, 'build'),
        await readPart<ColumnAuditFacts>(dir, 'audit'),
      ];
      const file = join(dir, PAGE);
      const isThere = (await readdir(dir)).includes(PAGE);
      if (isThere) pages.push({ ...{ file, dataset, build, audit }, set: entry.slice(0, -ending.length) });
    }
  }
  return pages;
}
