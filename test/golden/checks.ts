/**
 * Every golden vector through the library, as the largest error it finds: relative for values above 1, absolute below. A value
 * that should be undefined and is not, or the other way round, is an infinite error; so is a wrong count or label.
 */
import { splitSamples } from '../../engine/columns/folds/split.ts';
import { walkForwardFolds } from '../../engine/columns/folds/walk-forward.ts';
import { rollingOls } from '../../engine/columns/kernels/ols.ts';
import { type TripleBarrierInput, tripleBarrier } from '../../engine/columns/labels/triple-barrier.ts';
import { backwardPass, forwardPass, viterbiPath } from '../../engine/columns/regime/chain.ts';
import { scaleByRegime } from '../../engine/columns/regime/scaling.ts';
import { maintenanceMargin, tierFaults } from '../../engine/exchange/brackets.ts';
import { fundingPayment, liquidationPrice } from '../../engine/exchange/liquidation.ts';
import { dayMs } from '../../engine/panel/hours.ts';
import { ensembleLogit, ensembleWeights } from '../../engine/signal/ensemble.ts';
import { logitOf, sigmoid } from '../../engine/signal/probability.ts';
import { cagr } from '../../engine/stats/cagr.ts';
import { calmar } from '../../engine/stats/calmar.ts';
import { informationCoefficient } from '../../engine/stats/information-coefficient.ts';
import { isotonic } from '../../engine/stats/isotonic.ts';
import { kolmogorovSmirnov } from '../../engine/stats/kolmogorov-smirnov.ts';
import { maxDrawdown } from '../../engine/stats/max-drawdown.ts';
import {
  deflatedSharpe,
  probabilisticSharpe,
  probabilityOfBacktestOverfitting,
} from '../../engine/stats/overfitting.ts';
import { holm, mcnemar, twoProportion } from '../../engine/stats/proportions.ts';
import { populationStabilityIndex } from '../../engine/stats/psi.ts';
import { quantileBins, quantileReturns } from '../../engine/stats/quantile-returns.ts';
import { ranks } from '../../engine/stats/ranks.ts';
import { rocAuc } from '../../engine/stats/roc-auc.ts';
import { scoreBins } from '../../engine/stats/score-bins.ts';
import { sharpe } from '../../engine/stats/sharpe.ts';
import { sortino } from '../../engine/stats/sortino.ts';
import { spearman } from '../../engine/stats/spearman.ts';
import { wilson } from '../../engine/stats/wilson.ts';
import { sample } from '../engine/exchange/tiers.ts';
import golden from './golden_vectors.json' with { type: 'json' };

type Values = ArrayLike<number | null>;

function errorOf(found: number, expected: number | null): number {
  const wanted = expected ?? Number.NaN;
  if (Number.isNaN(found) || Number.isNaN(wanted)) {
    return Number.isNaN(found) && Number.isNaN(wanted) ? 0 : Number.POSITIVE_INFINITY;
  }
  return Math.abs(found - wanted) / Math.max(1, Math.abs(wanted));
}

function worst(found: ArrayLike<number>, expected: Values): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  for (let index = 0; index < found.length; index += 1) {
    error = Math.max(error, errorOf(found[index]!, expected[index]!));
  }
  return error;
}

const undefinedAsNaN = (values: readonly (number | null)[]) => values.map((value) => value ?? Number.NaN);
const same = (holds: boolean) => (holds ? 0 : Number.POSITIVE_INFINITY);

/** Errors by the vector's name. */
export const goldenChecks: Readonly<Record<keyof typeof golden, () => number>> = {
  rolling_ols: () => {
    const { x, y, window, min_nobs: countMin, alpha, beta } = golden.rolling_ols;
    const found = rollingOls(x, undefinedAsNaN(y), { window, countMin });
    return Math.max(worst(found.alpha, alpha), worst(found.beta, beta));
  },
  rolling_ols_constant_x: () => {
    const constant = new Array<number>(8).fill(0.1 + 0.2);
    const { beta, alpha } = rollingOls(constant, [1, 2, 3, 4, 5, 6, 7, 8], { window: 5 });
    return same([...beta, ...alpha].every(Number.isNaN));
  },
  spearman_ties: () => {
    const { a, b, rho, ranks_a, ranks_b } = golden.spearman_ties;
    return Math.max(errorOf(spearman(a, b), rho), worst(ranks(a), ranks_a), worst(ranks(b), ranks_b));
  },
  spearman_const: () =>
    errorOf(spearman(golden.spearman_const.a, golden.spearman_const.b), golden.spearman_const.rho),
  icir_seed_table: () => {
    const vector = golden.icir_seed_table;
    const found = informationCoefficient(vector.ic, 3);
    return worst(
      [
        found.mean,
        found.icir,
        found.icirPopulation,
        found.tIndependent,
        found.tNeweyWest,
        found.positiveDays,
      ],
      [
        vector.mean,
        vector.icir_ddof1,
        vector.icir_ddof0,
        vector.t_iid,
        vector.t_newey_west_lag2,
        vector.pos_days,
      ],
    );
  },
  auc_ties: () => errorOf(rocAuc(golden.auc_ties.y, golden.auc_ties.s), golden.auc_ties.auc),
  auc_hard_labels: () =>
    errorOf(rocAuc(golden.auc_hard_labels.y, golden.auc_hard_labels.s), golden.auc_hard_labels.auc),
  auc_single_class: () =>
    errorOf(rocAuc(golden.auc_single_class.y, golden.auc_single_class.s), golden.auc_single_class.auc),
  isotonic: () => {
    const { x, y, pred_train, query, pred_query, X_thresholds, y_thresholds } = golden.isotonic;
    const fit = isotonic(x, y);
    return Math.max(
      worst(x.map(fit.predict), pred_train),
      worst(query.map(fit.predict), pred_query),
      worst(fit.x, X_thresholds),
      worst(fit.y, y_thresholds),
    );
  },
  hmm_umbrella: () => {
    const vector = golden.hmm_umbrella;
    const chain = {
      states: 2,
      initial: Float64Array.from(vector.pi),
      transition: Float64Array.from(vector.A.flat()),
    };
    const logs = Float64Array.from(vector.emission_probs.flat(), Math.log);
    const forward = forwardPass(chain, logs);
    const path = viterbiPath(chain, logs);
    return Math.max(
      worst(forward.filtered, vector.filtered.flat()),
      worst(backwardPass(chain, forward), vector.smoothed.flat()),
      errorOf(forward.logLikelihood, vector.loglik),
      worst(path.states, vector.viterbi),
      errorOf(path.logProbability, vector.viterbi_logprob),
    );
  },
  wilson95: () =>
    Math.max(
      ...Object.entries(golden.wilson95).map(([share, bounds]) => {
        const [successes = Number.NaN, count = Number.NaN] = share.split('/').map(Number);
        const { low, high } = wilson(successes, count);
        return worst([low, high], bounds);
      }),
    ),
  two_prop_294_498_vs_239_475: () => {
    const { z, p } = golden.two_prop_294_498_vs_239_475;
    const found = twoProportion({ successes: 294, count: 498 }, { successes: 239, count: 475 });
    return worst([found.z, found.pValue], [z, p]);
  },
  ks: () => {
    const { u, v, D, p_exact, p_asymp } = golden.ks;
    const found = kolmogorovSmirnov(u, v);
    return worst([found.statistic, found.pValue, found.pValueAsymptotic], [D, p_exact, p_asymp]);
  },
  psi: () => errorOf(populationStabilityIndex(golden.psi.expected, golden.psi.actual), golden.psi.psi),
  perf_daily365: () => {
    const vector = golden.perf_daily365;
    const equity: number[] = [];
    for (const value of vector.ret) equity.push((equity.at(-1) ?? 1) * (1 + value));
    const drawdown = maxDrawdown(equity, 1);
    const growth = cagr({ startEquity: 1, finalEquity: equity.at(-1)!, years: vector.ret.length / 365 });
    return worst(
      [sharpe(vector.ret), sortino(vector.ret), -drawdown, growth, calmar(growth, drawdown)],
      [vector.sharpe_ddof1, vector.sortino_mar0_fullN, vector.maxdd, vector.cagr, vector.calmar],
    );
  },
  dsr_paper_like: () => {
    const vector = golden.dsr_paper_like;
    const own = {
      sharpe: vector.SR_annual / Math.sqrt(vector.periods),
      periods: vector.T,
      skewness: vector.skew,
      kurtosis: vector.kurt,
    };
    const trialVariance = vector.var_SR_trials_annual / vector.periods;
    const found = deflatedSharpe({ ...own, trials: vector.N, trialVariance });
    return worst(
      [
        found.expectedMax,
        found.expectedMax / Math.sqrt(trialVariance),
        probabilisticSharpe(own),
        found.probability,
      ],
      [vector.SR0_daily, vector.emax_N100, vector.PSR0, vector.DSR],
    );
  },
  pbo: () => {
    const { M, S, pbo, logits } = golden.pbo;
    const found = probabilityOfBacktestOverfitting(M, S);
    return Math.max(errorOf(found.probability, pbo), worst(found.logits, logits));
  },
  liquidation_usdm: () =>
    Math.max(
      ...golden.liquidation_usdm.map((vector) => {
        const price = liquidationPrice({
          side: vector.side === 1 ? 1 : -1,
          quantity: vector.q,
          entryPrice: vector.ep,
          walletBalance: vector.wb,
          maintenanceRate: vector.mmr,
          cum: vector.cum,
          maintenanceOthers: vector.tmm ?? 0,
          unrealisedOthers: vector.upnl ?? 0,
        });
        return errorOf(price, vector.lp);
      }),
    ),
  tier_continuity: () => {
    const published = golden.tier_continuity
      .match(/[\d,]+$/)![0]
      .split(',')
      .map(Number);
    // A notional at a floor still belongs to the tier below: the tier above asks for the same.
    const jumps = sample
      .slice(1)
      .map(({ floor, maintenanceRate, cum }) =>
        errorOf(maintenanceMargin(sample, floor), floor * maintenanceRate - cum),
      );
    return Math.max(
      worst(
        sample.map(({ cum }) => cum),
        published,
      ),
      same(tierFaults(sample).length === 0),
      ...jumps,
    );
  },
  sigmoid: () => {
    const vector = golden.sigmoid;
    return worst(
      [logitOf(0.8), logitOf(0.9), sigmoid(sigmoid(0)), sigmoid(1), sigmoid(1.7346)],
      [
        vector['logit_gate_0.80'],
        vector['logit_gate_0.90'],
        vector.double_sigmoid_of_logit_0,
        vector.max_double,
        vector['sig_of_1.7346'],
      ],
    );
  },
  ensemble_seed_F0: () => {
    const { BUY, SELL, floor_example, nan_example, score_example } = golden.ensemble_seed_F0;
    const sides = [BUY, SELL].map(({ folds, mean, weights }) => {
      const means = Object.values(folds).map((aucs) => aucs.reduce((sum, auc) => sum + auc, 0) / aucs.length);
      return Math.max(
        worst(means, Object.values(mean)),
        worst(ensembleWeights(means), Object.values(weights)),
      );
    });
    const examples = [floor_example, nan_example].map(({ aucs, weights }) =>
      worst(ensembleWeights(undefinedAsNaN(aucs)), weights),
    );
    const score = ensembleLogit(score_example.logits, score_example.weights);
    return Math.max(
      ...sides,
      ...examples,
      worst([sigmoid(score), score], [score_example.ensemble_sigmoid, score_example.stored_logit]),
    );
  },
  score_bins_seed_F3: () => {
    const { count, win_rate, total } = golden.score_bins_seed_F3;
    const rows = count.flatMap((n, bin) =>
      Array.from(
        { length: n },
        (_, row) => [0.5 + bin * 0.1, row < Math.round(n * win_rate[bin]!) ? 1 : -1] as const,
      ),
    );
    const bins = scoreBins(
      rows.map(([score]) => score),
      rows.map(([, outcome]) => outcome),
    );
    const found = bins.slice(1).map((bin) => bin.count);
    const wins = bins.slice(1).map((bin) => bin.wins);
    const counted = bins.reduce((sum, bin) => sum + bin.count, 0);
    // The published rates are rounded to three digits: the wins are the nearest whole ones.
    const expected = count.map((n, bin) => Math.round(n * win_rate[bin]!));
    return Math.max(worst(found, count), worst(wins, expected), errorOf(counted, total));
  },
  barrier_cases_long_2pct: () =>
    Math.max(...barrierCases(golden.barrier_cases_long_2pct).map((one) => barrierError(one, 1))),
  barrier_cases_short_2pct: () =>
    Math.max(...barrierCases(golden.barrier_cases_short_2pct).map((one) => barrierError(one, -1))),
  funding_cases: () =>
    Math.max(
      ...golden.funding_cases.map(({ side, qty, mark, rate, cash }) =>
        errorOf(fundingPayment({ side: side === 1 ? 1 : -1, quantity: qty, mark, rate }), cash),
      ),
    ),
  regime_scaling_seed_F2: () => {
    const { scores, RiskOn, RiskOff, Choppy, Breakout_aligned } = golden.regime_scaling_seed_F2;
    return Math.max(
      worst(
        scores.map((score) => scaleByRegime(score, 'risk-on', 1)),
        RiskOn,
      ),
      worst(
        scores.map((score) => scaleByRegime(score, 'risk-off', 1)),
        RiskOff,
      ),
      worst(
        scores.map((score) => scaleByRegime(score, 'choppy', 1)),
        Choppy,
      ),
      worst(
        scores.map((score) => scaleByRegime(score, 'breakout', score)),
        Breakout_aligned,
      ),
      worst(
        scores.map((score) => scaleByRegime(score, 'breakout', -score)),
        scores,
      ),
    );
  },
  quantile_bins_ties: () => {
    const { score, ret, k, Q_1_is_top, mean_by_Q, count_by_Q } = golden.quantile_bins_ties;
    const few = quantileReturns(score, ret, k).bins;
    // Every row five times over makes enough of them for figures.
    const five = (values: readonly number[]) => values.flatMap((value) => new Array<number>(5).fill(value));
    const { bins } = quantileReturns(five(score), five(ret), k);
    return Math.max(
      worst(quantileBins(score, k), Q_1_is_top),
      same(few.every((bin) => Number.isNaN(bin.mean))),
      worst(
        bins.map((bin) => bin.mean),
        Object.values(mean_by_Q),
      ),
      worst(
        bins.map((bin) => bin.count / 5),
        Object.values(count_by_Q),
      ),
    );
  },
  mcnemar_exact: () => {
    const { only_backtest_acts, only_live_acts, p_two_sided } = golden.mcnemar_exact;
    return errorOf(mcnemar(only_backtest_acts, only_live_acts), p_two_sided);
  },
  holm: () => worst(holm(golden.holm.p), golden.holm.adjusted),
  walk_forward_60d: () => {
    const { data_days, n_folds, test_days, label_horizon_h, embargo_h, folds, samples } =
      golden.walk_forward_60d;
    const [from = Number.NaN, to = Number.NaN] = data_days;
    const found = walkForwardFolds({
      startMs: from * dayMs,
      endMs: to * dayMs,
      folds: n_folds,
      testDays: test_days,
      labelHours: label_horizon_h,
      embargoHours: embargo_h,
    });
    const borders = found.flatMap(({ train, test, embargoMs }) => [
      test[0]!.startMs / dayMs,
      test[0]!.endMs / dayMs,
      train.startMs / dayMs,
      (test[0]!.startMs - embargoMs) / dayMs,
    ]);
    const wanted = folds.flatMap((fold) => [
      fold.test_start_day,
      fold.test_end_day_exclusive,
      fold.train_start_day,
      fold.keep_if_label_end_before_day,
    ]);
    const members = samples.map((sample) => {
      const fold = found.find(({ test }) => test[0]!.startMs === sample.fold_test_start_day * dayMs)!;
      const startMs = Float64Array.of(sample.t_day * dayMs);
      const endMs = Float64Array.of(sample.label_end_day * dayMs);
      const { train, test } = splitSamples(fold, { startMs, endMs });
      return same(
        (sample.in_train === undefined || sample.in_train === (train.length === 1)) &&
          (sample.in_test === undefined || sample.in_test === (test.length === 1)),
      );
    });
    return Math.max(worst(borders, wanted), ...members);
  },
};

interface BarrierCase {
  readonly entry: number;
  readonly bars: TripleBarrierInput['bars'];
  readonly label: number | null;
  readonly exit: number;
  readonly bar: number;
  readonly ambiguous?: boolean;
  readonly timeout_bars?: number;
}

const barrierCases = (cases: readonly unknown[]) => cases as readonly BarrierCase[];

function barrierError(one: BarrierCase, side: 1 | -1): number {
  const timeout = one.timeout_bars === undefined ? {} : { timeoutBars: one.timeout_bars };
  const found = tripleBarrier({ entryPrice: one.entry, bars: one.bars, side, ...timeout });
  return Math.max(
    errorOf(found.label, one.label),
    worst([found.exitPrice, found.exitBar], [one.exit, one.bar]),
    same(found.isAmbiguous === (one.ambiguous ?? false)),
  );
}
