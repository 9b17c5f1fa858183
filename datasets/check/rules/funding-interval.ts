/** How often each coin settles funding: where the interval changed for good, where settlements are missing or stand twice. */
import { hourMs, isoMinute } from '../../../engine/panel/hours.ts';
import type { Finding, Rule } from '../finding.ts';
import { timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';

/** A new interval counts as one when it lasts this many settlements; a single longer step is a missing settlement. */
const settledSteps = 3;

export const fundingInterval: Rule = (input) =>
  input.bars.symbols.flatMap((symbol, coin) => {
    const stamps = stampsWithBars(input, symbol, coin);
    return stamps.length < 2 ? [] : [...repeats(symbol, stamps), ...steps(symbol, stamps)];
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

function repeats(symbol: string, stamps: readonly number[]): readonly Finding[] {
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

function steps(symbol: string, stamps: readonly number[]): readonly Finding[] {
  const distances = stamps.slice(1).map((stamp, index) => stamp - stamps[index]!);
  const changes: { atMs: number; from: number; to: number }[] = [];
  const missing: { atMs: number; settlements: number }[] = [];
  let interval = distances.find((step) => step > 0) ?? 0;
  for (const [index, step] of distances.entries()) {
    if (step === interval || step === 0) continue;
    const lasting = distances.slice(index, index + settledSteps).every((next) => next === step);
    const atMs = stamps[index]! * hourMs;
    if (lasting && distances.length >= index + settledSteps) {
      changes.push({ atMs, from: interval, to: step });
      interval = step;
    } else if (step > interval) {
      missing.push({ atMs, settlements: Math.round(step / interval) - 1 });
    }
  }
  return [...changesFinding(symbol, changes), ...missingFinding(symbol, missing)];
}

function changesFinding(
  symbol: string,
  changes: readonly { readonly atMs: number; readonly from: number; readonly to: number }[],
): readonly Finding[] {
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
): readonly Finding[] {
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
