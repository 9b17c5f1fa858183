/** A version and its models as text for a terminal. */
import { importanceKinds, type ModelReport, topFeatures } from '../datasets/models/model-report.ts';
import type { ModelContract } from '../engine/signal/contract.ts';
import type { ModelVersion, VersionScore } from '../engine/signal/version.ts';
import { count, day, minute, plural } from './format.ts';
import { type ModelFacts, type OneModel, scoresOf } from './model-facts.ts';

/** Features that a list of importances names. */
export const featuresShown = 15;

export function modelText(facts: ModelFacts): string {
  const { manifest, models } = facts;
  return [
    facts.name,
    ...(manifest === null ? [] : versionLines(manifest)),
    ...scoreLines(scoresOf(facts)),
    ...models.flatMap((model) => ['', ...modelLines(model, models.length === 1)]),
  ].join('\n');
}

function versionLines(version: ModelVersion): readonly string[] {
  const { dataset, folds, ensembles, libraries, notShown, sampling, notes } = version;
  return [
    `trained ${day(version.trainedFromMs)} to ${minute(version.trainedToMs)}, valid from ${minute(version.validFromMs)} UTC`,
    `dataset ${dataset.name} ${dataset.hash.slice(0, 12)} · plan ${version.planHash.slice(0, 12)} · size ${version.size} · seed ${version.seed}`,
    ...(folds.length === 0
      ? []
      : [
          `${plural(folds.length, 'fold')}: ${folds.map((fold) => `${day(fold.testFromMs)} to ${day(fold.testToMs)} (${count(fold.trainRows)} / ${count(fold.testRows)} rows)`).join(', ')}`,
        ]),
    `libraries: ${libraries.map(({ name, version: own }) => `${name} ${own}`).join(', ')}`,
    ...ensembles.map(
      ({ name, members, weights, weightSet }) =>
        `ensemble ${name} (${weightSet}): ${members.map((member, at) => `${weights[at]!.toFixed(6)} ${member}`).join(', ')}`,
    ),
    ...notShown.map(({ model, library, reason }) => `not shown: ${model} (${library}): ${reason}`),
    ...sampling.map((line) => `sampled: ${line}`),
    ...notes.map((line) => `note: ${line}`),
  ];
}

function scoreLines(scores: readonly VersionScore[]): readonly string[] {
  const lines = scores.map((score) => {
    const where = score.fold === null ? 'all folds' : `fold ${score.fold}`;
    return `  ${score.model.padEnd(16)} ${where.padEnd(9)} ${scoreText(score)} · ${count(score.rows)} rows`;
  });
  return lines.length === 0 ? [] : ['out of sample:', ...lines];
}

/** AUC with its interval, or what a regressor is judged by. */
export function scoreText(score: VersionScore): string {
  const { auc, aucLow, aucHigh, withinHourAuc, spearman, slope } = score;
  if (auc === null) {
    const parts = [
      ...(spearman === null ? [] : [`Spearman ${spearman.toFixed(3)}`]),
      ...(slope === null ? [] : [`slope ${slope.toFixed(2)}`]),
    ];
    return parts.join(', ') || 'no score';
  }
  const interval =
    aucLow === null || aucHigh === null ? '' : ` [${aucLow.toFixed(3)}, ${aucHigh.toFixed(3)}]`;
  const within = withinHourAuc === null ? '' : `, within the hour ${withinHourAuc.toFixed(3)}`;
  return `AUC ${auc.toFixed(3)}${interval}${within}`;
}

function modelLines({ place, check, report, diagnoses }: OneModel, isAlone: boolean): readonly string[] {
  const { contract } = check;
  const title = place.fold === null ? place.model : `${place.model} of fold ${place.fold}`;
  const verdict = check.ok
    ? [
        `checks passed; off the native library by at most ${figure(check.deviationMax)} on ${contract!.golden.rows} golden rows`,
      ]
    : check.refusals.map(({ field, message }) => `refused: ${field}: ${message}`);
  return [
    title,
    ...(contract === null ? [] : contractLines(contract)),
    ...verdict,
    ...(report === null ? [] : reportLines(report, isAlone ? featuresShown : 5)),
    ...diagnoses.map(({ sentence }) => sentence),
  ].map((line, at) => (at === 0 ? line : `  ${line}`));
}

function contractLines(contract: ModelContract): readonly string[] {
  const { library, input, train, parity } = contract;
  return [
    `${library.name} ${library.version}, export ${library.exporter}, size ${contract.size}`,
    `in: ${inputText(input)}; out: ${outputText(contract)}`,
    `trained ${train.fromMs === null ? '–' : day(train.fromMs)} to ${train.toMs === null ? '–' : minute(train.toMs)}${train.rows === null ? '' : ` on ${count(train.rows)} rows`}, valid from ${validText(contract.validFromMs)}`,
    ...train.sampling.map((line) => `sampled: ${line}`),
    ...(parity === null
      ? []
      : [`parity at export: ${figure(parity.deviationMax)} at most on ${count(parity.rows)} rows`]),
  ];
}

/** A model that was trained on nothing dated is valid from the epoch on. */
export function validText(validFromMs: number): string {
  return validFromMs === 0 ? 'any time' : `${minute(validFromMs)} UTC`;
}

export function inputText({
  kind,
  features,
  featureSet,
  steps,
  strideHours,
}: ModelContract['input']): string {
  if (kind === 'text') return 'terms of a text';
  const what = `${plural(features.length, 'feature')}${featureSet === null ? '' : ` of ${featureSet.name}`}`;
  return kind === 'rows' ? what : `${what} over ${steps} steps of ${strideHours} h`;
}

export function outputText({ output, side }: ModelContract): string {
  const of = side === null ? '' : ` (${side})`;
  if (output.kind === 'class-logits') return `logits of ${output.classes.join(', ')}`;
  return output.kind === 'logit' ? `log-odds${of}` : `expected return${of}`;
}

function reportLines(report: ModelReport, countMax: number): readonly string[] {
  const importances = importanceKinds.flatMap((kind) => {
    const top = topFeatures(report, kind, countMax);
    if (top.length === 0) return [];
    return [
      `importance by ${kind}: ${top.map(({ feature, value }) => `${feature} ${figure(value)}`).join(', ')}`,
    ];
  });
  return [...importances, ...(report.curve === null ? [] : [curveText(report.curve)])];
}

/** Where a curve began, was best and ended. */
export function curveText({ metric, train, validation }: NonNullable<ModelReport['curve']>): string {
  const of = (name: string, values: readonly number[]) => {
    if (values.length === 0) return [];
    const best = values.reduce((least, value, at) => (value < values[least]! ? at : least), 0);
    return [
      `${name} from ${figure(values[0]!)} to ${figure(values.at(-1)!)}, least ${figure(values[best]!)} at ${best + 1} of ${values.length}`,
    ];
  };
  return `${metric}: ${[...of('train', train), ...of('validation', validation)].join('; ')}`;
}

export function figure(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 1000 ? count(value) : String(Number(value.toPrecision(3)));
}
