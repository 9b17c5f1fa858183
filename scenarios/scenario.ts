/** A scenario: strategy, data, costs, account, dates and seed, with every default filled in. Made by `parseScenario` alone. */
import type { Limits } from '../engine/risk/limits.ts';
import type { AccountRules, FillRules, FundingRules, LifeRules } from '../engine/simulator/rules.ts';
import type { NamedCosts } from './cost-models.ts';

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
  readonly capital: { readonly usdm: number; readonly spot: number };
  /** Of the account's futures positions; strategies size by it. */
  readonly leverage: number;
  readonly account: AccountChoice;
  readonly costs: NamedCosts;
  readonly fills: FillChoice;
  readonly funding: FundingChoice;
  readonly life: LifeRules;
  /** Close what is open at the last close instead of leaving it marked. */
  readonly closeAtEnd: boolean;
  readonly universe: {
    /** Least share of the recent cross-section that a decision needs; 0 decides on anything. */
    readonly minimumShare: number;
    /** Least median daily quote volume of an eligible coin. */
    readonly dailyVolumeMin: number;
    /** Take volume times close where a bar has no quote volume. */
    readonly approximateQuoteVolume: boolean;
  };
  /** Takes the place of the strategy's own limits, one by one. */
  readonly limits: Limits;
  /** None are available yet. */
  readonly shocks: readonly never[];
  /** Config key to the values a sweep tries. */
  readonly grid: Readonly<Record<string, readonly unknown[]>>;
  readonly seed: number;
}

/** The rules of the account, where the dataset has a say in them: see `venueRulesOf`. */
export interface AccountChoice
  extends Omit<AccountRules, 'margin' | 'leverage' | 'brackets' | 'filters' | 'spotCapital'> {
  /** `auto`: cross where the dataset has leverage brackets, none otherwise. */
  readonly margin: 'auto' | AccountRules['margin'];
  /** `auto`: those of the dataset, where it has any. */
  readonly filters: 'auto' | 'none';
  /** Brackets as they were at the time, or the newest throughout. */
  readonly brackets: 'dated' | 'latest';
}

export interface FillChoice extends Omit<FillRules, 'detail'> {
  /** Finer bars: the finest that the dataset has in the span of the run, none, or those of that many minutes. */
  readonly detail: 'auto' | 'none' | number;
}

export interface FundingChoice extends FundingRules {
  /** What a settlement costs for which the dataset has no row: nothing, the run, or what lies between its neighbours. */
  readonly missing: 'zero' | 'strict' | 'interpolate';
}
