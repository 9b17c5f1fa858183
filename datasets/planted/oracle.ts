/**
 * What the planted signal is worth, measured on the market that was made: the mean daily rank correlation between a column
 * at the day's close and the residual return over the days that follow. No honest model of these columns can do better.
 */
import type { Table } from '../../engine/journal/tables.ts';
import { spearman } from '../../engine/stats/spearman.ts';
import type { Market, PlantedCoin } from './market.ts';
import { burnInDays } from './settings.ts';

const oracleHorizons = [1, 3, 7] as const;
export const oracleColumns = ['state', 'score', 'logit'] as const;
type OracleColumn = (typeof oracleColumns)[number];

export interface OracleIc {
  readonly column: OracleColumn;
  readonly horizonDays: number;
  /** Mean and standard deviation of the daily rank correlations; NaN where there was no complete day. */
  readonly mean: number;
  readonly deviation: number;
  readonly days: number;
}

/** Keeps of each coin what the measurement needs, so that the coin itself can go. */
export class Oracle {
  readonly #market: Market;
  readonly #coins: Record<OracleColumn | 'residual', Float64Array>[] = [];

  constructor(market: Market) {
    this.#market = market;
  }

  /** Takes the coin's values at each day's close; NaN on days that end outside its life. */
  add(coin: PlantedCoin): void {
    const { scores } = coin;
    if (scores === null) return;
    const days = this.#market.days;
    const empty = () => new Float64Array(days).fill(Number.NaN);
    const kept = { state: empty(), score: empty(), logit: empty(), residual: empty() };
    let residual = 0;
    for (let day = 0; day < days; day += 1) {
      for (let hour = day * 24; hour < day * 24 + 24; hour += 1) residual += coin.truth.residual[hour]!;
      const row = day * 24 + 23 - coin.fromHour;
      if (row < 0 || row >= coin.close.length) continue;
      kept.state[day] = coin.truth.state[day]!;
      kept.score[day] = scores.score[row]!;
      kept.logit[day] = scores.logit[row]!;
      kept.residual[day] = residual;
    }
    this.#coins.push(kept);
  }

  measure(): readonly OracleIc[] {
    return oracleColumns.flatMap((column) =>
      oracleHorizons.map((horizonDays) => this.#measureOne(column, horizonDays)),
    );
  }

  #measureOne(column: OracleColumn, horizonDays: number): OracleIc {
    const daily: number[] = [];
    for (let day = burnInDays; day + horizonDays < this.#market.days; day += 1) {
      const signal = this.#coins.map((coin) => coin[column][day]!);
      const later = this.#coins.map((coin) => coin.residual[day + horizonDays]! - coin.residual[day]!);
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
