import { type Command, Option } from 'commander';
import { detectorNames } from '../engine/columns/audit/findings.ts';
import type { TrainingHooks } from '../engine/columns/audit/training.ts';
import { isoMinute } from '../engine/panel/hours.ts';
import type { ColumnAudit } from '../scenarios/columns/audit.ts';
import { exitCodes } from './failure.ts';
import { wholeNumber } from './numbers.ts';
import type { Act } from './program.ts';
import type { Session } from './session.ts';
import { sessionStore } from './store.ts';

interface AuditOptions {
  readonly set: string;
  readonly strategy?: readonly string[];
  readonly approximate?: readonly string[];
  readonly times?: number;
  readonly replayHours?: number;
  readonly seed?: number;
  readonly train?: readonly string[];
  readonly seeds?: number;
  readonly permutations?: number;
  readonly report: boolean;
  readonly workers?: number;
}

/** Adds to the command `columns`, which must be there. */
export function addColumnsAudit(program: Command, act: Act): void {
  const columns = program.commands.find((command) => command.name() === 'columns')!;
  columns
    .command('audit <dataset>')
    .description('look for anything that sees the future; exit code 1 where something does')
    .requiredOption('--set <name or file>', 's1, s2, s3, or a .ts or .js file that exports a set')
    .option('--strategy <name or file...>', 'strategies whose decisions are audited too, with their defaults')
    .addOption(
      new Option('--approximate <input...>', 'make up what bars lack, and say so').choices(['quote-volume']),
    )
    .option('--times <n>', 'times at which the data are cut and spoiled; 20 if absent', wholeNumber(1))
    .option('--replay-hours <n>', 'hours streamed as they arrived; 72 if absent', wholeNumber(1))
    .option('--seed <n>', 'of the times and the noise; 1 if absent', wholeNumber(0))
    .option(
      '--train <strategy...>',
      'strategies whose models are trained on markets without alpha; takes Python',
    )
    .option('--seeds <n>', 'markets without alpha; 3 if absent, 20 make the full form', wholeNumber(1))
    .option(
      '--permutations <n>',
      'trainings on shuffled labels, spread over them; 20 if absent',
      wholeNumber(1),
    )
    .option('--workers <n>', 'worker threads', wholeNumber(1))
    .option('--no-report', 'leave the page out')
    .action(async (dataset: string, options: AuditOptions, command: Command) => {
      await act(command, async (session) => {
        const { auditColumns } = await import('../scenarios/columns/audit.ts');
        const { lineageOfVersion } = await import('../training/lineage.ts');
        const { set, strategy, approximate, times, replayHours, seed, workers } = options;
        const training = await trainingHooks(options, session);
        const result = await auditColumns(await sessionStore(session), {
          ...{ dataset, set, progress: session.progress, lineageOfVersion },
          ...(training === null ? {} : { training }),
          approximateQuoteVolume: approximate?.includes('quote-volume') ?? false,
          ...(options.report ? { pageAtMs: Date.now() } : {}),
          ...(strategy === undefined ? {} : { strategies: strategy }),
          ...(times === undefined ? {} : { times }),
          ...(replayHours === undefined ? {} : { replayHours }),
          ...(seed === undefined ? {} : { seed }),
          ...(workers === undefined ? {} : { workers }),
        });
        const { page, ...told } = result;
        session.answer({ ...told, report: page }, () => auditText(result));
        if (!result.clean) session.endWith(exitCodes.negative);
      });
    });
}

/** Null where no training was asked for. */
async function trainingHooks(
  { train = [], seeds, permutations, workers = 1 }: AuditOptions,
  { progress, signal }: Pick<Session, 'progress' | 'signal'>,
): Promise<TrainingHooks | null> {
  if (train.length === 0) return null;
  const { auditedTrainers } = await import('../training/audited-trainer.ts');
  return {
    trainers: train.flatMap((strategy) => auditedTrainers({ strategy, threads: workers, progress, signal })),
    ...(seeds === undefined ? {} : { noiseSeeds: Array.from({ length: seeds }, (_, place) => place + 1) }),
    ...(permutations === undefined ? {} : { permutations }),
  };
}

function auditText({ dataset, set, leaks, clean, ran, notRun, silent, pending, page }: ColumnAudit): string {
  const counts = Object.entries(ran).map(
    ([detector, count]) => `${detectorNames[detector as keyof typeof detectorNames]} ${count}`,
  );
  const found =
    leaks.length === 0
      ? 'nothing could be compared'
      : `${leaks.length} ${leaks.length === 1 ? 'leak' : 'leaks'}`;
  const verdict = clean ? 'nothing looks ahead' : found;
  return [
    `${set} over ${dataset}: ${verdict}`,
    ...leaks.map(
      ({ detector, subject, timeMs, message, hint }) =>
        `  ${detectorNames[detector]}: ${subject}${Number.isNaN(timeMs) ? '' : ` from ${isoMinute(timeMs)}`}: ${message}${hint === null ? '' : ` (${hint})`}`,
    ),
    `compared: ${counts.join(', ') || 'nothing'}`,
    ...notRun.map(({ detector, reason }) => `not run: ${detectorNames[detector]}: ${reason}`),
    ...(silent.length === 0 ? [] : [`without a value wherever it was compared: ${silent.join(', ')}`]),
    ...(pending.length === 0 ? [] : [`passed over, as nothing fills them yet: ${pending.join(', ')}`]),
    ...(page === null ? [] : [page]),
  ].join('\n');
}
