/** A feature set by name, or from a user's own TypeScript or JavaScript file. */
import { resolve } from 'node:path';
import { featureSetHash } from '../../datasets/columns/set-hash.ts';
import type { FeatureDefinition, FeatureSet } from '../../engine/columns/features/feature.ts';
import { features } from '../../engine/columns/features/registry.ts';
import { featureSets } from '../../engine/columns/features/sets.ts';
import { describe, type Fault } from '../../engine/config.ts';
import { ScenarioFault } from '../faults.ts';
import { loadUserModule } from '../load-strategy.ts';

export interface LoadedFeatureSet {
  readonly set: FeatureSet;
  /** URLs that workers import for features of the user's own. */
  readonly modules: readonly string[];
  /** SHA-256 over name, order, facts and code of the features. */
  readonly hash: string;
}

/**
 * @param nameOrFile `s1`, `s2`, `s3`, or a path with an ending or a slash. A file ends in
 * `export default { name: 'mine', features: ['beta_30d', myFeature] }`: names of known features, or features of its own.
 * @throws ScenarioFault, StrategyLoadFault
 */
export async function loadFeatureSet(nameOrFile: string, dataDir: string): Promise<LoadedFeatureSet> {
  const known = featureSets.get(nameOrFile);
  if (known !== undefined) return { set: known, modules: [], hash: featureSetHash(known) };
  if (!/[./\\]/.test(nameOrFile)) {
    throw new ScenarioFault([
      {
        path: '--set',
        message: `there is no set ${nameOrFile}; there are ${[...featureSets.keys()].join(', ')}, and files such as ./my-set.ts`,
      },
    ]);
  }
  const { exported, codeHash, modulePath } = await loadUserModule(resolve(nameOrFile), dataDir, nameOrFile);
  const set = setOf(nameOrFile, exported['default']);
  return { set, modules: [modulePath], hash: featureSetHash(set, [codeHash]) };
}

function setOf(file: string, exported: unknown): FeatureSet {
  const faults: Fault[] = [];
  const fault = (path: string, message: string) => {
    faults.push({ path: `${file}, ${path}`, message });
  };
  const fields = (typeof exported === 'object' ? exported : null) as Partial<Record<string, unknown>> | null;
  if (fields === null || !Array.isArray(fields['features'])) {
    const message = `its default export must be a feature set, was ${describe(exported)}. End it in: export default { name: 'mine', features: ['beta_30d', myFeature] }`;
    throw new ScenarioFault([{ path: file, message }]);
  }
  const name = fields['name'];
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(name) || featureSets.has(name)) {
    const taken = [...featureSets.keys()].join(', ');
    fault('name', `must be a kebab-case text other than ${taken}, was ${describe(name)}.`);
  }
  const own: FeatureDefinition[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of (fields['features'] as readonly unknown[]).entries()) {
    const feature = featureOf(entry, (message) => fault(`features[${index}]`, message));
    if (feature === null) continue;
    if (seen.has(feature.name))
      fault(`features[${index}]`, `${feature.name} stands twice. Drop one of the two.`);
    seen.add(feature.name);
    own.push(feature);
  }
  if (faults.length === 0 && own.length === 0) fault('features', 'is empty. Name at least one feature.');
  if (faults.length > 0) throw new ScenarioFault(faults);
  return { name: name as string, features: own };
}

const scopes = ['coin', 'market', 'cross-section', 'stored'];

function featureOf(entry: unknown, fault: (message: string) => void): FeatureDefinition | null {
  if (typeof entry === 'string') {
    const known = features.get(entry);
    if (known === undefined)
      fault(`there is no feature ${entry}. Name one that the package computes, or define it.`);
    return known ?? null;
  }
  const fields = (typeof entry === 'object' && entry !== null ? entry : {}) as Partial<
    Record<string, unknown>
  >;
  const wrong = [
    ...(['name', 'group', 'formula', 'unit'] as const).filter((key) => typeof fields[key] !== 'string'),
    ...(['lookbackHours', 'warmupHours'] as const).filter((key) => !isHours(fields[key])),
    ...(Array.isArray(fields['needs']) ? [] : ['needs']),
    ...(scopes.includes(String(fields['scope'])) ? [] : ['scope']),
    ...(fields['scope'] === 'stored' || typeof fields['compute'] === 'function' ? [] : ['compute']),
    ...(fields['scope'] !== 'cross-section' || Array.isArray(fields['inputs']) ? [] : ['inputs']),
  ];
  if (wrong.length === 0) return entry as FeatureDefinition;
  fault(`is no feature: ${wrong.join(', ')} cannot be read. Make it with defineFeature({ … }).`);
  return null;
}

function isHours(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
