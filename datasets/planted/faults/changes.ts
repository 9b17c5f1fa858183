/**
 * What each kind of fault does to a coin's bars. All of them are pure: rows in by time, one fault each, rows out with what the
 * fault replaced. Sizes are such that a rule can tell them from a market without faults.
 */
import { roundPrice } from '../../../engine/exchange/filters.ts';
import type { Grid } from '../grid.ts';
import type { BarRow } from './bars.ts';
import { type CoinFaultKind, shiftedHours } from './kinds.ts';

/** What a fault did. */
export interface Change {
  readonly rows: readonly BarRow[];
  /** The true bars of the hours concerned, by time. */
  readonly originals: readonly BarRow[];
  /** Hours by which stamps are late (negative: early), or the factor of prices; NaN for other kinds. */
  readonly value: number;
}

export interface ChangeInput {
  /** By time, each hour once. */
  readonly rows: readonly BarRow[];
  /** First generated hour of the fault. */
  readonly fromHour: number;
  readonly grid: Grid;
  /** Uniform number by place. */
  readonly draw: (place: number) => number;
}

const frozenHours = 12;
const badPrintTimes = 10;
const wickSize = 0.3;
const redenomination = 1000;
/** Hours of the revised bars after the first. */
const revisedAfter = [0, 7, 29];

export const changes: Readonly<Record<CoinFaultKind, (input: ChangeInput) => Change>> = {
  'clock-offset': (input) => shifted(input, input.draw(1) < 0.5 ? 1 : -1),
  'time-zone': (input) => shifted(input, input.draw(1) < 0.5 ? 3 : -3),
  redenomination: redenominated,
  wick: withWick,
  'bad-print': (input) => changed(input, 1, (bar) => badPrint(bar, input)),
  'missing-hours': (input) => {
    const gone = within(input, 3 + Math.floor(input.draw(1) * 21));
    return { rows: input.rows.filter((row) => !gone.includes(row)), originals: gone, value: Number.NaN };
  },
  'duplicate-bar': doubled,
  'out-of-order': moved,
  'zero-volume': (input) =>
    changed(input, 2 + Math.floor(input.draw(1) * 5), (bar) => ({
      ...bar,
      volume: 0,
      quoteVolume: 0,
      trades: 0,
    })),
  'ohlc-violation': (input) =>
    changed(withRange(input), 1, (bar) => ({ ...bar, high: bar.low, low: bar.high })),
  'negative-price': (input) => changed(input, 1, (bar) => ({ ...bar, low: -bar.low })),
  'revised-bar': (input) => {
    const hours = revisedAfter.map((after) => input.fromHour + after);
    return rewritten(input, (bar) => (hours.includes(bar.hour) ? firstVersion(bar, input) : null));
  },
  'frozen-price': frozen,
};

/** The rows of `count` hours from the fault's first on. */
function within({ rows, fromHour }: ChangeInput, count: number): readonly BarRow[] {
  return rows.filter(({ hour }) => hour >= fromHour && hour < fromHour + count);
}

/** Every row for which `rewrite` gives another one is replaced by that. */
function rewritten(
  { rows }: ChangeInput,
  rewrite: (bar: BarRow) => BarRow | null,
  value = Number.NaN,
): Change {
  const originals: BarRow[] = [];
  const out = rows.map((bar) => {
    const other = rewrite(bar);
    if (other === null) return bar;
    originals.push(bar);
    return other;
  });
  return { rows: out, originals, value };
}

function changed(input: ChangeInput, count: number, change: (bar: BarRow) => BarRow): Change {
  const { fromHour } = input;
  return rewritten(input, (bar) =>
    bar.hour >= fromHour && bar.hour < fromHour + count ? change(bar) : null,
  );
}

/** The same fault at the first hour whose high and low are apart. */
function withRange(input: ChangeInput): ChangeInput {
  const found = input.rows.find(({ hour, high, low }) => hour >= input.fromHour && high > low);
  return found === undefined ? input : { ...input, fromHour: found.hour };
}

/** Bars stand `hours` later than they happened; one whose true bar is absent is absent as well. */
function shifted(input: ChangeInput, hours: number): Change {
  const { rows, fromHour } = input;
  const byHour = new Map(rows.map((row) => [row.hour, row]));
  const touched = within(input, shiftedHours);
  const moved = Array.from({ length: shiftedHours }, (_, index) => fromHour + index).flatMap((hour) => {
    const bar = byHour.get(hour - hours);
    return bar === undefined || hour > rows.at(-1)!.hour ? [] : [{ ...bar, hour }];
  });
  const before = rows.filter(({ hour }) => hour < fromHour);
  const after = rows.filter(({ hour }) => hour >= fromHour + shiftedHours);
  return { rows: [...before, ...moved, ...after], originals: touched, value: hours };
}

/** From some hour to the coin's end a unit is what a thousand were. */
function redenominated(input: ChangeInput): Change {
  const { tickSize, stepSize } = input.grid;
  const price = (value: number) => roundPrice(value * redenomination, tickSize, 0);
  const remake = (bar: BarRow): BarRow => ({
    ...bar,
    open: price(bar.open),
    high: price(bar.high),
    low: price(bar.low),
    close: price(bar.close),
    volume: Math.max(stepSize, roundPrice(bar.volume / redenomination, stepSize, 0)),
  });
  return rewritten(input, (bar) => (bar.hour >= input.fromHour ? remake(bar) : null), redenomination);
}

/** True: the price was there for a moment. */
function withWick(input: ChangeInput): Change {
  const { tickSize } = input.grid;
  return changed(input, 1, (bar) =>
    input.draw(1) < 0.5
      ? { ...bar, low: roundPrice(Math.min(bar.open, bar.close) * (1 - wickSize), tickSize, 0) }
      : { ...bar, high: roundPrice(Math.max(bar.open, bar.close) * (1 + wickSize), tickSize, 0) },
  );
}

/** False: nobody traded there. */
function badPrint(bar: BarRow, { grid, draw }: ChangeInput): BarRow {
  if (draw(1) < 0.5) return { ...bar, high: roundPrice(bar.high * badPrintTimes, grid.tickSize, 0) };
  return { ...bar, low: Math.max(grid.tickSize, roundPrice(bar.low / badPrintTimes, grid.tickSize, 0)) };
}

/** One bar stands twice, in half of the cases with another close. */
function doubled(input: ChangeInput): Change {
  const originals = within(input, 1);
  const copy = (bar: BarRow): BarRow =>
    input.draw(1) < 0.5 ? bar : { ...bar, close: bar.close === bar.high ? bar.low : bar.high };
  const rows = input.rows.flatMap((bar) => (originals.includes(bar) ? [bar, copy(bar)] : [bar]));
  return { rows, originals, value: Number.NaN };
}

/** One bar stands some rows after its place. */
function moved(input: ChangeInput): Change {
  const originals = within(input, 1);
  const places = 3 + Math.floor(input.draw(1) * 5);
  const at = input.rows.findIndex((row) => originals.includes(row));
  if (at < 0 || at + places >= input.rows.length)
    return { rows: input.rows, originals: [], value: Number.NaN };
  const rows = input.rows.toSpliced(at, 1).toSpliced(at + places, 0, input.rows[at]!);
  return { rows, originals, value: Number.NaN };
}

/** As it was collected at first: before its last trades. */
function firstVersion(bar: BarRow, { grid }: ChangeInput): BarRow {
  const close = roundPrice((bar.open + bar.close) / 2, grid.tickSize, 0);
  const volume = Math.max(grid.stepSize, roundPrice(bar.volume * 0.8, grid.stepSize, 0));
  return {
    ...bar,
    high: Math.max(bar.open, close),
    low: Math.min(bar.open, close),
    close,
    volume,
    quoteVolume: (bar.quoteVolume * volume) / bar.volume,
    trades: Math.max(1, Math.floor(bar.trades * 0.8)),
  };
}

/** The feed repeats its last answer. */
function frozen(input: ChangeInput): Change {
  const last = input.rows.findLast(({ hour }) => hour < input.fromHour);
  if (last === undefined) return { rows: input.rows, originals: [], value: Number.NaN };
  const { close } = last;
  return changed(input, frozenHours, ({ hour }) => ({
    ...last,
    hour,
    open: close,
    high: close,
    low: close,
  }));
}

/** What an hour looks like some minutes after it began. */
export function unclosed(bar: BarRow, grid: Grid): BarRow {
  const part = (price: number) => roundPrice(bar.open + (price - bar.open) * 0.2, grid.tickSize, 0);
  const volume = Math.max(grid.stepSize, roundPrice(bar.volume * 0.08, grid.stepSize, 0));
  return {
    ...bar,
    high: part(bar.high),
    low: part(bar.low),
    close: part(bar.close),
    volume,
    quoteVolume: (bar.quoteVolume * volume) / bar.volume,
    trades: Math.max(1, Math.floor(bar.trades * 0.08)),
  };
}
