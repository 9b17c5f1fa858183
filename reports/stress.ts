/**
 * What an hour did to an account under several leverages and margin modes, each lived through twice: by hourly bars with the
 * adverse extreme first, and by finer bars. Fractions, never per cent; money in quote currency; times epoch ms UTC.
 */

export interface StressResult {
  readonly scenario: string;
  readonly strategy: string;
  readonly dataset: { readonly name: string; readonly hash: string };
  readonly fromMs: number;
  readonly toMs: number;
  /** Opening of the hour that is looked at. */
  readonly atMs: number;
  /** Length of the finer bars; null where there are none or none were wanted. */
  readonly detailMinutes: number | null;
  readonly rows: readonly StressRow[];
  readonly positions: readonly StressPosition[];
  readonly curves: readonly StressCurve[];
}

export type StressMargin = 'cross' | 'isolated';

export interface StressCase {
  /** Of the account's futures positions. */
  readonly leverage: number;
  readonly margin: StressMargin;
}

export interface StressRow extends StressCase {
  readonly hourly: StressFigures;
  readonly detail: StressFigures | null;
  /** By how much the hourly run's hour was worse than that of the finer bars: their return less its return; null without one. */
  readonly hourlyWorseBy: number | null;
}

export interface StressFigures {
  readonly totalReturn: number;
  /** Positive fraction, from hourly marks. */
  readonly maxDrawdown: number;
  readonly trades: number;
  readonly runLiquidations: number;
  readonly runInsurance: number;
  /** Equity at the opening of the hour and at its close. */
  readonly equityBefore: number;
  readonly equityAfter: number;
  /** Return of the hour; null where there was no equity left to lose. */
  readonly hourReturn: number | null;
  /** The same, had every stop filled at the worst price of the bar it was reached in; a bound, not an estimate. */
  readonly hourReturnAtWorst: number | null;
  /** Positions held into the hour or opened at its opening. */
  readonly held: number;
  /** How many of them the finer bars know; 0 for the hourly run. */
  readonly heldWithDetail: number;
  readonly stops: number;
  /** Stops that filled beyond their level because a bar opened there. */
  readonly gappedStops: number;
  readonly liquidations: number;
  readonly clearanceFees: number;
  readonly insurance: number;
}

/** One position of the hour in both runs of a case; null where a run did not hold it. */
export interface StressPosition extends StressCase {
  readonly symbol: string;
  readonly market: string;
  readonly side: 1 | -1;
  readonly entryMs: number;
  readonly entryPrice: number;
  /** Where its stop stood by its entry; null without one. */
  readonly stopLevel: number | null;
  readonly hourly: StressEnd | null;
  readonly detail: StressEnd | null;
  /** How much worse the hourly fill was than the finer bars', fraction of the entry price; null unless both filled. */
  readonly hourlyWorseBy: number | null;
}

export interface StressEnd {
  /** `survived`, or the exit's reason. */
  readonly outcome: string;
  /** Open of the bar in which it ended; null where it survived, as the prices. */
  readonly timeMs: number | null;
  readonly price: number | null;
  /** The stop's level, or the mark that set off a liquidation. */
  readonly level: number | null;
  /** Worst price for the position in that bar: as far as the fill can be from the truth. */
  readonly worst: number | null;
}

/** Equity around the hour. */
export interface StressCurve extends StressCase {
  readonly resolution: 'hourly' | 'detail';
  readonly timeMs: readonly number[];
  readonly equity: readonly number[];
}

/** `5×, cross`. */
export function caseName({ leverage, margin }: StressCase): string {
  return `${leverage}×, ${margin}`;
}
