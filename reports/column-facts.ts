/**
 * What `columns build` and `columns audit` said of a set, as plain JSON beside its page: each command writes its own part, and
 * the page is made of whatever parts there are. Numbers that are not known are null.
 */
import type { ColumnSetManifest } from '../datasets/columns/column-set.ts';
import { regimeColumns } from '../datasets/columns/tables.ts';
import type { AuditResult } from '../engine/columns/audit/findings.ts';
import { regimeNames } from '../engine/columns/regime/names.ts';
import type { ResidualSummary } from '../engine/columns/residual-summary.ts';
import { type UniverseReason, universeReasons } from '../engine/columns/universe/universe.ts';
import type { Table } from '../engine/journal/tables.ts';
import { dayMs, hourMs } from '../engine/panel/hours.ts';
import { quantiles } from '../engine/stats/quantiles.ts';
import { numbers, texts } from './columns.ts';
import { known } from './step.ts';

export interface ColumnBuildFacts {
  readonly formatVersion: 1;
  /** Wall clock, epoch ms. */
  readonly builtMs: number;
  /** False where a finding that nobody allowed kept the set out of the store. */
  readonly stored: boolean;
  readonly manifest: ColumnSetManifest;
  readonly universe: UniverseFacts;
  readonly fill: FillFacts;
  /** Null for a set without regime columns. */
  readonly regime: RegimeFacts | null;
  /** Null where the dataset has no benchmark. */
  readonly residual: ResidualFacts | null;
}

/** One row a day, counted at the close of its last hour. */
export interface UniverseFacts {
  readonly timeMs: readonly number[];
  readonly coins: Readonly<Record<UniverseReason, readonly number[]>>;
}

export interface FillFacts {
  /** Mondays, 00:00 UTC. */
  readonly weekMs: readonly number[];
  readonly columns: readonly ColumnFill[];
}

export interface ColumnFill {
  readonly column: string;
  /** Days through which it was the same for all coins, market-wide ones left out. */
  readonly constantDays: number;
  /** The day with the smallest share of filled rows; null where no row was due. */
  readonly worst: { readonly dayMs: number; readonly share: number } | null;
  /** Filled share of the rows due by week; null where none was. */
  readonly weeks: readonly (number | null)[];
}

export interface RegimeFacts {
  readonly dayMs: readonly number[];
  /** Filtered, by state in the order of `regimeNames`. */
  readonly probabilities: readonly (readonly number[])[];
  /** Days from which a version of the parameters held, oldest first. */
  readonly versionMs: readonly number[];
}

type CoinResidual = ResidualSummary['coins'][number];
export type ResidualFigure = Exclude<keyof CoinResidual, 'symbol' | 'hours'>;

export interface ResidualFacts {
  readonly coins: readonly ({ readonly [Key in ResidualFigure]: number | null } & Pick<
    CoinResidual,
    'symbol' | 'hours'
  >)[];
  /** Quartiles over the coins. */
  readonly weeks: readonly {
    readonly timeMs: number;
    readonly coins: number;
    readonly rSquared: readonly (number | null)[];
    readonly correlation: readonly (number | null)[];
  }[];
}

export interface ColumnAuditFacts {
  readonly formatVersion: 1;
  /** Wall clock, epoch ms. */
  readonly auditedMs: number;
  readonly dataset: string;
  readonly datasetHash: string;
  readonly set: string;
  readonly setHash: string;
  readonly strategies: readonly string[];
  readonly pending: readonly string[];
  readonly result: Omit<AuditResult, 'leaks'> & { readonly leaks: readonly LeakFacts[] };
}

type Leak = AuditResult['leaks'][number];
export type LeakFacts = Omit<Leak, 'timeMs' | 'before' | 'after'> & {
  readonly [Key in 'timeMs' | 'before' | 'after']: number | null;
};

/** Of a table by hour: the last hour of every day, and the last one there is. */
export function universeFacts(table: Table): UniverseFacts {
  const ts = numbers(table, 'ts');
  const rows = Array.from(ts.keys()).filter(
    (row) => (ts[row]! + hourMs) % dayMs === 0 || row === ts.length - 1,
  );
  const coins = universeReasons.map((reason) => {
    const column = numbers(table, reason.replaceAll('-', '_'));
    return [reason, rows.map((row) => column[row]!)] as const;
  });
  return {
    timeMs: rows.map((row) => ts[row]! + hourMs),
    coins: Object.fromEntries(coins) as unknown as UniverseFacts['coins'],
  };
}

const weekMs = 7 * dayMs;
/** The first Monday of the epoch. */
const firstMondayMs = 4 * dayMs;

/** Of a table by column and day. @param columns names, in the order of the set. */
export function fillFacts(table: Table, columns: readonly string[]): FillFacts {
  const days = numbers(table, 'day_ms');
  const [due, filled] = [numbers(table, 'eligible_rows'), numbers(table, 'filled')];
  const [names, flags] = [texts(table, 'column'), texts(table, 'flags')];
  const mondayOf = (timeMs: number) => Math.floor((timeMs - firstMondayMs) / weekMs) * weekMs + firstMondayMs;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const timeMs of days) {
    first = Math.min(first, mondayOf(timeMs));
    last = Math.max(last, mondayOf(timeMs));
  }
  const weeks = first > last ? 0 : (last - first) / weekMs + 1;
  const counts = new Map(
    columns.map((column) => [column, { due: new Float64Array(weeks), filled: new Float64Array(weeks) }]),
  );
  const told = new Map(
    columns.map((column) => [column, { constantDays: 0, worst: null as ColumnFill['worst'] }]),
  );
  for (const [row, column] of names.entries()) {
    const [count, tale] = [counts.get(column ?? ''), told.get(column ?? '')];
    if (count === undefined || tale === undefined) continue;
    const week = (mondayOf(days[row]!) - first) / weekMs;
    count.due[week]! += due[row]!;
    count.filled[week]! += filled[row]!;
    if (flags[row]?.includes('constant') === true) tale.constantDays += 1;
    const share = filled[row]! / due[row]!;
    if (share < (tale.worst?.share ?? Number.POSITIVE_INFINITY)) tale.worst = { dayMs: days[row]!, share };
  }
  return {
    weekMs: Array.from({ length: weeks }, (_, week) => first + week * weekMs),
    columns: columns.map((column) => {
      const count = counts.get(column)!;
      const shares = Array.from(count.due, (rows, week) => (rows === 0 ? null : count.filled[week]! / rows));
      return { column, ...told.get(column)!, weeks: shares };
    }),
  };
}

/** Of a table by day. */
export function regimeFacts(table: Table): RegimeFacts {
  const validFrom = numbers(table, 'valid_from_ms');
  return {
    dayMs: Array.from(numbers(table, 'day_ms')),
    probabilities: regimeNames.map((_, state) => Array.from(numbers(table, regimeColumns[state]!))),
    versionMs: [...new Set(validFrom)],
  };
}

export function residualFacts({ coins, weeks }: ResidualSummary): ResidualFacts {
  const quartiles = (values: readonly number[]) => quantiles(values, [0.25, 0.5, 0.75]).map(known);
  return {
    coins: coins.map(({ symbol, hours, ...figures }) => {
      const entries = Object.entries(figures).map(([name, value]) => [name, known(value)] as const);
      return { symbol, hours, ...(Object.fromEntries(entries) as Record<ResidualFigure, number | null>) };
    }),
    weeks: weeks.map(({ timeMs, rSquared, correlation }) => ({
      ...{ timeMs, coins: rSquared.length },
      ...{ rSquared: quartiles(rSquared), correlation: quartiles(correlation) },
    })),
  };
}

export function leakFacts(leak: Leak): LeakFacts {
  const { timeMs, before, after } = leak;
  return { ...leak, timeMs: known(timeMs), before: known(before), after: known(after) };
}
