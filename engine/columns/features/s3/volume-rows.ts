/** Rows of volumes, the same for every timeframe. Their windows count the bars whose volume is known. */
import { keepWhereFull, rollingFlowSlope } from '../../kernels/oscillators.ts';
import { rollingCorrelation } from '../../kernels/pairs.ts';
import { rollingMean, rollingMeanAndDeviation } from '../../kernels/spread.ts';
import { type RollingRange, rollingSum } from '../../rolling.ts';
import { giveFloats, takeFloats } from '../../scratch.ts';
import { typicalPrices, uncounted } from './price-rows.ts';
import type { BarRow, TimeframeBars } from './timeframe.ts';

/** Below this spread of ln(1 + v) a volume does not vary. */
const DEVIATION_MIN = 1e-9;

/** A bar counts where it and the one directly before it are valid; at equal typical prices it is on neither side. */
export const moneyFlowRow: BarRow = {
  name: 'mfi_14',
  formula:
    'P/(P+N), P (N) = sum over the last 14 bars of TP*v where TP rose (fell) against the bar before; 0.5 if P+N = 0',
  unit: '0..1',
  lookbackBars: 14,
  bars: 15,
  needs: ['volume'],
  reference: 'Quong and Soudack 1989',
  compute: (bars, range, out) => {
    const { volume } = bars;
    const typical = typicalPrices(bars, range);
    const [rising, falling, negative] = [takeFloats(range.to), takeFloats(range.to), takeFloats(range.to)];
    for (let bar = Math.max(1, range.from - 13); bar < range.to; bar += 1) {
      const change = typical[bar]! - typical[bar - 1]!;
      const flow = typical[bar]! * volume[bar]!;
      const isKnown = Number.isFinite(flow);
      rising[bar] = isKnown && change > 0 ? flow : 0;
      falling[bar] = isKnown && change < 0 ? flow : 0;
    }
    rollingSum(rising, uncounted(range, 14), out);
    rollingSum(falling, uncounted(range, 14), negative);
    for (let bar = range.from; bar < range.to; bar += 1) {
      const both = out[bar]! + negative[bar]!;
      out[bar] = both === 0 ? 0.5 : out[bar]! / both;
    }
    giveFloats(rising, falling, negative);
    keepWhereFull(volume, range, out);
  },
};

/**
 * The running sum goes through all bars of the window; one without a volume, or without a valid bar directly before it, adds
 * nothing.
 */
export function balanceSlopeRow(bars: number): BarRow {
  return {
    name: `obv_slope_${bars}`,
    formula: `OLS slope on 0..${bars - 1} of OBV_i / mean_${bars}(v), OBV_i = sum over the first i+1 of the last ${bars} bars of sign(c-c_prev)*v; 0 if mean_${bars}(v) = 0`,
    unit: 'volume share per bar',
    lookbackBars: bars,
    bars: bars + 1,
    needs: ['volume'],
    reference: 'Granville 1963',
    compute: ({ close, volume }, range, out) => {
      const flow = takeFloats(range.to);
      for (let bar = Math.max(1, range.from - bars + 1); bar < range.to; bar += 1) {
        const signed = Math.sign(close[bar]! - close[bar - 1]!) * volume[bar]!;
        flow[bar] = Number.isFinite(signed) ? signed : 0;
      }
      const mean = takeFloats(range.to);
      rollingMean(volume, uncounted(range, bars), mean);
      rollingFlowSlope(flow, uncounted(range, bars), out);
      for (let bar = range.from; bar < range.to; bar += 1)
        out[bar] = mean[bar] === 0 ? 0 : out[bar]! / mean[bar]!;
      giveFloats(flow, mean);
      keepWhereFull(volume, range, out);
    },
  };
}

export function volumeRatioRow(bars: number): BarRow {
  return {
    name: `vol_ratio_${bars}`,
    formula: `v[0] / mean_${bars}(v); NaN if the mean is 0`,
    unit: 'ratio',
    lookbackBars: bars,
    bars,
    needs: ['volume'],
    compute: ({ volume }, range, out) => {
      rollingMean(volume, uncounted(range, bars), out);
      for (let bar = range.from; bar < range.to; bar += 1) out[bar] = volume[bar]! / out[bar]!;
      keepWhereFull(volume, range, out);
    },
  };
}

export function volumeScoreRow(bars: number): BarRow {
  return {
    name: `vol_z_${bars}`,
    formula: `(x[0] - mean_${bars}(x)) / std_${bars}(x) with x = ln(1+v), ddof 1; NaN if std < 1e-9`,
    unit: 'z',
    lookbackBars: bars,
    bars,
    needs: ['volume'],
    compute: (series, range, out) => {
      const x = logVolumes(series, range);
      const mean = takeFloats(range.to);
      rollingMeanAndDeviation(x, uncounted(range, bars), 1, mean, out);
      for (let bar = range.from; bar < range.to; bar += 1)
        out[bar] = out[bar]! < DEVIATION_MIN ? Number.NaN : (x[bar]! - mean[bar]!) / out[bar]!;
      giveFloats(mean);
      keepWhereFull(x, range, out);
    },
  };
}

/** Both sums over the bars at which both volumes are known. */
export function vwapDistanceRow(bars: number): BarRow {
  return {
    name: `vwap_dist_${bars}`,
    formula: `c[0] / (sum_${bars}(qv)/sum_${bars}(v)) - 1; NaN if sum_${bars}(v) = 0`,
    unit: 'fraction',
    lookbackBars: bars,
    bars,
    needs: ['volume', 'quote-volume'],
    reference: 'Qlib Alpha158 (VWAP0)',
    compute: ({ close, volume, quoteVolume }, range, out) => {
      const [base, quote, sum] = [takeFloats(range.to), takeFloats(range.to), takeFloats(range.to)];
      for (let bar = Math.max(0, range.from - bars + 1); bar < range.to; bar += 1) {
        const known = Number.isFinite(volume[bar]) && Number.isFinite(quoteVolume[bar]);
        base[bar] = known ? volume[bar]! : Number.NaN;
        quote[bar] = known ? quoteVolume[bar]! : Number.NaN;
      }
      rollingSum(base, uncounted(range, bars), sum);
      rollingSum(quote, uncounted(range, bars), out);
      for (let bar = range.from; bar < range.to; bar += 1)
        out[bar] = sum[bar] === 0 ? Number.NaN : close[bar]! / (out[bar]! / sum[bar]!) - 1;
      keepWhereFull(base, range, out);
      giveFloats(base, quote, sum);
    },
  };
}

export function priceVolumeRow(bars: number): BarRow {
  return {
    name: `corr_pv_${bars}`,
    formula: `Pearson correlation over ${bars} bars of c and ln(1+v); NaN if either is constant`,
    unit: '-1..1',
    lookbackBars: bars,
    bars,
    needs: ['volume'],
    reference: 'Qlib Alpha158 (CORR)',
    compute: (series, range, out) => {
      const x = logVolumes(series, range);
      rollingCorrelation(series.close, x, uncounted(range, bars), out);
      keepWhereFull(x, range, out);
    },
  };
}

/** ln(1 + v) over the bars of the range's windows. */
function logVolumes(bars: TimeframeBars, range: RollingRange): Float64Array {
  return bars.derived('ln(1 + v)', range, ({ volume }, from, to, out) => {
    for (let bar = from; bar < to; bar += 1) out[bar] = Math.log(1 + volume[bar]!);
  });
}
