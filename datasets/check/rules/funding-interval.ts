/** How often each coin settles funding: where the interval changed for good, where settlements are missing or stand twice. */
import { hourMs, isoMinute } from '../../../engine/panel/hours.ts';
import type { Observation, Rule } from '../finding.ts';
import { timeOf } from '../grid.ts';
import type { CheckInput, Halt } from '../input.ts';

/** A new interval counts as one when it lasts this many settlements; a single longer step is a missing settlement. */
const settledSteps = 3;
/** The longest interval that venues use, h. */
const intervalMax = 8;

export const fundingInterval: Rule = (input) =>
  input.bars.symbols.flatMap((symbol, coin) => {
    const stamps = stampsWithBars(input, symbol, coin);
    const halts = input.halts.get(symbol) ?? [];
    return stamps.length < 2 ? [] : [...repeats(symbol, stamps), ...steps(symbol, stamps, halts)];
  });

/** Whole hours of the settlements between a symbol's first and last bar. */
function stampsWithBars({ grid, funding }: CheckInput, symbol: string, coin: number): readonly number[] {
  const fromMs = timeOf(grid, grid.first[coin]!);
  const toMs = timeOf(grid, grid.last[coin]! + 1);
  const hours: number[] = [];
  for (const time of funding?.get(symbol) ?? []) {
    // Recorded times jitter by some milliseconds around the hour.
    const stamp = Math.round(time / hourMs);
    if (stamp * hourMs >= fromMs && stamp * hourMs <= toMs) hours.push(stamp);
  }
  return hours;
}

function repeats(symbol: string, stamps: readonly number[]): readonly Observation[] {
  const twice = stamps.filter((stamp, index) => index > 0 && stamps[index - 1] === stamp);
  if (twice.length === 0) return [];
  return [
    {
      rule: 'funding-duplicate',
      severity: 'error',
      symbol,
      fromMs: twice[0]! * hourMs,
      toMs: twice.at(-1)! * hourMs,
      count: twice.length,
      message: `${twice.length} settlements stand twice and would be charged twice: import again from one source.`,
    },
  ];
}

function steps(symbol: string, stamps: readonly number[], halts: readonly Halt[]): readonly Observation[] {
  const distances = stamps.slice(1).map((stamp, index) => stamp - stamps[index]!);
  const changes: { atMs: number; from: number; to: number }[] = [];
  const missing: { atMs: number; settlements: number }[] = [];
  let interval = distances.find((step) => step > 0) ?? 0;
  for (const [index, step] of distances.entries()) {
    if (step === interval || step === 0) continue;
    // At the end of the data there may be fewer left: an interval that venues have is believed there.
    const rest = distances.slice(index, index + settledSteps);
    const lasting =
      rest.every((next) => next === step) && (rest.length === settledSteps || step <= intervalMax);
    const atMs = stamps[index]! * hourMs;
    if (lasting) {
      changes.push({ atMs, from: interval, to: step });
      interval = step;
    } else if (step > interval) {
      const settlements = missingBetween(stamps[index]!, step, interval, halts);
      if (settlements > 0) missing.push({ atMs, settlements });
    }
  }
  return [...changesFinding(symbol, changes), ...missingFinding(symbol, missing)];
}

/** Settlements of that interval that lie inside the step (all in hours), but for those of a coin that stood still. */
function missingBetween(from: number, step: number, interval: number, halts: readonly Halt[]): number {
  const between = Array.from(
    { length: Math.round(step / interval) - 1 },
    (_, index) => from + (index + 1) * interval,
  );
  const stands = (hour: number) =>
    halts.some(({ fromMs, toMs }) => hour * hourMs >= fromMs && hour * hourMs <= toMs);
  return between.filter((hour) => !stands(hour)).length;
}

function changesFinding(
  symbol: string,
  changes: readonly { readonly atMs: number; readonly from: number; readonly to: number }[],
): readonly Observation[] {
  if (changes.length === 0) return [];
  const told = changes.map(({ atMs, from, to }) => `${from} h to ${to} h after ${isoMinute(atMs)}`);
  return [
    {
      rule: 'funding-interval',
      severity: 'note',
      symbol,
      fromMs: changes[0]!.atMs,
      toMs: changes.at(-1)!.atMs,
      count: changes.length,
      message: `The funding interval changes: ${told.join(', ')}. Rates per settlement are not comparable across it.`,
    },
  ];
}

function missingFinding(
  symbol: string,
  missing: readonly { readonly atMs: number; readonly settlements: number }[],
): readonly Observation[] {
  const count = missing.reduce((sum, { settlements }) => sum + settlements, 0);
  if (count === 0) return [];
  return [
    {
      rule: 'funding-hole',
      severity: 'warning',
      symbol,
      fromMs: missing[0]!.atMs,
      toMs: missing.at(-1)!.atMs,
      count,
      message: `${count} settlements are missing, the first after ${isoMinute(missing[0]!.atMs)}: a position held there is charged nothing. Fetch them again.`,
    },
  ];
}
