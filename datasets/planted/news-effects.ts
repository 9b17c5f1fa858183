/** What the news do to one coin, and what of it is known at each day's close. */
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import { noiseDaysBeyond } from './alpha/alpha.ts';
import type { Entity } from './entities.ts';
import type { Life } from './life.ts';
import { effectOf, type NewsPath, newsEffect } from './news/effects.ts';
import { macroEventsOf, type NewsEvent, newsEventsOf } from './news/events.ts';
import { hourTimeMs, type MarketSettings } from './settings.ts';

export interface CoinNews extends NewsPath {
  /** Log drift of the day to come that stems from news published before each day's close. */
  readonly signal: Float64Array;
}

/** Null where prices do not follow the news. `days` are the generated ones; the path goes on as far as the noise does. */
export function plantNewsEffects(
  { seed, switches }: MarketSettings,
  entity: Entity,
  life: Life,
  days: number,
): CoinNews | null {
  const strength = switches.newsDrift;
  if (!switches.news || strength === 0) return null;
  const daysDrawn = days + noiseDaysBeyond(switches);
  const [fromMs, toMs] = [hourTimeMs(life.listHour), hourTimeMs(life.endHour)];
  const events = newsEventsOf(seed, entity, daysDrawn).filter(
    ({ publishedMs }) => publishedMs >= fromMs && publishedMs < toMs,
  );
  const path = newsEffect(events, daysDrawn * 24, strength);
  return { ...path, signal: knownDrift(path, events, strength, days) };
}

/** The next day's whole drift without that of news which come out in it. The first part of an effect takes a day at most. */
function knownDrift(
  { drift }: NewsPath,
  events: readonly NewsEvent[],
  strength: number,
  days: number,
): Float64Array {
  const ofDay = new Float64Array(days + 1);
  for (let hour = 0; hour < Math.min(drift.length, ofDay.length * 24); hour += 1) {
    ofDay[Math.floor(hour / 24)]! += drift[hour]!;
  }
  for (const event of events) {
    const sinceStart = event.publishedMs - hourTimeMs(0);
    const day = Math.floor(sinceStart / dayMs);
    const { firstLog, firstHours } = effectOf(event, strength);
    const leftHours = ((day + 1) * dayMs - sinceStart) / hourMs;
    if (day < ofDay.length)
      ofDay[day]! -= firstLog * (firstHours === 0 ? 1 : Math.min(1, leftHours / firstHours));
  }
  // The last day's tomorrow is generated only where noise is drawn beyond it, and nothing is measured against it.
  return Float64Array.from({ length: days }, (_, day) => (day === days - 1 ? 0 : clean(ofDay[day + 1]!)));
}

// What a subtraction leaves of nothing would rank coins that no news concern.
function clean(log: number): number {
  return Math.abs(log) < 1e-12 ? 0 : log;
}

/** Log drift of the factor in each generated hour; null where it follows no news. */
export function plantMacroDrift({ seed, switches }: MarketSettings, days: number): Float64Array | null {
  if (!switches.news || switches.newsDrift === 0) return null;
  return newsEffect(macroEventsOf(seed, days), days * 24, switches.newsDrift).drift;
}
