/** What makes two feature sets the same: their names, their order, and the facts and code of their features. */
import { createHash } from 'node:crypto';
import type { FeatureSet } from '../../engine/columns/features/feature.ts';

/**
 * SHA-256 in hex. A built-in's code is told by its formulas; the engine's version stands beside the hash in manifests.
 * @param code hashes of modules that features of the user's own come from; none for the sets of the package
 */
export function featureSetHash({ name, features }: FeatureSet, code: readonly string[] = []): string {
  const facts = features.map((feature) => [
    ...[feature.name, feature.group, feature.scope, feature.formula, feature.unit],
    ...[feature.lookbackHours, feature.warmupHours, feature.marketWide === true],
  ]);
  return createHash('sha256')
    .update(JSON.stringify([name, facts, code]))
    .digest('hex');
}
