/** What happens: news events of a coin and of the economy. Articles about them are written in `articles.ts`. */
import type { NewsClass } from '../../../engine/columns/records.ts';
import { dayMs } from '../../../engine/panel/hours.ts';
import type { Entity } from '../entities.ts';
import { hourTimeMs } from '../settings.ts';
import { fillUniform, openStream, uniformAt } from '../streams.ts';

export interface NewsEvent {
  /** Whom it is about and, but for macro news of the factor, whose residual it moves. */
  readonly entity: string;
  readonly newsClass: NewsClass;
  /** Which way it points, where its class has two ways; else 0. */
  readonly direction: 1 | -1 | 0;
  readonly publishedMs: number;
  /** Its number in the streams of its entity and class. */
  readonly place: number;
}

/**
 * Events in a year of one coin: an article every five days or so, a listing or a hack now and then. Macro events are the
 * factor's, one in two weeks.
 */
const yearlyRates: Readonly<Record<NewsClass, number>> = {
  listing: 2,
  hack: 0.8,
  regulatory: 8,
  partnership: 12,
  tokenomics: 12,
  macro: 26,
  neutral: 36,
};

const dayPlaces = 4;
const daySeconds = 86_400;

const coinClasses = ['listing', 'hack', 'regulatory', 'partnership', 'tokenomics', 'neutral'] as const;

/** Events of generated days [0, days) by time; none for what is not an ordinary coin. Their effect is `newsEffect`'s. */
export function newsEventsOf(
  seed: number,
  entity: Pick<Entity, 'id' | 'kind'>,
  days: number,
): readonly NewsEvent[] {
  if (entity.kind !== 'coin') return [];
  return coinClasses
    .flatMap((newsClass) => classEvents(seed, entity.id, newsClass, days))
    .sort((a, b) => a.publishedMs - b.publishedMs);
}

/** Macro events: they move the factor, and with it every coin. */
export function macroEventsOf(seed: number, days: number): readonly NewsEvent[] {
  return classEvents(seed, 'BTC', 'macro', days);
}

function classEvents(seed: number, id: string, newsClass: NewsClass, days: number): readonly NewsEvent[] {
  const counts = fillUniform(new Float64Array(days), openStream(seed, id, `news-${newsClass}-count`));
  const seconds = openStream(seed, id, `news-${newsClass}-second`);
  const ways = openStream(seed, id, `news-${newsClass}-direction`);
  const twoWay = newsClass === 'tokenomics' || newsClass === 'macro';
  const events: NewsEvent[] = [];
  for (let day = 0; day < days; day += 1) {
    const today: NewsEvent[] = [];
    for (let number = poisson(yearlyRates[newsClass] / 365, counts[day]!) - 1; number >= 0; number -= 1) {
      const place = day * dayPlaces + number;
      const second = Math.floor(uniformAt(seconds, place) * daySeconds);
      const direction = twoWay ? (uniformAt(ways, place) < 0.5 ? 1 : -1) : 0;
      const publishedMs = hourTimeMs(0) + day * dayMs + second * 1000;
      today.push({ entity: id, newsClass, direction, publishedMs, place });
    }
    events.push(...today.sort((a, b) => a.publishedMs - b.publishedMs));
  }
  return events;
}

/** Quantile of the Poisson law, cut off at the places of a day. */
function poisson(mean: number, u: number): number {
  let count = 0;
  let term = Math.exp(-mean);
  for (let below = term; u >= below && count < dayPlaces; below += term) {
    count += 1;
    term *= mean / count;
  }
  return count;
}
