/** Workload W: its four tasks as strategies of this package, and how its reference writes trades and equity down. */
import { type BacktestResult, runBacktestInMemory } from '../../engine/backtest.ts';
import { parseConfig } from '../../engine/config.ts';
import { exitReasons } from '../../engine/journal/records.ts';
import type { Panel } from '../../engine/panel/panel.ts';
import type { Rows } from '../../engine/panel/rows.ts';
import { bindStrategy, type Strategy } from '../../engine/strategy.ts';
import { builtInStrategies } from '../../strategies/registry.ts';

export const tasks = ['A', 'Acomp', 'B', 'Binf'] as const;
export type Task = (typeof tasks)[number];

export interface WorkloadMarket {
  readonly panel: Panel;
  /** The columns `score` and `logit`. */
  readonly columns: readonly Rows[];
}

/** One line of a trade list; doubles as the reference printed them, `funding` as paid. */
export interface WorkloadTrade {
  readonly key: string;
  readonly numbers: readonly number[];
}

const settings: Readonly<
  Record<Task, { readonly strategy: string; readonly config: Readonly<Record<string, unknown>> }>
> = {
  A: { strategy: 'ranked-long-short', config: { sizing: 'capital' } },
  Acomp: { strategy: 'ranked-long-short', config: { sizing: 'equity' } },
  B: { strategy: 'score-gate', config: { slotsMax: 10 } },
  Binf: { strategy: 'score-gate', config: { slotsMax: 0 } },
};

export function taskStrategy(task: Task): Strategy {
  const { strategy, config } = settings[task];
  const definition = builtInStrategies.get(strategy)!;
  const parsed = parseConfig(definition.config, config);
  if (!parsed.ok) throw new Error(parsed.faults.map((fault) => `${fault.path} ${fault.message}`).join('; '));
  return bindStrategy(definition, parsed.value);
}

export function runTask(task: Task, { panel, columns }: WorkloadMarket): Promise<BacktestResult> {
  const strategy = taskStrategy(task);
  return runBacktestInMemory({
    panel,
    columns: strategy.columns.map((name) => columns.find((rows) => rows.name === name)!),
    strategy,
    costs: { takerFeeBps: 5, slippageBps: 2 },
    capital: 1_000_000,
    closeAtEnd: true,
  });
}

const reasonNames: Readonly<Record<string, string>> = {
  stop: 'sl',
  target: 'tp',
  time: 'timeout',
  delist: 'delist',
  'end-of-data': 'delist',
};

/** The trades of a run in the reference's order, names and signs. */
export function workloadTrades({ trades }: BacktestResult): WorkloadTrade[] {
  const rows = Array.from({ length: trades.count }, (_, row) => row);
  const { coin, entryHour, exitHour, side, exitReason } = trades;
  rows.sort((a, b) => exitHour[a]! - exitHour[b]! || coin[a]! - coin[b]! || entryHour[a]! - entryHour[b]!);
  return rows.map((row) => ({
    key: [
      coin[row],
      side[row],
      entryHour[row],
      exitHour[row],
      reasonNames[exitReasons[exitReason[row]!]!],
    ].join(','),
    numbers: [
      trades.quantity[row]!,
      trades.entryPrice[row]!,
      trades.exitPrice[row]!,
      trades.fees[row]!,
      0 - trades.funding[row]!,
      trades.pnl[row]!,
    ],
  }));
}

export function parseTrades(csv: string): WorkloadTrade[] {
  const [, ...lines] = csv.trimEnd().split('\n');
  return lines.map((line) => {
    const [coin, side, entry, exit, quantity, entryFill, exitFill, reason, fees, funding, pnl] =
      line.split(',');
    return {
      key: [coin, side, entry, exit, reason].join(','),
      numbers: [quantity, entryFill, exitFill, fees, funding, pnl].map(Number),
    };
  });
}

/** Little-endian doubles from a file's bytes, whatever their alignment. */
export function doubles(bytes: Uint8Array): Float64Array {
  return new Float64Array(bytes.slice().buffer);
}

/** Index of the first double that differs in any bit, -1 where none does. */
export function firstOtherBit(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    if (!Object.is(a[index], b[index])) return index;
  }
  return -1;
}

/** The first trade that is not the same in key and bits, in words; null where all agree. */
export function firstOtherTrade(
  expected: readonly WorkloadTrade[],
  actual: readonly WorkloadTrade[],
): string | null {
  for (let row = 0; row < Math.max(expected.length, actual.length); row += 1) {
    const [wanted, found] = [expected[row], actual[row]];
    // Adding 0 makes -0 and 0 one.
    const same =
      wanted?.key === found?.key &&
      wanted!.numbers.every((number, at) => Object.is(number + 0, found!.numbers[at]! + 0));
    if (!same) return `trade ${row}: expected ${JSON.stringify(wanted)}, was ${JSON.stringify(found)}`;
  }
  return null;
}
