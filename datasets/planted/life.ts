/** When a coin begins, stands still, changes its name and ends. Drawn once per coin, whatever number of days is generated. */
import { dayMs } from '../../engine/panel/hours.ts';
import type { Entity } from './entities.ts';
import { burnInHours, hourTimeMs, marketStartMs, type Switches } from './settings.ts';
import { normalAt, openStream, uniformAt } from './streams.ts';

/** Generated hours [fromHour, toHour). */
export interface HourSpan {
  readonly fromHour: number;
  readonly toHour: number;
}

export interface Life {
  /** When trading began, epoch ms UTC, within an hour; before the market's start for an older coin. */
  readonly onboardMs: number;
  /** First generated hour with a bar, the first full one after the listing; 0 where the coin is older than the market. */
  readonly listHour: number;
  /** One past the last hour with a bar; Infinity where no end was drawn. */
  readonly endHour: number;
  /** When the end is told; Infinity without one. */
  readonly announcedHour: number;
  /** Ends after ten days of decline. */
  readonly slides: boolean;
  /** Hours without a bar between two of trading. */
  readonly gaps: readonly HourSpan[];
  /** The new symbol, and the first hour that bears it. */
  readonly rename: { readonly hour: number; readonly symbol: string } | null;
}

/** Share of coins that list in the first year, and the days in which they do: all presets hold all their coins. */
const listedShare = 0.2;
const listDayFirst = 20;
const listDaySpan = 220;
/** Share of living coins that end within a year. */
const endedShare = 0.1;
/** No coin ends sooner than this after it listed or the market opened. */
const lifeDaysMin = 30;
const announcedHours = 120;

export const slideHours = 240;
/** Log return of the whole slide: a loss of 60 %. */
export const slideReturn = Math.log(0.4);

const renamedShare = 0.02;
const renameDayFirst = 40;
const renameDaySpan = 200;
/** Between two stamps of funding, except for coins that settle every hour. */
const renameHourOfDay = 5;
/** A new name comes in the middle of a life. */
const renameEdgeHours = 720;
/** Renamed in every market that has it, so that no market is without one. */
const renamedId = 'P015';

const haltedId = 'P018';
const haltDayFirst = 70;
const haltDaySpan = 40;
const haltHours = 90 * 24;

/** Days since the listing of a coin that is older than the market: log-normal. */
const ageDaysMedian = 500;
const ageLogSpread = 1;
const ageDaysMin = 61;

export function lifeOf(seed: number, entity: Entity, switches: Switches): Life {
  const steady = entity.kind !== 'coin' || entity.id === renamedId || entity.id === haltedId;
  const listing = openStream(seed, entity.id, 'listing');
  const listHour = steady || !switches.listings ? 0 : listHourOf(uniformAt(listing));
  const begins = Math.max(listHour, burnInHours);
  const end = steady || !switches.delistings ? endless : endOf(seed, entity.id, begins);
  const spans = { begins, endHour: end.endHour };
  return {
    onboardMs:
      listHour > 0
        ? hourTimeMs(listHour) - minutesBefore(uniformAt(listing, 2))
        : onboardBefore(seed, entity),
    listHour,
    ...end,
    announcedHour: end.endHour - announcedHours,
    gaps: switches.halt && entity.id === haltedId ? [haltOf(seed, entity.id)] : [],
    rename: switches.renames && entity.kind === 'coin' ? renameOf(seed, entity.id, spans) : null,
  };
}

/** The names of a coin in turn, with the generated hours that bear each; the last one has no end. */
export function namesOf(entity: Entity, life: Life): readonly (HourSpan & { readonly symbol: string })[] {
  const { symbol } = entity;
  const { rename } = life;
  if (rename === null) return [{ symbol, fromHour: 0, toHour: Number.POSITIVE_INFINITY }];
  return [
    { symbol, fromHour: 0, toHour: rename.hour },
    { symbol: rename.symbol, fromHour: rename.hour, toHour: Number.POSITIVE_INFINITY },
  ];
}

/** True where the coin has a bar in a generated hour, as far as its life goes. */
export function tradesAt(life: Life, hour: number): boolean {
  if (hour < life.listHour || hour >= life.endHour) return false;
  return !life.gaps.some(({ fromHour, toHour }) => hour >= fromHour && hour < toHour);
}

function listHourOf(draw: number): number {
  if (draw >= listedShare) return 0;
  return burnInHours + Math.floor((listDayFirst + (listDaySpan * draw) / listedShare) * 24);
}

const endless = { endHour: Number.POSITIVE_INFINITY, slides: false };

function endOf(seed: number, id: string, begins: number): { endHour: number; slides: boolean } {
  const draws = openStream(seed, id, 'delisting');
  const lifeYears = Math.log(uniformAt(draws, 0)) / Math.log(1 - endedShare);
  return {
    endHour: begins + Math.floor(lifeDaysMin * 24 + lifeYears * 8760),
    slides: uniformAt(draws, 1) < 0.5,
  };
}

/** Part of an hour that is left when trading begins: one minute to fifty-nine. */
function minutesBefore(draw: number): number {
  return (1 + Math.floor(draw * 59)) * 60_000;
}

function onboardBefore(seed: number, { id }: Entity): number {
  const draws = openStream(seed, id, 'age');
  const days = Math.max(ageDaysMin, ageDaysMedian * Math.exp(ageLogSpread * normalAt(draws)));
  return marketStartMs - Math.floor(days) * dayMs - minutesBefore(uniformAt(draws, 1));
}

function haltOf(seed: number, id: string): HourSpan {
  const draw = uniformAt(openStream(seed, id, 'halt'));
  const fromHour = burnInHours + Math.floor((haltDayFirst + haltDaySpan * draw) * 24);
  return { fromHour, toHour: fromHour + haltHours };
}

function renameOf(
  seed: number,
  id: string,
  life: { readonly begins: number; readonly endHour: number },
): Life['rename'] {
  if (id === haltedId) return null;
  const draws = openStream(seed, id, 'rename');
  if (id !== renamedId && uniformAt(draws) >= renamedShare) return null;
  const day = renameDayFirst + Math.floor(renameDaySpan * uniformAt(draws, 1));
  const hour = burnInHours + day * 24 + renameHourOfDay;
  if (hour < life.begins + renameEdgeHours || hour > life.endHour - renameEdgeHours) return null;
  return { hour, symbol: `N${id.slice(1)}USDT` };
}
