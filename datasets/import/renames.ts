/** Renames and redenominations, from rows of from, to, factor and time (CSV, JSON or Parquet). */
import { describe, type Fault } from '../../engine/config.ts';
import type { Table } from '../../engine/journal/tables.ts';
import { hourMs, isoMinute } from '../../engine/panel/hours.ts';
import { timeOf } from './dated-file.ts';
import { venueSymbol } from './layout.ts';
import { otherTimeUnit } from './time-units.ts';

export interface RenameRow {
  readonly from: string;
  readonly to: string;
  /** Old units in a new one: quantity / factor, prices * factor. */
  readonly factor: number;
  readonly timeMs: number;
  /** File and row. */
  readonly place: string;
}

/** Reads one row; null where something in it cannot be read. */
export function parseRename(
  place: string,
  row: Readonly<Record<string, unknown>>,
  faults: Fault[],
): RenameRow | null {
  const before = faults.length;
  const symbol = (field: 'from' | 'to') => {
    const value = row[field];
    if (typeof value === 'string' && value !== '') return venueSymbol(value);
    faults.push({ path: `${place}, ${field}`, message: `must be a symbol, was ${describe(value)}.` });
    return '';
  };
  const given = row['factor'];
  // A plain change of name has no factor.
  const factor = given === undefined || given === null || given === '' ? 1 : Number(given);
  if (!(factor > 0 && factor < Number.POSITIVE_INFINITY)) {
    faults.push({ path: `${place}, factor`, message: `must be above 0, was ${describe(given)}.` });
  }
  const timeMs = stampOf(row['time']);
  const message = timeFault(timeMs, row['time']);
  if (message !== null) faults.push({ path: `${place}, time`, message });
  const [from, to] = [symbol('from'), symbol('to')];
  return faults.length > before || timeMs === null ? null : { from, to, factor, timeMs, place };
}

function stampOf(value: unknown): number | null {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'string' && !/^\d+$/.test(value)) return timeOf(value);
  const number = Number(value);
  return typeof value !== 'boolean' && Number.isInteger(number) && number > 0 ? number : null;
}

function timeFault(timeMs: number | null, given: unknown): string | null {
  if (timeMs === null)
    return `must be epoch milliseconds or a time such as 2025-06-01T08:00Z, was ${describe(given)}.`;
  const unit = otherTimeUnit(timeMs);
  if (unit !== null)
    return `${timeMs} looks like a time in ${unit.name}. ${unit.repair}: times are epoch milliseconds.`;
  return timeMs % hourMs === 0 ? null : `${new Date(timeMs).toISOString()} does not lie on the hour.`;
}

/** What is wrong with all renames together: coins without bars, two names at one time, names that lead back to themselves. */
export function renameFaults(
  renames: readonly RenameRow[],
  known: ReadonlySet<string> | null,
): readonly Fault[] {
  const faults: Fault[] = [];
  const placeOf = new Map<string, string>();
  for (const { from, to, timeMs, place } of renames) {
    for (const [field, symbol] of Object.entries({ from, to })) {
      if (known !== null && !known.has(symbol))
        faults.push({
          path: `${place}, ${field}`,
          message: `${symbol} has no bars. Import them too, or drop the row.`,
        });
    }
    const key = `${from} ${timeMs}`;
    const former = placeOf.get(key);
    if (former !== undefined)
      faults.push({
        path: place,
        message: `${from} is renamed at ${isoMinute(timeMs)} by ${former} too. Keep one of the two.`,
      });
    placeOf.set(key, place);
  }
  return [...faults, ...loops(renames)];
}

function loops(renames: readonly RenameRow[]): readonly Fault[] {
  const moves = renames.filter(({ from, to }) => from !== to);
  return moves.flatMap(({ from, place }, index) => {
    const way = wayBack(moves, [from]);
    // Told once, by the first row that begins at the loop's least name.
    const isFirst = moves.findIndex((move) => move.from === from) === index;
    if (way === null || !isFirst || way.some((symbol) => symbol < from)) return [];
    return [
      {
        path: place,
        message: `${[...way, from].join(' to ')} leads back to itself. Drop one of these rows.`,
      },
    ];
  });
}

/** Names from the first of `way` round to it again; null where no move leads back. */
function wayBack(moves: readonly RenameRow[], way: readonly string[]): readonly string[] | null {
  for (const { from, to } of moves) {
    if (from !== way.at(-1)) continue;
    if (to === way[0]) return way;
    const found = way.includes(to) ? null : wayBack(moves, [...way, to]);
    if (found !== null) return found;
  }
  return null;
}

export function renamesTable(renames: readonly RenameRow[]): Table {
  return {
    rows: renames.length,
    columns: {
      from_symbol: { type: 'text', values: renames.map(({ from }) => from) },
      to_symbol: { type: 'text', values: renames.map(({ to }) => to) },
      factor: { type: 'double', values: Float64Array.from(renames, ({ factor }) => factor) },
      effective_ms: { type: 'time', values: Float64Array.from(renames, ({ timeMs }) => timeMs) },
    },
  };
}
