import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sealRows, symbolLanes } from '../../../engine/panel/fingerprint.ts';
import { emptyRows } from '../../../engine/panel/rows.ts';

const startMs = Date.UTC(2025, 0, 1);

function hashed(symbols: readonly string[], values: readonly number[], hours: number): Int32Array {
  const rows = emptyRows('score', symbols.length, hours);
  rows.values.set(values);
  sealRows(rows, symbolLanes(symbols), startMs);
  return rows.rowHash;
}

describe('a row hash', () => {
  it('does not depend on the order of coins, nor on coins without a value', () => {
    expect(hashed(['A', 'B'], [1, 2], 1)).toEqual(hashed(['B', 'A'], [2, 1], 1));
    expect(hashed(['A', 'B'], [1, 2], 1)).toEqual(hashed(['A', 'X', 'B'], [1, Number.NaN, 2], 1));
  });

  it('changes when any value changes by one bit, moves to another coin, or to another hour', () => {
    const cells = fc.array(fc.double({ noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(cells, fc.nat(5), (values, cell) => {
        const changed = [...values];
        const bits = new BigUint64Array(new Float64Array([values[cell]!]).buffer);
        bits[0] = bits[0]! ^ 1n;
        changed[cell] = new Float64Array(bits.buffer)[0]!;
        if (Number.isNaN(changed[cell])) return;
        const symbols = ['A', 'B', 'C'];
        const hour = Math.floor(cell / 3);
        const before = hashed(symbols, values, 2).slice(hour * 2, hour * 2 + 2);
        expect(hashed(symbols, changed, 2).slice(hour * 2, hour * 2 + 2)).not.toEqual(before);
      }),
    );
    expect(hashed(['A', 'B'], [1, 2], 1)).not.toEqual(hashed(['A', 'B'], [2, 1], 1));
    const twice = hashed(['A'], [1, 1], 2);
    expect(twice.slice(0, 2)).not.toEqual(twice.slice(2, 4));
  });
});
