/**
 * What detectors of training need from those who train: the hooks of Dd, De and of the ledger of trials. The engine makes neither markets
 * nor models; a trainer brings both, and the detectors judge what it predicts out of sample.
 */
import type { MaybePromise } from '../../ports.ts';
import type { NotRun } from './findings.ts';

/** A whole training pipeline as a function: from a market to out-of-sample predictions. */
export interface AuditedTrainer {
  readonly name: string;
  /** Longest life of a label. */
  readonly horizonHours: number;
  /** What findings can name; the whole trainer is named where it has none. */
  readonly parts: readonly TrainedPart[];
  /** A market with all alpha off, made from the seed, with everything computed that does not hang on labels in another order. */
  openNoise(seed: number): MaybePromise<OpenedTraining>;
}

/** A part of a pipeline that an honest one can stand in for. */
export interface TrainedPart {
  readonly name: string;
  /**
   * The stand-in of a column is that it is left out; of a fitted state, that it is fitted in the training part of each fold alone; of a
   * split, `splitSamples` over whole days with purge and embargo.
   */
  readonly kind: 'column' | 'fitted state' | 'split';
}

export interface OpenedTraining {
  /** Trains under the folds of the pipeline and predicts their test parts. The same options give the same bits. */
  train(options: TrainingOptions): MaybePromise<OutOfSample>;
  /** Frees what the market took. */
  close?(): MaybePromise<void>;
}

export interface TrainingOptions {
  /** Permutes labels across time in whole days, inside the training part of each fold (`labelsAcrossDays`); null leaves them. */
  readonly shuffleSeed: number | null;
  /** Names of the parts that honest ones stand in for. */
  readonly honest: ReadonlySet<string>;
}

/** Parallel columns, one entry a prediction. */
export interface OutOfSample {
  /** Decision, epoch ms UTC. */
  readonly timeMs: Float64Array;
  readonly coins: Int32Array;
  /** Number of the fold that tested the row. */
  readonly folds: Int32Array;
  readonly predicted: Float64Array;
  /** 1 or 0; NaN where a row belongs to neither class and speaks through its outcome alone. */
  readonly label: Float64Array;
  /** What the prediction is a ranking of, in any unit: a return, an ordered class. The label where there is nothing finer. */
  readonly outcome: Float64Array;
}

/** Every configuration that was ever run on a test window. */
export interface TrialsLedger {
  /** Configurations counted over the window, epoch ms UTC. */
  countOf(fromMs: number, toMs: number): number;
}

export interface TrainingHooks {
  readonly trainers?: readonly AuditedTrainer[];
  /** Seeds of the markets without alpha; three if absent. More of them make the bands narrower. */
  readonly noiseSeeds?: readonly number[];
  /** Retrainings on shuffled labels, spread over those markets; 20 if absent. */
  readonly permutations?: number;
  readonly trials?: TrialsLedger;
}

export const noiseSeedsDefault: readonly number[] = [1, 2, 3];
export const permutationsDefault = 20;

/** What of training was not judged, each with what it waits for. */
export function waitingForTraining({ trainers = [], trials }: TrainingHooks): readonly NotRun[] {
  const untrained = 'no trainer was handed in: it retrains models on markets without alpha';
  const ledger =
    trials === undefined
      ? 'not available until the trials ledger exists'
      : 'a ledger of trials was handed in, but nothing judges it yet';
  return [
    ...(trainers.length > 0
      ? []
      : (['Dd', 'De'] as const).map((detector) => ({ detector, reason: untrained }))),
    { detector: 'ledger', reason: ledger },
  ];
}
