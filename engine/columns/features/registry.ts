/** All features by name: those of the package, and those of modules that a user names. */
import { marketColumns } from '../market-columns.ts';
import { residualDiagnostics } from '../residual-diagnostics.ts';
import { eligible } from '../universe/universe.ts';
import type { FeatureDefinition } from './feature.ts';
import { s2Features } from './s2/index.ts';
import { s3Features } from './s3/index.ts';

/** Those of the package. */
export const features: ReadonlyMap<string, FeatureDefinition> = featureMap([
  ...marketColumns,
  ...residualDiagnostics,
  eligible,
  ...s2Features,
  ...s3Features,
]);

const modulesLoaded = new Map<string, Promise<readonly FeatureDefinition[]>>();

/**
 * The features of the package and those that the modules export: by themselves, in lists, or in a feature set.
 *
 * @param modules URLs that this process can import.
 * @throws RangeError where a name stands for two different features.
 */
export async function featuresWith(
  modules: readonly string[],
): Promise<ReadonlyMap<string, FeatureDefinition>> {
  if (modules.length === 0) return features;
  const loaded = modules.map((url) => {
    const known = modulesLoaded.get(url) ?? exportedFeatures(url);
    modulesLoaded.set(url, known);
    return known;
  });
  return featureMap([...features.values(), ...(await Promise.all(loaded)).flat()]);
}

async function exportedFeatures(url: string): Promise<readonly FeatureDefinition[]> {
  const exported = Object.values((await import(url)) as Record<string, unknown>);
  return [...new Set(exported.flatMap(entriesOf).filter(isFeature))];
}

/** Of a list, or of a set with its list of features; anything else stands for itself. */
function entriesOf(value: unknown): unknown {
  const list = (value as { readonly features?: unknown } | null | undefined)?.features;
  return Array.isArray(list) ? list : value;
}

function isFeature(value: unknown): value is FeatureDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { name, scope, compute } = value as Partial<Record<string, unknown>>;
  return (
    typeof name === 'string' &&
    typeof scope === 'string' &&
    (scope === 'stored' || typeof compute === 'function')
  );
}

/** @throws RangeError naming every name that stands for two different features. */
export function featureMap(
  definitions: readonly FeatureDefinition[],
): ReadonlyMap<string, FeatureDefinition> {
  const byName = new Map<string, FeatureDefinition>();
  const taken = definitions.filter((definition) => {
    const known = byName.get(definition.name);
    byName.set(definition.name, definition);
    return known !== undefined && known !== definition;
  });
  if (taken.length > 0)
    throw new RangeError(`two features are named ${taken.map(({ name }) => name).join(', ')}: rename one`);
  return byName;
}
