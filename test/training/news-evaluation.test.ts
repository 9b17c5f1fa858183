import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLabels } from '../../training/news-evaluation.ts';

const dir = await mkdtemp(join(tmpdir(), 'hourglass-labels-'));

async function labels(text: string): Promise<string> {
  const path = join(dir, 'labels.csv');
  await writeFile(path, text);
  return path;
}

describe('labelled headlines', () => {
  it('are read with quotes, commas and line feeds', async () => {
    const path = await labels('class,title\nhack,"A ""safe"" vault, drained"\nneutral,quiet\n');
    expect(await readLabels(path)).toEqual([
      { title: 'A "safe" vault, drained', newsClass: 1 },
      { title: 'quiet', newsClass: 6 },
    ]);
  });

  it('tell every row that stands wrong', async () => {
    const path = await labels('title,class\n,hack\nfine,macro\nodd,rumour\n');
    await expect(readLabels(path)).rejects.toMatchObject({
      code: 'bad-corpus',
      faults: [
        { path: `${path} row 1 title`, message: 'is empty' },
        { path: `${path} row 3 class`, message: expect.stringContaining('rumour is none of listing') },
      ],
    });
    await expect(readLabels(await labels('text,class\na,hack\n'))).rejects.toThrow('has no column title');
    await expect(readLabels(join(dir, 'none.csv'))).rejects.toThrow('is not there');
  });
});
