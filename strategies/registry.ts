/** The strategies that come with the package, by name. */
import type { ConfigFields } from '../engine/config.ts';
import type { StrategyDefinition } from '../engine/strategy.ts';
import rankedLongShort from './ranked-long-short/index.ts';
import residualMomentum from './residual-momentum/index.ts';
import scoreGate from './score-gate/index.ts';

/** Any strategy, once its configuration has been parsed by its own fields. */
export type AnyStrategyDefinition = StrategyDefinition<ConfigFields>;

export const builtInStrategies: ReadonlyMap<string, AnyStrategyDefinition> = new Map(
  [rankedLongShort, scoreGate, residualMomentum].map((definition) => [
    definition.name,
    definition as unknown as AnyStrategyDefinition,
  ]),
);
