/**
 * One scenario under several leverages and margin modes, and what a single hour does to each of them:
 *
 *   1. `openDataset`, `prepare`   once, for all runs
 *   2. `simulate`                 per leverage, margin mode and resolution; no run folder is written
 *   3. `hourToLookAt`             the one asked for, or the one in which the plain account lost most
 *   4. `figuresOf`, `positionsOf` the hour in figures, the hourly run beside the one by finer bars
 */
import { createHash } from 'node:crypto';
import { openDataset } from '../datasets/open.ts';
import type { FinishedRun } from '../datasets/runs.ts';
import type { Store } from '../datasets/store.ts';
import { hourMs, isoMinute } from '../engine/panel/hours.ts';
import { engineVersion } from '../engine/version.ts';
import type { StressCase, StressMargin, StressResult, StressRow } from '../reports/stress.ts';
import { ScenarioFault } from './faults.ts';
import type { LoadedScenario } from './load.ts';
import type { Scenario } from './scenario.ts';
import {
  boundStrategy,
  needsVolumes,
  type Prepared,
  prepare,
  type SimulationOptions,
  simulate,
} from './simulate.ts';
import { curveOf, differenceOf, figuresOf, HourBars, positionsOf, worstHour } from './stress-hour.ts';
import { detailMinutesOf } from './venue-rules.ts';

/** The hour that a built-in scenario is about, epoch ms UTC. */
const knownHours: Readonly<Record<string, number>> = { 'crash-october-2025': Date.UTC(2025, 9, 10, 21) };

export interface StressRequest extends LoadedScenario {
  /** Opening of the hour to look at, epoch ms UTC; null for the scenario's own or the worst one. */
  readonly atMs: number | null;
  /** Each from 1 to 150. */
  readonly leverages: readonly number[];
  readonly margins: readonly StressMargin[];
}

export interface Stress {
  readonly result: StressResult;
  /** What every one of the runs assumed, in sentences. */
  readonly assumptions: readonly string[];
  /** Names what went in: the same inputs have the same id. */
  readonly id: string;
}

/**
 * Runs all cases. The finer bars are those of the scenario's `fills.detail`.
 * @throws StoreFault; ScenarioFault where the dataset has no brackets or the hour lies outside the run; StrategyFault
 */
export async function runStress(
  store: Store,
  request: StressRequest,
  options: SimulationOptions = {},
): Promise<Stress> {
  const { scenario, strategy } = request;
  options.progress?.(`opening dataset ${scenario.dataset}`);
  const { columns } = boundStrategy(scenario, strategy);
  const volumes = needsVolumes(scenario, strategy);
  const opened = await openDataset(store, scenario.dataset, { columns, volumes });
  const cases = casesOf(request);
  // The hourly case asks most of the dataset: brackets, and orders that hourly bars can fill.
  const prepared = await prepare(opened, scenarioOf(scenario, cases[0]!, false), strategy, options);
  // The dataset as the runs see it, so that the page speaks of the bars that they lived through.
  const { dataset } = prepared;
  const minutes = detailMinutesOf(scenario, dataset);
  const runs = await simulateAll(prepared, request, cases, minutes !== null, options);
  const atMs = await hourToLookAt(prepared, request, runs, options);

  const detail = minutes === null ? null : await dataset.detail(minutes);
  const bars = {
    hourly: new HourBars(dataset.panel, null, atMs),
    detail: new HourBars(dataset.panel, detail, atMs),
  };
  const rows = runs.map(({ one, hourly, detail: fine }): StressRow => {
    const coarse = figuresOf(hourly, atMs, bars.hourly);
    const finer = fine === null ? null : figuresOf(fine, atMs, bars.detail);
    return { ...one, hourly: coarse, detail: finer, hourlyWorseBy: differenceOf(coarse, finer) };
  });
  const { manifest } = runs[0]!.hourly;
  return {
    id: idOf(request, dataset.hash, atMs, minutes),
    assumptions: commonAssumptions(runs),
    result: {
      scenario: scenario.name,
      strategy: manifest.strategy.name,
      dataset: manifest.dataset,
      fromMs: manifest.fromMs,
      toMs: manifest.toMs,
      atMs,
      detailMinutes: minutes,
      rows,
      positions: runs.flatMap(({ one, ...pair }) => positionsOf(one, pair, bars, atMs)),
      curves: runs.flatMap(({ one, hourly, detail: fine }) => [
        curveOf(one, 'hourly', hourly, atMs),
        ...(fine === null ? [] : [curveOf(one, 'detail', fine, atMs)]),
      ]),
    },
  };
}

function casesOf({ leverages, margins }: StressRequest): StressCase[] {
  return leverages.flatMap((leverage) => margins.map((margin) => ({ leverage, margin })));
}

/** Adverse-first, so that the hourly run is the careful one. */
function scenarioOf(scenario: Scenario, { leverage, margin }: StressCase, fine: boolean): Scenario {
  return {
    ...scenario,
    leverage,
    account: { ...scenario.account, margin },
    fills: { ...scenario.fills, path: 'adverse-first', detail: fine ? scenario.fills.detail : 'none' },
  };
}

interface CaseRuns {
  readonly one: StressCase;
  readonly hourly: FinishedRun;
  /** Null where there are no finer bars. */
  readonly detail: FinishedRun | null;
}

async function simulateAll(
  prepared: Prepared,
  { scenario }: StressRequest,
  cases: readonly StressCase[],
  withDetail: boolean,
  { progress, signal }: SimulationOptions,
): Promise<CaseRuns[]> {
  const total = cases.length * (withDetail ? 2 : 1);
  let done = 0;
  const run = async (one: StressCase, fine: boolean) => {
    const name = `running ${one.leverage}× ${one.margin}${fine ? ' by finer bars' : ''}`;
    const share = (fraction = 0) => progress?.(name, (done + fraction) / total);
    share();
    const finished = await simulate(prepared, scenarioOf(scenario, one, fine), {
      progress: (_, fraction) => share(fraction),
      ...(signal === undefined ? {} : { signal }),
    });
    done += 1;
    return finished;
  };
  const runs: CaseRuns[] = [];
  for (const one of cases) {
    runs.push({ one, hourly: await run(one, false), detail: withDetail ? await run(one, true) : null });
  }
  return runs;
}

/** Opening of the hour, epoch ms: the one asked for, the scenario's own, or the one in which 1× cross lost most. */
async function hourToLookAt(
  prepared: Prepared,
  { scenario, atMs }: StressRequest,
  runs: readonly CaseRuns[],
  options: SimulationOptions,
): Promise<number> {
  const { fromMs, toMs } = runs[0]!.hourly.manifest;
  const isInside = (timeMs: number) => timeMs % hourMs === 0 && timeMs >= fromMs && timeMs < toMs;
  if (atMs !== null && !isInside(atMs)) {
    const hours = `${isoMinute(fromMs)} to ${isoMinute(toMs - hourMs)}`;
    const message = `${isoMinute(atMs)} is no hour of the run; name the opening of one, from ${hours}`;
    throw new ScenarioFault([{ path: '--at', message }]);
  }
  if (atMs !== null) return atMs;
  const own = knownHours[scenario.name];
  if (own !== undefined && isInside(own)) return own;
  const plain: StressCase = { leverage: 1, margin: 'cross' };
  const ran = runs.find(({ one }) => one.leverage === plain.leverage && one.margin === plain.margin);
  return worstHour(ran?.hourly ?? (await simulate(prepared, scenarioOf(scenario, plain, false), options)));
}

function commonAssumptions(runs: readonly CaseRuns[]): readonly string[] {
  const said = runs
    .flatMap(({ hourly, detail }) => (detail === null ? [hourly] : [hourly, detail]))
    .map(({ manifest }) => manifest.assumptions);
  const common = said[0]!.filter((text) => said.every((texts) => texts.includes(text)));
  return [
    'The runs differ in leverage, margin mode and finer bars, and in nothing else; strategies that size by the leverage hold more of the same coins.',
    ...common,
  ];
}

function idOf(request: StressRequest, datasetHash: string, atMs: number, minutes: number | null): string {
  const { scenario, strategy, leverages, margins } = request;
  // The strategy counts by its code: the same file under two paths is the same strategy.
  const { strategy: _path, ...settings } = scenario;
  const inputs = [settings, strategy.codeHash, datasetHash, atMs, minutes, leverages, margins, engineVersion];
  const hash = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 10);
  return `${scenario.name}-${hash}`;
}
