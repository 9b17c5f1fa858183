import { dayMs, hourMs } from '../../panel/hours.ts';
import type { Split } from './split.ts';

export interface WalkForwardOptions {
  /** First moment of the data, epoch ms UTC. */
  readonly startMs: number;
  /** End of the data; the last test block ends at the last 00:00 UTC at or before it. */
  readonly endMs: number;
  /** 4 if absent. */
  readonly folds?: number;
  /** Length of a test block; 5 if absent. */
  readonly testDays?: number;
  /** Longest life of a label. */
  readonly labelHours: number;
  /** Hours kept free between the last training label and the test; `labelHours` if absent. */
  readonly embargoHours?: number;
}

/**
 * Expanding walk-forward folds: the last folds * testDays whole UTC days are test blocks, one after the other, and each fold trains on
 * all before its block (`splitSamples` purges by label end and embargo). Pure function of its options.
 *
 * @throws RangeError listing every option that cannot stand, and where no day would be left to train the first fold on.
 */
export function walkForwardFolds(options: WalkForwardOptions): readonly Split[] {
  const { startMs, endMs, labelHours, folds = 4, testDays = 5, embargoHours = labelHours } = options;
  refuseFaults({ startMs, endMs, folds, testDays, labelHours, embargoHours });
  const lastMs = Math.floor(endMs / dayMs) * dayMs;
  return Array.from({ length: folds }, (_, fold) => {
    const testStartMs = lastMs - (folds - fold) * testDays * dayMs;
    return {
      train: { startMs, endMs: testStartMs },
      test: [{ startMs: testStartMs, endMs: testStartMs + testDays * dayMs }],
      embargoMs: embargoHours * hourMs,
    };
  });
}

function refuseFaults(options: Required<WalkForwardOptions>): void {
  const { startMs, endMs, folds, testDays, labelHours, embargoHours } = options;
  const faults: string[] = [];
  if (!(Number.isFinite(startMs) && Number.isFinite(endMs) && startMs < endMs))
    faults.push(`startMs ${startMs} must lie before endMs ${endMs}, both epoch ms`);
  for (const name of ['folds', 'testDays'] as const)
    if (!Number.isInteger(options[name]) || options[name] < 1)
      faults.push(`${name} ${options[name]} must be a whole number from 1 up`);
  for (const name of ['labelHours', 'embargoHours'] as const)
    if (!(options[name] >= 0 && options[name] < Number.POSITIVE_INFINITY))
      faults.push(`${name} ${options[name]} must be 0 or more`);
  const trainMs = Math.floor(endMs / dayMs) * dayMs - folds * testDays * dayMs - startMs;
  const neededMs = (labelHours + embargoHours) * hourMs;
  if (faults.length === 0 && trainMs <= neededMs)
    faults.push(
      `${folds} blocks of ${testDays} days, labels of ${labelHours} h and an embargo of ${embargoHours} h leave the first fold nothing to train on: take fewer or shorter blocks, or more data`,
    );
  if (faults.length > 0) throw new RangeError(`walkForwardFolds: ${faults.join('; ')}`);
}
