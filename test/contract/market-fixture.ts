/**
 * A market small enough to reckon with by hand: three coins, two days from 2024-01-01 00:00 UTC.
 *
 * | coin | bars | what it is for |
 * |---|---|---|
 * | 0 | every hour, open 100, close 100 | the calm one; pays 1 % funding every 8 hours |
 * | 1 | hours 5 to 19, none in 10 to 12 | late listing, halt, end of life |
 * | 2 | every hour, opening at 50, falling to 40 at hour 6 | a gap, and a way down for stops |
 */
import { Order } from '../../engine/execution/orders.ts';
import { sealRows, symbolLanes } from '../../engine/panel/fingerprint.ts';
import { type BarRow, type Panel, panelFromBars } from '../../engine/panel/panel.ts';
import { emptyRows, type Rows } from '../../engine/panel/rows.ts';

export const startMs = Date.UTC(2024, 0, 1);
export const hourMs = 3_600_000;
export const hours = 48;
export const symbols = ['CALMUSDT', 'LATEUSDT', 'FALLUSDT'];
export const [CALM, LATE, FALL] = [0, 1, 2] as const;
export const takerFeeBps = 5;
export const slippageBps = 2;
export const capital = 10_000;

export interface History {
  readonly panel: Panel;
  readonly columns: readonly Rows[];
}

export function stamp(hour: number): number {
  return startMs + hour * hourMs;
}

/** `change` is applied to every price and score from `changedFromHour` on. */
export function history(
  changedFromHour = hours,
  change: (value: number) => number = (value) => value,
): History {
  const bars: BarRow[] = [];
  for (const [coin, symbol] of symbols.entries()) {
    for (let hour = 0; hour < hours; hour += 1) {
      const price = priceAt(coin, hour);
      if (price === null) continue;
      const [open, close] = hour >= changedFromHour ? [change(price), change(price)] : [price, price];
      bars.push({ symbol, timeMs: stamp(hour), open, high: open + 1, low: open - 1, close });
    }
  }
  const funding = [0, 8, 16, 24, 32, 40].map((hour) => ({
    symbol: symbols[CALM]!,
    timeMs: stamp(hour),
    rate: 0.01,
  }));
  const panel = panelFromBars(bars, funding);
  return { panel, columns: [scoreColumn(panel, changedFromHour, change)] };
}

export function priceAt(coin: number, hour: number): number | null {
  if (coin === CALM) return 100;
  if (coin === FALL) return hour < 6 ? 50 : 40;
  const listed = hour >= 5 && hour < 20;
  const halted = hour >= 10 && hour < 13;
  return listed && !halted ? 20 : null;
}

function scoreColumn(panel: Panel, changedFromHour: number, change: (value: number) => number): Rows {
  const rows = emptyRows('score', symbols.length, hours);
  for (let hour = 0; hour < hours; hour += 1) {
    for (let coin = 0; coin < symbols.length; coin += 1) {
      const score = scoreAt(coin, hour);
      rows.values[hour * symbols.length + coin] = hour >= changedFromHour ? change(score) : score;
    }
  }
  sealRows(rows, symbolLanes(symbols), panel.startMs);
  return rows;
}

/** NaN where the coin has no bar. */
export function scoreAt(coin: number, hour: number): number {
  return priceAt(coin, hour) === null ? Number.NaN : hour + coin / 10;
}

/** An entry decided and to be filled at the open of `hour`, sized by the close before it. */
export function entry(
  coin: number,
  hour: number,
  terms: {
    readonly side?: 1 | -1;
    readonly notional?: number;
    readonly stop?: number;
    readonly target?: number;
    readonly holdHours?: number;
  } = {},
): Order {
  const { side = 1, notional = 1_000, stop, target, holdHours } = terms;
  const wanted = {
    coin,
    side,
    notional,
    score: 1,
    ...(stop === undefined ? {} : { stopLossFraction: stop }),
    ...(target === undefined ? {} : { takeProfitFraction: target }),
    ...(holdHours === undefined ? {} : { holdHoursMax: holdHours }),
  };
  const quantity = notional / (priceAt(coin, hour - 1) ?? Number.NaN);
  return new Order(wanted, symbols[coin]!, side, 'entry', stamp(hour), quantity, [1, 2]);
}

/** An exit of whatever is open in the coin. */
export function exit(coin: number, hour: number, side: 1 | -1 = 1): Order {
  return new Order({ coin, side: 0 }, symbols[coin]!, side, 'exit', stamp(hour), Number.NaN, [1, 2]);
}
