/** What is wrong with rules and costs that did not come through a scenario file. Paths are those of a request of the library. */
import { storedFilterFaults } from '../datasets/exchange-tables.ts';
import type { Fault } from '../engine/config.ts';
import { type BracketEdition, tierFaults } from '../engine/exchange/brackets.ts';
import type { FeeRates } from '../engine/exchange/fees.ts';
import type { FilterEdition } from '../engine/exchange/filters.ts';
import { hourMs } from '../engine/panel/hours.ts';
import { LEVERAGE_MAX } from '../engine/run.ts';
import type { Costs } from '../engine/simulator/costs.ts';
import type { AccountRules, FillRules, LifeRules, Transfer, VenueRules } from '../engine/simulator/rules.ts';

export function ruleFaults({ account, fills, life }: VenueRules): readonly Fault[] {
  return [...accountFaults(account), ...fillFaults(fills), ...lifeFaults(life)];
}

function accountFaults(account: AccountRules): Fault[] {
  const { leverage, margin, brackets, filters, liquidationStress, spotCapital, transfers } = account;
  const faults: Fault[] = [];
  if (!(leverage >= 1 && leverage <= LEVERAGE_MAX)) {
    const message = `must be at least 1 and at most ${LEVERAGE_MAX}, was ${leverage}`;
    faults.push({ path: 'rules.account.leverage', message });
  }
  if (margin !== 'none' && brackets.length === 0) {
    const message = `is ${margin}, which needs rules.account.brackets, such as those of a dataset`;
    faults.push({ path: 'rules.account.margin', message });
  }
  faults.push(...bracketFaults(brackets), ...filterEditionFaults(filters));
  for (const [name, value] of Object.entries({ liquidationStress, spotCapital })) {
    if (!isAmount(value)) faults.push({ path: `rules.account.${name}`, message: amountMessage(value) });
  }
  if (typeof transfers !== 'string') faults.push(...transfers.flatMap(transferFaults));
  return faults;
}

function bracketFaults(editions: readonly BracketEdition[]): Fault[] {
  return editions.flatMap(({ effectiveMs, tiers }, index) => {
    const path = `rules.account.brackets[${index}]`;
    const own = [...tiers].flatMap(([symbol, market]) =>
      tierFaults(market).map((message) => ({ path: `${path}, ${symbol}`, message })),
    );
    return [...dateFaults(path, effectiveMs), ...own];
  });
}

function filterEditionFaults(editions: readonly FilterEdition[]): Fault[] {
  return editions.flatMap(({ effectiveMs, filters }, index) => {
    const path = `rules.account.filters[${index}]`;
    const own = [...filters].flatMap(([symbol, market]) =>
      storedFilterFaults(market).map((message) => ({ path: `${path}, ${symbol}`, message })),
    );
    return [...dateFaults(path, effectiveMs), ...own];
  });
}

/** An edition that holds from the beginning has -Infinity. */
function dateFaults(path: string, effectiveMs: number): Fault[] {
  if (effectiveMs < Number.POSITIVE_INFINITY) return [];
  const message = `must be epoch milliseconds, or -Infinity for what always held, was ${effectiveMs}`;
  return [{ path: `${path}.effectiveMs`, message }];
}

function transferFaults({ atMs, from, to, amount }: Transfer, index: number): Fault[] {
  const path = `rules.account.transfers[${index}]`;
  const faults: Fault[] = [];
  if (!(Number.isSafeInteger(atMs) && atMs % hourMs === 0)) {
    const message = `must be epoch milliseconds of a full hour UTC, was ${atMs}`;
    faults.push({ path: `${path}.atMs`, message });
  }
  if (from === to) {
    faults.push({ path: `${path}.to`, message: `must be the other wallet, was ${to} like from` });
  }
  if (!(amount > 0 && amount < Number.POSITIVE_INFINITY)) {
    faults.push({ path: `${path}.amount`, message: `must be finite and above 0, was ${amount}` });
  }
  return faults;
}

function fillFaults(fills: FillRules): Fault[] {
  const message = delayFault(fills);
  return message === null ? [] : [{ path: 'rules.fills.delayMinutes', message }];
}

/** Why no bar opens that long after a stamp; null where one does. */
export function delayFault({ delayMinutes, detail }: FillRules): string | null {
  const minutes = detail?.minutes ?? hourMs / 60_000;
  if (delayMinutes >= 0 && delayMinutes % minutes === 0) return null;
  const advice = detail === null ? '; finer bars (detail) allow other delays' : '';
  return `must be a multiple of ${minutes}, the length of the bars, was ${delayMinutes}${advice}`;
}

function lifeFaults({ delistHaircut, leaveBeforeHours }: LifeRules): Fault[] {
  const faults: Fault[] = [];
  if (!(delistHaircut >= 0 && delistHaircut < 1)) {
    const message = `must be at least 0 and below 1, was ${delistHaircut}`;
    faults.push({ path: 'rules.life.delistHaircut', message });
  }
  if (leaveBeforeHours !== null && !(Number.isSafeInteger(leaveBeforeHours) && leaveBeforeHours >= 0)) {
    const message = `must be a whole number of hours, not negative, or null, was ${leaveBeforeHours}`;
    faults.push({ path: 'rules.life.leaveBeforeHours', message });
  }
  return faults;
}

const feeNames = ['takerFeeBps', 'makerFeeBps', 'spotTakerFeeBps', 'spotMakerFeeBps'] as const;

/** Fees and slippage are never negative: a rebate would have to be earned by orders that rest. */
export function costFaults(costs: Costs): readonly Fault[] {
  const { schedule = [], impact } = costs;
  const given = feeNames.filter((name) => costs[name] !== undefined);
  const rows = schedule.flatMap((row, index) => {
    const path = `costs.schedule[${index}]`;
    return [...dateFaults(path, row.effectiveMs), ...rateFaults(path, row, feeNames)];
  });
  return [
    ...rateFaults('costs', costs, [...new Set(['takerFeeBps', 'slippageBps', ...given] as const)]),
    ...rows,
    ...(impact === undefined ? [] : impactFaults(impact)),
  ];
}

function rateFaults(
  path: string,
  rates: Partial<FeeRates & Pick<Costs, 'slippageBps'>>,
  names: readonly (keyof FeeRates | 'slippageBps')[],
): Fault[] {
  return names
    .filter((name) => !isAmount(rates[name]))
    .map((name) => ({ path: `${path}.${name}`, message: amountMessage(rates[name]) }));
}

function impactFaults({ coefficient, participationMax }: NonNullable<Costs['impact']>): Fault[] {
  const faults: Fault[] = [];
  if (!isAmount(coefficient)) {
    faults.push({ path: 'costs.impact.coefficient', message: amountMessage(coefficient) });
  }
  if (participationMax !== null && !(participationMax > 0 && participationMax <= 1)) {
    const message = `must be null or a share above 0 and at most 1, was ${participationMax}`;
    faults.push({ path: 'costs.impact.participationMax', message });
  }
  return faults;
}

function isAmount(value: number | undefined): boolean {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}

function amountMessage(value: number | undefined): string {
  return `must be finite and not negative, was ${value}`;
}
