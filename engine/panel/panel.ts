/**
 * The panel: every bar of every coin over one span of hours, dense, on shared memory.
 *
 * Layout. Prices are one Float64 block, coin-major, with the four prices of a bar side by side:
 * `bars[(coin * hours + hour) * 4 + {open 0, high 1, low 2, close 3}]`. Following an open position is a linear read, and
 * one cache line carries two whole bars. Volumes are coin-major columns of their own (`[coin][hour]`).
 * An absent bar is NaN in all fields, and is never forward-filled.
 *
 * Masks. A coin is *listed* in hours [firstHour, endHour); it is *present* where it has a bar. Listed and not present is
 * a halt. `endHour === hours` means that the data end before the coin does.
 */
import { assertInvariant } from '../invariant.ts';
import { BAR_WIDTH, barLayout, CLOSE, HIGH, LOW, OPEN } from './bar.ts';
import { sealCloses, symbolLanes } from './fingerprint.ts';
import { hourMs } from './hours.ts';

export { BAR_WIDTH, barLayout, CLOSE, HIGH, LOW, OPEN } from './bar.ts';

const width = barLayout.BAR_WIDTH;

export interface Panel {
  /** Venue names, in panel order. Order carries no meaning but breaks ties. */
  readonly symbols: readonly string[];
  /** Open time of hour 0, epoch ms UTC, on the hour. */
  readonly startMs: number;
  readonly hours: number;
  /** `[coin][hour][open, high, low, close]`, NaN where absent. */
  readonly bars: Float64Array;
  /** Base-asset volume, `[coin][hour]`; null where it was not loaded. */
  readonly volume: Float64Array | null;
  /** Quote-asset volume, `[coin][hour]`; null where it was not loaded. */
  readonly quoteVolume: Float64Array | null;
  /** First listed hour of each coin. */
  readonly firstHour: Int32Array;
  /** One past the last listed hour of each coin. */
  readonly endHour: Int32Array;
  readonly funding: FundingRows;
  /** Two lanes per hour over the closes of all coins (see `fingerprint.ts`): every strategy may read them. */
  readonly closeHash: Int32Array;
  /** Other prices of the same coins; their bars lie in `bars` behind those of the coins. None if absent. */
  readonly series?: PriceSeries;
  /** What is known of the coins' lives beyond their first and last bar. Nothing if absent. */
  readonly life?: LifeEvents;
}

/** Rows of `panel.bars` beyond the coins' own, by coin; -1 where the coin has none. Row r begins at r * hours * 4. */
export interface PriceSeries {
  readonly markRow: Int32Array;
  readonly spotRow: Int32Array;
}

export interface LifeEvents {
  /** Coins whose bars end although the coin lived on (no delisting); by coin, 1 where so. */
  readonly dataEnds: Uint8Array;
  /** Coins known to have been delisted at `endHour`, by coin, 1 where so; where neither stands, the bars just end. */
  readonly delisted: Uint8Array;
  /** Earlier lives of coins that came back under the same name: hours without the coin between two of its lives. */
  readonly gaps: readonly LifeGap[];
  readonly renames: readonly Rename[];
}

/** The coin has no life in [fromHour, toHour); what came before is another life. */
export interface LifeGap {
  readonly coin: number;
  readonly fromHour: number;
  readonly toHour: number;
}

/** At the stamp of `hour` a position of `from` becomes one of `to`: quantity / factor, prices * factor. `from` may be `to`. */
export interface Rename {
  readonly hour: number;
  readonly from: number;
  readonly to: number;
  readonly factor: number;
}

/**
 * Recorded funding settlements: a row of all coins for every stamp at which any of them settles. Charging a position is one
 * look-up, and the rows of stamps at which nobody settles do not exist.
 */
export interface FundingRows {
  /** Row of each panel hour's stamp; -1 where no coin settles. */
  readonly rowOf: Int32Array;
  /** `[row][coin]`, fraction of notional; a long pays where it is positive. NaN where the coin does not settle. */
  readonly rate: Float64Array;
  /** `[row][coin]`, the price it is charged on; NaN where none was recorded. Empty where none was for any coin. */
  readonly mark: Float64Array;
}

export interface BarRow {
  readonly symbol: string;
  /** Open time, epoch ms UTC. */
  readonly timeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume?: number;
  readonly quoteVolume?: number;
}

export interface FundingRow {
  readonly symbol: string;
  readonly timeMs: number;
  readonly rate: number;
  readonly mark?: number;
}

/** Settlements within this long after an hour belong to it (recorded times jitter by some milliseconds). */
export const FUNDING_JITTER_MS = 60_000;

export function sharedFloat64(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}

export function sharedFloat32(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}

export function sharedInt32(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

/** Offset of a bar's open in `panel.bars`; high, low and close follow. */
export function barOffset(panel: Panel, coin: number, hour: number): number {
  return (coin * panel.hours + hour) * BAR_WIDTH;
}

export function closeAt(panel: Panel, coin: number, hour: number): number {
  return panel.bars[(coin * panel.hours + hour) * BAR_WIDTH + CLOSE] ?? Number.NaN;
}

/** Hour index of the bar that opens at `timeMs`; fractional where the time is off the hour. */
export function hourAt(panel: Panel, timeMs: number): number {
  return (timeMs - panel.startMs) / hourMs;
}

export function timeAt(panel: Panel, hour: number): number {
  return panel.startMs + hour * hourMs;
}

/** True where the coin has a bar in that hour. */
export function isPresent(panel: Panel, coin: number, hour: number): boolean {
  if (hour < 0 || hour >= panel.hours) return false;
  const open = panel.bars[(coin * panel.hours + hour) * width]!;
  return open === open;
}

/** True in the hours between a coin's first and last bar, halts included. */
export function isListed(panel: Panel, coin: number, hour: number): boolean {
  return hour >= panel.firstHour[coin]! && hour < panel.endHour[coin]!;
}

/** An empty panel on shared memory: all bars absent, no coin listed, no funding. */
export function emptyPanel(shape: {
  readonly symbols: readonly string[];
  readonly startMs: number;
  readonly hours: number;
  readonly volumes?: boolean;
}): Panel & { bars: Float64Array } {
  const coins = shape.symbols.length;
  const cells = coins * shape.hours;
  const volume = shape.volumes === true ? sharedFloat64(cells).fill(Number.NaN) : null;
  const quoteVolume = shape.volumes === true ? sharedFloat64(cells).fill(Number.NaN) : null;
  return {
    symbols: shape.symbols,
    startMs: shape.startMs,
    hours: shape.hours,
    bars: sharedFloat64(cells * BAR_WIDTH).fill(Number.NaN),
    volume,
    quoteVolume,
    firstHour: sharedInt32(coins).fill(shape.hours),
    endHour: sharedInt32(coins),
    funding: fundingFromRows([], shape.symbols, shape.startMs, shape.hours),
    closeHash: sharedInt32(shape.hours * 2),
  };
}

/**
 * A panel from loose rows, for tests, notebooks and small studies; a store loads its panels through its own cache.
 * Coins keep the order of their first row. Lives run from a coin's first bar to its last; a coin whose last bar is the
 * panel's last hour is taken to live on.
 *
 * @throws RangeError listing every row that cannot stand: a time off the hour, a price that is not positive and finite,
 *   high or low on the wrong side, a bar or a settlement given twice, a rate that is no number.
 */
export function panelFromBars(bars: readonly BarRow[], funding: readonly FundingRow[] = []): Panel {
  const faults: string[] = [];
  let startMs = Number.POSITIVE_INFINITY;
  let endMs = Number.NEGATIVE_INFINITY;
  const coinOf = new Map<string, number>();
  for (const [index, bar] of bars.entries()) {
    const fault = barFault(bar);
    if (fault !== null) faults.push(`bar ${index} (${bar.symbol} at ${bar.timeMs}): ${fault}`);
    if (!coinOf.has(bar.symbol)) coinOf.set(bar.symbol, coinOf.size);
    startMs = Math.min(startMs, bar.timeMs);
    endMs = Math.max(endMs, bar.timeMs + hourMs);
  }
  if (faults.length > 0) throw new RangeError(`panelFromBars: ${faults.join('; ')}`);
  const symbols = [...coinOf.keys()];
  const hours = bars.length === 0 ? 0 : (endMs - startMs) / hourMs;
  const panel = emptyPanel({ symbols, startMs: bars.length === 0 ? 0 : startMs, hours, volumes: true });
  for (const [index, bar] of bars.entries()) {
    const coin = coinOf.get(bar.symbol)!;
    const hour = (bar.timeMs - startMs) / hourMs;
    if (isPresent(panel, coin, hour))
      faults.push(`bar ${index} (${bar.symbol} at ${bar.timeMs}): given twice`);
    const offset = barOffset(panel, coin, hour);
    panel.bars[offset + OPEN] = bar.open;
    panel.bars[offset + HIGH] = bar.high;
    panel.bars[offset + LOW] = bar.low;
    panel.bars[offset + CLOSE] = bar.close;
    panel.volume![coin * hours + hour] = bar.volume ?? Number.NaN;
    panel.quoteVolume![coin * hours + hour] = bar.quoteVolume ?? Number.NaN;
    panel.firstHour[coin] = Math.min(panel.firstHour[coin]!, hour);
    panel.endHour[coin] = Math.max(panel.endHour[coin]!, hour + 1);
  }
  const settled = new Set<string>();
  for (const [index, { symbol, timeMs, rate }] of funding.entries()) {
    const place = `funding ${index} (${symbol} at ${timeMs})`;
    const stamp = `${symbol} ${fundingHour(timeMs, startMs)}`;
    if (!Number.isFinite(rate)) faults.push(`${place}: rate ${rate} must be a finite fraction`);
    if (settled.has(stamp)) faults.push(`${place}: the coin settles a second time at this stamp`);
    settled.add(stamp);
  }
  if (faults.length > 0) throw new RangeError(`panelFromBars: ${faults.join('; ')}`);
  sealCloses(panel, symbolLanes(symbols));
  return { ...panel, funding: fundingFromRows(funding, symbols, panel.startMs, hours) };
}

function barFault(bar: BarRow): string | null {
  if (!Number.isInteger(bar.timeMs / hourMs)) return 'its time is not on the hour';
  for (const price of [bar.open, bar.high, bar.low, bar.close]) {
    if (!(price > 0 && price < Number.POSITIVE_INFINITY)) return `price ${price} must be positive and finite`;
  }
  if (bar.high < Math.max(bar.open, bar.close)) return 'high lies below open or close';
  if (bar.low > Math.min(bar.open, bar.close)) return 'low lies above open or close';
  return null;
}

/**
 * Funding by stamp and coin. A settlement belongs to the hour whose stamp lies at most a minute before it; any other time is
 * charged at the next stamp. Rows of unknown symbols or outside the span are left out.
 */
export function fundingFromRows(
  rows: readonly FundingRow[],
  symbols: readonly string[],
  startMs: number,
  hours: number,
): FundingRows {
  const coinOf = new Map(symbols.map((symbol, coin) => [symbol, coin]));
  const settled = rows.flatMap(({ symbol, timeMs, rate, mark }) => {
    const coin = coinOf.get(symbol);
    const hour = fundingHour(timeMs, startMs);
    return coin === undefined || hour < 0 || hour >= hours
      ? []
      : [{ coin, hour, rate, mark: mark ?? Number.NaN }];
  });
  const marked = settled.some(({ mark }) => mark === mark);
  const funding = emptyFunding(
    symbols.length,
    hours,
    settled.map(({ hour }) => hour),
    marked,
  );
  for (const row of settled) addSettlement(funding, symbols.length, row);
  return funding;
}

/** Room for the settlements of the given stamps (panel hours, in any order, repeated at will). */
export function emptyFunding(
  coins: number,
  hours: number,
  stamps: Iterable<number>,
  marked: boolean,
): FundingRows {
  const rowOf = sharedInt32(hours).fill(-1);
  for (const hour of stamps) rowOf[hour] = 0;
  let rows = 0;
  for (let hour = 0; hour < hours; hour += 1) {
    if (rowOf[hour] === -1) continue;
    rowOf[hour] = rows;
    rows += 1;
  }
  return {
    rowOf,
    rate: sharedFloat64(rows * coins).fill(Number.NaN),
    mark: sharedFloat64(marked ? rows * coins : 0).fill(Number.NaN),
  };
}

/** Writes one settlement down. A coin settles at most once at a stamp: importers see to that. */
export function addSettlement(
  funding: FundingRows,
  coins: number,
  row: { readonly coin: number; readonly hour: number; readonly rate: number; readonly mark: number },
): void {
  const cell = funding.rowOf[row.hour]! * coins + row.coin;
  assertInvariant(Number.isNaN(funding.rate[cell]), 'a coin settles at most once at a stamp');
  funding.rate[cell] = row.rate;
  if (!Number.isNaN(row.mark)) funding.mark[cell] = row.mark;
}

export interface Settlement {
  /** Panel hour of the stamp. */
  readonly hour: number;
  readonly rate: number;
  /** NaN where none was recorded. */
  readonly mark: number;
}

/** The settlements of one coin, oldest first. */
export function settlementsOf(panel: Panel, coin: number): readonly Settlement[] {
  const { funding, hours, symbols } = panel;
  const settlements: Settlement[] = [];
  for (let hour = 0; hour < hours; hour += 1) {
    const row = funding.rowOf[hour]!;
    const cell = row * symbols.length + coin;
    if (row < 0 || Number.isNaN(funding.rate[cell])) continue;
    settlements.push({ hour, rate: funding.rate[cell]!, mark: funding.mark[cell] ?? Number.NaN });
  }
  return settlements;
}

/** Index of the stamp at which a settlement recorded at `timeMs` is charged. */
export function fundingHour(timeMs: number, startMs: number): number {
  return Math.ceil((timeMs - FUNDING_JITTER_MS - startMs) / hourMs);
}
