/**
 * A planted market, coin by coin.
 *
 * 1. `openMarket` draws the factor, which all coins share.
 * 2. `plantCoin` builds one coin from streams of its own: traits and life, then the log price of every hour since the burn-in
 *    began (`coinReturns`, or `pegReturns` for coins held to a peg).
 * 3. Bars (`plantPath`), volumes, scores, proxies, funding, spot and mark are drawn for the hours that are kept and in which
 *    the coin lives. An hour in which it stands still has prices too, which no table shows (`tradesAt`).
 */

import type { HiddenStates } from './alpha/alpha.ts';
import type { AlphaName, PlantedAlpha } from './alpha/component.ts';
import { type BarrierCoin, plantBarrierCoin } from './barrier/index.ts';
import { plantBasis } from './basis.ts';
import { plantSpotAndMark } from './derivatives.ts';
import type { Minutes } from './detail.ts';
import type { Entity } from './entities.ts';
import { type Factor, plantFactor } from './factor.ts';
import { plantFunding, type Settlements } from './funding.ts';
import { type Grid, gridOf } from './grid.ts';
import { type Life, lifeOf } from './life.ts';
import { plantMacroDrift, plantNewsEffects } from './news-effects.ts';
import {
  emptyHourPath,
  minutesPerHour,
  openPath,
  type PathInput,
  type PricePath,
  plantPath,
  walkHour,
} from './path.ts';
import { plantPeg } from './peg.ts';
import { plantProxies } from './proxies.ts';
import { type CoinReturns, coinReturns } from './returns.ts';
import { plantScores, type Scores } from './score.ts';
import { burnInDays, burnInHours, type MarketSettings } from './settings.ts';
import { type Traits, traitsOf } from './traits.ts';
import { plantVolumes, type Volumes } from './volume.ts';

export interface Market {
  readonly settings: MarketSettings;
  /** Its returns with the drift that macro news bring. */
  readonly factor: Factor;
  /** Generated days and hours, burn-in included. */
  readonly days: number;
  readonly hours: number;
}

export interface PlantedCoin extends PricePath, Volumes {
  readonly entity: Entity;
  readonly traits: Traits;
  readonly life: Life;
  /** Rows stand for generated hours [fromHour, toHour), one each. */
  readonly fromHour: number;
  readonly toHour: number;
  /** Null for all but ordinary coins, in which alone a signal is planted. */
  readonly scores: Scores | null;
  /** Columns by name, a value for each generated day; null where there are none. */
  readonly proxies: ReadonlyMap<string, Float64Array> | null;
  readonly funding: Settlements | null;
  /** Bars of the spot market and of the mark price, for the same hours. */
  readonly spot: PricePath | null;
  readonly mark: PricePath | null;
  /** Log price at the close of every generated hour. */
  readonly logClose: Float64Array;
  /** Decision points of a coin of the barrier world; null for all others. */
  readonly episodes: BarrierCoin['episodes'] | null;
  readonly truth: CoinTruth;
  /** Minutes of any generated hour that has a row, which its bar was cut from and finer ones can be. */
  readonly minutesOf: (hour: number) => Minutes;
  /** What its prices and volumes are whole multiples of. */
  readonly grid: Grid;
}

/** What nobody but a test may know. Days and hours count from the first of the burn-in. */
export interface CoinTruth {
  /** Exposure to the factor on each day. */
  readonly beta: Float64Array;
  /** Hidden states at the close of each day; null for all but ordinary coins. */
  readonly states: HiddenStates | null;
  /** Residual log return of each hour that nobody could know before, patterns among it. */
  readonly noise: Float64Array;
  /** Planted drifts that are switched on. */
  readonly alphas: ReadonlyMap<AlphaName, PlantedAlpha>;
  /** What news bring; null where they bring nothing. */
  readonly news: PlantedAlpha | null;
  /** Log drift of each hour of the decline that a coin dies of; null where it does not. */
  readonly slide: Float64Array | null;
  /** Residual log return of each hour: noise, alphas, news and slide. */
  readonly residual: Float64Array;
}

export function openMarket(settings: MarketSettings): Market {
  const days = burnInDays + settings.days;
  const factor = plantFactor(settings.seed, days);
  const macro = plantMacroDrift(settings, days);
  const returns = macro === null ? factor.returns : factor.returns.map((own, hour) => own + macro[hour]!);
  return { settings, factor: { ...factor, returns }, days, hours: days * 24 };
}

/** One coin; null where it has no bar before the market's last hour. Barrier coins follow a law of their own. */
export function plantCoin(market: Market, entity: Entity): PlantedCoin | null {
  if (entity.kind === 'barrier') return plantBarrier(market, entity);
  const { seed, switches } = market.settings;
  const life = lifeOf(seed, entity, switches);
  const fromHour = Math.max(burnInHours, life.listHour);
  const toHour = Math.min(market.hours, life.endHour);
  if (fromHour >= toHour) return null;
  const traits = traitsOf(seed, entity, switches);
  const made = returnsOf(market, entity, traits, life);
  const { hourlyVolatility, truth } = made;
  const grid = gridOf(traits, Math.exp(made.logClose[fromHour - 1]!));
  const span = { seed, id: entity.id, fromHour, toHour, hourlyVolatility };
  const pathInput = {
    ...span,
    logClose: made.logClose,
    logStart: traits.logPriceStart,
    gaps: switches.gaps && entity.kind === 'coin',
    tickSize: grid.tickSize,
  };
  const { average, ...path } = plantPath(pathInput);
  const volumes = plantVolumes({
    ...span,
    path: { ...path, average },
    hourlyTurnover: traits.hourlyTurnover,
    listHour: life.listHour,
    stepSize: grid.stepSize,
    scale: made.volumeScale,
  });
  return {
    entity,
    traits,
    life,
    fromHour,
    toHour,
    ...path,
    ...volumes,
    ...otherPrices(market, entity, life, path, fromHour, toHour),
    scores: truth.states && plantScores(seed, entity.id, truth.states.first, fromHour, toHour),
    proxies: truth.states && switches.proxies ? proxiesOf(market, entity, truth.states) : null,
    logClose: made.logClose,
    episodes: null,
    truth,
    minutesOf: minutesFrom(pathInput),
    grid,
  };
}

function minutesFrom(input: PathInput): (hour: number) => Minutes {
  const path = emptyHourPath();
  const streams = openPath(input);
  const prices = new Float64Array(path.points.length);
  return (hour) => {
    walkHour(path, input, streams, hour);
    for (const [minute, point] of path.points.entries()) prices[minute] = Math.exp(point);
    return { prices, weights: path.weights };
  };
}

const barrierHourlyVolatility = 0.01;

/** A coin of the barrier world, which knows neither factor nor alphas. */
function plantBarrier(market: Market, entity: Entity): PlantedCoin {
  const { seed, switches } = market.settings;
  const life = lifeOf(seed, entity, switches);
  const traits = traitsOf(seed, entity, switches);
  const span = { seed, id: entity.id, fromHour: burnInHours, toHour: market.hours };
  const barrier = plantBarrierCoin({ ...span, priceStart: Math.exp(traits.logPriceStart) });
  const { path, minuteClose } = barrier;
  const grid = gridOf(traits, path.open[0]!);
  const volumes = plantVolumes({
    ...span,
    path: { ...path, average: path.high.map((high, row) => (high + path.low[row]!) / 2) },
    hourlyVolatility: new Float64Array(market.hours).fill(barrierHourlyVolatility),
    hourlyTurnover: traits.hourlyTurnover,
    listHour: life.listHour,
    stepSize: grid.stepSize,
    scale: null,
  });
  const logClose = new Float64Array(market.hours).fill(traits.logPriceStart);
  logClose.set(path.close.map(Math.log), burnInHours);
  const none = new Float64Array(market.hours);
  return {
    entity,
    traits,
    life,
    fromHour: burnInHours,
    toHour: market.hours,
    ...path,
    ...volumes,
    ...otherPrices(market, entity, life, path, burnInHours, market.hours),
    scores: null,
    proxies: null,
    logClose,
    episodes: barrier.episodes,
    truth: {
      beta: new Float64Array(market.days),
      states: null,
      noise: none,
      alphas: new Map(),
      news: null,
      slide: null,
      residual: none,
    },
    minutesOf: barrierMinutes(path.open, minuteClose),
    grid,
  };
}

function barrierMinutes(open: Float64Array, minuteClose: Float64Array): (hour: number) => Minutes {
  const weights = new Float64Array(minutesPerHour).fill(1);
  const prices = new Float64Array(minutesPerHour + 1);
  return (hour) => {
    const row = hour - burnInHours;
    prices[0] = open[row]!;
    prices.set(minuteClose.subarray(row * minutesPerHour, (row + 1) * minutesPerHour), 1);
    return { prices, weights };
  };
}

/** Funding, spot and mark, all of them from one basis. */
function otherPrices(
  market: Market,
  entity: Entity,
  life: Life,
  path: PricePath,
  fromHour: number,
  toHour: number,
): Pick<PlantedCoin, 'funding' | 'spot' | 'mark'> {
  const { seed, switches } = market.settings;
  if (!(switches.funding || switches.spot || switches.mark)) return { funding: null, spot: null, mark: null };
  const basis = plantBasis(seed, entity.id, toHour + 1);
  const both = switches.spot || switches.mark ? plantSpotAndMark({ path, basis, fromHour }) : null;
  return {
    funding: switches.funding
      ? plantFunding({ seed, entity, life, basis, open: path.open, fromHour, toHour })
      : null,
    spot: switches.spot && both !== null ? both.spot : null,
    mark: switches.mark && both !== null ? both.mark : null,
  };
}

function proxiesOf(market: Market, entity: Entity, states: HiddenStates): ReadonlyMap<string, Float64Array> {
  const { seed, switches } = market.settings;
  return plantProxies({ seed, id: entity.id, ...states, burnInDays, withBad: switches.badColumns });
}

function returnsOf(market: Market, entity: Entity, traits: Traits, life: Life): CoinReturns {
  if (entity.kind === 'stablecoin') return pegReturns(market, entity);
  const news = entity.kind === 'coin' ? plantNewsEffects(market.settings, entity, life, market.days) : null;
  return coinReturns(market, entity, traits, life, news);
}

function pegReturns(market: Market, entity: Entity): CoinReturns {
  const { seed, switches } = market.settings;
  const { residual, ...path } = plantPeg(seed, entity, switches, market.hours);
  const beta = new Float64Array(market.days);
  const truth = { beta, states: null, noise: residual, alphas: new Map(), news: null, slide: null, residual };
  return { ...path, volumeScale: null, truth };
}
