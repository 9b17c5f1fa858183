/** The columns that a strategy reads, stored, scored or computed, and what they are computed from. */
import { availableParallelism } from 'node:os';
import type { Dataset } from '../../datasets/dataset.ts';
import type { Progress } from '../../datasets/progress.ts';
import type { ScoreSource } from '../../datasets/scores/open.ts';
import { computeColumns } from '../../engine/columns/compute.ts';
import { BENCHMARK_SYMBOL } from '../../engine/columns/features/coin-window.ts';
import type { FeatureNeed } from '../../engine/columns/features/feature.ts';
import type { ColumnInputs } from '../../engine/columns/features/inputs.ts';
import { features } from '../../engine/columns/features/registry.ts';
import { needsOf } from '../../engine/columns/plan.ts';
import type { Fault } from '../../engine/config.ts';
import { isoMinute } from '../../engine/panel/hours.ts';
import { type Panel, timeAt } from '../../engine/panel/panel.ts';
import type { Rows } from '../../engine/panel/rows.ts';
import { WorkerPool } from '../../engine/signal/pool.ts';
import { ScenarioFault } from '../faults.ts';
import type { Scenario } from '../scenario.ts';
import { withRegimes } from './regimes.ts';
import { modelNames, scoreSources, scoringStrategy } from './score-sources.ts';

export interface StrategyColumnOptions {
  /** Hours [fromHour, toHour) of the panel that are decided on: scores must reach over them. All of them if absent. */
  readonly hours?: { readonly fromHour: number; readonly toHour: number };
  /** Threads; as many as the machine has cores if absent, up to eight. */
  readonly workers?: number;
  readonly progress?: Progress;
}

/** Whether any of the columns that have a formula takes volumes: the dataset has to be opened with them. */
export function readVolumes(columns: readonly string[]): boolean {
  const needs = needsOf(columns.filter(hasFormula), features);
  return needs.has('volume') || needs.has('quote-volume');
}

function hasFormula(name: string): boolean {
  const feature = features.get(name);
  return feature !== undefined && feature.scope !== 'stored';
}

export interface StrategyColumns {
  readonly columns: readonly Rows[];
  /** Scores that were read, as a run's manifest names them. */
  readonly models: readonly string[];
}

/**
 * Every column, in the order of the names: stored where the dataset has it, scored where models filled it, computed where the
 * engine can.
 * @throws ScenarioFault listing every column that is not to be had, and why; StoreFault `scores-stale`, `scores-damaged`
 */
export async function strategyColumns(
  dataset: Dataset,
  names: readonly string[],
  universe: Scenario['universe'],
  options: StrategyColumnOptions = {},
): Promise<StrategyColumns> {
  const scored = await scoreSources(dataset, names);
  const computed = names.filter((name) => !dataset.storedColumns.includes(name) && !scored.has(name));
  const unknown = computed.filter((name) => !hasFormula(name));
  const short = spanFaults(scored.values(), dataset.panel, options.hours);
  const faults = [...(await unknownColumns(unknown, dataset)), ...short];
  if (faults.length > 0) throw new ScenarioFault(faults);
  const byName = new Map<string, Rows>();
  for (const name of names) {
    if (dataset.storedColumns.includes(name)) byName.set(name, await dataset.rows(name));
    else if (scored.has(name)) byName.set(name, await scored.get(name)!.rows(name));
  }
  if (computed.length > 0) {
    const inputs = await inputsFor(dataset, universe);
    const unmet = computed.flatMap((name) => needFaults(name, inputs));
    if (unmet.length > 0) throw new ScenarioFault(unmet);
    const complete = needsOf(computed, features).has('regime')
      ? await withRegimes(inputs, dataset, options.progress)
      : inputs;
    for (const rows of await computeInPool(complete, computed, options)) byName.set(rows.name, rows);
  }
  return { columns: names.map((name) => byName.get(name)!), models: modelNames(scored.values()) };
}

/** Where scores end, a gate would stay shut, and nobody would see why. Before a first version there is none, and that is told apart. */
function spanFaults(
  sources: Iterable<ScoreSource>,
  panel: Panel,
  hours: StrategyColumnOptions['hours'] = { fromHour: 0, toHour: panel.hours },
): readonly Fault[] {
  const [fromMs, lastMs] = [timeAt(panel, hours.fromHour), timeAt(panel, hours.toHour - 1)];
  return [...new Set(sources)].flatMap(({ manifest }) => {
    const { strategy, dataset } = manifest;
    if (manifest.fromMs <= fromMs && manifest.toMs >= lastMs) return [];
    const message = `the scores of ${strategy} reach from ${isoMinute(manifest.fromMs)} to ${isoMinute(manifest.toMs)}, and decisions are made from ${isoMinute(fromMs)} to ${isoMinute(lastMs)}: score the whole of it (hourglass score ${strategy} --dataset ${dataset}), or shorten the scenario with --from and --to`;
    return [{ path: 'from, to', message }];
  });
}

async function unknownColumns(names: readonly string[], dataset: Dataset): Promise<readonly Fault[]> {
  if (names.length === 0) return [];
  const scored = (await dataset.scores()).flatMap(({ columns }) => columns);
  const known = [...dataset.storedColumns, ...scored, ...[...features.keys()].filter(hasFormula)].join(', ');
  return names.map((name) => {
    const strategy = scoringStrategy(name);
    const remedy =
      strategy === null
        ? `; there are ${known}`
        : `: models fill it, see hourglass score ${strategy} --dataset ${dataset.name}`;
    const message = `the strategy reads column ${name}, which dataset ${dataset.name} does not store and the engine does not compute${remedy}`;
    return { path: 'strategy', message };
  });
}

async function inputsFor(
  { panel, records }: Dataset,
  { approximateQuoteVolume, dailyVolumeMin }: Scenario['universe'],
): Promise<ColumnInputs> {
  return { panel, records: await records(), regimes: [], approximateQuoteVolume, dailyVolumeMin };
}

/** What a column takes and the dataset does not have. Regimes are read from the benchmark and from Fear & Greed. */
function needFaults(name: string, { panel, records }: ColumnInputs): Fault[] {
  const hasBenchmark = panel.symbols.includes(BENCHMARK_SYMBOL);
  const offers: Readonly<Record<FeatureNeed, boolean>> = {
    benchmark: hasBenchmark,
    volume: panel.volume !== null,
    'quote-volume': panel.quoteVolume !== null,
    'fear-greed': records.fearGreed !== null,
    news: records.news !== null,
    'news-classes': (records.news?.classes.length ?? 0) > 0,
    instruments: records.instruments !== null,
    regime: hasBenchmark && records.fearGreed !== null,
    stored: false,
  };
  const missing = [...needsOf([name], features)].filter((need) => !offers[need]);
  if (missing.length === 0) return [];
  const what = missing
    .map((need) => (need === 'benchmark' ? `${BENCHMARK_SYMBOL} as benchmark` : need))
    .join(' and ');
  return [
    {
      path: 'dataset',
      message: `column ${name} takes ${what}, which the dataset lacks: import it, or choose another strategy`,
    },
  ];
}

async function computeInPool(
  inputs: ColumnInputs,
  names: readonly string[],
  options: StrategyColumnOptions,
): Promise<readonly Rows[]> {
  const pool = new WorkerPool(options.workers ?? Math.max(1, Math.min(8, availableParallelism())));
  try {
    return await computeColumns(inputs, names, {
      pool,
      onBlock: (done, coins) => options.progress?.(`computing ${names.join(', ')}`, done / coins),
    });
  } finally {
    await pool.close();
  }
}
