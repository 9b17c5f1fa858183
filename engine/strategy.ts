/**
 * What a strategy is: a name, a configuration, the columns it reads, when it decides, the limits of its book, and one
 * pure function from a cross-section and an account to wanted positions. It cannot wait, send, log or read a clock.
 *
 * ```ts
 * import { defineStrategy, integer, number } from 'hourglass';
 *
 * export default defineStrategy({
 *   name: 'top-five',
 *   config: { count: integer({ default: 5, min: 1, doc: 'coins held' }) },
 *   columns: () => ['score'],
 *   schedule: () => ({ kind: 'daily', at: '12:00', timeZone: 'UTC' }),
 *   limits: ({ count }) => ({ slotsMax: count }),
 *   decide: (slice, account, { count }) =>
 *     topCoins(slice.column('score'), count).map((coin) => ({ coin, side: 1, notional: account.equity / count })),
 * });
 * ```
 */
import type { ConfigFields, ConfigOf } from './config.ts';
import type { Slice } from './panel/slice.ts';
import type { AccountView } from './portfolio/account.ts';
import type { Limits } from './risk/limits.ts';
import type { Schedule } from './schedule.ts';
import type { Market } from './simulator/rules.ts';

/** A wanted position. Targets are handed over in rank order, best first: all candidates, not only those that will fit. */
export interface Target {
  /** Panel index of the coin. */
  readonly coin: number;
  /** 1 long, -1 short, 0 flat: close what is open. */
  readonly side: 1 | -1 | 0;
  /** Wanted size in quote currency, > 0; ignored for side 0. */
  readonly notional?: number | undefined;
  /** The ranking value that led here; recorded with the trade. */
  readonly score?: number | undefined;
  /** Distance of the stop from the entry fill, as a fraction; none if absent. */
  readonly stopLossFraction?: number | undefined;
  /** Distance of the market-type target from the entry fill, as a fraction; none if absent. */
  readonly takeProfitFraction?: number | undefined;
  /** Closed at the first open this many hours or more after the entry; held on if absent. */
  readonly holdHoursMax?: number | undefined;
  /** Wallet and market; the futures wallet if absent. Spot is bought, never sold short. */
  readonly market?: Market | undefined;
  /** Leverage of a futures position, >= 1; the account's if absent. The bracket's limit lowers it. */
  readonly leverage?: number | undefined;
  /** Distance of a trailing stop from the best price since the entry, as a fraction; none if absent. */
  readonly trailingStopFraction?: number | undefined;
  /** What the stop triggers on; trade prices if absent. */
  readonly stopOn?: 'trade' | 'mark' | undefined;
  /** A market order fills when the level trades, a limit order fills at its level, as a maker; market if absent. */
  readonly takeProfitKind?: 'market' | 'limit' | undefined;
  /** Enter by a resting limit order at this price, in quote currency; a market order if absent. */
  readonly limitPrice?: number | undefined;
  /** The limit order must not take liquidity: refused where it would. */
  readonly postOnly?: boolean | undefined;
  /** How long a limit order rests, in hours; 1 if absent. */
  readonly orderHoursMax?: number | undefined;
  /** Side 0 only: the part of the position to close, in (0, 1]; all of it if absent. Exits never add or reverse. */
  readonly reduceFraction?: number | undefined;
  /** Why, in kebab case; recorded with the order and, for an entry, with the trade; a trade that a target ends has exit reason `signal`. */
  readonly reason?: string | undefined;
}

export interface StrategyDefinition<Fields extends ConfigFields> {
  /** Kebab-case name, as in scenarios and run folders. */
  readonly name: string;
  readonly config: Fields;
  /** Names of the columns that `decide` reads. */
  columns(config: ConfigOf<Fields>): readonly string[];
  schedule(config: ConfigOf<Fields>): Schedule;
  limits(config: ConfigOf<Fields>): Limits;
  /**
   * The widest stop that an entry may have, where a stop is not negotiable: an entry without one, or with a wider one, stops the
   * run, whatever the configuration says.
   */
  readonly stopLossFractionMax?: number;
  decide(slice: Slice, account: AccountView, config: ConfigOf<Fields>): readonly Target[];
}

/** A strategy with its configuration bound: what the loop runs. */
export interface Strategy {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly columns: readonly string[];
  readonly schedule: Schedule;
  readonly limits: Limits;
  readonly stopLossFractionMax?: number;
  decide(slice: Slice, account: AccountView): readonly Target[];
}

/** Checks nothing at run time that the compiler has not checked; gives the definition its types and a place to stand. */
export function defineStrategy<const Fields extends ConfigFields>(
  definition: StrategyDefinition<Fields>,
): StrategyDefinition<Fields> {
  return definition;
}

/** Binds a parsed configuration (see `parseConfig`) to its definition. */
export function bindStrategy<Fields extends ConfigFields>(
  definition: StrategyDefinition<Fields>,
  config: ConfigOf<Fields>,
): Strategy {
  return {
    name: definition.name,
    config,
    columns: definition.columns(config),
    schedule: definition.schedule(config),
    limits: definition.limits(config),
    ...(definition.stopLossFractionMax === undefined
      ? {}
      : { stopLossFractionMax: definition.stopLossFractionMax }),
    decide: (slice, account) => definition.decide(slice, account, config),
  };
}
