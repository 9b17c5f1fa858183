import { type Command, Option } from 'commander';
import type { Store } from '../datasets/store.ts';
import type { Diagnosis } from '../engine/signal/diagnostics.ts';
import type { FinishedScores } from '../scenarios/scoring/score.ts';
import { UsageFault } from './failure.ts';
import { wholeNumber } from './numbers.ts';
import type { Act } from './program.ts';
import { sessionStore } from './store.ts';
import { tableText } from './table.ts';

interface ScoreOptions {
  readonly dataset: string;
  readonly from?: string;
  readonly to?: string;
  readonly versions?: string;
  readonly trainedOn?: string;
  readonly approximate?: readonly string[];
  readonly dailyVolumeMin: number;
  readonly again?: boolean;
  readonly workers?: number;
  readonly batch?: number;
}

export function addScore(program: Command, act: Act): void {
  program
    .command('score <strategy>')
    .description("fill a strategy's columns over a dataset with what its trained models say")
    .requiredOption('--dataset <name>', 'what to score')
    .option('--from <time>', 'first bar; all there are unless given')
    .option('--to <time>', 'close of the last bar')
    .option('--trained-on <dataset>', 'use the versions that were trained on another dataset')
    .addOption(
      new Option(
        '--versions <names>',
        'versions to use, with commas between; those trained on the dataset unless given',
      ).conflicts('trainedOn'),
    )
    .addOption(
      new Option('--approximate <input...>', 'make up what bars lack, and say so').choices(['quote-volume']),
    )
    .option(
      '--daily-volume-min <quote>',
      'least median daily quote volume of an eligible coin',
      wholeNumber(0),
      0,
    )
    .option('--again', 'score again what is stored already')
    .option('--workers <n>', 'worker threads', wholeNumber(1))
    .option('--batch <rows>', 'rows handed to a model at once', wholeNumber(1))
    .action(async (strategy: string, options: ScoreOptions, command: Command) => {
      await act(command, async (session) => {
        const { fromMs, toMs } = await spanOf(options);
        const { scoreDataset } = await import('../scenarios/scoring/score.ts');
        const { versions, trainedOn, workers, batch, again = false } = options;
        const store = await sessionStore(session);
        const finished = await scoreDataset(store, {
          ...{ strategy, dataset: options.dataset, fromMs, toMs, again },
          ...(versions === undefined ? {} : { versions: versions.split(',').filter((name) => name !== '') }),
          ...(trainedOn === undefined ? {} : { trainedOn }),
          ...(workers === undefined ? {} : { workers }),
          ...(batch === undefined ? {} : { batchRows: batch }),
          universe: {
            approximateQuoteVolume: options.approximate?.includes('quote-volume') ?? false,
            dailyVolumeMin: options.dailyVolumeMin,
          },
          ...{ clockMs: () => performance.now(), progress: session.progress },
        });
        for (const remark of finished.remarks) session.remark(remark);
        session.progress('diagnosing the scores');
        const diagnoses = await diagnosesOf(store, strategy, finished);
        session.answer({ ...answerOf(finished), diagnoses }, () => scoreText(finished, diagnoses));
      });
    });
}

async function spanOf({
  from,
  to,
}: ScoreOptions): Promise<{ readonly fromMs: number | null; readonly toMs: number | null }> {
  const { instant } = await import('../scenarios/instant.ts');
  const read = [
    ['--from', from],
    ['--to', to],
  ].map(([path, text]) => ({ path: path!, parsed: text === undefined ? null : instant(text) }));
  const faults = read.flatMap(({ path, parsed }) =>
    parsed === null || parsed.ok ? [] : [{ path, message: parsed.message }],
  );
  if (faults.length > 0) throw new UsageFault('the span cannot be read', faults);
  const [fromMs, toMs] = read.map(({ parsed }) => (parsed?.ok === true ? parsed.timeMs : null));
  return { fromMs: fromMs ?? null, toMs: toMs ?? null };
}

async function diagnosesOf(
  store: Store,
  strategy: string,
  finished: FinishedScores,
): Promise<readonly Diagnosis[]> {
  const { diagnoseScores } = await import('../datasets/scores/diagnose.ts');
  const { scoreOutcomes } = await import('../scenarios/scoring/outcomes.ts');
  const { modelPlans } = await import('../strategies/models.ts');
  const plan = modelPlans.get(strategy);
  if (plan === undefined) return [];
  const outcomes = await scoreOutcomes(store, finished.manifest.dataset, plan);
  return await diagnoseScores(finished, plan, outcomes);
}

function answerOf({ manifest, dir, scoredRows, rowsPerSecond, remarks }: FinishedScores): object {
  const { rows, hash, strategy, dataset, fromMs, toMs, versions, columns } = manifest;
  return {
    ...{ strategy, dataset, rows, hash, scoredRows, rowsPerSecond, fromMs, toMs },
    versions: versions.map(({ version, validFromMs, weightSets }) => ({ version, validFromMs, weightSets })),
    columns: columns.map(({ name, filled }) => ({ column: name, rows: filled })),
    ...{ remarks, dir },
  };
}

function scoreText(
  { manifest, dir, rowsPerSecond }: FinishedScores,
  diagnoses: readonly Diagnosis[],
): string {
  const { rows, hash, strategy, dataset, versions, columns } = manifest;
  const speed = rowsPerSecond === null ? 'all stored before' : `${rowsPerSecond.toLocaleString('en')} rows/s`;
  return [
    `${strategy} over ${dataset}: ${rows.toLocaleString('en')} rows, ${speed}`,
    tableText(columns.map(({ name, filled }) => ({ column: name, rows: filled }))),
    tableText(
      versions.map(({ version, validFromMs }) => ({
        ...{ version, 'valid from': `${new Date(validFromMs).toISOString().slice(0, 16)}Z` },
      })),
    ),
    ...diagnoses.map(({ severity, code, sentence }) =>
      severity === 'fault' ? `${code}: ${sentence}` : sentence,
    ),
    `hash ${hash}\n${dir}`,
  ].join('\n');
}
