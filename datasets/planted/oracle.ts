/**
 * What the planted signals are worth, measured on the market that was made: the mean daily rank correlation between a column
 * at the day's close and the residual return over the days that follow. No honest model of these columns can do better.
 */
import type { Table } from '../../engine/journal/tables.ts';
import { spearman } from '../../engine/stats/spearman.ts';
import { alphaNames } from './alpha/component.ts';
import type { Market, PlantedCoin } from './market.ts';
import { burnInDays } from './settings.ts';

const oracleHorizons = [1, 3, 7] as const;

export interface OracleIc {
  /** The first hidden state, a stored column, or the signal of an alpha as `alphaNames` has it, or of the news. */
  readonly column: string;
  readonly horizonDays: number;
  /** Mean and standard deviation of the daily rank correlations; NaN where there was no complete day. */
  readonly mean: number;
  readonly deviation: number;
  readonly days: number;
}

/** What the measurement needs of one coin, by generated day; NaN on days that end outside its life. */
export interface OracleCoin {
  /** Residual log return up to the day's close. */
  readonly residual: Float64Array;
  /** Columns by name: `state`, `score`, `logit` and the signals of the alphas that are switched on. */
  readonly columns: ReadonlyMap<string, Float64Array>;
}

/** Null for a coin in which no signal is planted. */
export function oracleCoin(market: Market, coin: PlantedCoin): OracleCoin | null {
  const { scores, truth } = coin;
  if (scores === null || truth.states === null) return null;
  const { first } = truth.states;
  const residual = new Float64Array(market.days).fill(Number.NaN);
  const lives = new Uint8Array(market.days);
  let sum = 0;
  for (let day = 0; day < market.days; day += 1) {
    for (let hour = day * 24; hour < day * 24 + 24; hour += 1) sum += truth.residual[hour]!;
    const last = day * 24 + 23;
    if (last < coin.fromHour || last >= coin.toHour) continue;
    lives[day] = 1;
    residual[day] = sum;
  }
  const whileAlive = (at: (day: number) => number) =>
    Float64Array.from(lives, (alive, day) => (alive === 1 ? at(day) : Number.NaN));
  const columns = new Map([
    ['state', whileAlive((day) => first[day]!)],
    ['score', whileAlive((day) => scores.score[day * 24 + 23 - coin.fromHour]!)],
    ['logit', whileAlive((day) => scores.logit[day * 24 + 23 - coin.fromHour]!)],
  ]);
  for (const [name, { signal }] of truth.alphas) {
    if (name !== 'core')
      columns.set(
        name,
        whileAlive((day) => signal[day]!),
      );
  }
  const { news } = truth;
  if (news !== null)
    columns.set(
      'news',
      whileAlive((day) => news.signal[day]!),
    );
  return { residual, columns };
}

/** Columns in a fixed order, those of switched-off alphas left out. */
export function measureOracle(market: Market, coins: readonly OracleCoin[]): readonly OracleIc[] {
  const present = new Set(coins.flatMap(({ columns }) => [...columns.keys()]));
  return ['state', 'score', 'logit', ...alphaNames, 'news']
    .filter((column) => present.has(column))
    .flatMap((column) => oracleHorizons.map((horizonDays) => measureOne(market, coins, column, horizonDays)));
}

function measureOne(
  market: Market,
  coins: readonly OracleCoin[],
  column: string,
  horizonDays: number,
): OracleIc {
  const signals = coins.map(({ columns }) => columns.get(column));
  const daily: number[] = [];
  for (let day = burnInDays; day + horizonDays < market.days; day += 1) {
    const signal = signals.map((values) => values?.[day] ?? Number.NaN);
    const later = coins.map(({ residual }) => residual[day + horizonDays]! - residual[day]!);
    const ic = spearman(signal, later);
    if (!Number.isNaN(ic)) daily.push(ic);
  }
  const mean = daily.reduce((sum, ic) => sum + ic, 0) / daily.length;
  const squares = daily.reduce((sum, ic) => sum + (ic - mean) ** 2, 0);
  return {
    column,
    horizonDays,
    mean,
    deviation: Math.sqrt(squares / (daily.length - 1)),
    days: daily.length,
  };
}

export function oracleTable(measured: readonly OracleIc[]): Table {
  return {
    rows: measured.length,
    columns: {
      column: { type: 'text', values: measured.map(({ column }) => column) },
      horizon_days: { type: 'integer', values: Int32Array.from(measured, ({ horizonDays }) => horizonDays) },
      ic_mean: { type: 'double', values: Float64Array.from(measured, ({ mean }) => mean) },
      ic_deviation: { type: 'double', values: Float64Array.from(measured, ({ deviation }) => deviation) },
      days: { type: 'integer', values: Int32Array.from(measured, ({ days }) => days) },
    },
  };
}
