/** What the exchange's own lists say of the coins with bars: what they are, since when they trade, and until when. */
import type { Table, TableColumn } from '../../engine/journal/tables.ts';
import { hourMs, isoMinute } from '../../engine/panel/hours.ts';
import type { Instrument } from '../exchange-tables.ts';
import { instrumentKind } from '../instrument-kinds.ts';
import type { BarFacts } from './exchange.ts';

/**
 * One row a coin, from the newest list that has it.
 *
 *   listed_ms     always empty: bars say themselves where they begin
 *   onboard_ms    the listing on record; empty where it lies after the coin's first bar, for then it is that of a later
 *                 listing under the same name, and the first one is not on record
 *   announced_ms  always empty: such lists do not say when an end was announced
 */
export function livesTable(
  instruments: readonly Instrument[],
  bars: BarFacts | null,
): { readonly table: Table; readonly notes: readonly string[] } {
  const newest = new Map<string, Instrument>();
  for (const instrument of instruments) {
    if (bars?.symbols.has(instrument.symbol) === true) newest.set(instrument.symbol, instrument);
  }
  const rows = [...newest.values()];
  const isRelisting = ({ symbol, onboardMs }: Instrument) =>
    onboardMs >= (bars?.firstMs.get(symbol) ?? Number.POSITIVE_INFINITY) + hourMs;
  const time = (pick: (row: Instrument) => number): TableColumn => ({
    type: 'time',
    values: Float64Array.from(rows, pick),
  });
  const columns = {
    symbol: { type: 'text' as const, values: rows.map(({ symbol }) => symbol) },
    listed_ms: time(() => Number.NaN),
    delisted_ms: time(({ deliveryMs }) => deliveryMs),
    status: { type: 'text' as const, values: rows.map(({ status }) => status) },
    onboard_ms: time((row) => (isRelisting(row) ? Number.NaN : row.onboardMs)),
    announced_ms: time(() => Number.NaN),
    kind: {
      type: 'text' as const,
      values: rows.map(({ symbol, underlyingType }) => instrumentKind(symbol, underlyingType)),
    },
  };
  const notes = rows
    .filter(isRelisting)
    .map(
      ({ symbol, onboardMs }) =>
        `instruments: ${symbol} has bars before its listing on record (${isoMinute(onboardMs)}): it was listed again, and its age is not known`,
    );
  return { table: { rows: rows.length, columns }, notes };
}
