/** The tables beside a built set of columns: how full, how large the universe, which regime. */
import { type ColumnQuality, dayQuality } from '../../engine/columns/quality/column-quality.ts';
import { regimeNames } from '../../engine/columns/regime/names.ts';
import type { RegimeVersion } from '../../engine/columns/regime/versions.ts';
import type { UniverseSizes } from '../../engine/columns/universe/sizes.ts';
import { universeReasons } from '../../engine/columns/universe/universe.ts';
import type { Table } from '../../engine/journal/tables.ts';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';

const DAY_HOURS = 24;
/** As in the verdicts: fewer coins may well agree. */
const CONSTANT_COINS_MIN = 20;
const FILL_MIN = 0.95;

/**
 * One row a column and day: eligible rows after warm-up, filled ones, least and greatest value, and flags parted by blanks:
 * `empty`, `under-filled`, `constant`. Days without such a row are left out.
 */
export function fillTable(quality: ColumnQuality): Table {
  const firstDay = Math.floor(quality.firstStamp / DAY_HOURS);
  const rows: {
    column: string;
    dayMs: number;
    rows: number;
    filled: number;
    low: number;
    high: number;
    flags: string;
  }[] = [];
  for (const [column, { name, marketWide }] of quality.columns.entries()) {
    for (let day = 0; day < quality.days; day += 1) {
      const { lowest, highest, ...counts } = dayQuality(quality, column, day, CONSTANT_COINS_MIN);
      if (counts.rows === 0) continue;
      const isConstant = counts.hours > 0 && counts.constantHours === counts.hours && marketWide !== true;
      const flags = [
        ...(counts.filled === 0 ? ['empty'] : counts.filled < FILL_MIN * counts.rows ? ['under-filled'] : []),
        ...(isConstant ? ['constant'] : []),
      ].join(' ');
      const isEmpty = counts.filled === 0;
      rows.push({
        ...{ column: name, dayMs: (firstDay + day) * dayMs, rows: counts.rows, filled: counts.filled, flags },
        low: isEmpty ? Number.NaN : lowest,
        high: isEmpty ? Number.NaN : highest,
      });
    }
  }
  return {
    rows: rows.length,
    columns: {
      column: { type: 'text', values: rows.map(({ column }) => column) },
      day_ms: { type: 'time', values: Float64Array.from(rows, (row) => row.dayMs) },
      eligible_rows: { type: 'integer', values: Int32Array.from(rows, (row) => row.rows) },
      filled: { type: 'integer', values: Int32Array.from(rows, ({ filled }) => filled) },
      lowest: { type: 'double', values: Float64Array.from(rows, ({ low }) => low) },
      highest: { type: 'double', values: Float64Array.from(rows, ({ high }) => high) },
      flags: { type: 'text', values: rows.map(({ flags }) => flags) },
    },
  };
}

/** One row an hour: `ts` of the bar, coins in the universe, and those that were kept out of it by reason. */
export function universeTable({ fromHour, stepHours, counts }: UniverseSizes, startMs: number): Table {
  const rows = counts.length / universeReasons.length;
  const columns = universeReasons.map((reason, index) => [
    reason.replaceAll('-', '_'),
    {
      type: 'integer' as const,
      values: Int32Array.from({ length: rows }, (_, row) => counts[row * universeReasons.length + index]!),
    },
  ]);
  const ts = Float64Array.from({ length: rows }, (_, row) => startMs + (fromHour + row * stepHours) * hourMs);
  return { rows, columns: { ts: { type: 'time', values: ts }, ...Object.fromEntries(columns) } };
}

/** `p_risk_on` and so on: columns of the filtered probabilities, in the order of the states. */
export const regimeColumns: readonly string[] = regimeNames.map((name) => `p_${name.replaceAll('-', '_')}`);

/** One row a day that has probabilities, with the version they were told by. */
export function regimeTable(
  startMs: number,
  probabilities: Float64Array,
  versionAt: (timeMs: number) => RegimeVersion | undefined,
): Table {
  const states = regimeNames.length;
  const days = Array.from({ length: probabilities.length / states }, (_, day) => day).filter(
    (day) => !Number.isNaN(probabilities[day * states]!),
  );
  const version = days.map((day) => versionAt(startMs + day * dayMs)!);
  return {
    rows: days.length,
    columns: {
      day_ms: { type: 'time', values: Float64Array.from(days, (day) => startMs + day * dayMs) },
      ...Object.fromEntries(
        regimeColumns.map((name, state) => [
          name,
          {
            type: 'double' as const,
            values: Float64Array.from(days, (day) => probabilities[day * states + state]!),
          },
        ]),
      ),
      state: { type: 'text', values: days.map((day) => mostLikely(probabilities, day)) },
      valid_from_ms: { type: 'time', values: Float64Array.from(version, ({ validFromMs }) => validFromMs) },
      trained_to_ms: { type: 'time', values: Float64Array.from(version, ({ trainedToMs }) => trainedToMs) },
    },
  };
}

function mostLikely(probabilities: Float64Array, day: number): string {
  const states = regimeNames.length;
  const row = probabilities.subarray(day * states, (day + 1) * states);
  return published(regimeNames[row.indexOf(Math.max(...row))]!);
}

/** `Risk-On`, `Choppy`: as published tables write the states. */
function published(name: string): string {
  return name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
