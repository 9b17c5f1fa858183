/** Which retrains score a span of bars. */
import type { ModelVersion } from '../../engine/signal/version.ts';
import type { StoredVersion } from '../models/version-store.ts';
import { type UsedVersion, versionHash } from './score-set.ts';

/** Without those that come with the package, where the store has some of its own. */
export function ownFirst(versions: readonly StoredVersion[]): readonly StoredVersion[] {
  const own = versions.filter(({ origin }) => origin === 'store');
  return own.length > 0 ? own : versions;
}

/** Ties stay as they are, for the caller to refuse. */
export function byValidity(versions: readonly StoredVersion[]): readonly StoredVersion[] {
  return versions.toSorted((a, b) => a.manifest.validFromMs - b.manifest.validFromMs);
}

/**
 * Those that are valid by the end of a span of bars. Earlier ones than its first decision belong to it as well: articles that came
 * in before are classified by the version of their own time.
 */
export function versionsUntil(versions: readonly StoredVersion[], toMs: number): readonly StoredVersion[] {
  return versions.filter(({ manifest: { validFromMs } }) => validFromMs <= toMs);
}

/** @param columnOf of an ensemble by its name; null for one that the plan does not have */
export function usedVersion(
  version: ModelVersion,
  columnOf: (ensemble: string) => string | null,
): UsedVersion {
  const weightSets = version.ensembles.map(({ name, weightSet }) => [columnOf(name) ?? name, weightSet]);
  return {
    ...{ version: version.version, validFromMs: version.validFromMs, hash: versionHash(version) },
    weightSets: Object.fromEntries(weightSets) as Record<string, string>,
  };
}
