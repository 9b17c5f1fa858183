/** Regime versions as JSON and back, to the last bit: numbers are written with the digits that give them again. */
import { readFile } from 'node:fs/promises';
import type { RegimeVersion } from '../../engine/columns/regime/versions.ts';
import { engineVersion } from '../../engine/version.ts';
import type { Store } from '../store.ts';
import { columnSetFile, listColumnSets } from './column-set.ts';

/** Typed arrays of a version's model, by name. */
const arrays = ['initial', 'transition', 'centre', 'scale', 'means', 'variances'] as const;

export function regimeVersionsText(versions: readonly RegimeVersion[]): string {
  const plain = versions.map(({ model, ...version }) => ({
    ...version,
    model: {
      ...model,
      ...Object.fromEntries(arrays.map((name) => [name, Array.from(model[name])])),
    },
  }));
  return `${JSON.stringify(plain, null, 1)}\n`;
}

export function regimeVersionsOf(text: string): readonly RegimeVersion[] {
  const plain = JSON.parse(text) as readonly RegimeVersion[];
  return plain.map(({ model, ...version }) => ({
    ...version,
    model: {
      ...model,
      ...(Object.fromEntries(arrays.map((name) => [name, Float64Array.from(model[name])])) as Record<
        (typeof arrays)[number],
        Float64Array
      >),
    },
  }));
}

/** Versions that were fitted to this very dataset before, whichever set they were built with; null where none were. */
export async function knownRegimeVersions(
  store: Store,
  dataset: { readonly name: string; readonly hash: string },
): Promise<readonly RegimeVersion[] | null> {
  for (const set of await listColumnSets(store, dataset.name)) {
    const { manifest } = set;
    if (manifest.datasetHash !== dataset.hash || manifest.engineVersion !== engineVersion) continue;
    const path = await columnSetFile(set, 'regimeVersions');
    if (path !== null) return regimeVersionsOf(await readFile(path, 'utf8'));
  }
  return null;
}
