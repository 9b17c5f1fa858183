/**
 * Faults of the data, each with its truth row. A coin has at most one of its own, and takes part in those of the whole market.
 *
 *   1. the true bars of the market's halt are taken out
 *   2. the coin's own fault is planted (`changes.ts`)
 *   3. the last bar of the data is cut short
 */
import { hourMs } from '../../../engine/panel/hours.ts';
import type { Entity } from '../entities.ts';
import type { Grid } from '../grid.ts';
import { type HourSpan, type Life, namesOf } from '../life.ts';
import { hourTimeMs } from '../settings.ts';
import { openStream, uniformAt } from '../streams.ts';
import type { Traits } from '../traits.ts';
import { type BarColumns, type BarRow, columnsOf, rowsOf } from './bars.ts';
import { type Change, changes, unclosed } from './changes.ts';
import { exchangeHalt, type FaultKind, faultHour, faultKindOf } from './kinds.ts';

export interface FaultTruth {
  /** Unique within the market. */
  readonly id: string;
  readonly symbol: string;
  readonly kind: FaultKind;
  /** Open time of the first and of the last bar concerned, epoch ms UTC. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Hours by which stamps are late (negative: early), or the factor of prices; NaN for other kinds. */
  readonly value: number;
  /** The true bars of those hours. */
  readonly originals: readonly BarRow[];
}

/** The later, true version of a bar. */
export interface Revision {
  readonly symbol: string;
  readonly bar: BarRow;
  readonly ingestedMs: number;
}

/** A price that was traded for a moment. */
export interface Wick {
  /** Minutes since the first generated hour. */
  readonly minute: number;
  readonly price: number;
}

export interface FaultedCoin {
  /** In the order of the file: neither sorted nor unique where the fault is that they are not. */
  readonly bars: BarColumns;
  readonly revisions: readonly Revision[];
  readonly truth: readonly FaultTruth[];
  /** Days that finer bars must show, so that a true wick can be told from a bad print. */
  readonly detail: readonly HourSpan[];
  /** What the finer bars have to show there (see `showWicks`). */
  readonly wicks: readonly Wick[];
}

export interface FaultInput {
  readonly seed: number;
  readonly kinds: ReadonlySet<FaultKind>;
  readonly entity: Entity;
  readonly life: Life;
  readonly traits: Traits;
  readonly grid: Grid;
  /** Generated hours of the market. */
  readonly marketHours: number;
  readonly bars: BarColumns;
}

export function plantFaults(input: FaultInput): FaultedCoin {
  const { seed, kinds, entity, life, grid } = input;
  const truth: FaultTruth[] = [];
  const note = (kind: FaultKind, { originals, value }: Pick<Change, 'originals' | 'value'>) =>
    truth.push(...truthOf(input, kind, originals, value));
  let rows = rowsOf(input.bars);
  if (kinds.has('exchange-halt')) {
    const { fromHour, toHour } = exchangeHalt(seed);
    const originals = rows.filter(({ hour }) => hour >= fromHour && hour < toHour);
    rows = rows.filter((row) => !originals.includes(row));
    note('exchange-halt', { originals, value: Number.NaN });
  }
  const kind = faultKindOf(entity, life, input.traits);
  const draws = openStream(seed, entity.id, 'fault');
  let own: Change | null = null;
  if (kind !== null && kinds.has(kind)) {
    const draw = (place: number) => uniformAt(draws, place);
    own = changes[kind]({ rows, fromHour: faultHour(seed, entity, life), grid, draw });
    rows = own.rows;
    note(kind, own);
  }
  if (kinds.has('unclosed-last-bar')) {
    const isLast = ({ hour }: BarRow) => hour === input.marketHours - 1;
    const originals = rows.some(isLast) ? rowsOf(input.bars).filter(isLast) : [];
    rows = rows.map((bar) => (isLast(bar) ? unclosed(bar, grid) : bar));
    note('unclosed-last-bar', { originals, value: Number.NaN });
  }
  const shown = own !== null && (kind === 'wick' || kind === 'bad-print') ? own.originals : [];
  return {
    bars: columnsOf(rows),
    revisions:
      own !== null && kind === 'revised-bar' ? own.originals.map((bar) => revisionOf(input, bar)) : [],
    truth,
    detail: shown.map(({ hour }) => ({ fromHour: hour - (hour % 24), toHour: hour - (hour % 24) + 24 })),
    wicks: kind === 'wick' ? shown.map((bar) => wickOf(bar, rows, uniformAt(draws, 2))) : [],
  };
}

/** One truth row, or for revised bars one each; none where no bar is concerned. */
function truthOf(
  { entity, life }: FaultInput,
  kind: FaultKind,
  originals: readonly BarRow[],
  value: number,
): readonly FaultTruth[] {
  const groups = kind === 'revised-bar' ? originals.map((bar) => [bar]) : [originals];
  return groups.flatMap((bars, index) => {
    const [first, last] = [bars[0], bars.at(-1)];
    if (first === undefined || last === undefined) return [];
    return [
      {
        id: [entity.id, kind, ...(groups.length > 1 ? [index + 1] : [])].join(' '),
        symbol: symbolAt(entity, life, first.hour),
        kind,
        fromMs: hourTimeMs(first.hour),
        toMs: hourTimeMs(last.hour),
        value,
        originals: bars,
      },
    ];
  });
}

function symbolAt(entity: Entity, life: Life, hour: number): string {
  return namesOf(entity, life).findLast(({ fromHour }) => hour >= fromHour)?.symbol ?? entity.symbol;
}

/** Collected again half an hour to a day after the bar had closed. */
function revisionOf({ seed, entity, life }: FaultInput, bar: BarRow): Revision {
  const draw = uniformAt(openStream(seed, entity.id, 'fault-revision'), bar.hour);
  return {
    symbol: symbolAt(entity, life, bar.hour),
    bar,
    ingestedMs: hourTimeMs(bar.hour + 1) + Math.floor((0.5 + 23.5 * draw) * hourMs),
  };
}

function wickOf(original: BarRow, rows: readonly BarRow[], draw: number): Wick {
  const { high, low } = rows.find(({ hour }) => hour === original.hour) ?? original;
  return { minute: original.hour * 60 + Math.floor(draw * 60), price: low < original.low ? low : high };
}

/** Finer bars, with the wicks in those bars in whose minutes they fell. `minute` is the open time of each bar. */
export function showWicks<
  Bars extends { readonly minute: Int32Array; readonly high: Float64Array; readonly low: Float64Array },
>(bars: Bars, minutes: number, wicks: readonly Wick[]): Bars {
  const [high, low] = [bars.high.slice(), bars.low.slice()];
  for (const { minute, price } of wicks) {
    const row = bars.minute.findIndex((from) => minute >= from && minute < from + minutes);
    if (row < 0) continue;
    high[row] = Math.max(high[row]!, price);
    low[row] = Math.min(low[row]!, price);
  }
  return { ...bars, high, low };
}
