/** The grids that a coin's prices and volumes lie on, fixed when it comes to the market. */
import type { Traits } from './traits.ts';

export interface Grid {
  /** Quote currency. Every price of a bar is a whole number of ticks. */
  readonly tickSize: number;
  /** Base asset. Every volume is a whole number of steps. */
  readonly stepSize: number;
  /** Largest quantity of one market order, base asset: a lot of its own, far below that of limit orders. */
  readonly marketQuantityMax: number;
}

/** Quote currency that a step is worth at most at the start, so that small accounts can trade. */
const stepWorth = 0.1;
const stepDecimalsMax = 6;
/** Significant digits of the first price. */
const priceDigits = 6;
/** A coarse tick is at most this share of the first price, and at least two fifths of that. */
const coarseShare = 0.001;
/** What one market order may be worth at the start, quote currency: a share of an hour's turnover, but never a trifle. */
const marketOrderShare = 0.02;
const marketOrderMin = 20_000;

/**
 * `price` is the coin's at its first bar, or at the market's start. A coin that falls to a tenth keeps five digits, one that
 * rises tenfold gets seven.
 */
export function gridOf(traits: Pick<Traits, 'lowCap' | 'hourlyTurnover'>, price: number): Grid {
  const stepDecimals = Math.min(stepDecimalsMax, Math.max(0, Math.ceil(Math.log10(price / stepWorth))));
  const perUnit = 10 ** stepDecimals;
  const worth = Math.max(marketOrderMin, marketOrderShare * traits.hourlyTurnover);
  return {
    tickSize: traits.lowCap ? coarseTick(price) : decimal(Math.floor(Math.log10(price)) - priceDigits + 1),
    stepSize: 1 / perUnit,
    marketQuantityMax: Math.ceil((worth / price) * perUnit) / perUnit,
  };
}

/** 1, 2 or 5 times a power of ten, at most 1. */
function coarseTick(price: number): number {
  const tick = Math.min(1, coarseShare * price);
  const power = Math.floor(Math.log10(tick));
  const leading = tick / 10 ** power;
  return Number(`${leading >= 5 ? 5 : leading >= 2 ? 2 : 1}e${power}`);
}

function decimal(power: number): number {
  return Number(`1e${power}`);
}
