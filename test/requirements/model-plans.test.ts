/** The plans that training follows, against what was published of them. */
import { expect, it } from 'vitest';
import { featureSets } from '../../engine/columns/features/sets.ts';
import type { BoosterSpec, NetworkSpec } from '../../engine/signal/model-plan.ts';
import { btcResidualModels } from '../../strategies/btc-residual/models.ts';
import { lstmConfidenceModels } from '../../strategies/lstm-confidence/models.ts';
import { v2EnsembleModels } from '../../strategies/v2-ensemble/models.ts';
import { sizedPlan } from '../../training/sized-plan.ts';

const boosters = v2EnsembleModels.models.filter((model): model is BoosterSpec => model.kind === 'booster');
const classifiers = boosters.filter(({ objective }) => objective === 'binary');

it('A10: three libraries a side in each of four folds make 24 classifiers', () => {
  expect(classifiers.length * v2EnsembleModels.folds.count).toBe(24);
  for (const side of ['buy', 'sell'])
    expect(classifiers.filter((model) => model.side === side).map(({ library }) => library)).toEqual([
      'lightgbm',
      'xgboost',
      'catboost',
    ]);
});

it('A19: beside the classifiers of a side stands a regressor of the same features, on the return of the same position', () => {
  for (const side of ['buy', 'sell'] as const) {
    const [regressor, ...others] = boosters.filter(
      (model) => model.side === side && model.objective === 'regression',
    );
    expect(others).toEqual([]);
    const label = (name: string) => v2EnsembleModels.labels.find((each) => each.name === name)!;
    const classified = classifiers.find((model) => model.side === side)!;
    expect(regressor!.featureSet).toBe(classified.featureSet);
    expect(label(regressor!.label)).toEqual({
      ...label(classified.label),
      ...{ name: regressor!.label, kind: 'barrier-return' },
    });
  }
});

it('B1: members of an ensemble are three algorithms on the same features and labels', () => {
  for (const { side, members } of v2EnsembleModels.ensembles) {
    const own = members.map((name) => classifiers.find((model) => model.name === name)!);
    expect(new Set(own.map(({ library }) => library)).size).toBe(3);
    expect(new Set(own.map(({ label, featureSet }) => `${label} ${featureSet}`)).size).toBe(1);
    expect(own.every((model) => model.side === side)).toBe(true);
  }
});

it('B4: the published hyperparameters, which the published size leaves as they are', () => {
  const { plan } = sizedPlan(v2EnsembleModels, 'published');
  for (const side of ['buy', 'sell'])
    expect(
      ['lightgbm', 'xgboost', 'catboost'].map(
        (library) =>
          (plan.models.find(({ name }) => name === `${side}-${library}`) as BoosterSpec).hyperparameters,
      ),
    ).toEqual([
      { n_estimators: 800, learning_rate: 0.03, max_depth: 7 },
      { n_estimators: 800, learning_rate: 0.03, max_depth: 6 },
      { iterations: 800, learning_rate: 0.03, depth: 6 },
    ]);
});

it('C12: 500 trees of 63 leaves read 95 features and the classes of the residual ahead', () => {
  const meta = btcResidualModels.models.find((model): model is BoosterSpec => model.kind === 'booster')!;
  expect(meta).toMatchObject({ library: 'lightgbm', objective: 'multiclass' });
  expect(meta.hyperparameters).toMatchObject({ n_estimators: 500, num_leaves: 63 });
  expect(featureSets.get(meta.featureSet)!.features).toHaveLength(95);
  const label = btcResidualModels.labels.find(({ name }) => name === meta.label);
  expect(label).toMatchObject({ kind: 'residual-tercile', horizonHours: 72 });
});

it('C6: both networks of the residual strategy read residual returns alone', () => {
  const networks = btcResidualModels.models.filter((model): model is NetworkSpec => model.kind === 'network');
  expect(networks.map(({ name }) => name)).toEqual(['lstm', 'tcn']);
  for (const { featureSet, features } of networks) {
    expect(featureSet).toBeNull();
    expect(features.every((name) => name.startsWith('res_ret_'))).toBe(true);
  }
});

it('E2: 50 of the 79 candidates are kept', () => {
  const [network] = lstmConfidenceModels.models as readonly NetworkSpec[];
  expect(featureSets.get(network!.featureSet!)!.features).toHaveLength(79);
  expect(network!.hyperparameters['selected']).toBe(50);
});
