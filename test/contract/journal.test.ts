import { RunJournal } from '../../engine/journal/run-journal.ts';
import type { Table } from '../../engine/journal/tables.ts';
import { journalContract, type Written } from './journal-contract.ts';
import { symbols } from './market-fixture.ts';

journalContract('tables of a run', () => {
  const journal = new RunJournal();
  return {
    journal,
    written(kind) {
      const { decisions, targets, fills, funding, account_events } = journal.tables(symbols);
      switch (kind) {
        case 'order':
          return rows(targets);
        // A run over history keeps no intents: its venue loses no order.
        case 'intent':
          return [];
        // The end of a working order stands in the row of its beginning.
        case 'resolution':
          return [];
        case 'account-event':
          return rows(account_events);
        case 'fill':
          return rows(fills);
        case 'funding':
          return rows(funding);
        case 'decision':
          return rows(decisions, (row) => text(decisions, 'skipped', row) === null);
        case 'skip':
          return rows(decisions, (row) => text(decisions, 'skipped', row) !== null);
      }
    },
  };
});

function rows(table: Table, keep: (row: number) => boolean = () => true): Written[] {
  return Array.from({ length: table.rows }, (_, row) => row)
    .filter(keep)
    .map((row) => {
      const symbol = 'symbol' in table.columns ? text(table, 'symbol', row) : null;
      return {
        timeMs: Number(table.columns['time']!.values[row]),
        coin: symbol === null ? null : symbols.indexOf(symbol),
      };
    });
}

function text(table: Table, column: string, row: number): string | null {
  const value = table.columns[column]!.values[row];
  return typeof value === 'string' ? value : null;
}
