/** The parts of a computation of columns: what the whole market shares, blocks of coins, and cross-sections; also as tasks of a worker. */
import type { Panel } from '../panel/panel.ts';
import type { Rows } from '../panel/rows.ts';
import { CoinRange, marketBorn, marketValues } from './coin-range.ts';
import { bornHour } from './features/coin-window.ts';
import type { CoinFeature, CrossSectionFeature, MarketFeature } from './features/feature.ts';
import type { ColumnInputs } from './features/inputs.ts';
import { featuresWith } from './features/registry.ts';
import { type ColumnPlan, ELIGIBLE, planOf } from './plan.ts';

/** Columns over panel hours [fromHour, toHour); row 0 is that of `rowsFromHour`. */
export interface ColumnSpan {
  readonly inputs: ColumnInputs;
  /** Of all features of a plan. */
  readonly rows: readonly Rows[];
  readonly rowsFromHour: number;
  readonly fromHour: number;
  readonly toHour: number;
  /** Cross-sections that are kept in single precision, instead of rows. */
  readonly narrow?: readonly NarrowRows[];
}

/** `[hour][coin]`, cast once. */
export interface NarrowRows {
  readonly name: string;
  readonly coins: number;
  readonly values: Float32Array;
}

export interface SpanTask extends ColumnSpan {
  readonly plan: readonly string[];
  readonly modules: readonly string[];
  /** Tells the tasks of one computation from those of another. */
  readonly computation: number;
}

export interface CoinTask extends SpanTask {
  readonly fromCoin: number;
  readonly toCoin: number;
}

/** Coins whose values are written together: eight doubles are one cache line of a time-major row. */
const COINS_PER_LINE = 8;

let computations = 0;

/** A number that no other computation of this thread has. */
export function nextComputation(): number {
  computations += 1;
  return computations;
}

/** What a plan is made again from. */
export function namesOf({ market, coin, crossSection }: ColumnPlan): readonly string[] {
  return [...market, ...coin, ...crossSection].map(({ name }) => name);
}

/** A market's series stands in the row of every coin. */
export function fillMarket(span: ColumnSpan, features: readonly MarketFeature[]): void {
  for (const feature of features) {
    const { coins, values } = rowsNamed(span, feature.name);
    const series = marketValues(span.inputs, feature, span.fromHour, span.toHour);
    for (const [index, value] of series.entries()) {
      const cell = (span.fromHour - span.rowsFromHour + index) * coins;
      values.fill(value, cell, cell + coins);
    }
  }
}

export function fillCoins(
  span: ColumnSpan,
  features: readonly CoinFeature[],
  range: CoinRange,
  fromCoin: number,
  toCoin: number,
): void {
  const { rowsFromHour, fromHour, toHour } = span;
  const columns = features.map(({ name }) => rowsNamed(span, name));
  const hours = toHour - fromHour;
  // `[feature][hour][coin of the line]`
  const lines = new Float64Array(columns.length * hours * COINS_PER_LINE);
  for (let coin = fromCoin; coin < toCoin; coin += COINS_PER_LINE) {
    const width = Math.min(COINS_PER_LINE, toCoin - coin);
    for (let lane = 0; lane < width; lane += 1) {
      range.coin(coin + lane, (feature, values, base, from, to) => {
        let at = (feature * hours + from - fromHour) * COINS_PER_LINE + lane;
        for (let hour = from; hour < to; hour += 1, at += COINS_PER_LINE) lines[at] = values[hour - base]!;
      });
    }
    for (const [feature, column] of columns.entries()) {
      let at = feature * hours * COINS_PER_LINE;
      let cell = (fromHour - rowsFromHour) * column.coins + coin;
      for (let hour = 0; hour < hours; hour += 1, at += COINS_PER_LINE, cell += column.coins) {
        for (let lane = 0; lane < width; lane += 1) column.values[cell + lane] = lines[at + lane]!;
      }
    }
  }
}

/** Fills the rows of cross-sections from those of their inputs, hour by hour. */
export function fillCrossSections(span: ColumnSpan, features: readonly CrossSectionFeature[]): void {
  if (features.length === 0) return;
  const { panel } = span.inputs;
  const eligible = rowsNamed(span, ELIGIBLE);
  const columns = features.map((feature) => ({
    feature,
    column: span.narrow?.find(({ name }) => name === feature.name) ?? rowsNamed(span, feature.name),
    inputs: feature.inputs.map((name) => rowsNamed(span, name)),
  }));
  const born = new BornHours(panel);
  const out = new Float64Array(panel.symbols.length);
  for (let hour = span.fromHour; hour < span.toHour; hour += 1) {
    const row = hour - span.rowsFromHour;
    for (const { feature, column, inputs } of columns) {
      out.fill(Number.NaN);
      feature.compute(
        inputs.map((input) => rowOf(input, row)),
        rowOf(eligible, row),
        out,
      );
      maskCrossSection(feature, out, hour, born);
      column.values.set(out, row * column.coins);
    }
  }
}

/** NaN where the coin, or for all coins the market, has not lived through the feature's warm-up. */
function maskCrossSection(
  feature: CrossSectionFeature,
  out: Float64Array,
  hour: number,
  born: BornHours,
): void {
  if (feature.marketWide === true && hour < born.market(hour) + feature.warmupHours) {
    out.fill(Number.NaN);
    return;
  }
  const coins = feature.marketWide === true ? null : born.coins(hour);
  for (let coin = 0; coin < out.length; coin += 1) {
    const isYoung = coins !== null && hour < coins[coin]! + feature.warmupHours;
    if (isYoung || !Number.isFinite(out[coin])) out[coin] = Number.NaN;
  }
}

/** First hour of the life that each coin is in. */
class BornHours {
  readonly #panel: Panel;
  readonly #gaps: boolean;

  constructor(panel: Panel) {
    this.#panel = panel;
    this.#gaps = (panel.life?.gaps.length ?? 0) > 0;
  }

  coins(hour: number): Int32Array {
    const { firstHour } = this.#panel;
    return this.#gaps ? firstHour.map((_, coin) => bornHour(this.#panel, coin, hour)) : firstHour;
  }

  market(hour: number): number {
    return marketBorn(this.#panel, hour);
  }
}

function rowOf(rows: Rows, row: number): Float64Array {
  return rows.values.subarray(row * rows.coins, (row + 1) * rows.coins);
}

function rowsNamed(span: ColumnSpan, name: string): Rows {
  return span.rows.find((rows) => rows.name === name)!;
}

interface Kept {
  readonly computation: number;
  readonly plan: ColumnPlan;
  readonly inputs: ColumnInputs;
  readonly range: CoinRange;
}

/** What this thread keeps from task to task of one computation: each task comes with a copy of the same inputs. */
let kept: Kept | null = null;

async function keptOf(task: SpanTask): Promise<Kept> {
  if (kept?.computation === task.computation) return kept;
  const { inputs, fromHour, toHour, computation } = task;
  const plan = planOf(task.plan, await featuresWith(task.modules));
  kept = { computation, plan, inputs, range: new CoinRange(inputs, plan.coin, fromHour, toHour) };
  return kept;
}

/** Runs in a worker. */
export async function coinTask(task: CoinTask): Promise<void> {
  const { plan, range, inputs } = await keptOf(task);
  fillCoins({ ...task, inputs }, plan.coin, range, task.fromCoin, task.toCoin);
}

/** Runs in a worker. */
export async function crossSectionTask(task: SpanTask): Promise<void> {
  const { crossSection } = planOf(task.plan, await featuresWith(task.modules));
  fillCrossSections(task, crossSection);
}
