/** Editions of what an exchange publishes per market, and which of them holds for a coin at a time. */
import { assertInvariant } from '../invariant.ts';
import { dayMs } from '../panel/hours.ts';

export interface DatedTable<Value> {
  readonly effectiveMs: number;
  readonly bySymbol: ReadonlyMap<string, Value>;
}

/** How far a span lies before what is known of it. */
export interface UndatedSpan {
  /** Coins that were judged by an edition younger than the time. */
  readonly coins: number;
  /** Days, with their fraction, of the coin for which that was longest. */
  readonly days: number;
}

/**
 * One row per coin and edition that has the coin. For each coin the newest edition at or before the time is in force, before
 * its oldest the oldest. Of two editions with the same time the later given counts.
 */
export class DatedRows<Value> {
  /** What the editions say, by row: a coin's rows lie side by side, oldest first. */
  readonly values: readonly Value[];
  /** Row in force of each coin; -1 where no edition has it. */
  readonly rowOf: Int32Array;
  /** First row of each coin, and one past the last row of all. */
  readonly #firstRow: Int32Array;
  readonly #effectiveMs: Float64Array;
  /** Nothing changes in [from, until). */
  #fromMs = Number.NaN;
  #untilMs = Number.NaN;

  constructor(symbols: readonly string[], tables: readonly DatedTable<Value>[]) {
    for (const { effectiveMs } of tables) {
      assertInvariant(!Number.isNaN(effectiveMs), 'an edition has a time from which it holds');
    }
    const sorted = tables.toSorted((a, b) => a.effectiveMs - b.effectiveMs);
    const values: Value[] = [];
    const times: number[] = [];
    this.#firstRow = new Int32Array(symbols.length + 1);
    for (const [coin, symbol] of symbols.entries()) {
      for (const { effectiveMs, bySymbol } of sorted) {
        const value = bySymbol.get(symbol);
        if (value === undefined) continue;
        values.push(value);
        times.push(effectiveMs);
      }
      this.#firstRow[coin + 1] = values.length;
    }
    this.values = values;
    this.#effectiveMs = Float64Array.from(times);
    this.rowOf = new Int32Array(symbols.length);
    this.moveTo(Number.NEGATIVE_INFINITY);
  }

  /** Puts the editions of a time in force; forward and backward. True where any coin's row may have changed. */
  moveTo(timeMs: number): boolean {
    if (timeMs >= this.#fromMs && timeMs < this.#untilMs) return false;
    let fromMs = Number.NEGATIVE_INFINITY;
    let untilMs = Number.POSITIVE_INFINITY;
    for (let coin = 0; coin < this.rowOf.length; coin += 1) {
      const first = this.#firstRow[coin]!;
      const end = this.#firstRow[coin + 1]!;
      let row = first;
      while (row + 1 < end && this.#effectiveMs[row + 1]! <= timeMs) row += 1;
      this.rowOf[coin] = first === end ? -1 : row;
      if (row > first) fromMs = Math.max(fromMs, this.#effectiveMs[row]!);
      if (row + 1 < end) untilMs = Math.min(untilMs, this.#effectiveMs[row + 1]!);
    }
    this.#fromMs = fromMs;
    this.#untilMs = untilMs;
    return true;
  }

  /** How much of [fromMs, toMs) lies before the oldest edition of a coin; coins in no edition do not count. */
  undatedDays(fromMs: number, toMs: number): UndatedSpan {
    let coins = 0;
    let days = 0;
    for (let coin = 0; coin < this.rowOf.length; coin += 1) {
      const first = this.#firstRow[coin]!;
      if (first === this.#firstRow[coin + 1]!) continue;
      const undated = (Math.min(toMs, this.#effectiveMs[first]!) - fromMs) / dayMs;
      if (!(undated > 0)) continue;
      coins += 1;
      days = Math.max(days, undated);
    }
    return { coins, days };
  }
}
