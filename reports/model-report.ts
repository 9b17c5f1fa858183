/**
 * The page of a version's models, with its charts, beside the version:
 *
 *   models/<strategy>/<version>.report/models.html          all final models
 *   models/<strategy>/<version>.report/<model>.html         one of them
 *   models/<strategy>/<version>.report/charts/              SVG, PNG and CSV
 */
import { join } from 'node:path';
import { reportEnding } from '../datasets/models/version-store.ts';
import type { Progress } from '../datasets/progress.ts';
import { checkedName, type Store } from '../datasets/store.ts';
import { engineVersion } from '../engine/version.ts';
import { aucCharts, modelCharts } from './charts/model.ts';
import { type ModelFacts, scoresOf } from './model-facts.ts';
import { modelPage } from './model-page.ts';
import { libraryText } from './page.ts';
import { writeChart } from './report.ts';
import { writeWhole } from './write-file.ts';

/** @throws ReportError `report-not-written`; the page's path otherwise. */
export async function writeModelPage(store: Store, facts: ModelFacts, progress?: Progress): Promise<string> {
  const { strategy, version, manifest, models } = facts;
  const folder = join(store.modelsDir, checkedName(strategy ?? 'unknown'));
  const dir = join(folder, `${checkedName(version ?? 'unknown')}${reportEnding}`);
  const charts = [...aucCharts(scoresOf(facts)), ...models.flatMap(modelCharts)];
  for (const [index, chart] of charts.entries()) {
    progress?.('writing the page', index / (charts.length + 1));
    await writeChart(chart, join(dir, 'charts'));
  }
  const libraries = [
    await libraryText('vega'),
    await libraryText('vega-lite'),
    await libraryText('vega-embed'),
  ];
  const [only] = models;
  const isOne = models.length === 1 && only !== undefined && manifest?.models.length !== 1;
  const fold = only?.place.fold ?? null;
  const file = isOne ? `${only.place.model}${fold === null ? '' : `-fold-${fold}`}.html` : 'models.html';
  const path = join(dir, file);
  await writeWhole(path, modelPage({ facts, charts, engineVersion, libraries }));
  return path;
}
