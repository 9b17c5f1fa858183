import { tableFromIPC } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { arrowStream, arrowTable } from '../../datasets/arrow.ts';
import type { Table } from '../../engine/journal/tables.ts';

const table: Table = {
  rows: 3,
  columns: {
    time: { type: 'time', values: Float64Array.of(0, 3_600_000, Date.UTC(2025, 9, 10, 21)) },
    symbol: { type: 'text', values: ['4', null, '币安人生USDT'] },
    side: { type: 'integer', values: Int32Array.of(1, -1, 1) },
    price: { type: 'double', values: Float64Array.of(1.5, Number.NaN, -2) },
  },
};

describe('a table as Arrow', () => {
  it('comes back from its stream as it went in, with gaps as nulls', () => {
    const back = tableFromIPC(arrowStream(table));
    const rows = back.toArray().map((row) => row?.toJSON());
    expect(rows.map((row) => row?.['price'])).toEqual([1.5, null, -2]);
    expect(rows.map((row) => row?.['symbol'])).toEqual(['4', null, '币安人生USDT']);
    expect(rows.map((row) => row?.['side'])).toEqual([1, -1, 1]);
    expect(rows.map((row) => Number(row?.['time']))).toEqual([0, 3_600_000, Date.UTC(2025, 9, 10, 21)]);
  });

  it('hands number columns over without a copy', () => {
    const values = Float64Array.of(1, 2, 3);
    const arrow = arrowTable({ rows: 3, columns: { price: { type: 'double', values } } });
    expect(arrow.getChild('price')!.data[0]!.values.buffer).toBe(values.buffer);
  });
});
