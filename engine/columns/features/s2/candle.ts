/** Group kbar: the shape of the last 24 hours as one bar. */
import { type CoinFeature, defineFeature } from '../feature.ts';
import { BLOCK_HOURS, blockClose, blockHigh, blockLow, blockOpen } from './blocks.ts';

interface DayBars {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
}

function candle(
  name: string,
  facts: { readonly formula: string; readonly unit: string; readonly reference: string },
  write: (bars: DayBars, from: number, to: number, out: Float64Array) => void,
): CoinFeature {
  return defineFeature({
    ...{ name, group: 'kbar', scope: 'coin', ...facts },
    ...{ lookbackHours: BLOCK_HOURS, warmupHours: BLOCK_HOURS - 1, needs: [] },
    compute(coin, from, to, out) {
      const bars = {
        open: blockOpen(coin),
        high: blockHigh(coin),
        low: blockLow(coin),
        close: blockClose(coin),
      };
      write(bars, from, to, out);
    },
  });
}

export const candleFeatures = [
  candle(
    'kmid_24h',
    { formula: '(C_0 - O_0) / O_0', unit: 'fraction', reference: 'Alpha158 KMID' },
    ({ open, close }, from, to, out) => {
      for (let index = from; index < to; index += 1)
        out[index] = (close[index]! - open[index]!) / open[index]!;
    },
  ),
  candle(
    'kup_24h',
    { formula: '(H_0 - max(O_0, C_0)) / O_0', unit: 'fraction, >=0', reference: 'Alpha158 KUP' },
    ({ open, high, close }, from, to, out) => {
      for (let index = from; index < to; index += 1)
        out[index] = (high[index]! - Math.max(open[index]!, close[index]!)) / open[index]!;
    },
  ),
  candle(
    'klow_24h',
    { formula: '(min(O_0, C_0) - L_0) / O_0', unit: 'fraction, >=0', reference: 'Alpha158 KLOW' },
    ({ open, low, close }, from, to, out) => {
      for (let index = from; index < to; index += 1)
        out[index] = (Math.min(open[index]!, close[index]!) - low[index]!) / open[index]!;
    },
  ),
  candle(
    'ksft_24h',
    { formula: '(2 C_0 - H_0 - L_0) / O_0', unit: 'fraction', reference: 'Alpha158 KSFT' },
    ({ open, high, low, close }, from, to, out) => {
      for (let index = from; index < to; index += 1)
        out[index] = (2 * close[index]! - high[index]! - low[index]!) / open[index]!;
    },
  ),
] as const;
