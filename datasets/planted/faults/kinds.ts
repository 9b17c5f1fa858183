/** Which faults there are, and which coin has which, when. */
import type { Entity } from '../entities.ts';
import type { HourSpan, Life } from '../life.ts';
import { burnInHours } from '../settings.ts';
import { openStream, uniformAt } from '../streams.ts';
import type { Traits } from '../traits.ts';

/** Those of single coins, in the order in which coins get them. */
const pointKinds = [
  'redenomination',
  'wick',
  'bad-print',
  'missing-hours',
  'duplicate-bar',
  'out-of-order',
  'zero-volume',
  'ohlc-violation',
  'negative-price',
  'revised-bar',
  'frozen-price',
] as const;
/** Those of clocks, which only weeks of a coin that follows the market can tell. */
const clockKinds = ['clock-offset', 'time-zone'] as const;
/** Those that all coins have at the same time. */
const marketKinds = ['exchange-halt', 'unclosed-last-bar'] as const;

export type CoinFaultKind = (typeof pointKinds)[number] | (typeof clockKinds)[number];
export type FaultKind = CoinFaultKind | (typeof marketKinds)[number];

export const faultKinds: ReadonlySet<FaultKind> = new Set([...pointKinds, ...clockKinds, ...marketKinds]);

/** Of a clock fault; longer than two of the months in which a clock can be told from chance. */
export const shiftedHours = 1440;
/** What follows the market closely enough for its clock to be judged. */
const idioVolatilityMax = 0.06;
const betaMeanMin = 0.7;

/**
 * The kind of fault that a coin has; null for most. By its own number, life and traits, so that no other coin matters: of
 * six coins two have a point fault, and a third one that of a clock where it can be told.
 */
export function faultKindOf(entity: Entity, life: Life, traits: Traits): CoinFaultKind | null {
  const number = Number(entity.id.slice(1));
  // A fault has one symbol, so coins of two names have none.
  if (entity.kind !== 'coin' || life.rename !== null) return null;
  if (number % 3 === 1) return pointKinds[Math.floor(number / 3) % pointKinds.length]!;
  if (number % 6 !== 2) return null;
  const lives =
    life.listHour === 0 && life.endHour > burnInHours + startHours + startSpanHours + shiftedHours;
  const follows = traits.idioVolatility <= idioVolatilityMax && traits.betaMean >= betaMeanMin;
  return lives && follows ? clockKinds[Math.floor(number / 6) % clockKinds.length]! : null;
}

/** Faults begin ten days after the coin did, within some 17 days: the shortest lives have them. */
const startHours = 240;
const startSpanHours = 400;

/** First generated hour of a coin's fault. */
export function faultHour(seed: number, entity: Entity, life: Life): number {
  const draw = uniformAt(openStream(seed, entity.id, 'fault'));
  return Math.max(burnInHours, life.listHour) + startHours + Math.floor(startSpanHours * draw);
}

/** The exchange stands still on one of the market's first days, before any coin of its beginning has a fault. */
const haltDayFirst = 3;
const haltDaySpan = 5;
const haltHours = 6;

export function exchangeHalt(seed: number): HourSpan {
  const draw = uniformAt(openStream(seed, 'BTC', 'exchange-halt'));
  const fromHour = burnInHours + Math.floor((haltDayFirst + haltDaySpan * draw) * 24);
  return { fromHour, toHour: fromHour + haltHours };
}
