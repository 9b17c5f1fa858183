/** Group kbar: the shape of the last 24 hours as one bar. */
import { type CoinFeature, defineFeature } from '../feature.ts';
import { BLOCK_HOURS, blockClose, blockHigh, blockLow, blockOpen } from './blocks.ts';

function candle(
  name: string,
  facts: { readonly formula: string; readonly unit: string; readonly reference: string },
  value: (open: number, high: number, low: number, close: number) => number,
): CoinFeature {
  return defineFeature({
    ...{ name, group: 'kbar', scope: 'coin', ...facts },
    ...{ lookbackHours: BLOCK_HOURS, warmupHours: BLOCK_HOURS - 1, needs: [] },
    compute(coin, from, to, out) {
      const [open, high, low, close] = [blockOpen(coin), blockHigh(coin), blockLow(coin), blockClose(coin)];
      for (let index = from; index < to; index += 1)
        out[index] = value(open[index]!, high[index]!, low[index]!, close[index]!);
    },
  });
}

export const candleFeatures = [
  candle(
    'kmid_24h',
    { formula: '(C_0 - O_0) / O_0', unit: 'fraction', reference: 'Alpha158 KMID' },
    (open, _high, _low, close) => (close - open) / open,
  ),
  candle(
    'kup_24h',
    { formula: '(H_0 - max(O_0, C_0)) / O_0', unit: 'fraction, >=0', reference: 'Alpha158 KUP' },
    (open, high, _low, close) => (high - Math.max(open, close)) / open,
  ),
  candle(
    'klow_24h',
    { formula: '(min(O_0, C_0) - L_0) / O_0', unit: 'fraction, >=0', reference: 'Alpha158 KLOW' },
    (open, _high, low, close) => (Math.min(open, close) - low) / open,
  ),
  candle(
    'ksft_24h',
    { formula: '(2 C_0 - H_0 - L_0) / O_0', unit: 'fraction', reference: 'Alpha158 KSFT' },
    (open, high, low, close) => (2 * close - high - low) / open,
  ),
] as const;
