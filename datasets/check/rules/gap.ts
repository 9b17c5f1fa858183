/**
 * An open far from the previous hour's close. Small ones are trading; where a quarter of the market does it at once the
 * bars are broken or the venue was closed (one finding); a large one in a single symbol is a bad row or a changed contract (a change of its unit: see `redenomination`).
 */
import { hourMs } from '../../../engine/panel/hours.ts';
import type { Bars } from '../bars.ts';
import { rowAt } from '../beside-bars.ts';
import { type Observation, percent, type Rule, someOf } from '../finding.ts';
import { crossSectionMin, type Grid, medianInPlace, timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';
import { redenominationsOf } from '../redenominations.ts';
import { type Run, runsWhere } from '../runs.ts';
import { frozenRuns } from './frozen-price.ts';

/** A visible gap: hourly bars of a continuous market open where the last one closed, to a few hundredths of a per cent. */
const gapSize = 0.01;
const marketShare = 0.25;
/** Beyond any gap between two adjacent hours of a continuous market that was seen in fifteen months of 556 perpetuals (5.7 %). */
const brokenSize = 0.1;

export const gap: Rule = (input) => {
  const { bars, grid } = input;
  const explained = explainedRows(input);
  const gaps = visibleGaps(bars, grid).filter(({ row }) => !explained.has(row));
  const market = marketRuns(grid, gaps);
  const inMarket = (one: Gap) => market.some(({ from, to }) => one.hour >= from && one.hour < to);
  const single = gaps.filter((one) => !inMarket(one));
  return [
    ...market.map((run) => marketFinding(grid, gaps, run)),
    ...brokenOpens(
      bars,
      single.filter(({ size }) => Math.abs(size) >= brokenSize),
    ),
    ...smallGaps(
      bars,
      single.filter(({ size }) => Math.abs(size) < brokenSize),
    ),
  ];
};

/** Rows after which other rules ask: a new unit, told or not, and the price that a frozen feed missed. */
function explainedRows(input: CheckInput): ReadonlySet<number> {
  const { bars, grid, renames } = input;
  return new Set([
    ...bars.symbols.flatMap((_, coin) => frozenRuns(bars, coin).map(({ to }) => to)),
    ...redenominationsOf(input).map(({ row }) => row),
    ...renames.map(({ to, timeMs }) => rowAt(bars, grid, to, timeMs)),
  ]);
}

interface Gap {
  readonly coin: number;
  readonly row: number;
  readonly hour: number;
  /** Open against the close an hour before, minus 1. */
  readonly size: number;
}

function visibleGaps(bars: Bars, grid: Grid): readonly Gap[] {
  const gaps: Gap[] = [];
  for (let coin = 0; coin < grid.coins; coin += 1) {
    for (let row = bars.start[coin]! + 1; row < bars.start[coin + 1]!; row += 1) {
      const size = bars.open[row]! / bars.close[row - 1]! - 1;
      if (!(Math.abs(size) >= gapSize) || bars.timeMs[row]! - bars.timeMs[row - 1]! !== hourMs) continue;
      gaps.push({ coin, row, hour: (bars.timeMs[row]! - grid.startMs) / hourMs, size });
    }
  }
  return gaps;
}

function marketRuns(grid: Grid, gaps: readonly Gap[]): readonly Run[] {
  const count = new Int32Array(grid.hours);
  for (const { hour } of gaps) count[hour]! += 1;
  return runsWhere(
    1,
    grid.hours,
    (hour) => count[hour]! >= Math.max(crossSectionMin, marketShare * grid.present[hour]!),
    1,
  );
}

function marketFinding(grid: Grid, all: readonly Gap[], run: Run): Observation {
  const gaps = all.filter(({ hour }) => hour >= run.from && hour < run.to);
  const sizes = Float64Array.from(gaps, ({ size }) => Math.abs(size));
  const median = medianInPlace(sizes);
  return {
    rule: 'market-gap',
    severity: 'warning',
    symbol: null,
    fromMs: timeOf(grid, run.from),
    toMs: timeOf(grid, run.to - 1),
    count: gaps.length,
    message: `${gaps.length} of ${grid.present[run.from]} symbols open more than ${percent(gapSize)} away from their previous close at the same time (median ${percent(median)}, largest ${percent(sizes.at(-1)!)}): the hour before is broken or the venue was closed. Fetch these hours again; stops fill through this gap.`,
  };
}

function brokenOpens(bars: Bars, gaps: readonly Gap[]): readonly Observation[] {
  return gaps.map(({ coin, row, size }) => ({
    rule: 'gap',
    severity: 'warning',
    symbol: bars.symbols[coin]!,
    fromMs: bars.timeMs[row]!,
    toMs: bars.timeMs[row]!,
    count: 1,
    message: `The open lies at ${(1 + size).toPrecision(3)} times the close an hour before, more than ${percent(brokenSize)} away: a bad row here or before, or a contract that changed. Compare with the venue.`,
  }));
}

function smallGaps(bars: Bars, gaps: readonly Gap[]): readonly Observation[] {
  if (gaps.length === 0) return [];
  const times = gaps.map(({ row }) => bars.timeMs[row]!);
  const symbols = [...new Set(gaps.map(({ coin }) => bars.symbols[coin]!))];
  return [
    {
      rule: 'gap',
      severity: 'note',
      symbol: null,
      fromMs: times.reduce((least, time) => Math.min(least, time)),
      toMs: times.reduce((most, time) => Math.max(most, time)),
      count: gaps.length,
      message: `${gaps.length} opens lie ${percent(gapSize)} to ${percent(brokenSize)} away from the close an hour before, in ${symbols.length} symbols (${someOf(symbols)}): stops and limits must be able to fill through them.`,
    },
  ];
}
