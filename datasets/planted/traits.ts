/** What stays with a coin for life: its size, its exposure, its own volatility, its price level, its turnover. */
import type { Entity, EntityKind } from './entities.ts';
import type { Switches } from './settings.ts';
import { normalAt, openStream, uniformAt } from './streams.ts';

export interface Traits {
  /** Place in the market by capitalisation: 0 is the largest, 1 the smallest. */
  readonly sizeRank: number;
  /** Centre of the beta to BTC. */
  readonly betaMean: number;
  /** Standard deviation of the daily residual log return. */
  readonly idioVolatility: number;
  readonly logPriceStart: number;
  /** Median quote volume of an hour. */
  readonly hourlyTurnover: number;
  /** Units in circulation when the burn-in begins; NaN for what has none. */
  readonly supply: number;
  /** Of less than ten millions at the start: thinly traded, on coarse ticks. */
  readonly lowCap: boolean;
}

/** Median daily idiosyncratic volatility before it is scaled by size, and the spread of its log across coins. */
const idioMedian = 0.045;
const idioLogSpread = 0.4;
// Scale at the largest and the smallest coin: with these the factor explains about .85 of a large coin and .25 of a small.
const idioScaleLarge = 0.3;
const idioScaleSmall = 1.25;

/** Decimal logarithm of the capitalisation in US dollars, of the largest and the smallest ordinary coin. */
const capLargest = 10.8;
const capSmallest = 7.4;
/** The same of low caps, and how many there are; one at least in every market that has its place. */
const lowCapLargest = 6.7;
const lowCapSmallest = 5.7;
const lowCapShare = 0.06;
const lowCapId = 'P021';

type Fixed = Omit<Traits, 'supply' | 'lowCap'> & { readonly capStart: number };

/** Daily volatilities of an equity index and of a metal, with little of the factor in them. */
const fixedTraits: Readonly<Record<Exclude<EntityKind, 'coin' | 'barrier'>, Fixed>> = {
  factor: fixed(0, 1, 0, 42_000, 4e8, 8.2e11),
  stablecoin: fixed(0.02, 0, 0, 1, 2e7, 5e9),
  wrapped: fixed(0.05, 1, 0, 42_000, 3e6, 6e9),
  index: fixed(0.3, 0.3, 0.01, 5_200, 8e6, Number.NaN),
  metal: fixed(0.2, 0.05, 0.011, 2_050, 3e7, Number.NaN),
};

function fixed(
  sizeRank: number,
  betaMean: number,
  idioVolatility: number,
  priceStart: number,
  hourlyTurnover: number,
  capStart: number,
): Fixed {
  return {
    sizeRank,
    betaMean,
    idioVolatility,
    logPriceStart: Math.log(priceStart),
    hourlyTurnover,
    capStart,
  };
}

export function traitsOf(seed: number, entity: Entity, switches: Pick<Switches, 'lowCaps'>): Traits {
  const { kind, id } = entity;
  if (kind === 'coin') return coinTraits(seed, id, switches.lowCaps);
  if (kind === 'barrier')
    return { ...coinTraits(seed, id, false), betaMean: 0, idioVolatility: 0, supply: Number.NaN };
  const { capStart, ...traits } = fixedTraits[kind];
  return { ...traits, supply: capStart / Math.exp(traits.logPriceStart), lowCap: false };
}

function coinTraits(seed: number, id: string, lowCaps: boolean): Traits {
  const draw = (name: string) => normalAt(openStream(seed, id, name));
  const lowCap = lowCaps && (id === lowCapId || uniformAt(openStream(seed, id, 'low-cap')) < lowCapShare);
  const rankDrawn = uniformAt(openStream(seed, id, 'size'));
  // Low caps take the last twentieth of the ranks; switching them off leaves every other coin where it is.
  const sizeRank = lowCap ? 0.95 + 0.05 * rankDrawn : rankDrawn;
  const scale = idioScaleLarge + (idioScaleSmall - idioScaleLarge) * sizeRank;
  const logPriceStart = Math.max(-9, Math.min(7, -0.5 + 2.2 * draw('price')));
  const logCap = lowCap
    ? lowCapLargest + (lowCapSmallest - lowCapLargest) * rankDrawn
    : capLargest + (capSmallest - capLargest) * sizeRank;
  const turnover = 0.4 * draw('turnover');
  return {
    sizeRank,
    betaMean: Math.min(2.2, Math.max(0.3, 1.2 + 0.3 * draw('beta-mean'))),
    idioVolatility: idioMedian * scale * Math.exp(idioLogSpread * draw('idio-volatility')),
    logPriceStart,
    hourlyTurnover: Math.exp((lowCap ? 8.3 : 16.5 - 5 * sizeRank) + turnover),
    supply: 10 ** logCap / Math.exp(logPriceStart),
    lowCap,
  };
}
