import type { Command } from 'commander';
import type { Repair } from '../datasets/dataset.ts';
import type { Act } from './program.ts';
import { sessionStore } from './store.ts';
import { tableText } from './table.ts';

interface RepairOptions {
  readonly rule: readonly string[];
  readonly symbol?: readonly string[];
  readonly as?: string;
}

export function addRepair(data: Command, act: Act): void {
  data
    .command('repair <name>')
    .description('mend what the data check found, by named repairs, as a new version of the dataset')
    .requiredOption('--rule <rules...>', 'repairs, as data check suggests them, such as drop-duplicates')
    .option('--symbol <symbols...>', 'of these symbols alone')
    .option('--as <name>', 'keep the dataset as it is, and store the new version under this name')
    .action(async (name: string, options: RepairOptions, command: Command) => {
      await act(command, async (session) => {
        const { repairDataset } = await import('../datasets/repair/repair.ts');
        const { progress, signal } = session;
        const request = {
          name,
          rules: options.rule,
          ...(options.symbol === undefined ? {} : { symbols: options.symbol }),
          ...(options.as === undefined ? {} : { as: options.as }),
        };
        const result = await repairDataset(await sessionStore(session), request, { progress, signal });
        if (options.rule.includes('take-revisions'))
          session.remark(
            'take-revisions looks ahead: the later versions were not known when their hours ended',
          );
        session.answer(
          result,
          () =>
            `${result.dataset}: ${result.rows} bars of ${result.symbols} symbols, repaired from ${result.parent.slice(0, 12)}\n${repairsText(result.repaired)}\nhash ${result.hash}`,
        );
      });
    });
}

/** More than a person reads; --json gives all of them. */
const repairsShown = 50;

/** What was repaired, a line each. */
export function repairsText(repairs: readonly Repair[]): string {
  const time = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
  const rows = repairs.slice(0, repairsShown).map(({ rule, symbol, fromMs, toMs, rows: count, note }) => ({
    repair: rule,
    symbol: symbol ?? 'all',
    from: time(fromMs),
    to: time(toMs),
    rows: count,
    note,
  }));
  const more = repairs.length - rows.length;
  return more > 0 ? `${tableText(rows)}\nand ${more} more` : tableText(rows);
}
