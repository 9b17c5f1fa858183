/**
 * What news does to a price: a drift of the residual log return that begins at publication, for a hack a step and a wilder
 * residual. News of the economy move the factor. Sizes are those of the class, a fraction each; the listing's follow the
 * abnormal return of listing days in L. Ante, "Market Reaction to Exchange Listings of Cryptocurrencies", 2019.
 */
import type { NewsClass } from '../../../engine/columns/records.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { hourTimeMs } from '../settings.ts';
import type { NewsEvent } from './events.ts';

/** Log returns, spread evenly over the hours; 0 hours is at once. */
export interface NewsEffect {
  readonly firstLog: number;
  readonly firstHours: number;
  /** After the first part. */
  readonly thenLog: number;
  readonly thenHours: number;
  /** Of the residual's standard deviation, for so many hours from publication. */
  readonly volatilityFactor: number;
  readonly volatilityHours: number;
}

const none: NewsEffect = {
  firstLog: 0,
  firstHours: 0,
  thenLog: 0,
  thenHours: 0,
  volatilityFactor: 1,
  volatilityHours: 0,
};

const over24 = (fraction: number): NewsEffect => ({
  ...none,
  firstLog: Math.log(1 + fraction),
  firstHours: 24,
});

const effects: Readonly<Record<NewsClass, { readonly up: NewsEffect; readonly down: NewsEffect }>> = {
  listing: both({ ...over24(0.057), thenLog: Math.log(0.97), thenHours: 168 }),
  hack: both({ ...none, firstLog: Math.log(0.85), volatilityFactor: 1.5, volatilityHours: 48 }),
  regulatory: both(over24(-0.02)),
  partnership: both(over24(0.01)),
  tokenomics: { up: over24(0.01), down: over24(-0.01) },
  macro: { up: over24(0.02), down: over24(-0.02) },
  neutral: both(none),
};

function both(effect: NewsEffect) {
  return { up: effect, down: effect };
}

/** `strength` multiplies the log returns and what the volatility rises by; 0 is no effect. */
export function effectOf(event: Pick<NewsEvent, 'newsClass' | 'direction'>, strength: number): NewsEffect {
  const stated = effects[event.newsClass][event.direction < 0 ? 'down' : 'up'];
  return {
    ...stated,
    firstLog: strength * stated.firstLog,
    thenLog: strength * stated.thenLog,
    volatilityFactor: 1 + strength * (stated.volatilityFactor - 1),
  };
}

/** One number for each of `hours` generated hours. */
export interface NewsPath {
  /** Added to the hour's log return. An hour that news come out in has its share of the drift. */
  readonly drift: Float64Array;
  /** Of the residual's standard deviation. Where two effects overlap, the greater one holds. */
  readonly volatilityFactor: Float64Array;
}

export function newsEffect(events: readonly NewsEvent[], hours: number, strength = 1): NewsPath {
  const drift = new Float64Array(hours);
  const volatilityFactor = new Float64Array(hours).fill(1);
  for (const event of events) {
    const effect = effectOf(event, strength);
    const from = (event.publishedMs - hourTimeMs(0)) / hourMs;
    const then = from + effect.firstHours;
    spread(drift, effect.firstLog, from, then);
    spread(drift, effect.thenLog, then, then + effect.thenHours);
    if (effect.volatilityFactor !== 1) widen(volatilityFactor, effect, from);
  }
  return { drift, volatilityFactor };
}

/** Hours [from, to) as real numbers: what is left of an hour takes its part. */
function spread(drift: Float64Array, log: number, from: number, to: number): void {
  if (log === 0) return;
  const last = Math.min(drift.length - 1, to > from ? Math.ceil(to) - 1 : Math.floor(from));
  for (let hour = Math.floor(from); hour <= last; hour += 1) {
    const part = to > from ? (Math.min(to, hour + 1) - Math.max(from, hour)) / (to - from) : 1;
    drift[hour] = drift[hour]! + log * part;
  }
}

function widen(factors: Float64Array, effect: NewsEffect, from: number): void {
  const to = from + effect.volatilityHours;
  const rise = effect.volatilityFactor ** 2 - 1;
  const last = Math.min(factors.length, Math.ceil(to)) - 1;
  for (let hour = Math.floor(from); hour <= last; hour += 1) {
    const part = Math.min(to, hour + 1) - Math.max(from, hour);
    factors[hour] = Math.max(factors[hour]!, Math.sqrt(1 + rise * part));
  }
}
