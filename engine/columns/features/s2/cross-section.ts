/** One hour across the coins of the universe. A coin outside of it has no rank; figures of the market are everybody's. */
import { crossSectionDeviation, crossSectionRank } from '../../cross-section.ts';
import { type CrossSectionFeature, defineFeature, type FeatureNeed } from '../feature.ts';

/** With fewer coins a rank means little. */
const COINS_MIN = 20;

export const breadth24h = defineFeature({
  name: 'mkt_breadth_24h',
  group: 'mkt',
  scope: 'cross-section',
  formula: 'share of the coins in U(t) with c(t) / c(t-24) > 1, among those where the ratio is defined',
  unit: 'share 0..1',
  lookbackHours: 24,
  warmupHours: 720,
  needs: [],
  marketWide: true,
  inputs: ['m_pct_1d'],
  compute([change], eligible, out) {
    let count = 0;
    let rising = 0;
    for (let coin = 0; coin < out.length; coin += 1) {
      const value = change![coin]!;
      if (eligible[coin] !== 1 || !Number.isFinite(value)) continue;
      count += 1;
      // A ratio above 1 less 1 is above 0 in floating point as well.
      if (value > 0) rising += 1;
    }
    if (count >= COINS_MIN) out.fill(rising / count);
  },
});

export const dispersion24h = defineFeature({
  name: 'mkt_dispersion_24h',
  group: 'mkt',
  scope: 'cross-section',
  formula: 'standard deviation (ddof 1) of res_ret_24h over the coins in U(t) where it is defined',
  unit: 'log return',
  lookbackHours: 24,
  warmupHours: 744,
  needs: ['benchmark'],
  marketWide: true,
  inputs: ['res_ret_24h'],
  compute([residual], eligible, out) {
    out.fill(crossSectionDeviation(residual!, COINS_MIN, eligible));
  },
});

function rankFeature(
  input: string,
  facts: {
    readonly lookbackHours: number;
    readonly warmupHours: number;
    readonly needs: readonly FeatureNeed[];
    readonly name?: string;
    readonly reference?: string;
  },
): CrossSectionFeature {
  return defineFeature({
    name: `xs_rank_${input}`,
    group: 'xs',
    scope: 'cross-section',
    formula: `R_U(${input})(t)`,
    unit: 'rank 0..1',
    inputs: [input],
    ...facts,
    compute([row], eligible, out) {
      crossSectionRank(row!, COINS_MIN, out, eligible);
    },
  });
}

const numerai = 'rank that keeps ties, as in numerai-tools';

/** Rows 71 to 77. */
export const rankFeatures = [
  rankFeature('res_ret_24h', {
    ...{ lookbackHours: 24, warmupHours: 744, needs: ['benchmark'], reference: numerai },
  }),
  rankFeature('res_ret_7d', { lookbackHours: 168, warmupHours: 888, needs: ['benchmark'] }),
  rankFeature('res_ret_30d', { lookbackHours: 720, warmupHours: 1440, needs: ['benchmark'] }),
  rankFeature('rv_7d', { lookbackHours: 168, warmupHours: 720, needs: [] }),
  rankFeature('qv_7d_log', {
    ...{ name: 'xs_rank_qv_7d', lookbackHours: 168, warmupHours: 720, needs: ['quote-volume'] },
    reference: 'stands in for size and volume',
  }),
  rankFeature('beta_30d', { lookbackHours: 720, warmupHours: 720, needs: ['benchmark'] }),
  rankFeature('amihud_7d', { lookbackHours: 168, warmupHours: 720, needs: ['quote-volume'] }),
] as const;
