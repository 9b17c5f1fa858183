/**
 * Tables of a run or a dataset as Apache Arrow: the form in which notebooks, Python and other engines take over columns.
 * Number columns are handed over without a copy.
 */
import {
  Table as ArrowTable,
  Bool,
  type Data,
  Float64,
  Int32,
  makeData,
  makeVector,
  TimestampMillisecond,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import type { Table, TableColumn } from '../engine/journal/tables.ts';

/** NaN in a `double` column becomes null; times become timestamps in milliseconds, UTC. */
export function arrowTable(table: Table): ArrowTable {
  const vectors = Object.entries(table.columns).map(([name, column]) => [name, vectorOf(column)] as const);
  return new ArrowTable(Object.fromEntries(vectors));
}

/** The table as an Arrow IPC stream, as `pyarrow.ipc.open_stream` and DuckDB read it. */
export function arrowStream(table: Table): Uint8Array {
  return tableToIPC(arrowTable(table), 'stream');
}

function vectorOf(column: TableColumn): Vector {
  switch (column.type) {
    case 'text':
      return vectorFromArray(column.values, new Utf8());
    case 'integer':
      return makeVector(makeData({ type: new Int32(), data: column.values }));
    case 'time':
      return makeVector(
        makeData({
          type: new TimestampMillisecond(),
          data: BigInt64Array.from(column.values, (timeMs) => BigInt(timeMs)),
        }),
      );
    case 'double':
      return makeVector(doubles(column.values));
  }
}

function doubles(values: Float64Array): Data<Float64> {
  const nullCount = values.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);
  if (nullCount === 0) return makeData({ type: new Float64(), data: values });
  const known = vectorFromArray(
    Array.from(values, (value) => !Number.isNaN(value)),
    new Bool(),
  );
  return makeData({ type: new Float64(), data: values, nullCount, nullBitmap: known.data[0]!.values });
}
