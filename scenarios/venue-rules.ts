/** A scenario's choices and a dataset's content, put together: the rules of the simulated account, or what stands against them. */
import type { Dataset } from '../datasets/dataset.ts';
import type { Fault } from '../engine/config.ts';
import type { BracketEdition, Tier } from '../engine/exchange/brackets.ts';
import type { Schedule } from '../engine/schedule.ts';
import type { AccountRules, DetailSource, VenueRules } from '../engine/simulator/rules.ts';
import type { Scenario } from './scenario.ts';
import { timingFaults } from './timing.ts';

const HOUR = 60;

export function venueRulesOf(
  scenario: Scenario,
  dataset: Pick<Dataset, 'brackets' | 'filters'>,
  detail: DetailSource | null,
): VenueRules {
  const { account, leverage, capital } = scenario;
  const { path, delayMinutes, gaps } = scenario.fills;
  const margin = marginOf(scenario, dataset);
  return {
    account: {
      ...account,
      margin,
      leverage,
      brackets: margin === 'none' ? [] : bracketsOf(scenario, dataset),
      filters: account.filters === 'none' ? [] : dataset.filters,
      spotCapital: capital.spot,
    },
    fills: { path, delayMinutes, gaps, detail },
    funding: { boundary: scenario.funding.boundary },
    life: scenario.life,
  };
}

export function marginOf(
  { account }: Scenario,
  { brackets }: Pick<Dataset, 'brackets'>,
): AccountRules['margin'] {
  if (account.margin !== 'auto') return account.margin;
  return brackets.length > 0 ? 'cross' : 'none';
}

function bracketsOf(
  { account }: Scenario,
  { brackets }: Pick<Dataset, 'brackets'>,
): readonly BracketEdition[] {
  if (account.brackets === 'dated') return brackets;
  const newest = new Map<string, readonly Tier[]>();
  for (const { tiers } of brackets) for (const [symbol, own] of tiers) newest.set(symbol, own);
  return [{ effectiveMs: Number.NEGATIVE_INFINITY, tiers: newest }];
}

/** Length of the finer bars that a scenario runs on, in minutes; null for none. The dataset is a prepared one: see `Prepared`. */
export function detailMinutesOf(
  { fills }: Scenario,
  { detailMinutes }: Pick<Dataset, 'detailMinutes'>,
): number | null {
  if (fills.detail === 'none') return null;
  return fills.detail === 'auto' ? (detailMinutes[0] ?? null) : fills.detail;
}

/** What a dataset has to offer beyond prices and funding. */
export interface DatasetOffer {
  readonly name: string;
  readonly hasBrackets: boolean;
  /** Lengths of its finer bars, finest first. */
  readonly detailMinutes: readonly number[];
}

/** What a scenario asks of a dataset that has no such thing. */
export function datasetFaults(
  scenario: Scenario,
  schedule: Schedule,
  dataset: DatasetOffer,
): readonly Fault[] {
  const { name, hasBrackets, detailMinutes } = dataset;
  const { margin } = scenario.account;
  const faults: Fault[] = [];
  if (margin !== 'auto' && margin !== 'none' && !hasBrackets) {
    const message = `is ${margin}, but dataset ${name} has no leverage brackets to reckon margin by; import it again with --brackets FILE@DATE, or choose none`;
    faults.push({ path: 'account.margin', message });
  }
  const minutes = detailMinutesOf(scenario, dataset);
  if (minutes !== null && !detailMinutes.includes(minutes)) {
    const known = detailMinutes.map((length) => `${length} minutes`).join(', ') || 'none';
    const message = `asks for bars of ${minutes} minutes, but of finer bars dataset ${name} has ${known} inside the run; import them with --detail ${minutes}m=FILE, or choose auto`;
    return [...faults, { path: 'fills.detail', message }];
  }
  return [...faults, ...timingFaults(schedule, scenario.fills.delayMinutes, minutes ?? HOUR)];
}
