/**
 * Stored columns against the hourly bars: one that is a close, or a return over some hours, must be that of bars that had closed. Daily values
 * of another time zone read as UTC, or days joined by their first hour, are those of bars that end later. Compared wherever the value changes,
 * so that a value held through a day counts once.
 */
import { closeAt, type Panel } from '../../panel/panel.ts';
import type { Rows } from '../../panel/rows.ts';
import { closeMsOf } from './cut.ts';
import type { Leak } from './findings.ts';
import type { Findings } from './look-ahead.ts';
import type { AuditWorld } from './world.ts';

/** A day of any time zone, a day late. */
const SHIFT_MAX = 38;
const CELLS_MIN = 30;
/** Share of the cells that must be the same figure for a column to be called by its name. */
const SHARE_MIN = 0.9;
/** What single precision, or a price of eight digits, leaves of a figure. */
const REST_MAX = 1e-6;
const CELLS_MAX = 5000;
const COINS_MAX = 20;
const SPAN_HOURS = 120;

interface Figure {
  readonly name: string;
  at(panel: Panel, coin: number, hour: number): number;
}

const figures: readonly Figure[] = [
  { name: 'the close', at: closeAt },
  ...[1, 4, 8, 24, 168].flatMap((span): readonly Figure[] => {
    const ratio = (panel: Panel, coin: number, hour: number) =>
      hour < span ? Number.NaN : closeAt(panel, coin, hour) / closeAt(panel, coin, hour - span);
    return [
      { name: `the return over ${span} h`, at: (...place) => ratio(...place) - 1 },
      { name: `the log return over ${span} h`, at: (...place) => Math.log(ratio(...place)) },
    ];
  }),
];

interface Cell {
  readonly hour: number;
  readonly coin: number;
  readonly value: number;
}

/** Dc for stored columns, in the days before each cut. */
export function alignmentAudit({ inputs: { panel }, stored }: AuditWorld, cuts: readonly number[]): Findings {
  const leaks = stored.flatMap((rows): readonly Leak[] => {
    const cells = changesOf(rows, cuts);
    if (cells.length < CELLS_MIN) return [];
    for (const figure of figures) {
      const shift = shiftOf(panel, figure, cells);
      if (shift !== null) return shift > 0 ? [alignmentLeak(panel, rows.name, figure, shift, cells[0]!)] : [];
    }
    return [];
  });
  return { leaks, count: stored.length };
}

function changesOf({ values, coins }: Rows, cuts: readonly number[]): readonly Cell[] {
  const cells: Cell[] = [];
  const step = Math.max(1, Math.floor(coins / COINS_MAX));
  let from = 1;
  for (const cut of cuts) {
    for (let hour = Math.max(from, cut - SPAN_HOURS); hour < cut; hour += 1) {
      for (let coin = 0; coin < coins; coin += step) {
        const value = values[hour * coins + coin]!;
        if (!Number.isNaN(value) && value !== values[(hour - 1) * coins + coin])
          cells.push({ hour, coin, value });
      }
    }
    from = Math.max(from, cut);
  }
  return cells.filter((_, place) => place % Math.ceil(cells.length / CELLS_MAX) === 0);
}

/** Hours between the row and the end of the bars that the figure is of, the oldest where several fit; null where none does. */
function shiftOf(panel: Panel, { at }: Figure, cells: readonly Cell[]): number | null {
  for (let shift = -SHIFT_MAX; shift <= SHIFT_MAX; shift += 1) {
    let [known, same] = [0, 0];
    for (const { hour, coin, value } of cells) {
      const end = hour + shift;
      const figure = end < 0 || end >= panel.hours ? Number.NaN : at(panel, coin, end);
      if (Number.isNaN(figure)) continue;
      known += 1;
      if (Math.abs(figure - value) <= REST_MAX * Math.abs(value)) same += 1;
      // So many misses that no rest of the cells can make up for them.
      else if (known - same > (1 - SHARE_MIN) * cells.length) break;
    }
    if (known >= CELLS_MIN && same >= SHARE_MIN * known) return shift;
  }
  return null;
}

function alignmentLeak(
  panel: Panel,
  field: string,
  { name }: Figure,
  shift: number,
  { hour, coin, value }: Cell,
): Leak {
  return {
    ...{ detector: 'Dc', kind: 'features', subject: 'stored columns', field, symbol: panel.symbols[coin]! },
    ...{ timeMs: closeMsOf(panel, hour), before: value, after: Number.NaN, hint: 'dates shifted' },
    message: `${field} is ${name} of bars that end ${shift} h after its row: read its times in their own zone, and join a value when its bar has closed`,
  };
}
