/** How trades ended. */
import { type Chart, colour } from '../chart.ts';
import { count, money, percent } from '../format.ts';
import { groupTrades } from '../groups.ts';
import type { TradeRow } from '../trades.ts';

export function exitReasonsChart(trades: readonly TradeRow[]): Chart {
  const groups = [...groupTrades(trades, (trade) => trade.exitReason)].sort((a, b) => b.trades - a.trades);
  const most = groups[0]!;
  const worst = groups.reduce((a, b) => (b.pnl < a.pnl ? b : a));
  const rows = groups.flatMap((group) => [
    { reason: group.key, outcome: 'won', trades: group.wins, pnl: group.pnl },
    { reason: group.key, outcome: 'lost', trades: group.trades - group.wins, pnl: group.pnl },
  ]);
  return {
    id: 'exit-reasons',
    title: 'Exit reasons',
    reading: `Most trades (${percent(most.trades / trades.length, { digits: 0 })}) ended by ${most.key}. ${worst.pnl < 0 ? `Exits by ${worst.key} cost most: ${money(worst.pnl, true)} over ${count(worst.trades)}.` : 'No exit reason lost money in sum.'}`,
    columns: {
      reason: rows.map((row) => row.reason),
      outcome: rows.map((row) => row.outcome),
      trades: rows.map((row) => row.trades),
    },
    times: [],
    wide: true,
    spec: {
      height: { step: 30 },
      mark: { type: 'bar', cornerRadius: 1 },
      encoding: {
        y: { field: 'reason', type: 'nominal', sort: null, title: null },
        x: { field: 'trades', type: 'quantitative', title: 'trades', axis: { grid: true, tickCount: 6 } },
        color: {
          field: 'outcome',
          type: 'nominal',
          scale: { domain: ['won', 'lost'], range: [colour.gain, colour.loss] },
        },
        order: { field: 'outcome', sort: 'descending' },
        tooltip: [
          { field: 'reason', type: 'nominal', title: 'exit' },
          { field: 'outcome', type: 'nominal', title: 'trades that' },
          { field: 'trades', type: 'quantitative', title: 'count' },
        ],
      },
    },
  };
}
