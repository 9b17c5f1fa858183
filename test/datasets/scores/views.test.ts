import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeTable } from '../../../datasets/duck.ts';
import { importDataset } from '../../../datasets/import/import.ts';
import { openDataset } from '../../../datasets/open.ts';
import { diagnoseScores } from '../../../datasets/scores/diagnose.ts';
import { readScoreRows } from '../../../datasets/scores/rows.ts';
import {
  listScores,
  type ScoreManifest,
  scoreFile,
  scoreSetDir,
} from '../../../datasets/scores/score-set.ts';
import { rowHashText } from '../../../datasets/scores/write.ts';
import { runSql } from '../../../datasets/sql.ts';
import type { Store } from '../../../datasets/store.ts';
import { mix32 } from '../../../engine/journal/digest.ts';
import { hourHashes, symbolLanes } from '../../../engine/panel/fingerprint.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { ensembleLogit } from '../../../engine/signal/ensemble.ts';
import type { ModelPlan } from '../../../engine/signal/model-plan.ts';
import { signalsOf } from '../../../engine/signal/plan-signals.ts';
import { sigmoid, softmax } from '../../../engine/signal/probability.ts';
import { engineVersion } from '../../../engine/version.ts';
import { modelPlans } from '../../../strategies/models.ts';
import { reaching } from '../../../strategies/select.ts';
import { freshStore, startMs, tinyRows, writeBars } from '../tiny-market.ts';

const coins = 12;
const hours = 30;
const symbols = Array.from({ length: coins }, (_, coin) => `C${String(coin).padStart(2, '0')}USDT`);
const draw = (what: number, hour: number, coin: number) => (mix32(mix32(what, hour), coin) >>> 0) / 2 ** 32;

async function importedStore(): Promise<Store> {
  const store = await freshStore();
  const rows = tinyRows(symbols.map((symbol) => ({ symbol, firstHour: 0, bars: hours })));
  await importDataset(store, { name: 'tiny', bars: [await writeBars(join(store.files, 'a.parquet'), rows)] });
  return store;
}

/** Made-up scores in the store's own layout: every column of the plan by its formula, two versions, one coin without any. */
async function putScores(
  store: Store,
  plan: ModelPlan,
  columns: Readonly<Record<string, (hour: number, coin: number) => number>>,
  change: Partial<ScoreManifest> = {},
): Promise<void> {
  const { hash, panel } = await openDataset(store, 'tiny');
  const dir = scoreSetDir(store, 'tiny', plan.strategy);
  await mkdir(dir, { recursive: true });
  const cells = Array.from(
    { length: hours * coins },
    (_, cell) => [Math.floor(cell / coins), cell % coins] as const,
  );
  const values = Object.entries(columns).map(([name, of]) => {
    const column = Float64Array.from(cells, ([hour, coin]) => (coin === 3 ? Number.NaN : of(hour, coin)));
    return [name, { type: 'double', values: column }] as const;
  });
  const version = (hour: number) => (hour < 10 ? 'first' : 'second');
  await writeTable(join(dir, scoreFile(0)), {
    rows: cells.length,
    columns: {
      ts: { type: 'time', values: Float64Array.from(cells, ([hour]) => startMs + hour * hourMs) },
      symbol: { type: 'text', values: cells.map(([, coin]) => symbols[coin]!) },
      ...Object.fromEntries(values),
      version: { type: 'text', values: cells.map(([hour]) => version(hour)) },
    },
  });
  const weightSets = (id: string) =>
    Object.fromEntries(plan.ensembles.map(({ column }) => [column, `${column}-${id}`]));
  const manifest: ScoreManifest = {
    ...{ formatVersion: 1, dataset: 'tiny', datasetHash: hash, strategy: plan.strategy, planHash: '' },
    ...{ engineVersion, hash: '', rows: cells.length, fromMs: startMs, toMs: startMs + hours * hourMs },
    columns: Object.entries(columns).map(([name, of]) => {
      const byCoin = Float64Array.from({ length: coins * hours }, (_, cell) => {
        const coin = Math.floor(cell / hours);
        return coin === 3 ? Number.NaN : of(cell % hours, coin);
      });
      const sealed = rowHashText(hourHashes(panel, byCoin, symbolLanes(panel.symbols)));
      return { name, filled: hours * (coins - 1), hash: sealed };
    }),
    versions: ['first', 'second'].map((name, index) => ({
      ...{
        version: name,
        validFromMs: startMs + index * 10 * hourMs,
        hash: '',
        weightSets: weightSets(name),
      },
    })),
    ...{ trainedOn: null, universe: { approximateQuoteVolume: false, dailyVolumeMin: 0 } },
    signals: signalsOf(plan),
    files: [{ file: scoreFile(0), sha256: '', bytes: 0, rows: cells.length }],
    ...change,
  } as ScoreManifest;
  await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest));
}

const v2 = modelPlans.get('v2-ensemble')!;
const logit = (what: number) => (hour: number, coin: number) => 6 * draw(what, hour, coin) - 3;
const weights = [0.3, 0.4, 0.3];
const ensemble = (side: number) => (hour: number, coin: number) =>
  ensembleLogit(
    [0, 1, 2].map((member) => logit(side + member)(hour, coin)),
    weights,
  );
const v2Columns = {
  ...Object.fromEntries(
    ['buy', 'sell'].flatMap((side, index) => [
      ...['lightgbm', 'xgboost', 'catboost'].map((library, member) => [
        `v2_${side}_${library}`,
        logit(10 * index + member),
      ]),
      [`v2_${side}_ev`, (hour: number, coin: number) => draw(50 + index, hour, coin) / 50 - 0.01],
      [`v2_${side}_logit`, ensemble(10 * index)],
    ]),
  ),
};

const printed = (side: string) => `SELECT * FROM bot_order_signals bos
  WHERE 1.0/(1.0+exp(-bos.score)) >= 0.80 AND bos.side='${side}' ORDER BY bos.score DESC LIMIT 10`;

describe('bot_order_signals', () => {
  it('is there with its columns where nothing was scored', async () => {
    const store = await freshStore();
    const { columns, rows } = await runSql(store, printed('BUY'));
    expect(rows).toEqual([]);
    expect(columns).toEqual([
      ...['dataset', 'strategy', 'id', 'ts', 'decision_ms', 'symbol', 'side', 'score', 'expected_value'],
      ...['lightgbm_logit', 'xgboost_logit', 'catboost_logit', 'iso_score', 'weight_set', 'version'],
    ]);
  });

  it.each([
    ['BUY', 'v2_buy_logit'],
    ['SELL', 'v2_sell_logit'],
  ])('the published query of %s selects what the typed path selects', async (side, column) => {
    const store = await importedStore();
    await putScores(store, v2, v2Columns);
    const { panel } = await openDataset(store, 'tiny');
    const [scores] = await listScores(store, 'tiny');
    const stored = await readScoreRows(scores!, column, panel);
    const typed = Array.from({ length: hours }, (_, hour) => {
      const row = stored.values.slice(hour * coins, (hour + 1) * coins);
      return Array.from(reaching(row, Math.log(4)), (coin) => ({ hour, coin, score: row[coin]! }));
    })
      .flat()
      .sort((a, b) => b.score - a.score);
    expect(typed.length).toBeGreaterThan(10);
    const idOf = ({ hour, coin }: { hour: number; coin: number }) =>
      `tiny/v2-ensemble/${side}/${startMs + hour * hourMs}/${symbols[coin]}`;
    const { rows } = await runSql(store, printed(side));
    expect(rows.map(({ id }) => id)).toEqual(typed.slice(0, 10).map(idOf));
    const all = await runSql(store, printed(side).replace('LIMIT 10', ''));
    expect(all.rows.map(({ id }) => id)).toEqual(typed.map(idOf));
    const best = typed[0]!;
    expect(rows[0]).toEqual({
      ...{ dataset: 'tiny', strategy: 'v2-ensemble', id: idOf(best), ts: startMs + best.hour * hourMs },
      ...{
        decision_ms: startMs + (best.hour + 1) * hourMs,
        symbol: symbols[best.coin],
        side,
        score: best.score,
      },
      expected_value: v2Columns[column.replace('logit', 'ev')]!(best.hour, best.coin),
      lightgbm_logit: v2Columns[column.replace('logit', 'lightgbm')]!(best.hour, best.coin),
      xgboost_logit: v2Columns[column.replace('logit', 'xgboost')]!(best.hour, best.coin),
      catboost_logit: v2Columns[column.replace('logit', 'catboost')]!(best.hour, best.coin),
      iso_score: null,
      weight_set: `${column}-${best.hour < 10 ? 'first' : 'second'}`,
      version: best.hour < 10 ? 'first' : 'second',
    });
  });

  it('leaves out rows without a score, scores of another content, and sets that miss a file', async () => {
    const store = await importedStore();
    const count = async () =>
      (await runSql(store, "SELECT count(*) AS n FROM bot_order_signals WHERE side = 'BUY'")).rows[0]!['n'];
    await putScores(store, v2, v2Columns);
    expect(await count()).toBe(hours * (coins - 1));
    await putScores(store, v2, v2Columns, { datasetHash: 'another' });
    expect(await count()).toBe(0);
    await putScores(store, v2, v2Columns);
    await rm(join(scoreSetDir(store, 'tiny', 'v2-ensemble'), scoreFile(0)));
    expect(await count()).toBe(0);
  });

  it('takes a single network with a side, and isotonic values where they are stored beside', async () => {
    const store = await importedStore();
    const plan = modelPlans.get('lstm-confidence')!;
    await putScores(store, plan, { confidence_logit: logit(1), confidence_logit_iso: () => 0.6 });
    const { rows } = await runSql(
      store,
      'SELECT DISTINCT strategy, side, expected_value, lightgbm_logit, iso_score, weight_set FROM bot_order_signals',
    );
    expect(rows).toEqual([
      {
        ...{ strategy: 'lstm-confidence', side: 'BUY', expected_value: null, lightgbm_logit: null },
        ...{ iso_score: 0.6, weight_set: null },
      },
    ]);
  });
});

describe('ML_SIGNALS_V2', () => {
  it('ranks each hour by the difference of the outer probabilities', async () => {
    const store = await importedStore();
    expect((await runSql(store, 'SELECT * FROM ML_SIGNALS_V2')).columns).toEqual([
      ...['dataset', 'strategy', 'date', 'ts', 'decision_ms', 'symbol', 'signal_score'],
      ...['p_out', 'p_middle', 'p_under', 'rank', 'version'],
    ]);
    const probability = (index: number) => (hour: number, coin: number) =>
      softmax([1, 2, 3].map((what) => logit(what)(hour, coin)))[index]!;
    const plan = modelPlans.get('btc-residual')!;
    await putScores(store, plan, {
      lstm_prob_sell: () => 0.2,
      residual_p_under: probability(0),
      residual_p_middle: probability(1),
      residual_p_out: probability(2),
    });
    const { rows } = await runSql(store, 'SELECT * FROM ML_SIGNALS_V2 ORDER BY ts, rank');
    expect(rows.length).toBe(hours * (coins - 1));
    for (const hour of [0, 22, 23, 29]) {
      const typed = symbols
        .map((symbol, coin) => ({
          symbol,
          coin,
          score: probability(2)(hour, coin) - probability(0)(hour, coin),
        }))
        .filter(({ coin }) => coin !== 3)
        .sort((a, b) => b.score - a.score);
      const found = rows.filter(({ ts }) => ts === startMs + hour * hourMs);
      expect(found.map(({ symbol, signal_score, rank }) => [symbol, signal_score, rank])).toEqual(
        typed.map(({ symbol, score }, index) => [symbol, score, index + 1]),
      );
      // The decision at midnight belongs to the day that begins.
      expect(found[0]!['date']).toBe(hour < 23 ? '2024-01-01' : '2024-01-02');
    }
    expect((await runSql(store, 'SELECT count(*) AS n FROM bot_order_signals')).rows).toEqual([{ n: 0 }]);
    expect((await runSql(store, 'SELECT count(*) AS n FROM tiny_btc_residual_scores')).rows).toEqual([
      { n: hours * coins },
    ]);
  });
});

describe('diagnoses of stored scores', () => {
  it('say of each column what its plan lets it hold, and of an ensemble how its members split', async () => {
    const store = await importedStore();
    const twice = (hour: number, coin: number) => sigmoid(logit(1)(hour, coin));
    await putScores(store, v2, { ...v2Columns, v2_buy_xgboost: twice });
    const [scores] = await listScores(store, 'tiny');
    const found = await diagnoseScores(scores!, v2);
    expect(found.filter(({ severity }) => severity === 'fault')).toMatchObject([
      { code: 'DOUBLE_SIGMOID', subject: 'v2_buy_xgboost', figures: { scores: hours * (coins - 1) } },
      { code: 'PROBABILITIES_STORED', subject: 'v2_buy_xgboost' },
    ]);
    const split = found.filter(({ code }) => code === 'DISAGREEMENT').map(({ subject }) => subject);
    expect(split.slice(0, 3)).toEqual([
      'v2_buy_lightgbm, v2_buy_xgboost',
      'v2_buy_lightgbm, v2_buy_catboost',
      'v2_buy_xgboost, v2_buy_catboost',
    ]);
    const passing = found.find(({ code, subject }) => code === 'COVERAGE' && subject === 'v2_sell_logit')!;
    const { rows } = await runSql(store, printed('SELL').replace('LIMIT 10', ''));
    expect(passing.figures['passed']).toBe(rows.length);
    expect(found.some(({ subject }) => subject.endsWith('_ev'))).toBe(false);
  });

  it('find a score that means its contrary, where its outcomes are known', async () => {
    const store = await importedStore();
    await putScores(store, v2, v2Columns);
    const [scores] = await listScores(store, 'tiny');
    const { panel } = await openDataset(store, 'tiny');
    // The surer the score, the rarer the win; two thirds of the rows have ended.
    const outcome = (column: (hour: number, coin: number) => number) =>
      Float64Array.from({ length: hours * coins }, (_, cell) => {
        const [hour, coin] = [Math.floor(cell / coins), cell % coins];
        if (hour >= 20) return Number.NaN;
        return draw(77, hour, coin) > sigmoid(column(hour, coin)) ? 0.02 : -0.02;
      });
    const member = v2Columns['v2_buy_lightgbm']!;
    const returns = new Map([['buy_first', outcome(member)]]);
    const codes = await diagnoseScores(scores!, v2, { panel, returns });
    const [found, ...others] = codes.filter(({ code }) => code === 'INVERTED');
    expect([found!.subject, others.length]).toEqual(['v2_buy_lightgbm', 0]);
    const reaching = (threshold: number) =>
      Array.from(
        { length: 20 * coins },
        (_, cell) => [Math.floor(cell / coins), cell % coins] as const,
      ).filter(([hour, coin]) => coin !== 3 && sigmoid(member(hour, coin)) >= threshold);
    for (const threshold of [0.7, 0.8, 0.9])
      expect(found!.figures[`countFrom${threshold}`]).toBe(reaching(threshold).length);
    // Nobody handed over what became of the other side.
    expect(codes.filter(({ code, subject }) => code.startsWith('INC') && /sell/.test(subject))).toEqual([]);
  });
});
