/** A scenario from a file or from the built-in ones, with the command line's changes and its strategy, ready to run. */
import { access, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { detailMinutesOf } from '../datasets/detail.ts';
import { StoreFault } from '../datasets/faults.ts';
import { readManifest } from '../datasets/manifest.ts';
import { restoreReplaced, type Store } from '../datasets/store.ts';
import type { Fault, Parsed } from '../engine/config.ts';
import { builtInScenarios, builtInScenarioText, datasetAdvice } from './builtins.ts';
import {
  type LoadedStrategy,
  loadBuiltInStrategy,
  loadStrategyFile,
  StrategyLoadFault,
} from './load-strategy.ts';
import { didYouMean } from './nearest.ts';
import { type ScenarioOverrides, withOverrides } from './overrides.ts';
import { isStrategyPath, parseScenario } from './parse.ts';
import type { Scenario } from './scenario.ts';
import { boundStrategy } from './simulate.ts';
import { type DatasetOffer, datasetFaults } from './venue-rules.ts';

export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly strategy: LoadedStrategy;
}

export interface LoadOptions {
  /** Where bundles of users' strategies are kept, and where the dataset must be. */
  readonly store: Store;
  /** Report a dataset that is not in the store; true if absent. */
  readonly datasetRequired?: boolean;
}

/** Everything that is wrong with file, overrides, strategy, settings and dataset comes back in one list. */
export async function loadScenario(
  nameOrFile: string,
  overrides: ScenarioOverrides,
  options: LoadOptions,
): Promise<Parsed<LoadedScenario>> {
  const read = await readScenario(nameOrFile);
  if (!read.ok) return read;
  const { content, folder } = read.value;

  const faults: Fault[] = [];
  const written = overrides.strategy ?? content['strategy'];
  const strategy = await loadStrategy(
    written,
    overrides.strategy === undefined ? folder : '.',
    options,
    faults,
  );
  const changed = withOverrides(content, overrides, strategy?.definition ?? null, faults);
  const parsed = parseScenario(changed, isFile(written) ? { definition: strategy?.definition ?? null } : {});
  if (!parsed.ok) faults.push(...parsed.faults);
  if (options.datasetRequired !== false) {
    const offer = await checkDataset(changed['dataset'], options.store, faults);
    if (offer !== null && parsed.ok && strategy !== null) {
      const { schedule } = boundStrategy(parsed.value, strategy);
      faults.push(...datasetFaults(parsed.value, schedule, offer));
    }
  }

  if (!parsed.ok || strategy === null || faults.length > 0) return { ok: false, faults };
  return { ok: true, value: { scenario: parsed.value, strategy } };
}

function isFile(strategy: unknown): strategy is string {
  return typeof strategy === 'string' && isStrategyPath(strategy);
}

/** The strategy, or null with the reason among the faults (a wrong name is the parser's to report). */
async function loadStrategy(
  strategy: unknown,
  folder: string,
  options: LoadOptions,
  faults: Fault[],
): Promise<LoadedStrategy | null> {
  if (!isFile(strategy)) return typeof strategy === 'string' ? await loadBuiltInStrategy(strategy) : null;
  try {
    return await loadStrategyFile(resolve(folder, strategy), options.store.dataDir, strategy);
  } catch (cause) {
    if (!(cause instanceof StrategyLoadFault)) throw cause;
    faults.push({ path: 'strategy', message: cause.message });
    return null;
  }
}

/** What the dataset has to offer, by its manifest; null, with a fault where it is to blame, where there is none. */
async function checkDataset(dataset: unknown, store: Store, faults: Fault[]): Promise<DatasetOffer | null> {
  if (typeof dataset !== 'string' || dataset === '') return null;
  try {
    await restoreReplaced(store, dataset);
    await access(join(store.datasetDir(dataset), 'manifest.json'));
  } catch (cause) {
    const message =
      cause instanceof StoreFault
        ? cause.message
        : `there is no dataset ${dataset} in ${store.dataDir}; ${datasetAdvice(dataset)}`;
    faults.push({ path: 'dataset', message });
    return null;
  }
  // What is wrong with a dataset that is there, its opening will say.
  const manifest = await readManifest(store, dataset).catch(() => null);
  if (manifest === null) return null;
  const hasBrackets = manifest.tables.brackets !== undefined;
  return { name: dataset, hasBrackets, detailMinutes: detailMinutesOf(manifest) };
}

interface ScenarioContent {
  readonly content: Readonly<Record<string, unknown>>;
  /** What paths in the file are relative to. */
  readonly folder: string;
}

async function readScenario(nameOrFile: string): Promise<Parsed<ScenarioContent>> {
  const builtIn = await builtInScenarioText(nameOrFile);
  const text = builtIn ?? (await readFile(nameOrFile, 'utf8').catch((cause: NodeJS.ErrnoException) => cause));
  if (typeof text !== 'string') return { ok: false, faults: [await missing(nameOrFile, text)] };
  try {
    const content = JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      return { ok: false, faults: [{ path: nameOrFile, message: 'must hold one JSON object' }] };
    }
    return {
      ok: true,
      value: { content: content as Readonly<Record<string, unknown>>, folder: dirname(nameOrFile) },
    };
  } catch (cause) {
    return { ok: false, faults: [{ path: nameOrFile, message: jsonMessage(text, cause as SyntaxError) }] };
  }
}

async function missing(nameOrFile: string, cause: NodeJS.ErrnoException): Promise<Fault> {
  const names = await builtInScenarios();
  const why =
    cause.code === 'ENOENT'
      ? 'is neither a scenario file nor a built-in scenario'
      : `cannot be read (${cause.message})`;
  return {
    path: nameOrFile,
    message: `${why}${didYouMean(nameOrFile, names) || ';'} built in are ${names.join(', ')}`,
  };
}

/** Line and column where the runtime names a position. */
function jsonMessage(text: string, cause: SyntaxError): string {
  const position = /position (\d+)/.exec(cause.message)?.[1];
  if (position === undefined) return `is not JSON: ${cause.message}`;
  const before = text.slice(0, Number(position)).split('\n');
  return `is not JSON at line ${before.length}, column ${before.at(-1)!.length + 1}: ${cause.message}`;
}
