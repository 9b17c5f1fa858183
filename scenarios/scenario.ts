/** A scenario: strategy, data, costs, dates and seed, with every default filled in. Made by `parseScenario` alone. */
import type { Limits } from '../engine/risk/limits.ts';
import type { Costs } from '../engine/simulator/costs.ts';

export interface Scenario {
  readonly name: string;
  /** Name of a built-in strategy, or the path of a user's file as it was written. */
  readonly strategy: string;
  /** The strategy's configuration, every default filled in. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly dataset: string;
  /** First stamp, epoch ms UTC on the hour; null for the dataset's start. */
  readonly fromMs: number | null;
  /** One past the last stamp, epoch ms UTC on the hour; null for the dataset's end. */
  readonly toMs: number | null;
  /** Quote currency at the start, by wallet. */
  readonly capital: { readonly usdm: number };
  readonly costs: NamedCosts;
  readonly fills: { readonly path: 'adverse-first' };
  /** What a settlement costs for which the dataset has no row: nothing, or the run. */
  readonly funding: { readonly missing: 'zero' | 'strict' };
  /** Close what is open at the last close instead of leaving it marked. */
  readonly closeAtEnd: boolean;
  readonly universe: {
    /** Least share of the recent cross-section that a decision needs; 0 decides on anything. */
    readonly minimumShare: number;
  };
  /** Takes the place of the strategy's own limits, one by one. */
  readonly limits: Limits;
  /** None are available yet. */
  readonly shocks: readonly never[];
  /** Config key to the values a sweep tries. */
  readonly grid: Readonly<Record<string, readonly unknown[]>>;
  readonly seed: number;
}

export interface NamedCosts extends Costs {
  /** `custom` where the rates were given one by one. */
  readonly name: CostModel | 'custom';
}

export type CostModel = keyof typeof costModels;

/** Cost models by name. Rates are what a taker pays per fill, slippage what the fill is worse than the raw price. */
export const costModels = {
  none: { takerFeeBps: 0, slippageBps: 0 },
  /** USD-M futures, regular user, taker, without the discount for paying in BNB. */
  'binance-vip0': { takerFeeBps: 5, slippageBps: 2 },
  /** As workload W fixes them. */
  'workload-w': { takerFeeBps: 5, slippageBps: 2 },
} as const satisfies Record<string, Costs>;
