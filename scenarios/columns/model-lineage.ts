/** What stands behind score columns: the versions that filled them, each with its models and with what those read. */
import { foldStates } from '../../datasets/models/fold-states.ts';
import { listVersions, type StoredVersion } from '../../datasets/models/version-store.ts';
import type { ScoreSource } from '../../datasets/scores/open.ts';
import type { Store } from '../../datasets/store.ts';
import type { FittedOnFold, LineageNode } from '../../engine/columns/audit/lineage.ts';
import type { ModelVersion } from '../../engine/signal/version.ts';

/** Nodes of one version: features, fitted models with their dates, the columns they fill. */
export type LineageOfVersion = (version: ModelVersion) => readonly LineageNode[];

export interface ModelLineage {
  readonly nodes: readonly LineageNode[];
  /** Of versions that kept the models of their folds; the others' were not written down. */
  readonly fittedOnFolds: readonly FittedOnFold[];
}

/** @throws StoreFault `model-damaged` */
export async function modelLineage(
  store: Store,
  sources: Iterable<ScoreSource>,
  lineageOfVersion: LineageOfVersion,
): Promise<ModelLineage> {
  const used: StoredVersion[] = [];
  for (const { manifest } of new Set(sources)) {
    const names = new Set(manifest.versions.map(({ version }) => version));
    const stored = await listVersions(store, manifest.strategy);
    used.push(...stored.filter(({ version }) => names.has(version)));
  }
  return {
    nodes: used.flatMap(({ manifest }) => lineageOfVersion(manifest)),
    fittedOnFolds: (await Promise.all(used.map(foldStates))).flat(),
  };
}

/** One node a name: a column that several versions fill goes back to all of them. */
export function mergedLineage(nodes: readonly LineageNode[]): readonly LineageNode[] {
  const merged = new Map<string, LineageNode>();
  for (const node of nodes) {
    const known = merged.get(node.name);
    merged.set(
      node.name,
      known === undefined ? node : { ...known, inputs: [...new Set([...known.inputs, ...node.inputs])] },
    );
  }
  return [...merged.values()];
}
