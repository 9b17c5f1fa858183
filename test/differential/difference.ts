/** Where two runs of one case part, in words; null where they agree. */
import type { EngineRun } from './engine-adapter.ts';
import type { ReferenceTrade, TargetEnd } from './types.ts';

const listed = ['trades', 'refusals'] as const;

/** Agreement to the last bit and in the order of closing: what the plain rules promise. */
export function firstDifference(expected: EngineRun, actual: EngineRun): string | null {
  for (const list of listed) {
    const found = firstOther(list, expected[list], actual[list], sameBits);
    if (found !== null) return found;
  }
  const hour = expected.equity.findIndex((value, index) => !sameBits(value, actual.equity[index]));
  if (hour >= 0) return `equity[${hour}]: reference ${expected.equity[hour]}, engine ${actual.equity[hour]}`;
  for (const figure of ['cash', 'openAtEnd'] as const) {
    if (!sameBits(expected[figure], actual[figure])) {
      return `${figure}: reference ${expected[figure]}, engine ${actual[figure]}`;
    }
  }
  return expected.equity.length === actual.equity.length ? null : 'equity: the runs differ in length';
}

/**
 * Agreement of two runs under the rules of an account: the same trades, ends of targets and money, up to rounding (the
 * order of additions is not laid down) and to the order of closing inside an hour. The earliest difference is named.
 */
export function firstAccountDifference(
  expected: EngineRun,
  actual: EngineRun,
  capital: number,
): string | null {
  const near = (a: unknown, b: unknown) => isNear(a, b, capital);
  const trades = firstOther('trades', byExit(expected.trades), byExit(actual.trades), near);
  const targets = firstOther('targets', byStamp(expected.targets), byStamp(actual.targets), near);
  const differences = [trades, targets].filter((each) => each !== null);
  const hour = expected.equity.findIndex((value, index) => !near(value, actual.equity[index]));
  if (hour >= 0) {
    differences.push(`equity[${hour}]: reference ${expected.equity[hour]}, engine ${actual.equity[hour]}`);
  }
  for (const wallet of ['usdm', 'spot'] as const) {
    const at = expected.wallets.findIndex(
      (each, index) => !near(each[wallet], actual.wallets[index]?.[wallet]),
    );
    const [wanted, found] = [expected.wallets[at]?.[wallet], actual.wallets[at]?.[wallet]];
    if (at >= 0) differences.push(`${wallet} wallet[${at}]: reference ${wanted}, engine ${found}`);
  }
  if (expected.openAtEnd !== actual.openAtEnd) {
    differences.push(`openAtEnd: reference ${expected.openAtEnd}, engine ${actual.openAtEnd}`);
  }
  return differences.length === 0 ? null : differences.join('\n');
}

type Same = (a: unknown, b: unknown) => boolean;

function firstOther(
  name: string,
  expected: readonly object[],
  actual: readonly object[],
  same: Same,
): string | null {
  const count = Math.max(expected.length, actual.length);
  for (let row = 0; row < count; row += 1) {
    const [wanted, found] = [expected[row], actual[row]];
    if (wanted === undefined || found === undefined || !sameFields(wanted, found, same)) {
      return `${name}[${row}]: reference ${JSON.stringify(wanted)}, engine ${JSON.stringify(found)}`;
    }
  }
  return null;
}

function sameFields(a: object, b: object, same: Same): boolean {
  const other = new Map<string, unknown>(Object.entries(b));
  return Object.entries(a).every(([field, value]) => same(value, other.get(field)));
}

/** Equal doubles; the sign of a zero sum is no money. */
function sameBits(a: unknown, b: unknown): boolean {
  return a === b || Object.is(a, b);
}

function isNear(a: unknown, b: unknown, capital: number): boolean {
  if (sameBits(a, b)) return true;
  if (typeof a !== 'number' || typeof b !== 'number') return false;
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)) + 1e-12 * capital;
}

function byExit(trades: readonly ReferenceTrade[]): ReferenceTrade[] {
  return trades.toSorted(
    (a, b) =>
      a.exitMinute - b.exitMinute ||
      a.coin - b.coin ||
      a.market.localeCompare(b.market) ||
      a.entryMinute - b.entryMinute ||
      a.reason.localeCompare(b.reason) ||
      a.quantity - b.quantity,
  );
}

function byStamp(targets: readonly TargetEnd[]): TargetEnd[] {
  return targets.toSorted((a, b) => a.stamp - b.stamp || a.coin - b.coin);
}
