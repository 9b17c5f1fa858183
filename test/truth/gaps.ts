/**
 * Every planted gap and wick as a case of its own: the bars around it, a position whose level lies where the event reaches it,
 * and the exit that follows from the prices by hand.
 */
import { plantFaults } from '../../datasets/planted/faults/plant.ts';
import type { PlantedCoin } from '../../datasets/planted/market.ts';
import { barColumnsOf } from '../../datasets/planted/tables.ts';
import type { ExitReason } from '../../engine/journal/records.ts';
import type { AccountRules } from '../../engine/simulator/rules.ts';
import type { Target } from '../../engine/strategy.ts';

export interface HandCase {
  readonly kind: 'gap, stop' | 'gap, liquidation' | 'wick, stop' | 'wick, target' | 'wick, liquidation';
  readonly what: string;
  /** Open, high, low, close; the position is entered at the open of bar 1. */
  readonly bars: readonly Bar[];
  readonly target: Omit<Target, 'coin' | 'notional'> & { readonly side: 1 | -1 };
  readonly account: Partial<AccountRules> | null;
  readonly exit: {
    readonly reason: ExitReason;
    readonly bar: number;
    readonly price: number;
    /** What the position's margin did not cover, as a fraction of its notional. */
    readonly insured: number;
  };
}

type Bar = readonly [open: number, high: number, low: number, close: number];

/** Maintenance rate of the cases' one tier. */
export const MAINTENANCE_RATE = 0.001;

/** Gaps that jump over all that the hour before has traded at: a level in between is nowhere to be filled at. */
export function gapCases(coin: PlantedCoin): readonly HandCase[] {
  const { open, high, low, close } = coin;
  const cases: HandCase[] = [];
  for (let row = 2; row < open.length - 1; row += 1) {
    const side = open[row]! < low[row - 1]! ? 1 : open[row]! > high[row - 1]! ? -1 : null;
    if (side === null || open[row] === close[row - 1]) continue;
    const entry = open[row - 1]!;
    const level = ((side === 1 ? low[row - 1]! : high[row - 1]!) + open[row]!) / 2;
    const what = `${coin.entity.symbol}, row ${row}`;
    const bars = barsOf(coin, row - 2, 4);
    const missed = (side * (entry - open[row]!)) / entry;
    cases.push({
      ...{ kind: 'gap, stop', what, bars, account: null },
      target: { side, stopLossFraction: side * (1 - level / entry) },
      exit: { reason: 'stop', bar: 2, price: open[row]!, insured: 0 },
    });
    // At this margin the balance meets the maintenance at the level: q e m = q e side (1 - level / e) + q level r.
    const margin = side * (1 - level / entry) + (level / entry) * MAINTENANCE_RATE;
    cases.push({
      ...{ kind: 'gap, liquidation', what, bars },
      account: { margin: 'isolated', leverage: 1 / margin },
      target: { side },
      exit: { reason: 'liquidation', bar: 2, price: open[row]!, insured: Math.max(0, missed - margin) },
    });
  }
  return cases;
}

const WICK_LEVEL = 0.1;
const WICK_LEVERAGE = 5;

/** A tenth away from the open a price is reached in a wick of 30 %, whatever the rest of the hour did. */
export function wickCases(seed: number, marketHours: number, coin: PlantedCoin): readonly HandCase[] {
  const bars = barColumnsOf(coin);
  const faulted = plantFaults({ ...coin, seed, kinds: new Set(['wick']), marketHours, bars });
  return faulted.wicks.flatMap(({ minute }): readonly HandCase[] => {
    const row = faulted.bars.hour.indexOf(Math.floor(minute / 60));
    const around = barsOf(faulted.bars, row - 1, 3);
    const [open, high, low] = around[1]!;
    const side = low < open * (1 - 2 * WICK_LEVEL) ? 1 : -1;
    if (side === -1 && high < open * (1 + 2 * WICK_LEVEL)) return [];
    const common = { what: `${coin.entity.symbol}, row ${row}`, bars: around };
    const reached = open * (1 - side * WICK_LEVEL);
    const liquidated = (open * (1 - side / WICK_LEVERAGE)) / (1 - side * MAINTENANCE_RATE);
    return [
      {
        ...{ ...common, kind: 'wick, stop', account: null },
        target: { side, stopLossFraction: WICK_LEVEL },
        exit: { reason: 'stop', bar: 1, price: reached, insured: 0 },
      },
      {
        ...{ ...common, kind: 'wick, target', account: null },
        target: { side: side === 1 ? -1 : 1, takeProfitFraction: WICK_LEVEL },
        exit: { reason: 'target', bar: 1, price: reached, insured: 0 },
      },
      {
        ...{ ...common, kind: 'wick, liquidation' },
        account: { margin: 'isolated', leverage: WICK_LEVERAGE },
        target: { side },
        exit: { reason: 'liquidation', bar: 1, price: liquidated, insured: 0 },
      },
    ];
  });
}

type Prices = Pick<PlantedCoin, 'open' | 'high' | 'low' | 'close'>;

function barsOf({ open, high, low, close }: Prices, from: number, count: number): readonly Bar[] {
  return Array.from({ length: count }, (_, index): Bar => {
    const row = from + index;
    return [open[row]!, high[row]!, low[row]!, close[row]!];
  });
}
