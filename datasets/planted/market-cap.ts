/** Market capitalisation as a data vendor tells it: price times supply of a day, published hours later. */
import { hourMs } from '../../engine/panel/hours.ts';
import type { Entity } from './entities.ts';
import { type Life, tradesAt } from './life.ts';
import { burnInDays, hourTimeMs } from './settings.ts';
import { openStream, uniformAt } from './streams.ts';
import type { Traits } from './traits.ts';

export interface MarketCapRow {
  readonly publishedMs: number;
  readonly ingestedMs: number;
  /** US dollars. */
  readonly value: number;
}

/** Hours from the end of a day to its publication: days never overtake each other. */
const lagHoursMin = 2;
const lagHoursMax = 26;
const ingestMsMax = 600_000;
/** New units a year, as a share of the supply at the start. */
const issuance = 0.02;

export interface MarketCapInput {
  readonly seed: number;
  readonly entity: Entity;
  readonly traits: Traits;
  readonly life: Life;
  /** Log price at the close of every generated hour. */
  readonly logClose: Float64Array;
  /** Generated days. */
  readonly days: number;
}

/**
 * One row for every day at whose end the coin traded and that was published before the market's end; the first days are those
 * that were known when the market opened. Empty for what has no supply.
 */
export function plantMarketCap(input: MarketCapInput): readonly MarketCapRow[] {
  const { traits, life, logClose, days } = input;
  if (Number.isNaN(traits.supply)) return [];
  const draws = openStream(input.seed, input.entity.id, 'market-cap');
  const rows: MarketCapRow[] = [];
  for (let day = burnInDays - 2; day < days; day += 1) {
    const lastHour = day * 24 + 23;
    if (!tradesAt(life, lastHour)) continue;
    const lagHours = lagHoursMin + (lagHoursMax - lagHoursMin) * uniformAt(draws, 2 * day);
    const publishedMs = hourTimeMs(lastHour + 1) + Math.floor(lagHours * hourMs);
    const ingestedMs = publishedMs + Math.floor(uniformAt(draws, 2 * day + 1) * ingestMsMax);
    if (publishedMs >= hourTimeMs(days * 24)) continue;
    const supply = traits.supply * (1 + (issuance * day) / 365);
    rows.push({ publishedMs, ingestedMs, value: Math.round(Math.exp(logClose[lastHour]!) * supply) });
  }
  return rows;
}
