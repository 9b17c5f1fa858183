/** Rules of the simulated venue from a few choices, for callers of the library. */
import { type DetailSource, type FillRules, plainRules, type VenueRules } from '../engine/simulator/rules.ts';
import { delayFault } from './rule-faults.ts';

export interface FillModelChoice {
  /** Which extreme of a bar comes first; the adverse one if absent. */
  readonly path?: FillRules['path'];
  /** Where a stop fills that the open has passed; at the open if absent. */
  readonly gaps?: FillRules['gaps'];
  /** Minutes between a decision and its orders; 0 if absent. A multiple of 60, or of the length of `detail`. */
  readonly delayMinutes?: number;
  /** Finer bars, such as `await dataset.detail()`; none if absent. */
  readonly detail?: DetailSource | null;
}

/**
 * What happens inside a bar, and how late orders are: the `fills` of `rules`.
 * @throws RangeError for a delay at which no bar opens
 */
export function fillModel(choice: FillModelChoice = {}): FillRules {
  const rules = { ...plainRules.fills, ...choice };
  const fault = delayFault(rules);
  if (fault !== null) throw new RangeError(`fillModel: delayMinutes ${fault}`);
  return rules;
}

/** Any part of the rules of the account; the rest is as in `plainRules`. */
export type RuleChoice = { readonly [Part in keyof VenueRules]?: Partial<VenueRules[Part]> };

export function rulesOf(choice: RuleChoice): VenueRules {
  return {
    account: { ...plainRules.account, ...choice.account },
    fills: { ...plainRules.fills, ...choice.fills },
    funding: { ...plainRules.funding, ...choice.funding },
    life: { ...plainRules.life, ...choice.life },
  };
}
