/** What can go wrong around a training, from outside: no interpreter, a job that failed, data that leave nothing to train on. */
import type { Fault } from '../engine/config.ts';

export type TrainingFaultCode =
  | 'python-missing'
  | 'python-failed'
  | 'training-refused'
  | 'training-failed'
  | 'artifact-refused'
  | 'bad-corpus'
  | 'cancelled';

export class TrainingFault extends Error {
  readonly code: TrainingFaultCode;
  /** Everything that is wrong, with its place. */
  readonly faults: readonly Fault[];

  constructor(
    code: TrainingFaultCode,
    message: string,
    options: { cause?: unknown; faults?: readonly Fault[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TrainingFault';
    this.code = code;
    this.faults = options.faults ?? [{ path: '', message }];
  }
}
