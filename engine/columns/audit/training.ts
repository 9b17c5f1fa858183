/** What detectors of training need from those who train: the hooks of Dd, De and of the ledger of trials. */
import type { MaybePromise } from '../../ports.ts';
import type { NotRun } from './findings.ts';
import type { AuditWorld } from './world.ts';

/** A whole training pipeline as a function: from a world to out-of-sample predictions. */
export interface AuditedTrainer {
  readonly name: string;
  /** Trains and predicts under the folds of its own, on these labels in place of its own where they are given. */
  train(world: AuditWorld, options: TrainingOptions): MaybePromise<OutOfSample>;
}

export interface TrainingOptions {
  readonly seed: number;
  /** Permutes labels across time in whole days, inside the training part of each fold. */
  readonly shuffleLabels: boolean;
}

/** Parallel columns, one entry a prediction. */
export interface OutOfSample {
  /** Decision, epoch ms UTC. */
  readonly timeMs: Float64Array;
  readonly coins: Int32Array;
  readonly predicted: Float64Array;
  /** 1 or 0. */
  readonly label: Float64Array;
}

/** Every configuration that was ever run on a test window. */
export interface TrialsLedger {
  /** Configurations counted over the window, epoch ms UTC. */
  countOf(fromMs: number, toMs: number): number;
}

export interface TrainingHooks {
  readonly trainer?: AuditedTrainer;
  readonly trials?: TrialsLedger;
}

/** The detectors of training, each with what it waits for. They come with the models and with the ledger of trials. */
export function waitingForTraining({ trainer, trials }: TrainingHooks): readonly NotRun[] {
  const models =
    trainer === undefined
      ? 'it retrains models: available once there are models to train'
      : `${trainer.name} was handed in, but this detector is not available until models are`;
  const ledger =
    trials === undefined
      ? 'not available until the trials ledger exists'
      : 'a ledger of trials was handed in, but nothing judges it yet';
  return [
    { detector: 'Dd', reason: models },
    { detector: 'De', reason: models },
    { detector: 'ledger', reason: ledger },
  ];
}
