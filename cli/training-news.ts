import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { NewsEvaluation } from '../training/news-evaluation.ts';
import type { Act } from './program.ts';
import { sessionStore } from './store.ts';
import { tableText } from './table.ts';

/** Adds to the command `training`, which must be there. */
export function addTrainingNews(program: Command, act: Act): void {
  const training = program.commands.find((command) => command.name() === 'training')!;
  training
    .command('evaluate-news')
    .description('how well a news classifier reads headlines that somebody has labelled')
    .requiredOption('--labels <csv>', 'columns title and class')
    .option('--of-version <name>', 'version of btc-residual; the newest if absent')
    .option('--misses', 'list the headlines that were read wrongly')
    .action(async (options: { labels: string; ofVersion?: string; misses?: boolean }, command: Command) => {
      await act(command, async (session) => {
        const { evaluateNews } = await import('../training/news-evaluation.ts');
        const { labels, ofVersion: version = null } = options;
        const told = await evaluateNews(await sessionStore(session), { labels, version });
        session.answer(told, () => evaluationText(told, options.misses === true));
      });
    });
  training
    .command('corpus')
    .description('write the corpus of the news classifier anew from the sources that lie beside it')
    .action(async (_: object, command: Command) => {
      await act(command, async (session) => {
        const { corpusCsv, corpusDir, corpusFile, newsCorpus } = await import('../training/news-corpus.ts');
        const rows = await newsCorpus();
        const path = `${corpusDir}${corpusFile}`;
        await writeFile(path, corpusCsv(rows));
        session.answer({ path, rows: rows.length }, `${rows.length} headlines in ${path}`);
      });
    });
}

function evaluationText(told: NewsEvaluation, withMisses: boolean): string {
  const figure = (value: number) => (Number.isNaN(value) ? null : value.toFixed(3));
  const table = told.classes.map((name, place) => ({
    ...{ class: name, rows: told.confusion[place]!.reduce((sum, count) => sum + count, 0) },
    ...{
      recall: figure(told.recall[place]!),
      precision: figure(told.precision[place]!),
      f1: figure(told.f1[place]!),
    },
    ...Object.fromEntries(told.classes.map((other, at) => [other, told.confusion[place]![at]!])),
  }));
  return [
    `${told.rows} headlines: macro-F1 ${told.macroF1.toFixed(3)}, accuracy ${told.accuracy.toFixed(3)}`,
    tableText(table),
    'right of f1: what headlines of the class were read as',
    ...(withMisses ? [tableText([...told.misses], 'none was read wrongly')] : []),
    told.dir,
  ].join('\n');
}
