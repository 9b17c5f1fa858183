import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newsEventsView } from '../../../datasets/columns/views.ts';
import { allRows, withDuck } from '../../../datasets/duck.ts';
import { importDataset } from '../../../datasets/import/import.ts';
import { checkArtifactAt } from '../../../datasets/models/artifact-files.ts';
import { openDataset } from '../../../datasets/open.ts';
import { type CheckedText, classifyArticles } from '../../../datasets/scores/news.ts';
import { newsClasses } from '../../../engine/columns/records.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { newsClassifierDir } from '../../../training/news-evaluation.ts';
import { freshStore, startMs, tinyRows, writeBars } from '../tiny-market.ts';

const at = (hour: number) => new Date(startMs + hour * hourMs).toISOString();
const articles = [
  {
    id: 'late',
    title: 'Exchange lists token, spot trading opens',
    time: at(5),
    ingested_at: at(30),
    symbols: 'ETH',
  },
  { id: 'theft', title: 'Hackers steal $12 million from bridge', time: at(10), symbols: 'BTC' },
  { id: 'rates', title: 'Fed cuts rates as inflation cools', time: at(20), symbols: [] },
];

describe('articles of a dataset', () => {
  it('get the classes of the version of their time, in the records, the file and the view', async () => {
    const store = await freshStore();
    const rows = tinyRows(['BTCUSDT', 'ETHUSDT'].map((symbol) => ({ symbol, firstHour: 0, bars: 48 })));
    const bars = await writeBars(join(store.files, 'bars.parquet'), rows);
    const file = join(store.files, 'news.json');
    await writeFile(file, JSON.stringify(articles));
    await importDataset(store, { name: 'tiny', bars: [bars], news: [file] });
    const { manifest, records } = await openDataset(store, 'tiny');
    const { news } = await records();
    const dir = await mkdtemp(join(tmpdir(), 'hourglass-news-'));
    const made = await classifyArticles(store, manifest, news, await textsFrom([1, 25]), dir);
    const most = [0, 1, 2].map((row) => {
      const own = made!.classes.subarray(row * 7, row * 7 + 7);
      return newsClasses[own.indexOf(Math.max(...own))];
    });
    // By availability: the listing arrived last.
    expect(most).toEqual(['hack', 'macro', 'listing']);
    expect(made!.start).toEqual(news!.start);
    const path = join(dir, 'news.parquet');
    const { stored, seen } = await withDuck(async (duck) => {
      const view = newsEventsView(store, [manifest], new Map(), new Map([['tiny', path]]));
      return {
        stored: await allRows(
          duck,
          `SELECT id, version, p_hack + p_listing + p_macro > 0.5 AS sure FROM read_parquet('${path}')`,
        ),
        seen: await allRows(duck, `SELECT id, symbol, event FROM (${view.select}) ORDER BY id`),
      };
    });
    expect(stored).toEqual([
      { id: 'theft', version: 'v1', sure: true },
      { id: 'rates', version: 'v1', sure: true },
      { id: 'late', version: 'v25', sure: true },
    ]);
    expect(seen).toEqual([
      { id: 'late', symbol: 'ETHUSDT', event: 'listing' },
      { id: 'rates', symbol: null, event: 'macro' },
      { id: 'theft', symbol: 'BTCUSDT', event: 'hack' },
    ]);
  });

  it('are not classified by a model of other classes, or of terms that cannot be read', async () => {
    const store = await freshStore();
    const [text] = await textsFrom([1]);
    const { contract } = text!;
    const output = { ...contract.output, classes: contract.output.classes.toReversed() };
    const broken = { ...text!, contract: { ...contract, output }, terms: new TextEncoder().encode('{') };
    const empty = {
      ...{ availableMs: new Float64Array(0), publishedMs: new Float64Array(0) },
      ...{ start: new Int32Array(1), coins: new Int32Array(0), classes: new Float64Array(0) },
    };
    const tables = { news: { file: 'news.parquet', sha256: '', bytes: 0, rows: 0 } };
    await expect(
      classifyArticles(store, { name: 'tiny', tables }, empty, [broken], store.files),
    ).rejects.toMatchObject({
      code: 'model-refused',
      message: expect.stringMatching(/gives the classes neutral[\s\S]*no JSON object/),
    });
  });
});

/** The classifier that comes with the package, as if it were of versions that are valid from these hours on. */
async function textsFrom(hours: readonly number[]): Promise<readonly CheckedText[]> {
  const check = await checkArtifactAt(await newsClassifierDir(await freshStore(), null));
  if (!check.ok) throw new Error(JSON.stringify(check.refusals));
  const { contract, graph, terms } = check;
  return hours.map((hour) => {
    return { version: `v${hour}`, versionFromMs: startMs + hour * hourMs, contract, graph, terms: terms! };
  });
}
