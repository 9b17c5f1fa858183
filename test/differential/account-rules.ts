/** Draws the rules of an account, and with them whole cases. */
import * as fc from 'fast-check';
import type { BracketEdition, Tier } from '../../engine/exchange/brackets.ts';
import type { FilterEdition, Filters } from '../../engine/exchange/filters.ts';
import type { Transfer, VenueRules } from '../../engine/simulator/rules.ts';
import { type MarketExtras, withExtras } from './account-markets.ts';
import { below, type Case, caseOf, caseRecipe, type Random, stream } from './markets.ts';

const hourMs = 3_600_000;
const { constantFrom: from } = fc;

function repeated<Value>(value: Value, times: number): Value[] {
  return new Array<Value>(times).fill(value);
}

const extrasRecipe: fc.Arbitrary<MarketExtras> = fc.record({
  marks: from(0, 0.7, 1),
  spot: from(0, 0.5),
  volumes: from(0.5, 1),
  detail: from(0, 0, 0.6, 0.9),
  detailMinutes: from(15 as const, 30 as const),
  redenominations: from(0, 0.2),
  renames: from(0, 0.2),
  gaps: from(0, 0.2),
  intervals: from(0, 0.7),
});

const ordersRecipe = fc.record({
  spotLongs: fc.boolean(),
  leverage: from(null, null, null, 2, 5, 12, 20),
  trailing: from(null, null, null, 0.03125, 0.0625, 0.1),
  markStops: fc.boolean(),
  limitTargets: fc.boolean(),
  limits: from('none' as const, 'some' as const, 'some' as const, 'all' as const),
  postOnly: fc.boolean(),
  orderHours: fc.integer({ min: 1, max: 8 }),
  reduce: from(null, 0.25, 0.5, 0.5, 1),
});

const rulesRecipe = fc.record({
  margin: from('none' as const, ...repeated('cross' as const, 3), 'isolated' as const),
  leverage: from(...[1, 2, 10, 20, 20]),
  mark: from('mark' as const, 'mark' as const, 'trade' as const),
  intrabar: from('path-correlated' as const, 'all-adverse' as const),
  close: from('all' as const, 'worst-first' as const, 'worst-first' as const),
  onLiquidation: from(...repeated('continue' as const, 5), 'stop' as const),
  bankruptcy: from('insurance' as const, 'insurance' as const, 'carry' as const),
  liquidationStress: from(1, 2, 5),
  size: from('refuse' as const, 'shrink-to-fit' as const),
  filters: fc.boolean(),
  editions: from(1, 2),
  spotShare: from(0, 0.1, 0.5, 1),
  transfers: from('fixed' as const, 'rebalance-daily' as const, 'listed' as const),
  path: from('adverse-first' as const, 'adaptive' as const),
  gaps: from('open' as const, 'open' as const, 'level' as const, 'worst' as const),
  delayMinutes: from(0, 0, 0, 15, 30, 60, 90),
  boundary: from('half-open' as const, 'half-open' as const, 'include-same-stamp' as const),
  delistHaircut: from(0, 0.1, 0.25, 0.5),
  leaveBeforeHours: from(null, 1, 5, 24),
  dataEnd: from('close' as const, 'hold' as const),
});
type RulesRecipe = typeof rulesRecipe extends fc.Arbitrary<infer Value> ? Value : never;

export const accountRecipe = fc.record({
  plain: caseRecipe,
  extras: extrasRecipe,
  orders: ordersRecipe,
  rules: rulesRecipe,
  /** Odd, as is `daring`: a margin that fits to the last bit would be left to rounding. */
  fraction: from(...[0.021, 0.127, 0.493, 0.98, 2.47, 4.93]),
  flat: from('none' as const, 'any' as const, 'any' as const),
  /** Notional in shares of what the leverage allows, instead of `fraction`. */
  daring: from(null, null, 0.117, 0.117, 0.347),
  /** Without stops more accounts come to grief. */
  stops: from(true, true, true, false),
  makerFeeBps: from(0, 1, 2),
  spotFeeBps: from(0, 7.5, 10),
  impact: fc.option(
    fc.record({
      coefficient: from(0, 0.5, 1),
      participationMax: from(0.0005, 0.005, 0.02),
      rest: from('drop' as const, 'carry' as const, 'carry' as const),
    }),
    { nil: undefined, freq: 3 },
  ),
  /** Half of the cases that have finer bars decide between the hours. */
  fine: from(false, true),
});
export type AccountRecipe = typeof accountRecipe extends fc.Arbitrary<infer Value> ? Value : never;

export function accountCaseOf(recipe: AccountRecipe): Case {
  const drawn = recipe.daring === null ? recipe : dared(recipe, recipe.daring);
  const { extras, rules, orders, fraction, flat, makerFeeBps, spotFeeBps, impact } = drawn;
  const random = stream(drawn.plain.seed ^ 0x5bd1_e995);
  const { coins, hours } = drawn.plain;
  // Longer, wider and with more ends than the plain markets: there is more that can happen.
  const larger = { coins: coins + 4, hours: hours + 40, lives: 0.6 as const };
  // An odd capital: no sum of margins on the grid of prices and lots uses it up to the last bit.
  const plain = { ...caseOf({ ...drawn.plain, ...larger }), capital: drawn.plain.capital * 1.00037 };
  const market = withExtras(plain, extras, random);
  const hasDetail = extras.detail > 0;
  const fine = drawn.fine && hasDetail;
  const { sideNotionalFractionMax: cap } = plain;
  const { choice } = plain;
  const { daring } = drawn;
  return {
    ...market,
    choice: {
      ...{ ...choice, fraction, flat },
      orders: {
        ...orders,
        // Spot has no lots: what shrinks to fit there may shrink to a rounding error.
        spotLongs: orders.spotLongs && rules.size === 'refuse',
        // Exits that a bar cannot take whole are rare unless they are often asked for.
        reduce: impact?.rest === 'carry' ? (orders.reduce ?? 1) : orders.reduce,
      },
      // Who dares by what is left comes to grief more than once.
      sizing: fine ? 'fixed' : daring !== null ? 'of-equity' : choice.sizing,
      stop: drawn.stops ? (daring === null ? choice.stop : daring < 0.2 ? 0.03125 : 0.08) : null,
    },
    sideNotionalFractionMax: cap === null || daring !== null ? null : cap * 10,
    venue: venueOf(random, market, rules, {
      delayMinutes: delayOf(rules.delayMinutes, extras),
      ladder: daring === null ? [0.5, 4, 20][below(random, 3)]! : [8, 40][below(random, 2)]!,
    }),
    makerFeeBps,
    spotTakerFeeBps: spotFeeBps,
    spotMakerFeeBps: spotFeeBps / 2,
    ...(impact === undefined || daring !== null ? {} : { impact }),
    ...(fine ? { everyMinutes: extras.detailMinutes } : {}),
  };
}

/** An account that holds several coins with all the leverage there is. */
function dared(recipe: AccountRecipe, share: number): AccountRecipe {
  // A few large legs, whose stops act together too late, or many small ones.
  const few = share > 0.2;
  const leverage = few ? 20 : Math.max(10, recipe.rules.leverage);
  const { plain, rules, orders } = recipe;
  return {
    ...recipe,
    fraction: share * leverage,
    plain: {
      ...{ ...plain, slotsMax: null, coins: Math.max(6, plain.coins), roughness: few ? 5 : 3 },
      choice: {
        ...plain.choice,
        kind: 'ranked',
        size: few ? 3 : 4,
        varied: !few || plain.choice.varied,
        target: recipe.stops ? null : plain.choice.target,
      },
    },
    orders: { ...orders, leverage: null, limits: orders.limits === 'all' ? 'some' : 'none', trailing: null },
    rules: {
      ...{
        ...rules,
        leverage,
        delayMinutes: 0,
        leaveBeforeHours: rules.leaveBeforeHours === 24 ? (24 as const) : null,
      },
      margin: rules.margin === 'none' ? 'cross' : rules.margin,
      intrabar: recipe.stops ? rules.intrabar : 'path-correlated',
      // A coin that ends far below its mark takes the pool with it, after its last bar.
      delistHaircut: 0.5 as const,
    },
  };
}

/** A delay that ends where a bar may open. */
function delayOf(minutes: number, { detail, detailMinutes }: MarketExtras): number {
  const grid = detail > 0 ? detailMinutes : 60;
  return Math.ceil(minutes / grid) * grid;
}

/** `ladder` is the size of the tiers, in capitals. */
function venueOf(
  random: Random,
  drawn: Case,
  rules: RulesRecipe,
  { delayMinutes, ladder }: { readonly delayMinutes: number; readonly ladder: number },
): VenueRules {
  const { spotShare, transfers, editions, path, gaps, boundary, ...rest } = rules;
  const { delistHaircut, leaveBeforeHours, dataEnd, filters, ...account } = rest;
  const dates = Array.from({ length: editions }, (_, index) =>
    index === 0 ? drawn.startMs - 1_000 : drawn.startMs + (5 + below(random, drawn.market.hours)) * hourMs,
  );
  const spotCapital = drawn.capital * spotShare;
  return {
    account: {
      ...account,
      brackets:
        account.margin === 'none' ? [] : bracketsOf(random, drawn.market, dates, ladder * drawn.capital),
      filters: filters || account.size === 'shrink-to-fit' ? filtersOf(random, drawn, dates) : [],
      spotCapital,
      transfers: transfersOf(random, drawn, transfers, spotCapital),
    },
    fills: { path, gaps, delayMinutes, detail: null },
    funding: { boundary },
    life: { delistHaircut, leaveBeforeHours, dataEnd },
  };
}

function transfersOf(
  random: Random,
  drawn: Case,
  kind: RulesRecipe['transfers'],
  spotCapital: number,
): VenueRules['account']['transfers'] {
  if (kind === 'fixed') return 'fixed';
  if (kind === 'rebalance-daily') return spotCapital > 0 ? 'rebalance-daily' : 'fixed';
  const hours = drawn.toHour - drawn.fromHour - 1;
  return Array.from({ length: 3 }, (): Transfer => {
    const toSpot = random() < 0.5;
    return {
      atMs: drawn.startMs + (drawn.fromHour + 1 + below(random, hours)) * hourMs,
      from: toSpot ? 'usdm' : 'spot',
      to: toSpot ? 'spot' : 'usdm',
      amount: drawn.capital * [0.05, 0.25, 0.75][below(random, 3)]!,
    };
  }).toSorted((a, b) => a.atMs - b.atMs);
}

function bracketsOf(
  random: Random,
  market: Case['market'],
  dates: readonly number[],
  size: number,
): BracketEdition[] {
  const without = new Set(market.coins.filter(() => random() < 0.05).map(({ symbol }) => symbol));
  return dates.map((effectiveMs) => ({
    effectiveMs,
    tiers: new Map(
      market.coins
        .filter(({ symbol }) => !without.has(symbol))
        .map(({ symbol }) => [symbol, ladderOf(random, size)]),
    ),
  }));
}

/**
 * Tiers whose maintenance margin has no jumps, with caps that positions of a case cross. The rates are odd, so that no level of
 * liquidation lies on a price: there rounding would decide.
 */
function ladderOf(random: Random, size: number): Tier[] {
  const tiers: Tier[] = [];
  let [floor, cum, rate] = [0, 0, [0.0041, 0.0103, 0.0207][below(random, 3)]!];
  const count = 2 + below(random, 3);
  for (let index = 0; index < count; index += 1) {
    const step = size * [0.1, 0.3, 0.5, 1, 2][below(random, 5)]!;
    const leverageMax = [
      [50, 20],
      [20, 10],
      [10, 5],
      [5, 2],
    ][index]![below(random, 2)]!;
    tiers.push({ floor, cap: floor + step, maintenanceRate: rate, cum, leverageMax });
    floor += step;
    const next = rate + [0.0051, 0.0203, 0.0507][below(random, 3)]!;
    cum += floor * (next - rate);
    rate = next;
  }
  return tiers;
}

function filtersOf(random: Random, { market, capital }: Case, dates: readonly number[]): FilterEdition[] {
  const without = new Set(market.coins.filter(() => random() < 0.05).map(({ symbol }) => symbol));
  return dates.map((effectiveMs) => ({
    effectiveMs,
    filters: new Map(
      market.coins
        .filter(({ symbol }) => !without.has(symbol))
        .map(({ symbol }) => [symbol, filterOf(random, Math.round(capital / 10_000))]),
    ),
  }));
}

/** `unit` scales lots to the size of the orders; ticks are as coarse as the prices. */
function filterOf(random: Random, unit: number): Filters {
  const stepSize = unit * [0.125, 0.25, 1, 3][below(random, 4)]!;
  return {
    tickSize: [0.25, 0.25, 0.5, 3][below(random, 4)]!,
    stepSize,
    quantityMin: stepSize * [1, 1, 2, 6][below(random, 4)]!,
    marketQuantityMax: stepSize * [20, 1e9][below(random, 2)]!,
    notionalMin: unit * [0, 5, 100, 250][below(random, 4)]!,
    percentUp: [1.03, 1.15][below(random, 2)]!,
    percentDown: [0.97, 0.85][below(random, 2)]!,
    liquidationFee: [0.015, 0.005, 0.001, Number.NaN][below(random, 4)]!,
  };
}
