/** Hours from which on a unit is a power of ten of what it was: prices jump by it and stay, volumes mostly go the other way. */
import { hourMs } from '../../engine/panel/hours.ts';
import type { Bars } from './bars.ts';
import { medianInPlace } from './grid.ts';
import type { CheckInput } from './input.ts';

export interface Redenomination {
  readonly coin: number;
  /** First row in the new unit, and the last one before the next change. */
  readonly row: number;
  readonly lastRow: number;
  /** Prices are this many times what they were. */
  readonly factor: number;
}

/** Around a power of ten, in powers of ten: a quarter either way. */
const openSlack = 0.1;
const levelSlack = 0.3;
/** What must follow and precede, for a level to be one. */
const levelHours = 24;
const levelHoursMin = 3;
/** A halt before the new unit begins may have been this long. */
const haltHoursMax = 720;

/** Those that the renames table does not tell of. */
export function redenominationsOf({ bars, renames }: CheckInput): readonly Redenomination[] {
  return bars.symbols.flatMap((symbol, coin) => {
    const rows: { row: number; factor: number }[] = [];
    for (let row = bars.start[coin]! + 1; row < bars.start[coin + 1]!; row += 1) {
      const factor = factorAt(bars, coin, row);
      if (factor !== 1) rows.push({ row, factor });
    }
    const known = ({ row, factor }: { row: number; factor: number }) =>
      renames.some(
        ({ to, timeMs, factor: told }) =>
          to === symbol && told === factor && Math.abs(timeMs - bars.timeMs[row]!) <= hourMs,
      );
    return rows
      .map((one, index) => ({ coin, ...one, lastRow: (rows[index + 1]?.row ?? bars.start[coin + 1]!) - 1 }))
      .filter((one) => !known(one));
  });
}

/** 1 where the unit stays what it was. */
function factorAt(bars: Bars, coin: number, row: number): number {
  const jump = Math.log10(bars.open[row]! / bars.close[row - 1]!);
  const power = Math.round(jump);
  if (!(Math.abs(power) >= 1 && Math.abs(jump - power) <= openSlack)) return 1;
  if (bars.timeMs[row]! - bars.timeMs[row - 1]! > haltHoursMax * hourMs) return 1;
  const [from, to] = [bars.start[coin]!, bars.start[coin + 1]!];
  const before = [Math.max(from, row - levelHours), row] as const;
  const after = [row, Math.min(to, row + levelHours)] as const;
  if (before[1] - before[0] < levelHoursMin || after[1] - after[0] < levelHoursMin) return 1;
  const level = (values: Float64Array) =>
    Math.log10(medianInPlace(values.slice(...after)) / medianInPlace(values.slice(...before)));
  if (!(Math.abs(level(bars.close) - power) <= levelSlack)) return 1;
  const traded = level(bars.volume);
  // Ten times can be a true move, in which volumes do not fall; a hundred times from one hour to the next cannot.
  if (Math.abs(power) === 1 && !Number.isNaN(traded) && power * traded > -0.5) return 1;
  return 10 ** power;
}
