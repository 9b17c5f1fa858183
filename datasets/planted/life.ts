/** When a coin begins and ends. Drawn once per coin and independent of how many days are generated. */
import type { Entity } from './entities.ts';
import { burnInHours, type Switches } from './settings.ts';
import { openStream, uniformAt } from './streams.ts';

export interface Life {
  /** First generated hour with a bar; `burnInHours` or earlier where the coin is older than the market. */
  readonly listHour: number;
  /** One past the last hour with a bar; Infinity where no end was drawn. */
  readonly endHour: number;
  /** Ends after ten days of decline. */
  readonly slides: boolean;
}

/** Share of coins that list in the first year, and the days in which they do: all presets hold all their coins. */
const listedShare = 0.2;
const listDayFirst = 20;
const listDaySpan = 220;
/** Share of living coins that end within a year. */
const endedShare = 0.1;
/** No coin ends sooner than this after it listed or the market opened. */
const lifeDaysMin = 30;

export const slideHours = 240;
/** Log return of the whole slide: a loss of 60 %. */
export const slideReturn = Math.log(0.4);

export function lifeOf(seed: number, entity: Entity, switches: Switches): Life {
  if (entity.kind !== 'coin') return { listHour: 0, endHour: Number.POSITIVE_INFINITY, slides: false };
  const listDraw = uniformAt(openStream(seed, entity.id, 'listing'));
  const endings = openStream(seed, entity.id, 'delisting');
  const listsLate = switches.listings && listDraw < listedShare;
  const listHour = listsLate
    ? burnInHours + Math.floor((listDayFirst + (listDaySpan * listDraw) / listedShare) * 24)
    : 0;
  if (!switches.delistings) return { listHour, endHour: Number.POSITIVE_INFINITY, slides: false };
  const lifeYears = Math.log(uniformAt(endings, 0)) / Math.log(1 - endedShare);
  const endHour = Math.max(listHour, burnInHours) + Math.floor(lifeDaysMin * 24 + lifeYears * 8760);
  return { listHour, endHour, slides: uniformAt(endings, 1) < 0.5 };
}
