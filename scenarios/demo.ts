/**
 * What `npm start` runs: a planted market if there is none yet, the scores of the models that come with the package, the built-in
 * scenarios that live on it, their reports, and one page that links them.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { datasetNames } from '../datasets/catalogue.ts';
import { listVersions } from '../datasets/models/version-store.ts';
import { synthDataset } from '../datasets/planted/synth.ts';
import type { Progress } from '../datasets/progress.ts';
import type { StoredRun } from '../datasets/runs.ts';
import type { Store } from '../datasets/store.ts';
import { columnsPages } from '../reports/columns-report.ts';
import { writeIndex } from '../reports/index-page.ts';
import { writeReport } from '../reports/report.ts';
import { runBacktest } from './backtest.ts';
import { ScenarioFault } from './faults.ts';
import { loadScenario } from './load.ts';
import { scoreDataset } from './scoring/score.ts';

export const demoDataset = 'planted';
export const demoScenarios = ['demo', 'demo-gate', 'demo-momentum', 'demo-models'] as const;
/** Whose models, of those that come with the package, one of the scenarios reads. */
const scoredStrategy = 'v2-ensemble';

export interface Demo {
  readonly dataset: string;
  readonly runs: readonly StoredRun[];
  /** Path of the page that links the reports. */
  readonly report: string;
  /** The same page as an address that a browser opens. */
  readonly url: string;
}

export async function runDemo(
  store: Store,
  options: {
    /** A clock that does not go back, in ms. */
    readonly clockMs: () => number;
    readonly progress?: Progress;
    readonly signal?: AbortSignal;
  },
): Promise<Demo> {
  const { progress } = options;
  if (!(await datasetNames(store)).includes(demoDataset)) {
    progress?.('making the planted market');
    await synthDataset(store, { name: demoDataset, preset: 'S', seed: 1 }, progress);
  }
  await scoreDataset(store, {
    ...{ strategy: scoredStrategy, dataset: demoDataset, fromMs: null, toMs: null, clockMs: options.clockMs },
    versions: (await listVersions(store, scoredStrategy))
      .filter(({ origin }) => origin === 'package')
      .map(({ version }) => version),
    ...(progress === undefined ? {} : { progress }),
  });
  const runs: StoredRun[] = [];
  for (const name of demoScenarios) {
    const loaded = await loadScenario(name, {}, { store });
    if (!loaded.ok) throw new ScenarioFault(loaded.faults);
    const { run, panel } = await runBacktest(store, loaded.value.scenario, loaded.value.strategy, options);
    await writeReport({ run, panel }, progress);
    runs.push(run);
  }
  const report = await writeIndex({
    runs,
    columns: await columnsPages(store),
    file: join(store.runsDir, 'index.html'),
    title: 'Four runs on a planted market',
    introduction:
      'The market is made up: its prices follow a known law, with a known signal planted in it. So a profit here says that the engine finds what was planted, and nothing about real coins.',
  });
  return { dataset: demoDataset, runs, report, url: pathToFileURL(report).href };
}
