/**
 * A planted market, coin by coin.
 *
 * 1. `openMarket` draws the factor, which all coins share.
 * 2. `plantCoin` builds one coin from streams of its own: traits and life, beta, hidden state, residual, and from these
 *    the log price of every hour since the burn-in began (`coinReturns`).
 * 3. Bars (`plantPath`), volumes, scores and funding are drawn for the hours that are kept and in which the coin lives.
 */
import { hourlyDrift, plantState } from './alpha.ts';
import { plantBeta } from './beta.ts';
import type { Entity } from './entities.ts';
import { type Factor, plantFactor } from './factor.ts';
import { plantFunding, type Settlements } from './funding.ts';
import { type Life, lifeOf, slideHours, slideReturn } from './life.ts';
import { type PricePath, plantPath } from './path.ts';
import { plantScores, type Scores } from './score.ts';
import { burnInDays, burnInHours, type MarketSettings } from './settings.ts';
import { fillNormal, fillStudent4, openStream } from './streams.ts';
import { type Traits, traitsOf } from './traits.ts';
import { plantVolumes, type Volumes } from './volume.ts';

export interface Market {
  readonly settings: MarketSettings;
  readonly factor: Factor;
  /** Generated days and hours, burn-in included. */
  readonly days: number;
  readonly hours: number;
}

export interface PlantedCoin extends PricePath, Volumes {
  readonly entity: Entity;
  readonly traits: Traits;
  readonly life: Life;
  /** Bars stand for generated hours [fromHour, toHour), one each. */
  readonly fromHour: number;
  readonly toHour: number;
  /** Null for the factor and the stablecoin, in which no signal is planted. */
  readonly scores: Scores | null;
  readonly funding: Settlements | null;
  readonly truth: CoinTruth;
}

/** What nobody but a test may know. Days and hours count from the first of the burn-in. */
export interface CoinTruth {
  /** Exposure to the factor on each day. */
  readonly beta: Float64Array;
  /** Hidden state at the close of each day. */
  readonly state: Float64Array;
  /** Residual log return of each hour: noise, planted drift and slide. */
  readonly residual: Float64Array;
  /** Planted drift of each day. */
  readonly drift: Float64Array;
}

export function openMarket(settings: MarketSettings): Market {
  const days = burnInDays + settings.days;
  return { settings, factor: plantFactor(settings.seed, days), days, hours: days * 24 };
}

/** One coin; null where it has no bar before the market's last hour. */
export function plantCoin(market: Market, entity: Entity): PlantedCoin | null {
  const { seed, switches } = market.settings;
  const life = lifeOf(seed, entity, switches);
  const fromHour = Math.max(burnInHours, life.listHour);
  const toHour = Math.min(market.hours, life.endHour);
  if (fromHour >= toHour) return null;
  const traits = traitsOf(seed, entity);
  const made = coinReturns(market, entity, traits, life);
  const span = { seed, id: entity.id, fromHour, toHour, hourlyVolatility: made.hourlyVolatility };
  const path = plantPath({
    ...span,
    logClose: made.logClose,
    logStart: traits.logPriceStart,
    gaps: switches.gaps && entity.kind === 'coin',
  });
  const volumes = plantVolumes({
    ...span,
    path,
    hourlyTurnover: traits.hourlyTurnover,
    listHour: life.listHour,
  });
  return {
    entity,
    traits,
    life,
    fromHour,
    toHour,
    ...path,
    ...volumes,
    scores: entity.kind === 'coin' ? plantScores(seed, entity.id, made.truth.state, fromHour, toHour) : null,
    funding: switches.funding
      ? plantFunding({ seed, entity, life, open: path.open, fromHour, toHour })
      : null,
    truth: made.truth,
  };
}

interface CoinReturns {
  readonly logClose: Float64Array;
  readonly hourlyVolatility: Float64Array;
  readonly truth: CoinTruth;
}

function coinReturns(market: Market, entity: Entity, traits: Traits, life: Life): CoinReturns {
  if (entity.kind === 'stablecoin') return pegReturns(market, entity);
  const { seed } = market.settings;
  const isFactor = entity.kind === 'factor';
  const beta = isFactor
    ? new Float64Array(market.days).fill(1)
    : plantBeta(seed, entity.id, traits.betaMean, market.days);
  const state = isFactor ? new Float64Array(market.days) : plantState(seed, entity.id, market.days);
  const residual = isFactor
    ? new Float64Array(market.hours)
    : plantResidual(market, entity, traits, life, state);
  const logClose = new Float64Array(market.hours);
  const hourlyVolatility = new Float64Array(market.hours);
  const drift = new Float64Array(market.days);
  let logPrice = traits.logPriceStart;
  for (let hour = 0; hour < market.hours; hour += 1) {
    const day = Math.floor(hour / 24);
    logPrice += beta[day]! * market.factor.returns[hour]! + residual[hour]!;
    logClose[hour] = logPrice;
    const common = beta[day]! * market.factor.dailyVolatility[day]!;
    hourlyVolatility[hour] = Math.sqrt((common * common + traits.idioVolatility ** 2) / 24);
  }
  const strength = alphaStrength(market);
  for (let day = 0; day < market.days; day += 1) {
    drift[day] = hourlyDrift(state, day, strength, traits.idioVolatility) * 24;
  }
  return { logClose, hourlyVolatility, truth: { beta, state, residual, drift } };
}

function alphaStrength(market: Market): number {
  const { alpha, alphaStrength: strength } = market.settings.switches;
  return alpha ? strength : 0;
}

/** Noise, then the planted drift, then the slide of a coin that dies of one. */
function plantResidual(
  market: Market,
  entity: Entity,
  traits: Traits,
  life: Life,
  state: Float64Array,
): Float64Array {
  const residual = fillStudent4(
    new Float64Array(market.hours),
    openStream(market.settings.seed, entity.id, 'residual'),
  );
  const hourlyNoise = traits.idioVolatility / Math.sqrt(24);
  const strength = alphaStrength(market);
  for (let hour = 0; hour < market.hours; hour += 1) {
    const drift = hourlyDrift(state, Math.floor(hour / 24), strength, traits.idioVolatility);
    const sliding = life.slides && hour < life.endHour && hour >= life.endHour - slideHours;
    residual[hour] = hourlyNoise * residual[hour]! + drift + (sliding ? slideReturn / slideHours : 0);
  }
  return residual;
}

const pegSpread = 0.0004;
const pegKeep = 0.9;
const pegMinuteNoise = 0.00012;

/** A coin held to 1: its log price reverts within hours, and the factor does not move it. */
function pegReturns(market: Market, entity: Entity): CoinReturns {
  const logClose = fillNormal(
    new Float64Array(market.hours),
    openStream(market.settings.seed, entity.id, 'peg'),
  );
  const fresh = pegSpread * Math.sqrt(1 - pegKeep * pegKeep);
  const residual = new Float64Array(market.hours);
  let offset = 0;
  for (let hour = 0; hour < market.hours; hour += 1) {
    const next = pegKeep * offset + fresh * logClose[hour]!;
    residual[hour] = next - offset;
    logClose[hour] = offset = next;
  }
  const none = new Float64Array(market.days);
  return {
    logClose,
    hourlyVolatility: new Float64Array(market.hours).fill(pegMinuteNoise),
    truth: { beta: none, state: none, residual, drift: none },
  };
}
