/**
 * What was held when, read back from the books after the run: exposure per hour, how far each trade went against and for
 * us, and the hours for which no funding was on record. All of it is arithmetic over trades, open positions and bars, so
 * none of it burdens the fold.
 */
import { exitReasons } from '../journal/records.ts';
import { BAR_WIDTH, CLOSE, HIGH, hourAt, LOW, OPEN, type Panel } from '../panel/panel.ts';
import type { Market } from '../simulator/rules.ts';
import type { PositionView } from './account.ts';
import type { TradeColumns } from './ledger.ts';

/** One stay in a coin: open at the closes of hours [entryHour, exitHour); what is stamped at exitHour still meets it. */
export interface Holding {
  readonly coin: number;
  readonly market: Market;
  readonly side: number;
  readonly quantity: number;
  readonly entryHour: number;
  readonly exitHour: number;
}

export interface Exposure {
  /** Notional at the close of each panel hour, >= 0. */
  readonly longNotional: Float64Array;
  readonly shortNotional: Float64Array;
  /** Open positions at the close of each panel hour. */
  readonly positions: Int32Array;
  /** Sum over all hours of notional held; of futures alone; and the part of that for which no funding row was on record. */
  readonly notionalHours: number;
  readonly fundedNotionalHours: number;
  readonly uncoveredNotionalHours: number;
}

/** Exposure of closed trades and open positions; `toHour` is one past the last hour of the run. */
export function exposureOf(
  panel: Panel,
  trades: TradeColumns,
  open: readonly PositionView[],
  toHour: number,
): Exposure {
  const longNotional = new Float64Array(panel.hours);
  const shortNotional = new Float64Array(panel.hours);
  const positions = new Int32Array(panel.hours);
  let notionalHours = 0;
  let fundedNotionalHours = 0;
  let uncoveredNotionalHours = 0;
  const countedTo = new Map<number, number>();
  for (const holding of holdingsOf(panel, trades, open, toHour)) {
    // Parts of one position, closed one after the other, are counted as one.
    const key =
      (holding.entryHour * panel.symbols.length + holding.coin) * 2 + (holding.market === 'spot' ? 1 : 0);
    const counted = countedTo.get(key) ?? holding.entryHour;
    countedTo.set(key, Math.max(counted, holding.exitHour));
    const side = holding.side > 0 ? longNotional : shortNotional;
    const row = rowOf(panel, holding.coin, holding.market);
    let close = Number.NaN;
    for (let hour = holding.entryHour; hour < holding.exitHour; hour += 1) {
      const known = panel.bars[(row * panel.hours + hour) * BAR_WIDTH + CLOSE]!;
      if (known === known) close = known * unitFactor(panel, holding.coin, hour, holding.exitHour);
      // Before its coin had this name a renamed position is in another unit; its notional of then is not reckoned.
      const notional = close === close ? holding.quantity * close : 0;
      side[hour] = side[hour]! + notional;
      if (hour >= counted) positions[hour] = positions[hour]! + 1;
      notionalHours += notional;
      if (holding.market === 'spot') continue;
      fundedNotionalHours += notional;
      if (!isCovered(panel, holding.coin, hour)) uncoveredNotionalHours += notional;
    }
  }
  return {
    longNotional,
    shortNotional,
    positions,
    notionalHours,
    fundedNotionalHours,
    uncoveredNotionalHours,
  };
}

/** What a coin's prices of `hour` are multiplied by to stand in the unit it has at `asOfHour`: 1 where it was never redenominated. */
export function unitFactor(panel: Panel, coin: number, hour: number, asOfHour: number): number {
  let factor = 1;
  for (const rename of panel.life?.renames ?? []) {
    if (rename.from !== coin || rename.to !== coin) continue;
    if (rename.hour > hour && rename.hour <= asOfHour) factor *= rename.factor;
  }
  return factor;
}

/** Row of `panel.bars` with the trade prices of a coin in a market; the perpetual stands in for a missing spot market. */
function rowOf(panel: Panel, coin: number, market: Market): number {
  const row = market === 'spot' ? (panel.series?.spotRow[coin] ?? -1) : -1;
  return row < 0 ? coin : row;
}

/** Closed trades, or the parts of positions closed one by one, and then what is still open; `toHour` is one past the run's last hour. */
export function* holdingsOf(
  panel: Panel,
  trades: TradeColumns,
  open: readonly PositionView[],
  toHour: number,
): Generator<Holding> {
  for (let row = 0; row < trades.count; row += 1) {
    yield {
      coin: trades.coin[row]!,
      market: trades.market[row] === 1 ? 'spot' : 'usdm',
      side: trades.side[row]!,
      quantity: trades.quantity[row]!,
      entryHour: trades.entryHour[row]!,
      exitHour: trades.exitHour[row]!,
    };
  }
  for (const position of open) {
    yield { ...position, entryHour: Math.floor(hourAt(panel, position.entryMs)), exitHour: toHour };
  }
}

/** The longest interval at which a perpetual settles. */
const FUNDING_INTERVAL_HOURS_MAX = 8;

/**
 * Holding through an hour is covered where the coin has a settlement on record within the eight hours that follow. In the
 * last hours of the coin or of the data no further one could exist; there the one before counts.
 */
function isCovered(panel: Panel, coin: number, hour: number): boolean {
  const end = panel.endHour[coin]!;
  const ahead = Math.min(hour + FUNDING_INTERVAL_HOURS_MAX, panel.hours - 1);
  for (let stamp = hour + 1; stamp <= ahead; stamp += 1) if (settles(panel, coin, stamp)) return true;
  for (let stamp = hour; stamp >= end - FUNDING_INTERVAL_HOURS_MAX && stamp >= 0; stamp -= 1) {
    if (settles(panel, coin, stamp)) return true;
  }
  return false;
}

function settles({ funding, symbols }: Panel, coin: number, stamp: number): boolean {
  const row = funding.rowOf[stamp]!;
  return row >= 0 && !Number.isNaN(funding.rate[row * symbols.length + coin]);
}

export interface Excursions {
  /** Largest move against the position, as a fraction of the entry price, >= 0. */
  readonly adverse: Float64Array;
  /** Largest move for the position, as a fraction of the entry price, >= 0. */
  readonly favourable: Float64Array;
}

/**
 * Maximum adverse and favourable excursion of every trade, from hourly bars. The bar of the exit counts only up to the
 * exit: its open and the exit price, since what came after is not ours.
 */
export function excursionsOf(panel: Panel, trades: TradeColumns): Excursions {
  const adverse = new Float64Array(trades.count);
  const favourable = new Float64Array(trades.count);
  for (let row = 0; row < trades.count; row += 1) {
    const entry = trades.entryPrice[row]!;
    const side = trades.side[row]!;
    const range = heldRange(panel, trades, row);
    adverse[row] = Math.max(0, side > 0 ? entry - range.low : range.high - entry) / entry;
    favourable[row] = Math.max(0, side > 0 ? range.high - entry : entry - range.low) / entry;
  }
  return { adverse, favourable };
}

function heldRange(panel: Panel, trades: TradeColumns, row: number): { low: number; high: number } {
  const { bars, hours } = panel;
  const market = trades.market[row] === 1 ? 'spot' : 'usdm';
  const base = rowOf(panel, trades.coin[row]!, market) * hours * BAR_WIDTH;
  const exitHour = trades.exitHour[row]!;
  const reason = exitReasons[trades.exitReason[row]!]!;
  const livedLastBar = reason === 'delist' || reason === 'end-of-data';
  let low = Math.min(trades.entryPrice[row]!, trades.exitPrice[row]!);
  let high = Math.max(trades.entryPrice[row]!, trades.exitPrice[row]!);
  for (let hour = trades.entryHour[row]!; hour <= exitHour; hour += 1) {
    const bar = base + hour * BAR_WIDTH;
    const whole = hour < exitHour || livedLastBar;
    const unit = unitFactor(panel, trades.coin[row]!, hour, exitHour);
    const down = bars[bar + (whole ? LOW : OPEN)]! * unit;
    const up = bars[bar + (whole ? HIGH : OPEN)]! * unit;
    if (down < low) low = down;
    if (up > high) high = up;
  }
  return { low, high };
}
