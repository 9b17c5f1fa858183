/** Stored scores: raw logits, whatever stands beside them, and the same answer in SQL as in code. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeTable } from '../../datasets/duck.ts';
import { importDataset } from '../../datasets/import/import.ts';
import { openDataset } from '../../datasets/open.ts';
import { normalAt, openStream, uniformAt } from '../../datasets/planted/streams.ts';
import { runSql } from '../../datasets/sql.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { sigmoid } from '../../engine/signal/probability.ts';
import { reaching } from '../../strategies/select.ts';
import { freshStore, startMs, tinyRows, writeBars } from './tiny-market.ts';

const HOURS = 30;
const symbols = Array.from({ length: 40 }, (_, coin) => `C${String(coin).padStart(2, '0')}USDT`);
const draws = openStream(5, 'scores', 'logits');
const cells = symbols.flatMap((symbol, coin) =>
  Array.from({ length: HOURS }, (_, hour) => ({ symbol, coin, hour, place: coin * HOURS + hour })),
);
/** Raw logits around the gate, some of them on it to the bit, some far out. */
function logitAt(place: number): number {
  if (place % 37 === 0) return Math.log(4);
  return place % 41 === 0 ? -1000 : 1.2 + 1.5 * normalAt(draws, place);
}
/** Calibrated scores are missing where nobody calibrated. */
const isoAt = (place: number) => (place % 3 === 0 ? Number.NaN : 0.58 + 0.04 * uniformAt(draws, place));

async function scored() {
  const store = await freshStore();
  const bars = await writeBars(
    join(store.files, 'bars.parquet'),
    tinyRows(symbols.map((symbol) => ({ symbol, firstHour: 0, bars: HOURS }))),
  );
  const path = join(store.files, 'scores.parquet');
  await writeTable(path, {
    rows: cells.length,
    columns: {
      ts: { type: 'time', values: Float64Array.from(cells, ({ hour }) => startMs + hour * hourMs) },
      symbol: { type: 'text', values: cells.map(({ symbol }) => symbol) },
      score: { type: 'double', values: Float64Array.from(cells, ({ place }) => logitAt(place)) },
      iso_score: { type: 'double', values: Float64Array.from(cells, ({ place }) => isoAt(place)) },
    },
  });
  await importDataset(store, { name: 'scored', bars: [bars], scores: [path] });
  return store;
}

describe('scores', () => {
  it('D4: a calibrated score is kept beside the raw one, both as they came, and may be missing', async () => {
    const dataset = await openDataset(await scored(), 'scored');
    expect(dataset.storedColumns).toEqual(['score', 'iso_score']);
    const [raw, iso] = await Promise.all([dataset.rows('score'), dataset.rows('iso_score')]);
    for (const { coin, hour, place } of cells) {
      const cell = hour * symbols.length + coin;
      expect(raw.values[cell]).toBe(logitAt(place));
      expect(iso.values[cell]).toBe(isoAt(place));
    }
  });

  it('D7: a raw logit, its sigmoid taken at reading: SQL picks the coins that the typed path picks, in its order', async () => {
    const store = await scored();
    const { rows: picked } = await runSql(
      store,
      `SELECT ts, symbol FROM scored_scores WHERE 1 / (1 + exp(-score)) >= 0.80
       QUALIFY row_number() OVER (PARTITION BY ts ORDER BY score DESC, symbol) <= 10 ORDER BY ts, score DESC, symbol`,
    );
    const dataset = await openDataset(store, 'scored');
    const { values } = await dataset.rows('score');
    const typed = Array.from({ length: HOURS }, (_, hour) => {
      const row = values.subarray(hour * symbols.length, (hour + 1) * symbols.length);
      const passing = reaching(row, Math.log(4)).slice(0, 10);
      expect(passing.every((coin) => sigmoid(row[coin]!) >= 0.8)).toBe(true);
      return passing.map((coin) => ({ ts: startMs + hour * hourMs, symbol: symbols[coin]! }));
    });
    expect(picked).toEqual(typed.flat());
    expect(picked.length).toBeGreaterThan(200);
  });
});
