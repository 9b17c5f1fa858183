/** A scenario that is well formed and still cannot be run as it stands: on this dataset, over these dates. */
import type { Fault } from '../engine/config.ts';

export class ScenarioFault extends Error {
  override readonly name = 'ScenarioFault';
  readonly code = 'scenario-refused';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(({ path, message }) => `${path}: ${message}`).join('\n'));
    this.faults = faults;
  }
}
