/** One cross-section of the panel, as of a time: what a strategy sees, and all that it sees of the market. */
export interface Slice {
  /** The decision time, epoch ms UTC. Every bar in the slice closed at or before it. */
  readonly timeMs: number;
  readonly symbols: readonly string[];
  /** A declared column, one value per coin in panel order; NaN where there is none. A copy, good until the next slice. */
  column(name: string): Float64Array;
  /** Close of the coin's newest closed bar if that bar ended at this slice's time; NaN otherwise. */
  close(coin: number): number;
  /** Hashes of the closes and of the declared columns' rows, two words each: what signal digests absorb. */
  hashWords(): Int32Array;
}
