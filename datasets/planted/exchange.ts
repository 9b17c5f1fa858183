/**
 * What a planted exchange asks for: tiers by the size of a coin, and filters whose grids its own prices and volumes lie on, so
 * that a run on a planted market meets margin and minima as on a real one.
 */
import type { BracketEdition, Tier } from '../../engine/exchange/brackets.ts';
import type { Filters } from '../../engine/exchange/filters.ts';
import type { Instrument } from '../exchange-tables.ts';
import type { Market, PlantedCoin } from './market.ts';
import { burnInHours, hourTimeMs, marketStartMs } from './settings.ts';

/** Maintenance rate and greatest leverage, mildest first; a smaller coin begins further down. */
const ladder: readonly (readonly [number, number])[] = [
  [0.004, 125],
  [0.005, 100],
  [0.01, 50],
  [0.02, 25],
  [0.025, 20],
  [0.05, 10],
  [0.1, 5],
  [0.125, 4],
  [0.25, 2],
  [0.5, 1],
];
/** Caps of the first, second, … tier of the largest coins, quote currency. */
const caps = [5e4, 6e5, 3e6, 1.2e7, 7e7, 1e8, 2.3e8, 4.8e8, 6e8, 1.2e9];
/** First step of the ladder, and how much smaller the caps are, by size. */
const sizes = [
  { rankMax: 0.05, first: 0, capScale: 1 },
  { rankMax: 0.4, first: 2, capScale: 0.2 },
  { rankMax: 1, first: 4, capScale: 0.1 },
] as const;

export function plantedBrackets(coins: readonly PlantedCoin[]): BracketEdition {
  return {
    effectiveMs: marketStartMs,
    tiers: new Map(coins.map(({ entity, traits }) => [entity.symbol, tiersOf(traits.sizeRank)])),
  };
}

function tiersOf(sizeRank: number): readonly Tier[] {
  const { first, capScale } = sizes.find(({ rankMax }) => sizeRank <= rankMax) ?? sizes[2];
  const tiers: Tier[] = [];
  for (const [index, [maintenanceRate, leverageMax]] of ladder.slice(first).entries()) {
    const below = tiers.at(-1);
    const floor = below?.cap ?? 0;
    const cum = below === undefined ? 0 : below.cum + floor * (maintenanceRate - below.maintenanceRate);
    tiers.push({ floor, cap: caps[index]! * capScale, maintenanceRate, cum, leverageMax });
  }
  return tiers;
}

/** One line a coin, as the exchange would tell them on the market's last day. */
export function plantedInstruments(market: Market, coins: readonly PlantedCoin[]): readonly Instrument[] {
  return coins.map((coin) => {
    const { entity, life } = coin;
    const ended = life.endHour < market.hours;
    return {
      effectiveMs: marketStartMs,
      symbol: entity.symbol,
      contractType: 'PERPETUAL',
      underlyingType: 'COIN',
      status: ended ? 'SETTLING' : 'TRADING',
      onboardMs: life.listHour < burnInHours ? Number.NaN : hourTimeMs(life.listHour),
      deliveryMs: ended ? hourTimeMs(life.endHour) : Number.NaN,
      filters: filtersOf(coin),
    };
  });
}

function filtersOf(coin: PlantedCoin): Filters {
  const stepSize = stepOf(coin);
  return {
    tickSize: tickOf(coin),
    stepSize,
    quantityMin: stepSize,
    marketQuantityMax: Number.POSITIVE_INFINITY,
    notionalMin: coin.entity.kind === 'factor' ? 50 : 5,
    percentUp: 1.05,
    percentDown: 0.95,
    liquidationFee: 0.0125,
  };
}

/** Prices have six digits, so those of the lowest price are the finest. */
function tickOf({ low }: PlantedCoin): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const price of low) lowest = Math.min(lowest, price);
  return Number(`1e${Math.floor(Math.log10(lowest)) - 5}`);
}

const steps = [1, 0.1, 0.01, 0.001, 1e-4, 1e-5];
/** Volumes have six decimals at most. */
const stepFinest = 1e-6;
/** Quote currency that a step is worth at most, so that small accounts can trade. */
const stepWorth = 1;

function stepOf({ volume, high }: PlantedCoin): number {
  let highest = 0;
  for (const price of high) highest = Math.max(highest, price);
  const fits = (step: number) => {
    const perUnit = Math.round(1 / step);
    return volume.every((amount) => Number.isInteger(Math.round(amount * 1e6) / (1e6 / perUnit)));
  };
  return steps.find((step) => step * highest <= stepWorth && fits(step)) ?? stepFinest;
}
