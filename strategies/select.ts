/**
 * Choosing coins from one row of a cross-section. Both choices run at every decision of a backtest, so they are plain
 * loops over the typed row. Ties go to the lower coin index: comparisons are strict and the scan goes upward.
 */

export interface Extremes {
  /** Highest values, highest first. */
  readonly best: readonly number[];
  /** Lowest values, lowest first. */
  readonly worst: readonly number[];
}

/**
 * The `count` highest and `count` lowest coins of a row, by insertion into two short sorted lists. Coins without a finite
 * value, and those that `admits` turns down, are passed over; `admits` is asked only about coins that would be listed.
 * With fewer than twice `count` coins to choose from, a coin can stand in both lists.
 */
export function extremes(row: Float64Array, count: number, admits: (coin: number) => boolean): Extremes {
  const best: number[] = [];
  const worst: number[] = [];
  let lowestBest = Number.NEGATIVE_INFINITY;
  let highestWorst = Number.POSITIVE_INFINITY;
  for (let coin = 0; coin < row.length; coin += 1) {
    const value = row[coin]!;
    // False for NaN, and for infinities on the side where they would win nothing.
    if (!(value > lowestBest || value < highestWorst)) continue;
    if (!Number.isFinite(value) || !admits(coin)) continue;
    if (value > lowestBest) {
      let place = best.length < count ? best.length : count - 1;
      for (; place > 0 && row[best[place - 1]!]! < value; place -= 1) best[place] = best[place - 1]!;
      best[place] = coin;
      if (best.length === count) lowestBest = row[best[count - 1]!]!;
    }
    if (value < highestWorst) {
      let place = worst.length < count ? worst.length : count - 1;
      for (; place > 0 && row[worst[place - 1]!]! > value; place -= 1) worst[place] = worst[place - 1]!;
      worst[place] = coin;
      if (worst.length === count) highestWorst = row[worst[count - 1]!]!;
    }
  }
  return { best, worst };
}

/** Every coin whose value reaches the threshold, highest first. */
export function reaching(row: Float64Array, threshold: number): readonly number[] {
  const coins: number[] = [];
  const length = row.length;
  const whole = length - (length % 4);
  let coin = 0;
  // Few coins pass, so four are dismissed with one branch that is nearly always right: half the time of a plain scan.
  for (; coin < whole; coin += 4) {
    if (
      row[coin]! >= threshold ||
      row[coin + 1]! >= threshold ||
      row[coin + 2]! >= threshold ||
      row[coin + 3]! >= threshold
    ) {
      for (let each = coin; each < coin + 4; each += 1) if (row[each]! >= threshold) insert(coins, each, row);
    }
  }
  for (; coin < length; coin += 1) if (row[coin]! >= threshold) insert(coins, coin, row);
  return coins;
}

function insert(coins: number[], coin: number, row: Float64Array): void {
  const value = row[coin]!;
  let place = coins.length;
  for (; place > 0 && row[coins[place - 1]!]! < value; place -= 1) coins[place] = coins[place - 1]!;
  coins[place] = coin;
}
