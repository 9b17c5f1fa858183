/** Importances, training curves and AUC by fold of trained models. */
import {
  type ImportanceKind,
  importanceKinds,
  type TrainingCurve,
  topFeatures,
} from '../../datasets/models/model-report.ts';
import type { VersionScore } from '../../engine/signal/version.ts';
import { type Chart, colour, type Spec } from '../chart.ts';
import { plural } from '../format.ts';
import type { OneModel } from '../model-facts.ts';
import { curveText, featuresShown, figure } from '../model-text.ts';

const measures: Readonly<Record<ImportanceKind, { readonly title: string; readonly axis: string }>> = {
  split: { title: 'by number of splits', axis: 'splits' },
  gain: { title: 'by gain', axis: 'gain' },
  permutation: { title: 'by permutation', axis: 'loss of mean daily rank IC' },
};

/** One chart a measure that was taken, and the curve where there is one. */
export function modelCharts({ place, report }: OneModel): readonly Chart[] {
  if (report === null) return [];
  const key = place.fold === null ? place.model : `${place.model}-fold-${place.fold}`;
  const importances = importanceKinds.flatMap((kind) => {
    const top = topFeatures(report, kind, featuresShown);
    if (top.length === 0) return [];
    const { title, axis } = measures[kind];
    const [first] = top;
    const all = report.importance[kind]!;
    const unused = all.filter((value) => value <= 0).length;
    const total = all.reduce((sum, value) => sum + Math.max(0, value), 0);
    const share = total > 0 ? `, ${((first!.value / total) * 100).toFixed(0)} % of all` : '';
    const note = kind === 'gain' && report.gainMeasure !== null ? ` Gain is ${report.gainMeasure}.` : '';
    return [
      {
        id: `${key}-${kind}`,
        title: `${place.model}: features ${title}`,
        reading: `${first!.feature} counts most (${figure(first!.value)}${share}); ${plural(unused, 'feature')} of ${all.length} ${unused === 1 ? 'counts' : 'count'} nothing.${note}`,
        columns: { feature: top.map(({ feature }) => feature), value: top.map(({ value }) => value) },
        csv: { feature: report.features, value: all },
        times: [],
        spec: barSpec(
          top.map(({ feature }) => feature),
          axis,
        ),
      },
    ];
  });
  return [...importances, ...(report.curve === null ? [] : [curveChart(key, place.model, report.curve)])];
}

function barSpec(order: readonly string[], axis: string): Spec {
  return {
    height: { step: 17 },
    mark: { type: 'bar', color: colour.main, height: { band: 0.7 } },
    encoding: {
      y: {
        ...{ field: 'feature', type: 'nominal', sort: order, title: null },
        axis: { labelLimit: 150, ticks: false, domain: false },
      },
      x: {
        field: 'value',
        type: 'quantitative',
        title: axis,
        axis: { grid: true, tickCount: 4, format: '.3~r' },
      },
      tooltip: [
        { field: 'feature', type: 'nominal' },
        { field: 'value', type: 'quantitative', title: axis, format: '.4~g' },
      ],
    },
  };
}

function curveChart(key: string, model: string, curve: TrainingCurve): Chart {
  const parts = [
    { part: 'train', values: curve.train },
    { part: 'validation', values: curve.validation },
  ];
  const points = parts.flatMap(({ part, values }) =>
    values.map((value, at) => ({ part, value, step: at + 1 })),
  );
  return {
    id: `${key}-curve`,
    title: `${model}: ${curve.metric} while it was trained`,
    reading: `${curveText(curve)}.`,
    columns: {
      step: points.map(({ step }) => step),
      part: points.map(({ part }) => part),
      value: points.map(({ value }) => value),
    },
    times: [],
    spec: {
      mark: { type: 'line', point: points.length <= 40 ? { size: 20 } : false, tooltip: true },
      encoding: {
        x: {
          field: 'step',
          type: 'quantitative',
          title: 'iteration or epoch',
          axis: { tickMinStep: 1, format: 'd' },
        },
        y: { field: 'value', type: 'quantitative', title: curve.metric, scale: { zero: false } },
        color: {
          ...{ field: 'part', type: 'nominal', title: null },
          scale: { domain: ['train', 'validation'], range: [colour.main, colour.second] },
        },
      },
    },
  };
}

/** AUC of every model by fold; the interval of all folds together stands last. */
export function aucCharts(scores: readonly VersionScore[]): readonly Chart[] {
  const shown = scores.filter(({ auc }) => auc !== null);
  if (shown.length === 0) return [];
  const label = ({ fold }: VersionScore) => (fold === null ? 'all' : String(fold));
  const whole = shown.filter(({ fold }) => fold === null);
  const best = [...whole].sort((a, b) => b.auc! - a.auc!)[0];
  const folds = shown.filter(({ fold }) => fold !== null);
  const weak = folds.filter(({ auc }) => auc! <= 0.5);
  const start =
    best === undefined ? '' : `${best.model} has the highest mean of the folds, ${best.auc!.toFixed(3)}; `;
  const models = [...new Set(shown.map(({ model }) => model))];
  const order = [...new Set(shown.map(label))].sort((a, b) =>
    a === 'all' ? 1 : b === 'all' ? -1 : Number(a) - Number(b),
  );
  return [
    {
      id: 'auc',
      title: 'AUC out of sample, by fold',
      reading: `${start}${weak.length} of ${plural(folds.length, 'test')} of one model on one fold ${weak.length === 1 ? 'is' : 'are'} no better than chance (0.5). Whiskers: 95 % over resampled blocks of days; orange: all folds together.`,
      columns: {
        model: shown.map(({ model }) => model),
        fold: shown.map(label),
        auc: shown.map(({ auc }) => auc),
        low: shown.map(({ aucLow, auc }) => aucLow ?? auc),
        high: shown.map(({ aucHigh, auc }) => aucHigh ?? auc),
        rows: shown.map(({ rows }) => rows),
      },
      ...{ times: [], wide: true },
      spec: aucSpec(models, order),
    },
  ];
}

function aucSpec(models: readonly string[], order: readonly string[]): Spec {
  const y = { field: 'model', type: 'nominal', sort: models, title: null, axis: { labelLimit: 130 } };
  const offset = { yOffset: { field: 'fold', type: 'nominal', sort: order } };
  const shade = {
    condition: { test: "datum.fold === 'all'", value: colour.second },
    value: colour.main,
  };
  const x = {
    ...{ type: 'quantitative', title: 'AUC', scale: { zero: false, nice: true } },
    axis: { grid: true, tickCount: 5 },
  };
  return {
    height: { step: 9 },
    layer: [
      {
        mark: { type: 'rule', strokeDash: [4, 3], color: colour.muted },
        encoding: { x: { datum: 0.5, ...x } },
      },
      {
        mark: { type: 'rule' },
        encoding: { y, ...offset, x: { field: 'low', ...x }, x2: { field: 'high' }, color: shade },
      },
      {
        mark: { type: 'point', filled: true, size: 36, opacity: 1 },
        encoding: {
          ...{ y, ...offset, x: { field: 'auc', ...x }, color: shade },
          tooltip: [
            { field: 'model', type: 'nominal' },
            { field: 'fold', type: 'nominal' },
            ...['auc', 'low', 'high'].map((field) => ({ field, type: 'quantitative', format: '.4f' })),
            { field: 'rows', type: 'quantitative', format: ',d' },
          ],
        },
      },
    ],
  };
}
