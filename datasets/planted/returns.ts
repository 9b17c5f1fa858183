/**
 * The log price of one coin, hour by hour since the burn-in began: r = beta * factor + noise + alphas + news, and the slide of
 * a coin that dies of one. Each part is drawn from streams of its own and kept apart, because the truth tables tell them apart.
 */
import { type CoinAlphas, noiseDaysBeyond, plantAlphas } from './alpha/alpha.ts';
import { plantState } from './alpha/state.ts';
import { plantBeta } from './beta.ts';
import type { Entity } from './entities.ts';
import { type Life, slideHours, slideReturn } from './life.ts';
import type { CoinTruth, Market } from './market.ts';
import type { CoinNews } from './news-effects.ts';
import { fillStudent4, openStream } from './streams.ts';
import type { Traits } from './traits.ts';

export interface CoinReturns {
  /** Log price at the close of each generated hour. */
  readonly logClose: Float64Array;
  /** Standard deviation of the log return of each hour, as the path within it wanders. */
  readonly hourlyVolatility: Float64Array;
  /** Scale of each hour's volume; null where nothing scales it. */
  readonly volumeScale: Float64Array | null;
  readonly truth: CoinTruth;
}

const noAlphas: CoinAlphas = { byName: new Map(), volumeScale: null };

/** Everything but coins held to a peg. `news` is null where none concern the coin, or prices do not follow them. */
export function coinReturns(
  market: Market,
  entity: Entity,
  traits: Traits,
  life: Life,
  news: CoinNews | null,
): CoinReturns {
  const { seed, switches } = market.settings;
  const { days, hours } = market;
  const isCoin = entity.kind === 'coin';
  const noise = plantNoise(market, entity.id, traits.idioVolatility, news);
  const states = isCoin
    ? {
        first: plantState(seed, entity.id, 'alpha-state', days),
        second: plantState(seed, entity.id, 'second-state', days),
      }
    : null;
  const input = {
    seed,
    id: entity.id,
    days,
    idioVolatility: traits.idioVolatility,
    regimes: market.factor.regimes,
  };
  const alphas = states === null ? noAlphas : plantAlphas(input, switches, states, noise);
  const kept = noise.subarray(0, hours);
  const residual = kept.slice();
  for (const { drift } of alphas.byName.values()) addTo(residual, drift);
  if (news !== null) addTo(residual, news.drift);
  const slide = life.slides ? slideOf(hours, life.endHour) : null;
  if (slide !== null) addTo(residual, slide);
  const beta = betaOf(market, entity, traits);
  const truth = {
    beta,
    states,
    noise: kept,
    alphas: alphas.byName,
    news: news && { drift: news.drift.subarray(0, hours), signal: news.signal },
    slide,
    residual,
  };
  return {
    logClose: logPrices(market, traits.logPriceStart, beta, residual),
    hourlyVolatility: volatilities(market, traits.idioVolatility, beta, news),
    volumeScale: alphas.volumeScale,
    truth,
  };
}

/** Hourly noise, and that of some days beyond the market's end (see `plantAlphas`). */
function plantNoise(market: Market, id: string, idioVolatility: number, news: CoinNews | null): Float64Array {
  const noise = new Float64Array((market.days + noiseDaysBeyond(market.settings.switches)) * 24);
  if (idioVolatility === 0) return noise;
  fillStudent4(noise, openStream(market.settings.seed, id, 'residual'));
  const hourly = idioVolatility / Math.sqrt(24);
  for (let hour = 0; hour < noise.length; hour += 1) noise[hour]! *= hourly;
  if (news !== null) {
    for (const [hour, factor] of news.volatilityFactor.entries()) noise[hour]! *= factor;
  }
  return noise;
}

function betaOf(market: Market, { id, kind }: Entity, traits: Traits): Float64Array {
  if (kind === 'factor' || kind === 'wrapped') return new Float64Array(market.days).fill(1);
  return plantBeta(market.settings.seed, id, traits.betaMean, market.days);
}

function logPrices(market: Market, start: number, beta: Float64Array, residual: Float64Array): Float64Array {
  const { returns } = market.factor;
  let logPrice = start;
  return residual.map((own, hour) => {
    logPrice += beta[Math.floor(hour / 24)]! * returns[hour]! + own;
    return logPrice;
  });
}

function volatilities(
  market: Market,
  idioVolatility: number,
  beta: Float64Array,
  news: CoinNews | null,
): Float64Array {
  const { dailyVolatility } = market.factor;
  return Float64Array.from({ length: market.hours }, (_, hour) => {
    const day = Math.floor(hour / 24);
    const common = beta[day]! * dailyVolatility[day]!;
    const own = idioVolatility * (news === null ? 1 : news.volatilityFactor[hour]!);
    return Math.sqrt((common * common + own * own) / 24);
  });
}

function slideOf(hours: number, endHour: number): Float64Array {
  return new Float64Array(hours).fill(slideReturn / slideHours, Math.max(0, endHour - slideHours), endHour);
}

function addTo(sum: Float64Array, part: Float64Array): void {
  for (let hour = 0; hour < sum.length; hour += 1) sum[hour]! += part[hour]!;
}
