/** Scores over a dataset as columns that a strategy may read, and whether they still are what they would be if made today. */
import type { Panel } from '../../engine/panel/panel.ts';
import type { Rows } from '../../engine/panel/rows.ts';
import { engineVersion } from '../../engine/version.ts';
import { StoreFault } from '../faults.ts';
import { listVersions, type StoredVersion } from '../models/version-store.ts';
import type { Store } from '../store.ts';
import { readScoreRows } from './rows.ts';
import { listScores, type ScoreManifest, type StoredScores, versionHash } from './score-set.ts';
import { byValidity, ownFirst, versionsUntil } from './used-versions.ts';

export interface ScoreSource {
  readonly manifest: ScoreManifest;
  /** Names of the columns. */
  readonly columns: readonly string[];
  /** Why these scores are out of date; null where they are not. */
  readonly stale: string | null;
  /** Loads one column, time-major, with its row hashes. @throws StoreFault `scores-stale`, `scores-damaged` */
  rows(column: string): Promise<Rows>;
}

/** By strategy; stale ones are among them and refuse to be read. */
export async function openScores(
  store: Store,
  dataset: { readonly name: string; readonly hash: string },
  panel: Panel,
): Promise<readonly ScoreSource[]> {
  const found = await listScores(store, dataset.name);
  return await Promise.all(found.map((scores) => sourceOf(store, scores, dataset, panel)));
}

async function sourceOf(
  store: Store,
  scores: StoredScores,
  dataset: { readonly name: string; readonly hash: string },
  panel: Panel,
): Promise<ScoreSource> {
  const { manifest } = scores;
  const stale = await staleness(store, manifest, dataset.hash);
  return {
    ...{ manifest, stale, columns: manifest.columns.map(({ name }) => name) },
    rows: async (column) => {
      if (stale !== null) throw staleFault({ ...manifest, dataset: dataset.name }, stale);
      return await readScoreRows(scores, column, panel);
    },
  };
}

/** @param reason a clause that follows on "The scores of … over …" */
export function staleFault(
  { strategy, dataset }: Pick<ScoreManifest, 'strategy' | 'dataset'>,
  reason: string,
): StoreFault {
  return new StoreFault(
    'scores-stale',
    `The scores of ${strategy} over dataset ${dataset} ${reason}. Score again: hourglass score ${strategy} --dataset ${dataset}`,
  );
}

/** Why scores are out of date, as a clause that follows on "The scores of … over …"; null where they are not. */
export async function staleness(
  store: Store,
  manifest: ScoreManifest,
  datasetHash: string,
): Promise<string | null> {
  if (manifest.datasetHash !== datasetHash) return 'were made of another content of the dataset';
  if (manifest.engineVersion !== engineVersion)
    return `were made by engine ${manifest.engineVersion}, this is ${engineVersion}`;
  return await staleVersions(store, manifest);
}

/** Versions are kept, but a folder may be replaced, and a retrain may have come that the scores do not know. */
async function staleVersions(
  store: Store,
  { strategy, trainedOn, versions, toMs }: ScoreManifest,
): Promise<string | null> {
  let known: readonly StoredVersion[];
  try {
    known = await listVersions(store, strategy);
  } catch (cause) {
    // One damaged version keeps nobody from other scores, nor from bars.
    if (!(cause instanceof StoreFault) || cause.code !== 'model-damaged') throw cause;
    return `cannot be held against their versions (${cause.message})`;
  }
  const replaced = versions.find(({ version, hash }) => {
    const found = known.find((one) => one.version === version);
    return found !== undefined && versionHash(found.manifest) !== hash;
  });
  if (replaced !== undefined) return `were made with another version ${replaced.version}`;
  if (trainedOn === null) return null;
  const trained = byValidity(ownFirst(known.filter(({ manifest }) => manifest.dataset.name === trainedOn)));
  const missed = versionsUntil(trained, toMs).find(
    ({ version }) => !versions.some((one) => one.version === version),
  );
  return missed === undefined
    ? null
    : `do not know version ${missed.version}, which decides for part of them`;
}
