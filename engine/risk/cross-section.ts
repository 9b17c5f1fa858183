/**
 * A ranking needs a market to rank. When far fewer coins have a value than lately, the hour ranks whatever happened to be
 * collected; the decision is skipped, with the reason `thin-cross-section`.
 */
import type { Slice } from '../panel/slice.ts';
import type { Strategy } from '../strategy.ts';

/** Decisions looked back at. */
const MEMORY = 24;

export class CrossSectionGuard {
  readonly #minimumShare: number;
  #recent: number[] = [];

  /** `minimumShare` in [0, 1]: least share of the largest recent cross-section. 0 admits everything. */
  constructor(minimumShare: number) {
    this.#minimumShare = minimumShare;
  }

  /** Counts the coins that have a value in the first column the strategy declares. */
  admits(slice: Slice, strategy: Strategy): boolean {
    const name = strategy.columns[0];
    if (this.#minimumShare === 0 || name === undefined) return true;
    const count = presentCount(slice.column(name));
    const usual = Math.max(0, ...this.#recent);
    this.#recent.push(count);
    if (this.#recent.length > MEMORY) this.#recent.shift();
    return count >= usual * this.#minimumShare;
  }

  checkpoint(): readonly number[] {
    return [...this.#recent];
  }

  restore(recent: readonly number[]): void {
    this.#recent = [...recent];
  }
}

function presentCount(row: Float64Array): number {
  let count = 0;
  for (let coin = 0; coin < row.length; coin += 1) if (row[coin] === row[coin]) count += 1;
  return count;
}
