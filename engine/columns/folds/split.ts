/**
 * Splits of samples into training and test by time. Sample i occupies [start, end]: from its decision to the moment its label was
 * known. A training sample may not share a moment with the test, nor come nearer to it than the embargo.
 */
import { assertInvariant } from '../../invariant.ts';

/** Epoch ms UTC, [startMs, endMs). */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

export interface Split {
  /** Samples decided in here may train, but for what purge and embargo take away. */
  readonly train: TimeRange;
  /** Blocks of whole UTC days, oldest first, apart from each other. */
  readonly test: readonly TimeRange[];
  readonly embargoMs: number;
}

/** Parallel columns, epoch ms UTC, in any order. */
export interface SampleSpans {
  /** When the decision was made. */
  readonly startMs: Float64Array;
  /** When the label was known: barrier, timeout or horizon. */
  readonly endMs: Float64Array;
}

/** Rows of `SampleSpans`, ascending. */
export interface SplitSamples {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/**
 * Test: the samples decided in a test block. Training: those of the training range whose label was known before a block began less
 * the embargo, or whose decision came later than the block's last label plus the embargo, for every block. Source: Lopez de Prado,
 * Advances in Financial Machine Learning, 7.4.
 *
 * @throws RangeError naming rows whose times are no numbers or whose end lies before their start.
 */
export function splitSamples(split: Split, samples: SampleSpans): SplitSamples {
  refuseFaults(samples);
  const { startMs, endMs } = samples;
  const blocks = split.test.map((block) => {
    let lastLabelMs = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < startMs.length; row += 1) {
      if (isIn(block, startMs[row]!)) lastLabelMs = Math.max(lastLabelMs, endMs[row]!);
    }
    // Without samples the block itself is kept apart all the same.
    return { ...block, lastLabelMs: Math.max(lastLabelMs, block.endMs) };
  });
  const train: number[] = [];
  const test: number[] = [];
  for (let row = 0; row < startMs.length; row += 1) {
    const [start, end] = [startMs[row]!, endMs[row]!];
    if (blocks.some((block) => isIn(block, start))) test.push(row);
    else if (!isIn(split.train, start)) continue;
    else if (
      blocks.every(
        (block) => end < block.startMs - split.embargoMs || start > block.lastLabelMs + split.embargoMs,
      )
    )
      train.push(row);
  }
  const chosen = { train: Int32Array.from(train), test: Int32Array.from(test) };
  assertInvariant(
    splitOverlap(chosen, samples) === null,
    'no training label shares a moment with a test label',
  );
  return chosen;
}

function isIn({ startMs, endMs }: TimeRange, timeMs: number): boolean {
  return timeMs >= startMs && timeMs < endMs;
}

/**
 * A pair of rows, one of training and one of test, whose spans [start, end] share a moment; null where there is none. It judges any
 * choice of rows, whatever made it.
 */
export function splitOverlap(
  { train, test }: SplitSamples,
  { startMs, endMs }: SampleSpans,
): { readonly train: number; readonly test: number } | null {
  // By start, each with the row of the latest end so far: a span overlaps one of those before it or none.
  const byStart = test.toSorted((a, b) => startMs[a]! - startMs[b]!);
  const latest = byStart.slice();
  for (let place = 1; place < latest.length; place += 1) {
    if (endMs[latest[place - 1]!]! > endMs[latest[place]!]!) latest[place] = latest[place - 1]!;
  }
  for (const row of train) {
    const place = countStartedBy(byStart, startMs, endMs[row]!) - 1;
    if (place >= 0 && endMs[latest[place]!]! >= startMs[row]!) return { train: row, test: latest[place]! };
  }
  return null;
}

/** How many of the rows, sorted by start, start at `timeMs` or before. */
function countStartedBy(byStart: Int32Array, startMs: Float64Array, timeMs: number): number {
  let [low, high] = [0, byStart.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (startMs[byStart[middle]!]! <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

const FAULTS_SHOWN = 5;

function refuseFaults({ startMs, endMs }: SampleSpans): void {
  if (startMs.length !== endMs.length)
    throw new RangeError(
      `splitSamples: ${startMs.length} starts and ${endMs.length} ends; give one of each a sample`,
    );
  const faults: string[] = [];
  for (let row = 0; row < startMs.length; row += 1) {
    // Also where either is NaN.
    if (!(endMs[row]! >= startMs[row]!)) faults.push(`row ${row} (${startMs[row]} to ${endMs[row]})`);
  }
  if (faults.length === 0) return;
  const more = faults.length > FAULTS_SHOWN ? ` and ${faults.length - FAULTS_SHOWN} more` : '';
  throw new RangeError(
    `splitSamples: leave out samples without a label, and those that end before they start: ${faults.slice(0, FAULTS_SHOWN).join(', ')}${more}`,
  );
}
