import { type Command, Option } from 'commander';
import { type SizeName, sizeNames } from '../engine/signal/model-plan.ts';
import type { VersionScore } from '../engine/signal/version.ts';
import type { Cadence } from '../training/sized-plan.ts';
import type { TrainResult } from '../training/train.ts';
import { UsageFault } from './failure.ts';
import { wholeNumber } from './numbers.ts';
import type { Act } from './program.ts';
import { sessionStore } from './store.ts';
import { tableText } from './table.ts';

interface TrainOptions {
  readonly dataset: string;
  readonly size: SizeName;
  readonly seed: number;
  readonly from?: string;
  readonly to?: string;
  readonly cadence: Cadence;
  readonly threads?: number;
  readonly keepFolds?: boolean;
}

export function addTrain(program: Command, act: Act): void {
  program
    .command('train <strategy>')
    .description("train a strategy's models on what was known at a date: a version of the model store")
    .requiredOption('--dataset <name>', 'what to train on')
    .addOption(
      new Option('--size <size>', 'how much of the published training is done')
        .choices([...sizeNames])
        .default('demo'),
    )
    .option('--seed <n>', 'seed of everything that is drawn', wholeNumber(0), 1)
    .option('--to <date>', 'nothing later is looked at; the last 00:00 UTC of the data unless given')
    .addOption(
      new Option('--cadence <cadence>', 'a version for each retrain date from --from to --to')
        .choices(['none', 'weekly', '5d', '7d', 'monthly'])
        .default('none'),
    )
    .option('--from <date>', 'first retrain date of a cadence')
    .option('--threads <n>', 'threads of the libraries and of the export', wholeNumber(1))
    .option('--keep-folds', "store the folds' models too")
    .action(async (strategy: string, options: TrainOptions, command: Command) => {
      await act(command, async (session) => {
        const span = await spanOf(options);
        const { trainStrategy } = await import('../training/train.ts');
        const { dataset, size, seed, cadence, threads, keepFolds = false } = options;
        const result = await trainStrategy(await sessionStore(session), {
          ...{ strategy, dataset, size, seed, cadence, keepFolds, ...span },
          ...(threads === undefined ? {} : { threads }),
          ...{ progress: session.progress, signal: session.signal },
        });
        for (const { manifest, isNew, dir } of result.versions) {
          if (!isNew) session.remark(`${manifest.version} is there already: the same inputs`);
          if (!isNew && manifest.notShown.length > 0)
            session.remark(`it was trained without some libraries: remove ${dir} to train it anew`);
          for (const { model, library, reason } of manifest.notShown)
            session.remark(`not shown: ${model}, because ${library} cannot be imported: ${reason}`);
        }
        session.answer(answerOf(result), () => trainText(result));
      });
    });
}

/** Dates or times, UTC. */
async function spanOf({
  from,
  to,
}: TrainOptions): Promise<{ readonly fromMs?: number; readonly toMs?: number }> {
  const { instant } = await import('../scenarios/instant.ts');
  const read = Object.entries({ fromMs: from, toMs: to }).flatMap(([field, text]) =>
    text === undefined ? [] : [{ field, parsed: instant(text) }],
  );
  const faults = read.flatMap(({ field, parsed }) =>
    parsed.ok ? [] : [{ path: field === 'fromMs' ? '--from' : '--to', message: parsed.message }],
  );
  if (faults.length > 0) throw new UsageFault('the dates cannot be read', faults);
  return Object.fromEntries(read.map(({ field, parsed }) => [field, parsed.ok ? parsed.timeMs : Number.NaN]));
}

/** `models`, `folds`, `weights`, `scores` and `notShown` are those of the newest version. */
function answerOf({ versions }: TrainResult): object {
  const newest = versions.at(-1)!.manifest;
  return {
    ...{ strategy: newest.strategy, dataset: newest.dataset.name, version: newest.version },
    ...{ models: newest.models, folds: newest.folds },
    weights: newest.ensembles.map(({ name, side, members, aucs, weights, weightSet }) => ({
      ...{ ensemble: name, side, weightSet },
      members: members.map((model, index) => ({ model, auc: aucs[index], weight: weights[index] })),
    })),
    ...{ scores: newest.scores, libraries: newest.libraries, notShown: newest.notShown },
    ...{ sampling: newest.sampling, notes: newest.notes },
    versions: versions.map(({ manifest, dir, isNew }) => {
      const { version, validFromMs, trainedFromMs, trainedToMs } = manifest;
      return { version, validFromMs, trainedFromMs, trainedToMs, isNew, dir };
    }),
  };
}

function trainText({ versions }: TrainResult): string {
  return versions.map(({ manifest, dir, isNew }) => versionText(manifest, dir, isNew)).join('\n\n');
}

function versionText(
  manifest: TrainResult['versions'][number]['manifest'],
  dir: string,
  isNew: boolean,
): string {
  const { scores, ensembles, sampling, libraries, notShown, notes, validFromMs } = manifest;
  const day = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
  const folds = manifest.folds.map(({ index, testFromMs, testToMs, trainRows, testRows }) => ({
    ...{ fold: index, 'test from': day(testFromMs), to: day(testToMs) },
    ...{ 'rows to train': trainRows, 'to test': testRows },
  }));
  const classified = scores.filter(({ spearman }) => spearman === null);
  const regressed = scores.filter(({ spearman }) => spearman !== null);
  return [
    `${manifest.strategy}/${manifest.version}${isNew ? '' : ' (there already)'}: ${manifest.models.length} models, valid from ${day(validFromMs)}`,
    ...(folds.length === 0 ? [] : [tableText(folds)]),
    ...(classified.length === 0 ? [] : [tableText(classified.map(aucRow))]),
    ...(regressed.length === 0 ? [] : [tableText(regressed.map(returnRow))]),
    ...ensembles.map(
      ({ name, members, weights, weightSet }) =>
        `weights of ${name} (${weightSet}): ${members.map((model, index) => `${model} ${weights[index]!.toFixed(6)}`).join(', ')}`,
    ),
    `libraries: ${libraries.map(({ name, version }) => `${name} ${version}`).join(', ') || 'none'}`,
    ...notShown.map(({ model, library, reason }) => `not shown: ${model} (${library}: ${reason})`),
    ...sampling.map((line) => `cut down to: ${line}`),
    ...notes.map((line) => `note: ${line}`),
    dir,
  ].join('\n');
}

/** An area no better than chance. */
const CHANCE_AUC = 0.5;

function aucRow(score: VersionScore): Record<string, string | number | null> {
  const { fold, model, side, library, rows, positives, auc, aucLow, aucHigh, commonShare } = score;
  const shown = (value: number | null, digits = 4) => (value === null ? null : value.toFixed(digits));
  return {
    ...{ model, side, library, fold: fold === null ? 'all' : String(fold), rows, positives },
    AUC: shown(auc),
    '95 % from': shown(aucLow),
    to: shown(aucHigh),
    'within hours': shown(score.withinHourAuc),
    pooled: shown(score.pooledAuc),
    'common share': shown(commonShare, 3),
    '': auc !== null && auc <= CHANCE_AUC ? 'no better than chance' : '',
  };
}

function returnRow(score: VersionScore): Record<string, string | number | null> {
  const shown = (value: number | null, digits = 4) => (value === null ? null : value.toFixed(digits));
  return {
    ...{ model: score.model, side: score.side, library: score.library },
    ...{ fold: score.fold === null ? 'all' : String(score.fold), rows: score.rows },
    'rank correlation': shown(score.spearman),
    'mean predicted': shown(score.meanPredicted, 5),
    realised: shown(score.meanRealised, 5),
    slope: shown(score.slope, 3),
    'common share': shown(score.commonShare, 3),
  };
}
