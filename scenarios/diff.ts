/** Where two stored runs differ: what went in, the first decision that came out otherwise, and the headline. */
import { type RunTable, runTables, type StoredRun } from '../datasets/runs.ts';
import { firstTableDifference, type TableDifference } from './table-difference.ts';

export interface RunDifference {
  /** Such as `scenario.costs` or `decisions.digest`. */
  readonly field: string;
  readonly a: unknown;
  readonly b: unknown;
  /** Where a table differs: its first differing row. */
  readonly timeMs?: number;
  readonly symbol?: string | null;
}

/** Inputs first, then the first differing row of every table, then the figures. Empty where the runs are equal. */
export async function diffRuns(a: StoredRun, b: StoredRun): Promise<readonly RunDifference[]> {
  const left = a.manifest;
  const right = b.manifest;
  return [
    ...objectDifferences('scenario', left.scenario, right.scenario),
    ...objectDifferences('strategy', left.strategy, right.strategy),
    ...objectDifferences('dataset', left.dataset, right.dataset),
    ...(await tableDifferences(a, b)),
    ...objectDifferences('headline', left.headline, right.headline),
  ];
}

/** The earliest difference over all tables that record what happened, in order of cause. */
export async function firstRunDifference(
  read: (name: RunTable) => Promise<readonly [TableOf, TableOf]>,
): Promise<TableDifference | null> {
  let first: TableDifference | null = null;
  for (const name of causalTables) {
    const [a, b] = await read(name);
    const difference = firstTableDifference(name, a, b);
    if (difference !== null && (first === null || difference.timeMs < first.timeMs)) first = difference;
  }
  return first;
}

type TableOf = Awaited<ReturnType<StoredRun['table']>>;

/** Causes before effects: of two differences at one time, the former is named. */
const causalTables: readonly RunTable[] = [
  'targets',
  'refusals',
  'orders',
  'fills',
  'funding',
  'trades',
  'equity',
  'decisions',
];

async function tableDifferences(a: StoredRun, b: StoredRun): Promise<RunDifference[]> {
  const differences: RunDifference[] = [];
  for (const name of runTables) {
    if (a.manifest.tables[name]?.sha256 === b.manifest.tables[name]?.sha256) continue;
    const difference = firstTableDifference(name, await a.table(name), await b.table(name));
    if (difference !== null) differences.push(difference);
  }
  return differences;
}

function objectDifferences(path: string, a: object, b: object): RunDifference[] {
  const differences: RunDifference[] = [];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const left = (a as Record<string, unknown>)[key];
    const right = (b as Record<string, unknown>)[key];
    if (JSON.stringify(left) !== JSON.stringify(right)) {
      differences.push({ field: `${path}.${key}`, a: left ?? null, b: right ?? null });
    }
  }
  return differences;
}
