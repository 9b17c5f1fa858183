/**
 * Counting in several threads: each takes a slot of its own on shared memory at its first block and keeps it. Which thread
 * counted what cannot be told from the merged result.
 */
import { assertInvariant } from '../../invariant.ts';
import { sharedInt32 } from '../../panel/panel.ts';
import type { FeatureBlock } from '../blocks.ts';
import {
  addBlock,
  type ColumnQuality,
  emptyQuality,
  mergeQuality,
  type QualityColumn,
} from './column-quality.ts';

export interface SharedQuality {
  readonly slots: readonly ColumnQuality[];
  /** How many slots are taken. */
  readonly taken: Int32Array;
  /** Tells one count from another. */
  readonly count: number;
}

let counts = 0;
/** This thread's slot of the newest count it took part in. */
let own: { readonly count: number; readonly slot: number } | null = null;

/** @param threads that will count at most, this one included if it counts. */
export function sharedQuality(
  columns: readonly QualityColumn[],
  span: { readonly startMs: number; readonly hours: number },
  threads: number,
): SharedQuality {
  counts += 1;
  const slots = Array.from({ length: threads }, () => emptyQuality(columns, span));
  return { slots, taken: sharedInt32(1), count: counts };
}

/** Consumer of `computeBlocks`: counts the block in this thread's slot. */
export function countBlock(block: FeatureBlock, shared: SharedQuality): void {
  if (own?.count !== shared.count) own = { count: shared.count, slot: Atomics.add(shared.taken, 0, 1) };
  const slot = shared.slots[own.slot];
  assertInvariant(slot !== undefined, 'no more threads count than were told');
  addBlock(slot, block);
}

/** All slots together, in the first one. */
export function mergedQuality({ slots }: SharedQuality): ColumnQuality {
  const [first, ...others] = slots;
  assertInvariant(first !== undefined, 'some thread counts');
  for (const other of others) mergeQuality(first, other);
  return first;
}
