/** A coin's bars as rows that can be dropped, doubled, moved and changed, and back as columns. */

/** Columns of equal length. */
export interface BarColumns {
  /** Generated hour at which each bar opens. */
  readonly hour: Int32Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  readonly quoteVolume: Float64Array;
  readonly trades: Int32Array;
}

export interface BarRow {
  readonly hour: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly quoteVolume: number;
  readonly trades: number;
}

export function rowsOf(columns: BarColumns): readonly BarRow[] {
  const { open, high, low, close, volume, quoteVolume, trades } = columns;
  return Array.from(columns.hour, (hour, row) => ({
    hour,
    open: open[row]!,
    high: high[row]!,
    low: low[row]!,
    close: close[row]!,
    volume: volume[row]!,
    quoteVolume: quoteVolume[row]!,
    trades: trades[row]!,
  }));
}

export function columnsOf(rows: readonly BarRow[]): BarColumns {
  const doubles = (pick: (row: BarRow) => number) => Float64Array.from(rows, pick);
  return {
    hour: Int32Array.from(rows, ({ hour }) => hour),
    open: doubles(({ open }) => open),
    high: doubles(({ high }) => high),
    low: doubles(({ low }) => low),
    close: doubles(({ close }) => close),
    volume: doubles(({ volume }) => volume),
    quoteVolume: doubles(({ quoteVolume }) => quoteVolume),
    trades: Int32Array.from(rows, ({ trades }) => trades),
  };
}
