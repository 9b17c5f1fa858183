/** Faults as tables: the later versions of bars, and the truth about every fault with the bars that it replaced. */
import type { Table, TableColumn } from '../../../engine/journal/tables.ts';
import { hourTimeMs } from '../settings.ts';
import type { BarRow } from './bars.ts';
import type { FaultTruth, Revision } from './plant.ts';

/** `revisions`, by symbol and time as given. */
export function revisionsTable(revisions: readonly Revision[]): Table {
  return {
    rows: revisions.length,
    columns: {
      ts: { type: 'time', values: Float64Array.from(revisions, ({ bar }) => hourTimeMs(bar.hour)) },
      symbol: { type: 'text', values: revisions.map(({ symbol }) => symbol) },
      ...barColumns(revisions.map(({ bar }) => bar)),
      ingested_ms: { type: 'time', values: Float64Array.from(revisions, ({ ingestedMs }) => ingestedMs) },
    },
  };
}

/** `truth/faults`: one row a fault. */
export function truthFaultsTable(faults: readonly FaultTruth[]): Table {
  const text = (pick: (fault: FaultTruth) => string): TableColumn => ({
    type: 'text',
    values: faults.map(pick),
  });
  const time = (pick: (fault: FaultTruth) => number): TableColumn => ({
    type: 'time',
    values: Float64Array.from(faults, pick),
  });
  return {
    rows: faults.length,
    columns: {
      id: text(({ id }) => id),
      symbol: text(({ symbol }) => symbol),
      kind: text(({ kind }) => kind),
      from_ms: time(({ fromMs }) => fromMs),
      to_ms: time(({ toMs }) => toMs),
      value: { type: 'double', values: Float64Array.from(faults, ({ value }) => value) },
    },
  };
}

/** `truth/fault_bars`: the true bars of every fault. */
export function truthFaultBarsTable(faults: readonly FaultTruth[]): Table {
  const rows = faults.flatMap(({ id, symbol, originals }) => originals.map((bar) => ({ id, symbol, bar })));
  return {
    rows: rows.length,
    columns: {
      fault: { type: 'text', values: rows.map(({ id }) => id) },
      symbol: { type: 'text', values: rows.map(({ symbol }) => symbol) },
      ts: { type: 'time', values: Float64Array.from(rows, ({ bar }) => hourTimeMs(bar.hour)) },
      ...barColumns(rows.map(({ bar }) => bar)),
    },
  };
}

function barColumns(bars: readonly BarRow[]): Record<string, TableColumn> {
  const doubles = (pick: (bar: BarRow) => number): TableColumn => ({
    type: 'double',
    values: Float64Array.from(bars, pick),
  });
  return {
    open: doubles(({ open }) => open),
    high: doubles(({ high }) => high),
    low: doubles(({ low }) => low),
    close: doubles(({ close }) => close),
    volume: doubles(({ volume }) => volume),
    quote_volume: doubles(({ quoteVolume }) => quoteVolume),
    trades: { type: 'integer', values: Int32Array.from(bars, ({ trades }) => trades) },
  };
}
