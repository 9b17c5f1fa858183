import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileHash, readTable, sqlFile, writeTable, writeTables } from '../../datasets/duck.ts';
import type { Table } from '../../engine/journal/tables.ts';
import { faultOf, freshDir } from './tiny-market.ts';

function tableOf(rows: number): Table {
  const texts = ['4', '1INCH', '币安人生USDT', null, "O'Neil", ''];
  return {
    rows,
    columns: {
      time: {
        type: 'time',
        values: Float64Array.from({ length: rows }, (_, row) => 1_704_067_200_000 + row),
      },
      symbol: {
        type: 'text',
        values: Array.from({ length: rows }, (_, row) => texts[row % texts.length] ?? null),
      },
      'odd "name"': {
        type: 'double',
        values: Float64Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? Number.NaN : 1 / row)),
      },
      count: { type: 'integer', values: Int32Array.from({ length: rows }, (_, row) => row - 5) },
    },
  };
}

describe('tables as Parquet', () => {
  it.each([0, 1, 2_048, 5_000])('gives back %i rows bit for bit, texts and gaps included', async (rows) => {
    const path = join(await freshDir(), 'a.parquet');
    const table = tableOf(rows);
    const file = await writeTable(path, table);
    expect(file).toMatchObject({ file: 'a.parquet', rows, sha256: await fileHash(path) });
    expect(await readTable(path)).toEqual(table);
  });

  it('gives back many different texts as well as few, and sorts them by bytes', async () => {
    const path = join(await freshDir(), 'a.parquet');
    const values = Array.from({ length: 9_000 }, (_, row) =>
      row % 9 === 0 ? null : `C${(row * 7) % 9_000}`,
    );
    await writeTable(path, { rows: 9_000, columns: { many: { type: 'text', values } } });
    expect((await readTable(path)).columns['many']?.values).toEqual(values);
    const few = [
      'b',
      'a',
      '币',
      'B',
      'a',
      'b',
      'b',
      'b',
      'b',
      'b',
      'b',
      'b',
      'b',
      'b',
      'b',
      'b',
      'b',
      'b',
      'b',
      'b',
    ];
    await writeTable(path, { rows: few.length, columns: { few: { type: 'text', values: few } } }, ['few']);
    expect((await readTable(path)).columns['few']?.values).toEqual([...few].sort());
  });

  it('sorts by the columns asked for', async () => {
    const path = join(await freshDir(), 'a.parquet');
    await writeTable(path, { rows: 3, columns: { k: { type: 'integer', values: Int32Array.of(3, 1, 2) } } }, [
      'k',
    ]);
    expect((await readTable(path)).columns['k']?.values).toEqual(Int32Array.of(1, 2, 3));
  });

  it('stores -0 as 0, whatever its neighbours are', async () => {
    const path = join(await freshDir(), 'a.parquet');
    await writeTable(path, {
      rows: 4,
      columns: { x: { type: 'double', values: Float64Array.of(-0, 0, -0, 1) } },
    });
    expect((await readTable(path)).columns['x']?.values).toEqual(Float64Array.of(0, 0, 0, 1));
  });

  it('writes the same bytes for the same table', async () => {
    const dir = await freshDir();
    const [a, b] = await writeTables([
      { path: join(dir, 'a.parquet'), table: tableOf(3_000) },
      { path: join(dir, 'b.parquet'), table: tableOf(3_000) },
    ]);
    expect(a?.sha256).toBe(b?.sha256);
  });

  it('leaves nothing behind when one of several cannot be written', async () => {
    const dir = await freshDir();
    const fault = await faultOf(
      writeTables([
        { path: join(dir, 'a.parquet'), table: tableOf(3) },
        { path: join(dir, 'nowhere', 'b.parquet'), table: tableOf(3) },
      ]),
    );
    expect(fault.code).toBe('disk-fault');
    expect(await readdir(dir)).toEqual([]);
  });

  it('says what is wrong with a file that is missing or is no Parquet', async () => {
    const path = join(await freshDir(), 'a.parquet');
    expect((await faultOf(readTable(path))).code).toBe('file-missing');
    await writeFile(path, 'not a table');
    expect((await faultOf(readTable(path))).code).toBe('file-unreadable');
  });

  it('takes brackets and stars in a path for what they are', async () => {
    const path = join(await freshDir(), 'a[1]*.parquet');
    await writeTable(path, tableOf(2));
    expect((await readTable(path)).rows).toBe(2);
    expect(sqlFile("it's[1]")).toBe("'it''s[[]1]'");
  });
});
