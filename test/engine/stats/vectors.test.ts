import { describe, expect, it } from 'vitest';
import { scaleByRegime } from '../../../engine/columns/regime/scaling.ts';
import { ensembleLogit, ensembleWeights } from '../../../engine/signal/ensemble.ts';
import { logitOf, sigmoid } from '../../../engine/signal/probability.ts';
import { informationCoefficient } from '../../../engine/stats/information-coefficient.ts';
import { isotonic } from '../../../engine/stats/isotonic.ts';
import { kolmogorovSmirnov } from '../../../engine/stats/kolmogorov-smirnov.ts';
import {
  deflatedSharpe,
  probabilisticSharpe,
  probabilityOfBacktestOverfitting,
} from '../../../engine/stats/overfitting.ts';
import { holm, mcnemar, twoProportion } from '../../../engine/stats/proportions.ts';
import { populationStabilityIndex } from '../../../engine/stats/psi.ts';
import { quantileBins, quantileReturns } from '../../../engine/stats/quantile-returns.ts';
import { rocAuc } from '../../../engine/stats/roc-auc.ts';
import { scoreBins } from '../../../engine/stats/score-bins.ts';
import golden from '../../golden/golden_vectors.json' with { type: 'json' };

const near = (found: number, expected: number) =>
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
const numbers = (values: readonly (number | null)[]) => values.map((value) => value ?? Number.NaN);

describe('golden vectors', () => {
  it('icir_seed_table', () => {
    const { ic, mean, icir_ddof1, icir_ddof0, t_iid, t_newey_west_lag2, pos_days } = golden.icir_seed_table;
    const found = informationCoefficient(ic, 3);
    near(found.mean, mean);
    near(found.icir, icir_ddof1);
    near(found.icirPopulation, icir_ddof0);
    near(found.tIndependent, t_iid);
    near(found.tNeweyWest, t_newey_west_lag2);
    expect(found.positiveDays).toBe(pos_days);
  });

  it('auc_ties, auc_hard_labels, auc_single_class', () => {
    near(rocAuc(golden.auc_ties.y, golden.auc_ties.s), golden.auc_ties.auc);
    near(rocAuc(golden.auc_hard_labels.y, golden.auc_hard_labels.s), golden.auc_hard_labels.auc);
    expect(rocAuc(golden.auc_single_class.y, golden.auc_single_class.s)).toBeNaN();
  });

  it('isotonic', () => {
    const { x, y, pred_train, query, pred_query, X_thresholds, y_thresholds } = golden.isotonic;
    const fit = isotonic(x, y);
    for (const [index, value] of x.entries()) near(fit.predict(value), pred_train[index]!);
    for (const [index, value] of query.entries()) near(fit.predict(value), pred_query[index]!);
    expect([...fit.x]).toEqual(X_thresholds);
    for (const [index, value] of y_thresholds.entries()) near(fit.y[index]!, value);
  });

  it('ks', () => {
    const { u, v, D, p_exact, p_asymp } = golden.ks;
    const found = kolmogorovSmirnov(u, v);
    near(found.statistic, D);
    near(found.pValue, p_exact);
    near(found.pValueAsymptotic, p_asymp);
  });

  it('psi, mcnemar_exact, holm, two_prop', () => {
    near(populationStabilityIndex(golden.psi.expected, golden.psi.actual), golden.psi.psi);
    const { only_backtest_acts, only_live_acts, p_two_sided } = golden.mcnemar_exact;
    near(mcnemar(only_backtest_acts, only_live_acts), p_two_sided);
    for (const [index, value] of holm(golden.holm.p).entries()) near(value, golden.holm.adjusted[index]!);
    const found = twoProportion({ successes: 294, count: 498 }, { successes: 239, count: 475 });
    near(found.z, golden.two_prop_294_498_vs_239_475.z);
    near(found.pValue, golden.two_prop_294_498_vs_239_475.p);
  });

  it('dsr_paper_like', () => {
    const { SR_annual, periods, T, N, var_SR_trials_annual, skew, kurt, emax_N100, SR0_daily, PSR0, DSR } =
      golden.dsr_paper_like;
    const own = { sharpe: SR_annual / Math.sqrt(periods), periods: T, skewness: skew, kurtosis: kurt };
    const trialVariance = var_SR_trials_annual / periods;
    const found = deflatedSharpe({ ...own, trials: N, trialVariance });
    near(found.expectedMax, SR0_daily);
    near(found.expectedMax / Math.sqrt(trialVariance), emax_N100);
    near(probabilisticSharpe(own), PSR0);
    near(found.probability, DSR);
  });

  it('pbo', () => {
    const { M, S, pbo, logits } = golden.pbo;
    const found = probabilityOfBacktestOverfitting(M, S);
    near(found.probability, pbo);
    for (const [index, value] of logits.entries()) near(found.logits[index]!, value);
  });

  it('quantile_bins_ties: the bins, and no figures for so few pairs', () => {
    const { score, ret, k, Q_1_is_top } = golden.quantile_bins_ties;
    expect([...quantileBins(score, k)]).toEqual(Q_1_is_top);
    expect(quantileReturns(score, ret, k).bins.map(({ mean }) => mean)).toEqual(
      new Array(5).fill(Number.NaN),
    );
    // The same table with every row five times over has enough.
    const five = <Value>(values: readonly Value[]) =>
      values.flatMap((value) => new Array<Value>(5).fill(value));
    const found = quantileReturns(five(score), five(ret), k);
    for (const { quantile, mean, count } of found.bins) {
      near(mean, golden.quantile_bins_ties.mean_by_Q[String(quantile) as '1']);
      expect(count).toBe(5 * golden.quantile_bins_ties.count_by_Q[String(quantile) as '1']);
    }
    near(found.spread, 0.04);
    expect(found.isMonotone).toBe(false);
  });

  it('sigmoid, and what two of them make', () => {
    const expected = golden.sigmoid;
    near(logitOf(0.8), expected['logit_gate_0.80']);
    near(logitOf(0.9), expected['logit_gate_0.90']);
    near(sigmoid(sigmoid(0)), expected.double_sigmoid_of_logit_0);
    near(sigmoid(1), expected.max_double);
    near(sigmoid(1.7346), expected['sig_of_1.7346']);
    expect([sigmoid(-800), sigmoid(800), logitOf(1), logitOf(-0.1)]).toEqual([
      0,
      1,
      Math.log(2 ** 53 - 1),
      Number.NaN,
    ]);
  });

  it('ensemble_seed_F0', () => {
    for (const side of ['BUY', 'SELL'] as const) {
      const { folds, mean, weights } = golden.ensemble_seed_F0[side];
      const names = ['lgbm', 'xgb', 'catboost'] as const;
      const means = names.map((name) => folds[name].reduce((sum, auc) => sum + auc, 0) / folds[name].length);
      const found = ensembleWeights(means);
      for (const [index, name] of names.entries()) {
        near(means[index]!, mean[name]);
        near(found[index]!, weights[name]);
      }
    }
    const { floor_example, nan_example, score_example } = golden.ensemble_seed_F0;
    for (const { aucs, weights } of [floor_example, nan_example]) {
      const found = ensembleWeights(numbers(aucs));
      for (const [index, weight] of weights.entries()) near(found[index]!, weight);
    }
    const weights = Object.values(golden.ensemble_seed_F0.BUY.weights);
    const score = ensembleLogit(score_example.logits, weights);
    near(sigmoid(score), 0.7856168105);
    near(score, 1.2987041362);
  });

  it('score_bins_seed_F3: the published counts come back, bin by bin', () => {
    const { count, win_rate, total, overall_wr } = golden.score_bins_seed_F3;
    const rows = count.flatMap((n, bin) =>
      Array.from(
        { length: n },
        (_, row) => [0.5 + bin * 0.1, row < Math.round(n * win_rate[bin]!) ? 0.02 : -0.02] as const,
      ),
    );
    const bins = scoreBins(
      rows.map(([score]) => score),
      rows.map(([, outcome]) => outcome),
    );
    expect(bins.map((bin) => bin.count)).toEqual([0, ...count]);
    for (const [index, rate] of win_rate.entries())
      expect(Math.abs(bins[index + 1]!.winRate - rate)).toBeLessThan(0.5 / 47);
    const wins = bins.reduce((sum, bin) => sum + bin.wins, 0);
    expect(Math.abs(wins / total - overall_wr)).toBeLessThan(1e-4);
    expect(bins.at(-1)!.interval.low).toBeCloseTo(golden.wilson95['33/47'][0]!, 9);
    expect(scoreBins([1, 0.9999], [0.01, -0.01]).at(-1)!.count).toBe(2);
    expect(() => scoreBins([1.1], [0])).toThrow(/outside/);
  });

  it('regime_scaling_seed_F2', () => {
    const { scores, RiskOn, RiskOff, Choppy, Breakout_aligned } = golden.regime_scaling_seed_F2;
    const expected = [
      ['risk-on', RiskOn],
      ['risk-off', RiskOff],
      ['choppy', Choppy],
    ] as const;
    for (const [regime, wanted] of expected) {
      for (const [index, score] of scores.entries()) near(scaleByRegime(score, regime, 1), wanted[index]!);
    }
    for (const [index, score] of scores.entries()) {
      near(scaleByRegime(score, 'breakout', Math.sign(score)), Breakout_aligned[index]!);
      expect(scaleByRegime(score, 'breakout', -score)).toBe(score);
    }
  });
});
