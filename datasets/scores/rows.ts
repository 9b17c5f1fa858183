/** Score columns back from the store, time-major on shared memory, as a dataset's own stored columns are. */
import { join } from 'node:path';
import { sealRows, symbolLanes } from '../../engine/panel/fingerprint.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { hourAt, type Panel } from '../../engine/panel/panel.ts';
import { emptyRows, type Rows } from '../../engine/panel/rows.ts';
import { transpose } from '../dense.ts';
import { nameCoins } from '../dense-span.ts';
import { doublesOf, eachChunk, integersOf, sqlFile, sqlName, withDuck } from '../duck.ts';
import { StoreFault } from '../faults.ts';
import type { StoredScores } from './score-set.ts';
import { rowHashText } from './write.ts';

/**
 * One column over all hours of the panel; NaN outside the hours that were scored. Its values are held against the hash that the
 * manifest names.
 * @throws StoreFault `scores-damaged`
 */
export async function readScoreRows(scores: StoredScores, name: string, panel: Panel): Promise<Rows> {
  const { manifest } = scores;
  let rows: Rows;
  try {
    rows = await denseRows(scores, name, panel);
  } catch (cause) {
    throw damaged(scores, `column ${name} cannot be read (${(cause as Error).message})`, cause);
  }
  const from = hourAt(panel, manifest.fromMs) * 2;
  const to = hourAt(panel, manifest.toMs) * 2;
  const recorded = manifest.columns.find((column) => column.name === name)?.hash;
  if (rowHashText(rows.rowHash.subarray(from, to)) !== recorded)
    throw damaged(scores, `column ${name} no longer holds what was written`);
  return rows;
}

function damaged(
  { dir, manifest: { strategy, dataset } }: StoredScores,
  what: string,
  cause?: unknown,
): StoreFault {
  return new StoreFault(
    'scores-damaged',
    `Scores in ${dir} are damaged: ${what}. Score again: hourglass score ${strategy} --dataset ${dataset}`,
    { cause },
  );
}

async function denseRows({ dir, manifest }: StoredScores, name: string, panel: Panel): Promise<Rows> {
  const { symbols, hours, startMs } = panel;
  const rows = emptyRows(name, symbols.length, hours);
  const { files } = manifest;
  if (files.length > 0) {
    const series = new Float64Array(symbols.length * hours).fill(Number.NaN);
    const paths = files.map(({ file }) => sqlFile(join(dir, file))).join(', ');
    const cell = `(coin * ${hours} + (ts - ${startMs}) // ${hourMs})::INTEGER`;
    await withDuck(async (duck) => {
      await nameCoins(duck, symbols);
      await eachChunk(
        duck,
        `SELECT ${cell}, coalesce(${sqlName(name)}, 'nan'::DOUBLE) FROM read_parquet([${paths}]) JOIN coins USING (symbol)
         WHERE ts >= ${startMs} AND ts < ${startMs + hours * hourMs}`,
        (chunk) => {
          const [at, values] = [integersOf(chunk, 0), doublesOf(chunk, 1)];
          for (let row = 0; row < at.length; row += 1) series[at[row]!] = values[row]!;
        },
      );
    });
    transpose(series, rows.values, { rows: symbols.length, columns: hours });
  }
  sealRows(rows, symbolLanes(symbols), startMs);
  return rows;
}
