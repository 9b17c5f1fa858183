/** Progress for people: a bar on a terminal, plain lines elsewhere. Always to stderr, so that stdout stays the answer. */
import type { Progress } from '../datasets/progress.ts';

export interface ProgressDisplay {
  readonly report: Progress;
  /** Leaves the terminal's line clean. */
  clear(): void;
}

export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const barWidth = 24;
/** Between redraws of the bar: faster than that nobody sees. */
const redrawMs = 80;
/** A plain line for every tenth. */
const lineStep = 0.1;

export function progressDisplay(output: ProgressOutput, now: () => number): ProgressDisplay {
  return output.isTTY === true ? barDisplay(output, now) : lineDisplay(output);
}

export const noProgress: ProgressDisplay = { report: () => undefined, clear: () => undefined };

function barDisplay(output: ProgressOutput, now: () => number): ProgressDisplay {
  let drawnStage = '';
  let drawnMs = Number.NEGATIVE_INFINITY;
  const eraseLine = '\r\u001b[2K';
  return {
    report(stage, fraction) {
      if (stage === drawnStage && now() - drawnMs < redrawMs) return;
      drawnStage = stage;
      drawnMs = now();
      const width = Math.max(20, (output.columns ?? 80) - 1);
      output.write(`${eraseLine}${barText(stage, fraction).slice(0, width)}`);
    },
    clear() {
      if (drawnStage !== '') output.write(eraseLine);
      drawnStage = '';
    },
  };
}

function barText(stage: string, fraction: number | undefined): string {
  if (fraction === undefined) return `${stage} …`;
  const share = Math.min(1, Math.max(0, fraction));
  const filled = Math.round(share * barWidth);
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${percent(share)}  ${stage}`;
}

function lineDisplay(output: ProgressOutput): ProgressDisplay {
  let lastStage = '';
  let lastStep = -1;
  return {
    report(stage, fraction) {
      const step = fraction === undefined ? 0 : Math.floor(fraction / lineStep + 1e-9);
      if (stage === lastStage && step <= lastStep) return;
      lastStage = stage;
      lastStep = step;
      output.write(`${stage}${fraction === undefined ? '' : ` ${percent(Math.min(1, fraction)).trim()}`}\n`);
    },
    clear: () => undefined,
  };
}

function percent(share: number): string {
  return `${String(Math.floor(share * 100)).padStart(3)} %`;
}
