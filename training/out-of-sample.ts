/** How good models were on the test days of their folds: what `version.json` shows by fold, side and library. */
import { uniformAt } from '../engine/columns/audit/chance.ts';
import { assertInvariant } from '../engine/invariant.ts';
import { dayMs } from '../engine/panel/hours.ts';
import { ensembleLogit, ensembleWeights } from '../engine/signal/ensemble.ts';
import type { LabelPlan, Side } from '../engine/signal/model-plan.ts';
import { softmax } from '../engine/signal/probability.ts';
import type { VersionScore } from '../engine/signal/version.ts';
import { dayAuc } from '../engine/stats/day-auc.ts';
import { mean } from '../engine/stats/mean.ts';
import { rocAuc } from '../engine/stats/roc-auc.ts';
import { slope } from '../engine/stats/slope.ts';
import { spearman } from '../engine/stats/spearman.ts';
import { stationaryBootstrap } from '../engine/stats/stationary-bootstrap.ts';
import { betweenGroupShare, withinGroupAuc } from '../engine/stats/within-group.ts';
import { residualClasses } from '../strategies/btc-residual/models.ts';
import type { JobFold, Predictions } from './job.ts';

/** Test rows of one model that have both an output and a label; parallel columns. */
export interface TestRows {
  readonly model: string;
  readonly side: Side | null;
  readonly library: string;
  readonly kind: LabelPlan['kind'];
  /** Text of coin and decision: finds the same row of another model. */
  readonly keys: readonly string[];
  readonly decisionMs: Float64Array;
  /** Index of the fold whose test days the row lies in. */
  readonly folds: Int32Array;
  readonly scores: Float64Array;
  /** 1 or 0; returns as fractions. */
  readonly labels: Float64Array;
}

/** Class of the top third. */
const OUT = residualClasses.indexOf('out');

/**
 * Test rows out of a job's predictions. Those of out-of-fold blocks count for the fold on whose test days they fall. Of three classes
 * the score is the probability of the top third, and the label 1 where the row ended in it.
 *
 * @param labelOf NaN where a row has none
 */
export function testRows(
  named: Pick<TestRows, 'model' | 'side' | 'library' | 'kind'>,
  predictions: Predictions,
  folds: readonly JobFold[],
  labelOf: (symbol: string, decisionMs: number) => number,
): TestRows {
  const { symbols, coins, decisionMs, outputs } = predictions;
  const kept: { key: string; timeMs: number; fold: number; score: number; label: number }[] = [];
  for (const [row, timeMs] of decisionMs.entries()) {
    const given = predictions.folds[row]!;
    const tested = folds.find(({ testFromMs, testToMs }) => timeMs >= testFromMs && timeMs < testToMs);
    if (tested === undefined || (given >= 0 && given !== tested.index)) continue;
    const symbol = symbols[coins[row]!]!;
    const label = labelOf(symbol, timeMs);
    const raw = outputs.map((output) => output[row]!);
    const score = raw.length === 1 ? raw[0]! : softmax(raw)[OUT]!;
    if (Number.isNaN(label) || Number.isNaN(score)) continue;
    const shown = named.kind === 'residual-tercile' ? Number(label === OUT) : label;
    kept.push({ key: `${symbol} ${timeMs}`, timeMs, fold: tested.index, score, label: shown });
  }
  return {
    ...named,
    keys: kept.map(({ key }) => key),
    decisionMs: Float64Array.from(kept, ({ timeMs }) => timeMs),
    folds: Int32Array.from(kept, ({ fold }) => fold),
    scores: Float64Array.from(kept, ({ score }) => score),
    labels: Float64Array.from(kept, ({ label }) => label),
  };
}

/** Rows that all members scored, each with the logit of the members' weighted mean probability. */
export function ensembleRows(
  name: string,
  members: readonly TestRows[],
  weights: readonly number[],
): TestRows {
  const [first] = members;
  assertInvariant(first !== undefined, 'an ensemble has members');
  const others = members.slice(1).map(({ keys }) => new Map(keys.map((key, row) => [key, row])));
  const rows = first.keys.flatMap((key, row) => {
    const at = [row, ...others.map((places) => places.get(key) ?? -1)];
    return at.includes(-1) ? [] : [at];
  });
  const scores = rows.map((at) =>
    ensembleLogit(
      at.map((row, member) => members[member]!.scores[row]!),
      weights,
    ),
  );
  const own = rows.map(([row]) => row!);
  return {
    ...{ model: name, side: first.side, library: 'ensemble', kind: first.kind },
    keys: own.map((row) => first.keys[row]!),
    decisionMs: Float64Array.from(own, (row) => first.decisionMs[row]!),
    folds: Int32Array.from(own, (row) => first.folds[row]!),
    scores: Float64Array.from(scores),
    labels: Float64Array.from(own, (row) => first.labels[row]!),
  };
}

/** A row for each fold, then one for all of them. */
export function versionScores(
  rows: TestRows,
  folds: readonly JobFold[],
  seed: number,
): readonly VersionScore[] {
  const byFold = folds.map(({ index }) => foldScore(partOf(rows, index), index));
  const aucs = byFold.map(({ auc }) => auc).filter((auc) => auc !== null);
  const whole = foldScore(rows, null);
  const { low, high } = aucInterval(rows, folds, seed);
  const auc = aucs.length === 0 ? null : mean(aucs);
  return [...byFold, { ...whole, auc, aucLow: known(low), aucHigh: known(high) }];
}

function partOf(rows: TestRows, fold: number): TestRows {
  const places = Array.from(rows.folds.keys()).filter((row) => rows.folds[row] === fold);
  const pick = (values: Float64Array) => Float64Array.from(places, (row) => values[row]!);
  return {
    ...rows,
    keys: places.map((row) => rows.keys[row]!),
    ...{ decisionMs: pick(rows.decisionMs), scores: pick(rows.scores), labels: pick(rows.labels) },
    folds: Int32Array.from(places, () => fold),
  };
}

function foldScore(rows: TestRows, fold: number | null): VersionScore {
  const { model, side, library, kind, scores, labels, decisionMs } = rows;
  const isReturn = kind === 'barrier-return';
  const auc = isReturn ? Number.NaN : rocAuc(labels, scores);
  const none = { aucLow: null, aucHigh: null };
  return {
    ...{ fold, model, side, library, rows: labels.length },
    positives: isReturn ? null : labels.reduce((sum, label) => sum + label, 0),
    ...{ auc: known(auc), ...none, pooledAuc: known(auc) },
    withinHourAuc: isReturn ? null : known(withinGroupAuc(labels, scores, decisionMs)),
    commonShare: known(betweenGroupShare(scores, decisionMs)),
    ...(isReturn
      ? {
          spearman: known(spearman(scores, labels)),
          ...{ meanPredicted: known(mean(scores)), meanRealised: known(mean(labels)) },
          slope: known(slope(scores, labels)),
        }
      : { spearman: null, meanPredicted: null, meanRealised: null, slope: null }),
  };
}

/** 95 %, of the area over all test rows, over blocks of test days. */
function aucInterval(
  { kind, labels, scores, decisionMs }: TestRows,
  folds: readonly JobFold[],
  seed: number,
) {
  const none = { low: Number.NaN, high: Number.NaN };
  if (kind === 'barrier-return' || folds.length === 0) return none;
  const firstMs = Math.min(...folds.map(({ testFromMs }) => testFromMs));
  const days = Math.round((Math.max(...folds.map(({ testToMs }) => testToMs)) - firstMs) / dayMs);
  const dayOf = decisionMs.map((timeMs) => Math.floor((timeMs - firstMs) / dayMs));
  const auc = dayAuc(labels, scores, dayOf, days);
  return stationaryBootstrap(days, auc.over, { uniform: (place) => uniformAt(seed, place) });
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

export interface WeighedMembers {
  readonly members: readonly TestRows[];
  /** Mean AUC over the folds. */
  readonly aucs: readonly (number | null)[];
  readonly weights: readonly number[];
}

/** Weights by the plain mean of the folds' AUC, shared among the members that there are. */
export function weighedMembers(members: readonly TestRows[], folds: readonly JobFold[]): WeighedMembers {
  const aucs = members.map((rows) => {
    const all = folds.map(({ index }) => {
      const part = partOf(rows, index);
      return rocAuc(part.labels, part.scores);
    });
    return mean(all.filter((auc) => !Number.isNaN(auc)));
  });
  return { members, aucs: aucs.map(known), weights: [...ensembleWeights(aucs)] };
}
