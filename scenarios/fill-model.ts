/** Rules of the simulated venue from a few choices, for callers of the library. */
import type { Fault } from '../engine/config.ts';
import { LEVERAGE_MAX } from '../engine/run.ts';
import { type DetailSource, type FillRules, plainRules, type VenueRules } from '../engine/simulator/rules.ts';

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
  const minutes = rules.detail?.minutes ?? 60;
  if (!(rules.delayMinutes >= 0 && rules.delayMinutes % minutes === 0)) {
    throw new RangeError(
      `fillModel: delayMinutes must be a multiple of ${minutes}, the length of the bars, was ${rules.delayMinutes}`,
    );
  }
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

/** What is wrong with rules that did not come through a scenario file. */
export function ruleFaults({ account, life }: VenueRules): readonly Fault[] {
  const faults: Fault[] = [];
  const { leverage, margin, brackets, spotCapital } = account;
  if (!(leverage >= 1 && leverage <= LEVERAGE_MAX)) {
    const message = `must be at least 1 and at most ${LEVERAGE_MAX}, was ${leverage}`;
    faults.push({ path: 'rules.account.leverage', message });
  }
  if (margin !== 'none' && brackets.length === 0) {
    const message = `is ${margin}, which needs rules.account.brackets, such as those of a dataset`;
    faults.push({ path: 'rules.account.margin', message });
  }
  if (!(spotCapital >= 0 && spotCapital < Number.POSITIVE_INFINITY)) {
    const message = `must be finite and not negative, was ${spotCapital}`;
    faults.push({ path: 'rules.account.spotCapital', message });
  }
  if (!(life.delistHaircut >= 0 && life.delistHaircut < 1)) {
    const message = `must be at least 0 and below 1, was ${life.delistHaircut}`;
    faults.push({ path: 'rules.life.delistHaircut', message });
  }
  return faults;
}

/** Fees and slippage are never negative: a rebate would have to be earned by orders that rest. */
export function costFaults(costs: Readonly<Record<string, unknown>>): readonly Fault[] {
  return Object.entries(costs).flatMap(([name, value]) =>
    name.endsWith('Bps') && !(typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY)
      ? [{ path: `costs.${name}`, message: `must be finite and not negative, was ${String(value)}` }]
      : [],
  );
}
