/** What of a world lies inside a span of hours, and what of its records was known at a time: truncation, and windows to compare in. */
import { assertInvariant } from '../../invariant.ts';
import { hourMs } from '../../panel/hours.ts';
import {
  BAR_WIDTH,
  type LifeEvents,
  type Panel,
  sharedFloat64,
  sharedInt32,
  timeAt,
} from '../../panel/panel.ts';
import type { Rows } from '../../panel/rows.ts';
import {
  type DatedValues,
  type DatedValuesByCoin,
  type InstrumentRecords,
  type MarketRecords,
  type NewsRecords,
  newestAvailable,
} from '../records.ts';
import { type AuditWorld, type DatedTable, rowAvailableMs } from './world.ts';

/** Panel hours [fromHour, toHour). */
export interface HourSpan {
  readonly fromHour: number;
  readonly toHour: number;
}

/**
 * Memory that one copy of a panel after the other is written into: what was there before is gone. Without it every copy takes its own, and
 * threads that have seen one hold on to it for a while.
 */
export class Room {
  readonly #buffers = new Map<string, SharedArrayBuffer>();

  float64(name: string, length: number): Float64Array {
    const known = this.#buffers.get(name);
    const buffer =
      known !== undefined && known.byteLength >= length * 8 ? known : new SharedArrayBuffer(length * 8);
    this.#buffers.set(name, buffer);
    return new Float64Array(buffer, 0, length);
  }
}

/** All that was known when bar `hours - 1` had closed, and nothing else: the panel ends there. */
export function truncated(world: AuditWorld, hours: number, room = new Room()): AuditWorld {
  return windowOf(world, { fromHour: 0, toHour: hours }, timeAt(world.inputs.panel, hours), room);
}

/**
 * The bars of a span, and the records that were available by `knownMs` (all if absent). Hours of the new panel count from `fromHour`; a coin
 * that was listed before it is listed from hour 0 on.
 */
export function windowOf(
  world: AuditWorld,
  span: HourSpan,
  knownMs: number = Number.POSITIVE_INFINITY,
  room = new Room(),
): AuditWorld {
  const { fromHour, toHour } = span;
  const known = worldKnown(world, panelWindow(world.inputs.panel, span, room), knownMs);
  return {
    ...known,
    revisions: known.revisions
      .filter(({ hour }) => hour >= fromHour && hour < toHour)
      .map((revision) => ({ ...revision, hour: revision.hour - fromHour })),
    stored: world.stored.map((rows) => rowsWindow(rows, span)),
  };
}

/** A panel with the records, rows and fitted states that were known at `knownMs`. */
export function worldKnown(world: AuditWorld, panel: Panel, knownMs: number): AuditWorld {
  const { inputs, tables, revisions } = world;
  return {
    ...world,
    inputs: {
      ...inputs,
      panel,
      records: recordsKnown(inputs.records, knownMs),
      regimes: inputs.regimes.filter(({ validFromMs }) => validFromMs <= knownMs),
    },
    tables: Object.fromEntries(
      Object.entries(tables).map(([name, table]) => [name, tableKnown(table, knownMs)]),
    ),
    revisions: revisions.filter(({ availableMs }) => availableMs <= knownMs),
  };
}

/** The panel of a span of hours, copied. */
export function panelWindow(panel: Panel, span: HourSpan, room = new Room()): Panel {
  const { fromHour, toHour } = span;
  const hours = toHour - fromHour;
  assertInvariant(
    fromHour >= 0 && hours > 0 && toHour <= panel.hours,
    'a window lies inside the panel it is cut from',
  );
  const clipped = (hour: number) => Math.min(hours, Math.max(0, hour - fromHour));
  const coins = panel.symbols.length;
  const [firstHour, endHour] = [sharedInt32(coins), sharedInt32(coins)];
  for (let coin = 0; coin < coins; coin += 1) {
    firstHour[coin] = clipped(panel.firstHour[coin]!);
    endHour[coin] = clipped(panel.endHour[coin]!);
  }
  const rows = Math.round(panel.bars.length / (panel.hours * BAR_WIDTH));
  const volumes = (name: 'volume' | 'quoteVolume') => {
    const block = panel[name];
    return block === null
      ? null
      : blockWindow(block, panel.hours, 1, span, room.float64(name, coins * hours));
  };
  const closeHash = sharedInt32(hours * 2);
  closeHash.set(panel.closeHash.subarray(fromHour * 2, toHour * 2));
  return {
    ...panel,
    startMs: timeAt(panel, fromHour),
    hours,
    bars: blockWindow(
      panel.bars,
      panel.hours,
      BAR_WIDTH,
      span,
      room.float64('bars', rows * hours * BAR_WIDTH),
    ),
    volume: volumes('volume'),
    quoteVolume: volumes('quoteVolume'),
    firstHour,
    endHour,
    funding: fundingWindow(panel, span),
    closeHash,
    ...(panel.life === undefined ? {} : { life: lifeWindow(panel, panel.life, span) }),
  };
}

/** Hours of a block `[row][hour][width]`, into `out` of as many rows. */
function blockWindow(
  block: Float64Array,
  hours: number,
  width: number,
  { fromHour, toHour }: HourSpan,
  out: Float64Array,
): Float64Array {
  const kept = (toHour - fromHour) * width;
  for (let row = 0; row * kept < out.length; row += 1) {
    const at = (row * hours + fromHour) * width;
    out.set(block.subarray(at, at + kept), row * kept);
  }
  return out;
}

/** Rates stay where they are: only the index by hour is cut. */
function fundingWindow({ funding }: Panel, { fromHour, toHour }: HourSpan): Panel['funding'] {
  const rowOf = sharedInt32(toHour - fromHour);
  rowOf.set(funding.rowOf.subarray(fromHour, toHour));
  return { ...funding, rowOf };
}

/** An end that lies beyond the span has not happened, nor a change of name or unit. */
function lifeWindow(panel: Panel, life: LifeEvents, { fromHour, toHour }: HourSpan): LifeEvents {
  const ended = (flags: Uint8Array) => flags.map((flag, coin) => (panel.endHour[coin]! < toHour ? flag : 0));
  const within = (hour: number) => hour >= fromHour && hour < toHour;
  return {
    dataEnds: ended(life.dataEnds),
    delisted: ended(life.delisted),
    gaps: life.gaps
      .filter((gap) => gap.toHour > fromHour && gap.fromHour < toHour)
      .map((gap) => ({
        coin: gap.coin,
        fromHour: Math.max(0, gap.fromHour - fromHour),
        toHour: Math.min(toHour, gap.toHour) - fromHour,
      })),
    renames: life.renames
      .filter(({ hour }) => within(hour))
      .map((rename) => ({ ...rename, hour: rename.hour - fromHour })),
  };
}

function rowsWindow(rows: Rows, { fromHour, toHour }: HourSpan): Rows {
  const values = sharedFloat64((toHour - fromHour) * rows.coins);
  values.set(rows.values.subarray(fromHour * rows.coins, toHour * rows.coins));
  const rowHash = sharedInt32((toHour - fromHour) * 2);
  rowHash.set(rows.rowHash.subarray(fromHour * 2, toHour * 2));
  return { ...rows, hours: toHour - fromHour, values, rowHash };
}

/** Records available at `knownMs`. Ends and listings that lie later are not known yet. */
export function recordsKnown(records: MarketRecords, knownMs: number): MarketRecords {
  if (knownMs === Number.POSITIVE_INFINITY) return records;
  const { fearGreed, news, marketCap, instruments } = records;
  return {
    fearGreed: fearGreed === null ? null : valuesKnown(fearGreed, knownMs),
    news: news === null ? null : newsKnown(news, knownMs),
    marketCap: marketCap === null ? null : valuesByCoinKnown(marketCap, knownMs),
    instruments: instruments === null ? null : instrumentsKnown(instruments, knownMs),
  };
}

function valuesKnown({ availableMs, values }: DatedValues, knownMs: number): DatedValues {
  const count = newestAvailable(availableMs, knownMs) + 1;
  return { availableMs: availableMs.subarray(0, count), values: values.subarray(0, count) };
}

function newsKnown(news: NewsRecords, knownMs: number): NewsRecords {
  const count = newestAvailable(news.availableMs, knownMs) + 1;
  const links = news.start[count] ?? 0;
  const width = news.classes.length / Math.max(1, news.availableMs.length);
  return {
    availableMs: news.availableMs.subarray(0, count),
    publishedMs: news.publishedMs.subarray(0, count),
    start: news.start.subarray(0, count + 1),
    coins: news.coins.subarray(0, links),
    classes: news.classes.subarray(0, count * width),
  };
}

function valuesByCoinKnown(records: DatedValuesByCoin, knownMs: number): DatedValuesByCoin {
  const coins = records.start.length - 1;
  const counts = Array.from({ length: coins }, (_, coin) => {
    const [from, to] = [records.start[coin]!, records.start[coin + 1]!];
    return Math.max(0, newestAvailable(records.availableMs, knownMs, from, to) + 1 - from);
  });
  const start = sharedInt32(coins + 1);
  for (const [coin, count] of counts.entries()) start[coin + 1] = start[coin]! + count;
  const [availableMs, values] = [sharedFloat64(start[coins]!), sharedFloat64(start[coins]!)];
  for (const [coin, count] of counts.entries()) {
    const from = records.start[coin]!;
    availableMs.set(records.availableMs.subarray(from, from + count), start[coin]!);
    values.set(records.values.subarray(from, from + count), start[coin]!);
  }
  return { start, availableMs, values };
}

function instrumentsKnown({ kind, onboardMs, delistedMs }: InstrumentRecords, knownMs: number) {
  const known = (times: Float64Array) => {
    const out = sharedFloat64(times.length);
    for (const [coin, time] of times.entries()) out[coin] = time <= knownMs ? time : Number.NaN;
    return out;
  };
  return { kind, onboardMs: known(onboardMs), delistedMs: known(delistedMs) };
}

function tableKnown(table: DatedTable, knownMs: number): DatedTable {
  const kept: number[] = [];
  for (let row = 0; row < table.publishedMs.length; row += 1) {
    if (rowAvailableMs(table, row) <= knownMs) kept.push(row);
  }
  if (kept.length === table.publishedMs.length) return table;
  const picked = (column: Float64Array) => Float64Array.from(kept, (row) => column[row]!);
  return {
    publishedMs: picked(table.publishedMs),
    ingestedMs: picked(table.ingestedMs),
    aboutMs: picked(table.aboutMs),
    values: picked(table.values),
    coins: Int32Array.from(kept, (row) => table.coins[row]!),
  };
}

/** Stamp at which bar `hour` has closed, epoch ms UTC. */
export function closeMsOf(panel: Panel, hour: number): number {
  return timeAt(panel, hour) + hourMs;
}
