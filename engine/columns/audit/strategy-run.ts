/** Runs of a strategy over a world, through the engine's own loop, with every decision written down. */
import { type BacktestInput, type BacktestResult, runBacktestInMemory } from '../../backtest.ts';
import { RunningDigest } from '../../journal/digest.ts';
import { RunJournal } from '../../journal/run-journal.ts';
import { hourAt, type Panel, sharedFloat64, sharedInt32 } from '../../panel/panel.ts';
import type { Rows } from '../../panel/rows.ts';
import type { Slice } from '../../panel/slice.ts';
import type { MarketData } from '../../ports.ts';
import type { WorkerPool } from '../../signal/pool.ts';
import type { Costs } from '../../simulator/costs.ts';
import type { VenueRules } from '../../simulator/rules.ts';
import type { Strategy, Target } from '../../strategy.ts';
import { computeColumns } from '../compute.ts';
import type { FeatureDefinition } from '../features/feature.ts';
import type { HourSpan } from './cut.ts';
import type { ObservedColumn } from './subject.ts';
import type { AuditWorld } from './world.ts';

export interface AuditedStrategy {
  readonly strategy: Strategy;
  readonly costs: Costs;
  readonly capital: number;
  readonly rules?: VenueRules;
  /** Least share of the usual cross-section a decision needs. */
  readonly minimumShare?: number;
  /** The market port under audit; the stored one if absent. */
  readonly market?: (panel: Panel, columns: readonly Rows[]) => MarketData;
  /** The columns that it declares, in the shape of the panel, where they are known already. */
  readonly columns?: readonly Rows[];
  /** Features that the strategy reads and the package does not know. */
  readonly definitions?: readonly FeatureDefinition[];
  readonly pool?: WorkerPool;
}

export interface AuditedRun {
  readonly result: BacktestResult;
  readonly journal: RunJournal;
}

export interface RecordedRun extends AuditedRun {
  /** Row h: what was decided at the close of bar h. */
  readonly decisions: readonly ObservedColumn[];
}

/** Decides and fills in the hours of the span. */
export async function runStrategy(
  world: AuditWorld,
  audited: AuditedStrategy,
  span: HourSpan,
  more: Partial<BacktestInput> = {},
): Promise<AuditedRun> {
  const { panel } = world.inputs;
  const { strategy, costs, capital } = audited;
  const columns = more.columns ?? audited.columns ?? (await strategyColumns(world, audited, span));
  const journal = new RunJournal();
  const result = await runBacktestInMemory({
    ...{ panel, columns, strategy, costs, capital, ...span, journal },
    minimumShare: audited.minimumShare ?? 0,
    ...(audited.rules === undefined ? {} : { rules: audited.rules }),
    ...(audited.market === undefined ? {} : { market: audited.market(panel, columns) }),
    ...more,
  });
  return { result, journal };
}

/** The same, with every decision written down. */
export async function recordedRun(
  world: AuditWorld,
  audited: AuditedStrategy,
  span: HourSpan,
  more: Partial<BacktestInput> = {},
): Promise<RecordedRun> {
  const record = new DecisionRecord(world.inputs.panel, span);
  const run = await runStrategy(world, { ...audited, strategy: record.around(audited.strategy) }, span, more);
  return { ...run, decisions: record.columns() };
}

/** The columns that the strategy declares, in the shape of the panel; filled from the hour before the span to its end. */
export async function strategyColumns(
  { inputs, stored }: AuditWorld,
  { strategy, definitions, pool }: AuditedStrategy,
  { fromHour, toHour }: HourSpan,
): Promise<readonly Rows[]> {
  const computed = strategy.columns.filter((name) => !stored.some((rows) => rows.name === name));
  const firstHour = Math.max(0, fromHour - 1);
  const rows = await computeColumns(inputs, computed, {
    ...{ fromHour: firstHour, toHour },
    ...(definitions === undefined ? {} : { definitions }),
    ...(pool === undefined || definitions !== undefined ? {} : { pool }),
  });
  const placed = rows.map((column) => placedRows(column, inputs.panel.hours, firstHour));
  return strategy.columns.map((name) => [...stored, ...placed].find((column) => column.name === name)!);
}

/** Memory is taken as it is touched, so hours outside the rows cost nothing; nobody reads them. */
function placedRows(rows: Rows, hours: number, fromHour: number): Rows {
  const values = sharedFloat64(hours * rows.coins);
  values.set(rows.values, fromHour * rows.coins);
  const rowHash = sharedInt32(hours * 2);
  rowHash.set(rows.rowHash, fromHour * 2);
  return { ...rows, hours, values, rowHash };
}

const targetFields = [
  'side',
  'notional',
  'score',
  'stopLossFraction',
  'takeProfitFraction',
  'holdHoursMax',
] as const;

/** What `decide` saw of the account and what it answered. Of several decisions inside one hour the last is spelled out, all are hashed. */
class DecisionRecord {
  readonly #panel: Panel;
  readonly #span: HourSpan;
  readonly #fields: ReadonlyMap<string, Float64Array>;
  readonly #equity: Float64Array;
  readonly #digest: Float64Array;

  constructor(panel: Panel, span: HourSpan) {
    this.#panel = panel;
    this.#span = span;
    const hours = span.toHour - span.fromHour;
    const blank = (width: number) => new Float64Array(hours * width).fill(Number.NaN);
    this.#fields = new Map(['rank', ...targetFields].map((name) => [name, blank(panel.symbols.length)]));
    this.#equity = blank(1);
    this.#digest = blank(1);
  }

  around(strategy: Strategy): Strategy {
    return {
      ...strategy,
      decide: (slice, account) => {
        const targets = strategy.decide(slice, account);
        if (Array.isArray(targets)) this.#take(slice, account.equity, targets as readonly Target[]);
        return targets;
      },
    };
  }

  columns(): readonly ObservedColumn[] {
    const fromHour = this.#span.fromHour - 1;
    const market = { fromHour, symbols: [''] };
    return [
      ...[...this.#fields].map(([name, values]) => ({
        ...{ name: `orders.${name}`, fromHour, symbols: this.#panel.symbols, values },
      })),
      { name: 'orders.digest', ...market, values: this.#digest },
      { name: 'equity', ...market, values: this.#equity },
    ];
  }

  #take(slice: Slice, equity: number, targets: readonly Target[]): void {
    const coins = this.#panel.symbols.length;
    const row = Math.floor(hourAt(this.#panel, slice.timeMs)) - this.#span.fromHour;
    const digest = new RunningDigest();
    digest.number(this.#digest[row]!);
    for (const values of this.#fields.values()) values.fill(Number.NaN, row * coins, (row + 1) * coins);
    for (const [rank, target] of targets.entries()) {
      digest.name(JSON.stringify(target));
      const cell = row * coins + target.coin;
      this.#fields.get('rank')![cell] = rank;
      for (const field of targetFields) this.#fields.get(field)![cell] = target[field] ?? Number.NaN;
    }
    this.#digest[row] = digest.state()[0];
    this.#equity[row] = equity;
  }
}
