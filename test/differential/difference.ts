/** Where two runs of one case part, in words; null where they agree to the last bit. */
import type { EngineRun } from './engine-adapter.ts';

const listed = ['trades', 'refusals'] as const;

export function firstDifference(expected: EngineRun, actual: EngineRun): string | null {
  for (const list of listed) {
    const count = Math.max(expected[list].length, actual[list].length);
    for (let row = 0; row < count; row += 1) {
      const wanted = expected[list][row] as Readonly<Record<string, unknown>> | undefined;
      const found = actual[list][row] as Readonly<Record<string, unknown>> | undefined;
      if (wanted === undefined || found === undefined || !sameFields(wanted, found)) {
        return `${list}[${row}]: reference ${JSON.stringify(wanted)}, engine ${JSON.stringify(found)}`;
      }
    }
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

function sameFields(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(a).every((field) => sameBits(a[field], b[field]));
}

/** Equal doubles; the sign of a zero sum is no money. */
function sameBits(a: unknown, b: unknown): boolean {
  return a === b || Object.is(a, b);
}
