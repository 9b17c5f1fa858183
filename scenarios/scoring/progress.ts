import type { Progress } from '../../datasets/progress.ts';

/** A new text for every twentieth: plain terminals get a line for each. */
const STEP = 0.05;

/** Reports rows per second and the time that is left beside how far the scoring is. */
export function scoringProgress(
  progress: Progress | undefined,
  clockMs: () => number,
  rows: () => number,
): (fraction: number) => void {
  const startMs = clockMs();
  let [stage, lastStep] = ['scoring', 0];
  return (fraction) => {
    const step = Math.floor(fraction / STEP + 1e-9);
    const elapsedMs = clockMs() - startMs;
    if (step > lastStep && elapsedMs > 0) {
      lastStep = step;
      const rate = Math.round((rows() / elapsedMs) * 1000).toLocaleString('en');
      const left = durationText((elapsedMs / fraction) * (1 - fraction));
      stage = `scoring, ${rate} rows/s, ${left} left`;
    }
    progress?.(stage, fraction);
  };
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
