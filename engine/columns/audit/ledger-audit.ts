/** The ledger against the fills: whatever was entered is in a trade, above all where the coin has left. */
import type { RunJournal } from '../../journal/run-journal.ts';
import { isoMinute } from '../../panel/hours.ts';
import { type Panel, timeAt } from '../../panel/panel.ts';
import type { TradeColumns } from '../../portfolio/ledger.ts';
import { closeMsOf, type HourSpan } from './cut.ts';
import type { Leak } from './findings.ts';
import type { Findings } from './look-ahead.ts';
import { type AuditedRun, type AuditedStrategy, runStrategy } from './strategy-run.ts';
import type { AuditWorld } from './world.ts';

export interface LedgerAuditOptions {
  readonly span: HourSpan;
  /** The ledger under audit; the engine's own if absent. */
  readonly tradesOf?: (run: AuditedRun, panel: Panel) => TradeColumns;
}

/** Rounding that may be left of a position in many parts. */
const REST_MAX = 1e-6;

/** Df for ledgers: the strategy is run to the end of the span, everything is closed there, and every quantity entered has a trade. */
export async function ledgerAudit(
  world: AuditWorld,
  audited: AuditedStrategy,
  { span, tradesOf = ({ result }) => result.trades }: LedgerAuditOptions,
): Promise<Findings> {
  const { panel } = world.inputs;
  const run = await runStrategy(world, audited, span, { closeAtEnd: true });
  const { name } = audited.strategy;
  const traded = tradedQuantities(tradesOf(run, panel), panel);
  const entries = enteredQuantities(run.journal, panel);
  // A position that changed its name or unit leaves in other quantities than it came in.
  const renamed = new Set(
    (panel.life?.renames ?? []).flatMap(({ from, to }) => [panel.symbols[from]!, panel.symbols[to]!]),
  );
  const leaks: Leak[] = [];
  for (const [key, { symbol, quantity, firstMs }] of entries) {
    const closed = traded.get(key) ?? 0;
    if (renamed.has(symbol) || Math.abs(quantity - closed) <= REST_MAX * quantity) continue;
    const coin = panel.symbols.indexOf(symbol);
    const left = panel.endHour[coin]! < span.toHour;
    const timeMs = left ? closeMsOf(panel, panel.endHour[coin]! - 1) : timeAt(panel, span.toHour);
    leaks.push({
      ...{ detector: 'Df', kind: 'strategy', subject: name, field: 'trades', timeMs, symbol },
      ...{ before: quantity, after: closed, hint: left ? 'the return of a delisting dropped' : null },
      message: `${symbol}${left ? `, which left at ${isoMinute(timeMs)},` : ''} was entered from ${isoMinute(firstMs)} on with ${quantity} units, but trades account for ${closed}: a loss may have gone with the rest`,
    });
  }
  return { leaks, count: entries.size };
}

interface Entered {
  readonly symbol: string;
  readonly quantity: number;
  readonly firstMs: number;
}

function enteredQuantities(journal: RunJournal, { symbols }: Panel): ReadonlyMap<string, Entered> {
  const { fills } = journal.tables(symbols);
  const column = (name: string) => fills!.columns[name]!.values;
  const [times, names, markets, sides, legs, quantities] = [
    ...['time', 'symbol', 'market', 'side', 'leg', 'quantity'].map(column),
  ] as const;
  const entered = new Map<string, Entered>();
  for (let row = 0; row < fills!.rows; row += 1) {
    if (legs![row] !== 'entry') continue;
    const symbol = String(names![row]);
    const key = `${symbol} ${markets![row]} ${sides![row]}`;
    const known = entered.get(key) ?? { symbol, quantity: 0, firstMs: Number(times![row]) };
    entered.set(key, { ...known, quantity: known.quantity + Number(quantities![row]) });
  }
  return entered;
}

function tradedQuantities(trades: TradeColumns, { symbols }: Panel): ReadonlyMap<string, number> {
  const traded = new Map<string, number>();
  for (let row = 0; row < trades.count; row += 1) {
    const market = trades.market[row] === 1 ? 'spot' : 'usdm';
    const key = `${symbols[trades.coin[row]!]} ${market} ${trades.side[row]}`;
    traded.set(key, (traded.get(key) ?? 0) + trades.quantity[row]!);
  }
  return traded;
}
