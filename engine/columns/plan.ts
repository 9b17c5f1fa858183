/** Which features a computation takes, in the order of their making: names asked for, and the inputs of cross-sections. */
import { assertInvariant } from '../invariant.ts';
import {
  type CoinFeature,
  type CrossSectionFeature,
  type FeatureDefinition,
  type FeatureNeed,
  type MarketFeature,
  reachOf,
} from './features/feature.ts';

/** Mask of the coins that take part in a cross-section. */
export const ELIGIBLE = 'eligible';

export interface ColumnPlan {
  readonly coin: readonly CoinFeature[];
  readonly market: readonly MarketFeature[];
  readonly crossSection: readonly CrossSectionFeature[];
}

export function planOf(
  names: readonly string[],
  definitions: ReadonlyMap<string, FeatureDefinition>,
): ColumnPlan {
  const asked = [...new Set(names)].map((name) => definitionOf(name, definitions));
  const crossSection = asked.filter((feature) => feature.scope === 'cross-section');
  const inputs = inputNames(crossSection).map((name) => definitionOf(name, definitions));
  for (const { name, scope } of inputs)
    assertInvariant(scope === 'coin' || scope === 'market', `${name} may be input of a cross-section`);
  const all = [...new Set([...asked, ...inputs])];
  for (const { name, scope } of all) assertInvariant(scope !== 'stored', `${name} has a formula`);
  return {
    coin: all.filter((feature) => feature.scope === 'coin'),
    market: all.filter((feature) => feature.scope === 'market'),
    crossSection,
  };
}

/** What cross-sections read, the mask included; nothing where there are none. */
export function inputNames(crossSection: readonly CrossSectionFeature[]): readonly string[] {
  if (crossSection.length === 0) return [];
  return [...new Set([ELIGIBLE, ...crossSection.flatMap(({ inputs }) => inputs)])];
}

/** What the features, and the inputs of those that are cross-sections, take besides prices. */
export function needsOf(
  names: readonly string[],
  definitions: ReadonlyMap<string, FeatureDefinition>,
): ReadonlySet<FeatureNeed> {
  const { coin, market, crossSection } = planOf(names, definitions);
  return new Set([...coin, ...market, ...crossSection].flatMap(({ needs }) => needs));
}

/** Hours before t that a value may depend on, whichever of the features it is of. */
export function longestReach(features: readonly FeatureDefinition[]): number {
  return features.reduce((longest, feature) => Math.max(longest, reachOf(feature)), 0);
}

function definitionOf(name: string, definitions: ReadonlyMap<string, FeatureDefinition>): FeatureDefinition {
  const definition = definitions.get(name);
  assertInvariant(definition !== undefined, `${name} is a registered feature`);
  return definition;
}
