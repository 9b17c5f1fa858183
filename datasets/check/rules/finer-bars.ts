/** Finer bars against the hours that they make up: hours of which they have only a part, and hours that they contradict. */
import { isoMinute } from '../../../engine/panel/hours.ts';
import type { DetailHours } from '../beside-bars.ts';
import { type Observation, type Rule, someOf } from '../finding.ts';
import { timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';
import { redenominationsOf } from '../redenominations.ts';
import { spikeAt } from '../spikes.ts';

export const finerBars: Rule = (input) => {
  const changed = input.detail.length === 0 ? new Map<number, number>() : changedUnits(input);
  return input.detail.flatMap((fine) => [...parts(input, fine), ...contradictions(input, fine, changed)]);
};

/** First row in another unit than the finer bars may have, by coin. */
function changedUnits(input: CheckInput): ReadonlyMap<number, number> {
  return new Map(redenominationsOf(input).map(({ coin, row }) => [coin, row]));
}

function parts({ bars, grid }: CheckInput, fine: DetailHours): readonly Observation[] {
  const part = [...fine.cell.keys()].filter((at) => fine.bars[at]! * fine.minutes < 60);
  if (part.length === 0) return [];
  const hours = part.map((at) => fine.cell[at]! % grid.hours);
  const symbols = [...new Set(part.map((at) => bars.symbols[Math.floor(fine.cell[at]! / grid.hours)]!))];
  return [
    {
      rule: 'detail-part',
      severity: 'note',
      symbol: null,
      fromMs: timeOf(
        grid,
        hours.reduce((a, b) => Math.min(a, b)),
      ),
      toMs: timeOf(
        grid,
        hours.reduce((a, b) => Math.max(a, b)),
      ),
      count: part.length,
      message: `${part.length} hours of ${symbols.length} symbols (${someOf(symbols)}) have only some of their ${fine.minutes}-minute bars: a part of an hour is no hourly bar.`,
    },
  ];
}

const slack = 1e-9;

/** One finding a symbol; prints that finer bars deny have a rule of their own, wicks that they show are none. */
function contradictions(
  input: CheckInput,
  fine: DetailHours,
  changed: ReadonlyMap<number, number>,
): readonly Observation[] {
  const { bars, grid } = input;
  const found = new Map<number, number[]>();
  for (const [at, cell] of fine.cell.entries()) {
    const row = grid.row[cell]!;
    if (row < 0 || fine.bars[at]! * fine.minutes < 60) continue;
    const coin = Math.floor(cell / grid.hours);
    if (row >= (changed.get(coin) ?? Number.POSITIVE_INFINITY)) continue;
    const same = (['open', 'high', 'low', 'close'] as const).every(
      (name) => !(Math.abs(bars[name][row]! / fine[name][at]! - 1) > slack),
    );
    if (same || spikeAt(input, row, coin) === 'print') continue;
    const rows = found.get(coin);
    if (rows === undefined) found.set(coin, [row]);
    else rows.push(row);
  }
  return [...found].map(([coin, rows]) => ({
    rule: 'detail-differs',
    severity: 'note',
    symbol: bars.symbols[coin]!,
    fromMs: bars.timeMs[rows[0]!]!,
    toMs: bars.timeMs[rows.at(-1)!]!,
    count: rows.length,
    message: `${rows.length} hours are not what their ${fine.minutes}-minute bars add up to, the first at ${isoMinute(bars.timeMs[rows[0]!]!)}: one of the two sources is wrong, or their clocks differ.`,
  }));
}
