import { assertInvariant } from '../../invariant.ts';
import { dayMs, hourMs } from '../../panel/hours.ts';
import type { Split, TimeRange } from './split.ts';

export interface CombinatorialOptions {
  /** Epoch ms UTC; the groups cover the whole UTC days from the first 00:00 at or after it ... */
  readonly startMs: number;
  /** ... to the last 00:00 at or before it. */
  readonly endMs: number;
  /** Groups of days; 10 if absent. */
  readonly groups?: number;
  /** Groups of a split that are test; 2 if absent. */
  readonly testGroups?: number;
  /** Longest life of a label: the embargo where none is given. */
  readonly labelHours: number;
  readonly embargoHours?: number;
}

export interface CombinatorialSplits {
  /** Days of the groups, oldest first, one right after the other. */
  readonly groups: readonly TimeRange[];
  /** One for every choice of test groups, in lexicographic order. */
  readonly splits: readonly (Split & { readonly testGroups: readonly number[] })[];
  /** `[path][group]`: the split whose test gives the group on that path. Every (split, test group) lies on one path. */
  readonly paths: readonly (readonly number[])[];
}

/** More splits than anybody trains. */
const SPLITS_MAX = 100_000;

/**
 * Combinatorial purged cross-validation: C(n, k) splits of n groups of days with k of them test, and the C(n, k) k / n paths through
 * all groups that their tests make up. Source: Lopez de Prado, Advances in Financial Machine Learning, 12.4.
 *
 * @throws RangeError listing every option that cannot stand.
 */
export function combinatorialPurgedSplits(options: CombinatorialOptions): CombinatorialSplits {
  const {
    startMs,
    endMs,
    labelHours,
    groups: count = 10,
    testGroups = 2,
    embargoHours = labelHours,
  } = options;
  const firstDay = Math.ceil(startMs / dayMs);
  const days = Math.floor(endMs / dayMs) - firstDay;
  refuseFaults({ days, groups: count, testGroups, labelHours, embargoHours });
  const startOf = (group: number) => (firstDay + Math.floor((group * days) / count)) * dayMs;
  const groups = Array.from({ length: count }, (_, group) => ({
    startMs: startOf(group),
    endMs: startOf(group + 1),
  }));
  const splits = combinations(count, testGroups).map((chosen) => ({
    testGroups: chosen,
    train: { startMs: startOf(0), endMs: startOf(count) },
    test: blocksOf(chosen, groups),
    embargoMs: embargoHours * hourMs,
  }));
  const splitsOf = groups.map((_, group) =>
    splits.flatMap((split, index) => (split.testGroups.includes(group) ? [index] : [])),
  );
  const paths = splitsOf[0]!.map((_, path) => splitsOf.map((indices) => indices[path]!));
  assertInvariant(
    paths.length * count === splits.length * testGroups,
    'the tests of all splits make up whole paths',
  );
  return { groups, splits, paths };
}

/** All ascending choices of k of the numbers 0 .. n - 1, in lexicographic order. */
function combinations(n: number, k: number, from = 0): number[][] {
  if (k === 0) return [[]];
  const choices: number[][] = [];
  for (let first = from; first <= n - k; first += 1) {
    for (const rest of combinations(n, k - 1, first + 1)) choices.push([first, ...rest]);
  }
  return choices;
}

/** Groups next to each other are one block: no training sample fits in between. */
function blocksOf(chosen: readonly number[], groups: readonly TimeRange[]): readonly TimeRange[] {
  const blocks: TimeRange[] = [];
  for (const group of chosen) {
    const { startMs, endMs } = groups[group]!;
    const before = blocks.at(-1);
    if (before?.endMs === startMs) blocks[blocks.length - 1] = { startMs: before.startMs, endMs };
    else blocks.push({ startMs, endMs });
  }
  return blocks;
}

function refuseFaults(options: {
  readonly days: number;
  readonly groups: number;
  readonly testGroups: number;
  readonly labelHours: number;
  readonly embargoHours: number;
}): void {
  const { days, groups, testGroups } = options;
  const faults: string[] = [];
  if (!Number.isInteger(groups) || groups < 2)
    faults.push(`groups ${groups} must be a whole number from 2 up`);
  else if (!(days >= groups))
    faults.push(`startMs to endMs holds ${days} whole UTC days, fewer than the ${groups} groups`);
  if (!Number.isInteger(testGroups) || testGroups < 1 || testGroups >= groups)
    faults.push(`testGroups ${testGroups} must be a whole number from 1 to groups - 1`);
  for (const name of ['labelHours', 'embargoHours'] as const)
    if (!(options[name] >= 0 && options[name] < Number.POSITIVE_INFINITY))
      faults.push(`${name} ${options[name]} must be 0 or more`);
  if (faults.length === 0 && splitCount(groups, testGroups) > SPLITS_MAX)
    faults.push(`${testGroups} of ${groups} groups make more than ${SPLITS_MAX} splits: take fewer groups`);
  if (faults.length > 0) throw new RangeError(`combinatorialPurgedSplits: ${faults.join('; ')}`);
}

function splitCount(n: number, k: number): number {
  let count = 1;
  for (let index = 1; index <= k; index += 1) count = (count * (n - k + index)) / index;
  return count;
}
