/**
 * Scores at rest: what a strategy's models said of a dataset, hour by hour, and which versions said it.
 *
 *   scores/<dataset>/<strategy>/manifest.json               what was scored with what
 *   scores/<dataset>/<strategy>/scores-<first coin>.parquet  `ts`, `symbol`, the columns, `version`; a file for each block of coins
 *   scores/<dataset>/<strategy>/news.parquet                 class probabilities by article
 *
 * Rows are those on which a version was asked: coins of the universe that have a bar, at decision hours. A number that is absent is
 * one that a model did not give.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault } from '../../engine/config.ts';
import type { ModelPlan } from '../../engine/signal/model-plan.ts';
import type { PlanSignals } from '../../engine/signal/plan-signals.ts';
import {
  count,
  expected,
  listOf,
  mapOf,
  number,
  oneOf,
  orNull,
  record,
  text,
  timeMs,
} from '../../engine/signal/shapes.ts';
import type { ModelVersion } from '../../engine/signal/version.ts';
import type { TableFile } from '../dataset.ts';
import { checkedName, isStaging, type Store } from '../store.ts';

export interface ScoreManifest {
  readonly formatVersion: 1;
  readonly dataset: string;
  readonly datasetHash: string;
  readonly strategy: string;
  readonly planHash: string;
  readonly engineVersion: string;
  /** SHA-256 over every stored value and the version it is of; nothing else. */
  readonly hash: string;
  readonly rows: number;
  /** Open time of the first hour scored and close time of the last, epoch ms UTC. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly columns: readonly ScoredColumn[];
  /** Ascending by `validFromMs`. */
  readonly versions: readonly UsedVersion[];
  /** Name of the dataset whose versions were taken, all of them; null where versions were named one by one. */
  readonly trainedOn: string | null;
  readonly universe: UniverseSettings;
  /** Which columns are what, for SQL views. */
  readonly signals: PlanSignals;
  /** In the order of the coins; a block without a row has none. */
  readonly files: readonly TableFile[];
}

export interface ScoredColumn {
  readonly name: string;
  /** Rows that hold a number. */
  readonly filled: number;
  /** SHA-256 over the column's row hashes, hour by hour. */
  readonly hash: string;
}

export interface UsedVersion {
  readonly version: string;
  readonly validFromMs: number;
  /** Of its `version.json`, which names every contract's hash. */
  readonly hash: string;
  /** Ids of its ensembles' weights, by column. */
  readonly weightSets: Readonly<Record<string, string>>;
}

export interface UniverseSettings {
  readonly approximateQuoteVolume: boolean;
  readonly dailyVolumeMin: number;
}

/** What scores are a function of; another one, and they are stale. */
export type ScoreInputs = Pick<
  ScoreManifest,
  | 'datasetHash'
  | 'strategy'
  | 'planHash'
  | 'engineVersion'
  | 'fromMs'
  | 'toMs'
  | 'versions'
  | 'trainedOn'
  | 'universe'
>;

export const scoreFiles = { manifest: 'manifest.json', news: 'news.parquet' } as const;

export function scoreFile(fromCoin: number): string {
  return `scores-${String(fromCoin).padStart(5, '0')}.parquet`;
}

export function scoreSetDir(store: Store, dataset: string, strategy: string): string {
  return join(store.scoresDir, checkedName(dataset), checkedName(strategy));
}

/** Of the plan that the columns follow; that of a training (`planHash` of a version) covers the features it read as well. */
export function scorePlanHash(plan: ModelPlan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex');
}

export function versionHash(version: ModelVersion): string {
  return createHash('sha256').update(JSON.stringify(version)).digest('hex');
}

export interface StoredScores {
  readonly dir: string;
  readonly manifest: ScoreManifest;
}

/** Finished scores over a dataset, by strategy, stale ones among them. */
export async function listScores(store: Store, dataset: string): Promise<readonly StoredScores[]> {
  const folder = join(store.scoresDir, checkedName(dataset));
  const names = (await readdir(folder).catch(() => [])).filter((entry) => !isStaging(entry)).sort();
  const found: StoredScores[] = [];
  for (const name of names) {
    const dir = join(folder, name);
    const manifest = await readScoreManifest(dir);
    if (manifest !== null) found.push({ dir, manifest });
  }
  return found;
}

/** Null where there is none, or one that no scoring wrote: then there are no scores, and they are made anew. */
async function readScoreManifest(dir: string): Promise<ScoreManifest | null> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(dir, scoreFiles.manifest), 'utf8'));
    const faults: Fault[] = [];
    manifestShape(manifest, '', faults);
    return faults.length === 0 ? (manifest as ScoreManifest) : null;
  } catch {
    return null;
  }
}

const digest = expected('a text', (value) => typeof value === 'string');
const flag = expected('true or false', (value) => typeof value === 'boolean');
const ownFile = expected(
  'a file of these scores',
  (value) => typeof value === 'string' && /^scores-\d+\.parquet$/.test(value),
);

const manifestShape = record({
  ...{ formatVersion: oneOf(1), dataset: text, datasetHash: digest, strategy: text, planHash: digest },
  ...{ engineVersion: text, hash: digest, rows: count, fromMs: timeMs, toMs: timeMs },
  columns: listOf(record({ name: text, filled: count, hash: digest })),
  versions: listOf(record({ version: text, validFromMs: timeMs, hash: digest, weightSets: mapOf(digest) })),
  trainedOn: orNull(text),
  universe: record({ approximateQuoteVolume: flag, dailyVolumeMin: number }),
  signals: record({
    sides: listOf(
      record({
        ...{ side: oneOf('buy', 'sell'), score: text, expectedValue: orNull(text) },
        members: listOf(record({ library: text, column: text })),
      }),
    ),
    ranking: orNull(record({ under: text, middle: text, out: text })),
  }),
  files: listOf(record({ file: ownFile, sha256: digest, bytes: count, rows: count })),
});
