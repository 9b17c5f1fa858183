/**
 * The row-based splitter of a published system, kept as a parity reference and for nothing else: it cuts by share of rows, so on a
 * growing universe its folds begin in mid-day, and it has no purge.
 */

export interface PublishedFold {
  /** Training rows are [0, testStart) of the rows sorted by time. */
  readonly testStart: number;
  readonly testEnd: number;
}

/** `walk_forward_folds(df, n_splits=4, test_days=5)`, operation by operation; `timesMs` is sorted, epoch ms UTC. */
export function publishedRowFolds(timesMs: ArrayLike<number>, splits = 4, testDays = 5): PublishedFold[] {
  const days = new Set(Array.from(timesMs, (timeMs) => Math.floor(timeMs / 86_400_000))).size;
  const foldSize = Math.trunc(timesMs.length * (testDays / days));
  return Array.from({ length: splits }, (_, fold) => {
    const testStart = timesMs.length - foldSize * (splits - fold);
    return { testStart, testEnd: testStart + foldSize };
  });
}
