/** What is asked of a market and of the whole set of columns over it, on a planted one from the store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { showDataset } from '../../datasets/catalogue.ts';
import type { Dataset } from '../../datasets/dataset.ts';
import { openDataset } from '../../datasets/open.ts';
import { defaultSwitches } from '../../datasets/planted/settings.ts';
import { openStream, uniformAt } from '../../datasets/planted/streams.ts';
import { synthMarket } from '../../datasets/planted/synth.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { computeBlocks } from '../../engine/columns/blocks.ts';
import { computeColumns } from '../../engine/columns/compute.ts';
import type { ColumnInputs } from '../../engine/columns/features/inputs.ts';
import { features } from '../../engine/columns/features/registry.ts';
import { featureSets } from '../../engine/columns/features/sets.ts';
import { mergedQuality, sharedQuality } from '../../engine/columns/quality/shared-quality.ts';
import { type QualityReport, qualityReport } from '../../engine/columns/quality/verdicts.ts';
import { newsClasses } from '../../engine/columns/records.ts';
import { fitMarketRegimes } from '../../engine/columns/regime/market-regimes.ts';
import { closeAt } from '../../engine/panel/panel.ts';
import { emptyRows, type Rows } from '../../engine/panel/rows.ts';
import { siblingModule, WorkerPool } from '../../engine/signal/pool.ts';

const networkColumns = ['lstm_prob_buy', 'lstm_prob_sell', 'tcn_prob_buy', 'tcn_prob_sell'];
const draws = openStream(8, 'requirements', 'stand-ins');

let folder: string;
let store: Store;
let dataset: Dataset;
let inputs: ColumnInputs;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hourglass-requirements-'));
  store = openStore(folder);
  const switches = { ...defaultSwitches, funding: false, mark: false, spot: false, proxies: false };
  const settings = { seed: 11, coins: 42, days: 115, switches };
  await synthMarket(store, { name: 'planted', settings, title: 'for a test' });
  dataset = await openDataset(store, 'planted', { volumes: true });
  const { unknown: _, ...records } = await dataset.records();
  const bare = {
    ...{ panel: dataset.panel, records, regimes: [], approximateQuoteVolume: false, dailyVolumeMin: 0 },
  };
  inputs = { ...bare, regimes: fitMarketRegimes(bare) };
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The inputs once a classifier has seen every article: probabilities that sum to 1. */
function withClasses(): ColumnInputs {
  const news = inputs.records.news!;
  const width = newsClasses.length;
  const raw = Float64Array.from({ length: news.availableMs.length * width }, (_, place) =>
    uniformAt(draws, place),
  );
  const classes = raw.map((value, place) => {
    const from = place - (place % width);
    return value / raw.subarray(from, from + width).reduce((sum, each) => sum + each, 0);
  });
  return { ...inputs, records: { ...inputs.records, news: { ...news, classes } } };
}

/** A column that a network would have stored. */
function storedColumn(name: string, place: number): Rows {
  const { symbols, hours } = dataset.panel;
  const rows = emptyRows(name, symbols.length, hours);
  for (let cell = 0; cell < rows.values.length; cell += 1)
    rows.values[cell] = uniformAt(draws, (place + 1) * 1e7 + cell);
  return rows;
}

async function reportOf(
  given: ColumnInputs,
  names: readonly string[],
  stored: readonly Rows[],
): Promise<QualityReport> {
  const shared = sharedQuality(
    names.map((name) => features.get(name)!),
    given.panel,
    2,
  );
  const pool = new WorkerPool(2);
  try {
    const module = siblingModule('../../engine/columns/quality/shared-quality', import.meta.url);
    const consumer = { module, functionName: 'countBlock', argument: shared };
    await computeBlocks(given, names, { pool, stored, eligible: true, consumer });
  } finally {
    await pool.close();
  }
  return qualityReport(mergedQuality(shared));
}

it('C1: every table is counted, and the residual is kept for each hour of every day', async () => {
  const { panel } = dataset;
  const coins = panel.symbols.length;
  const { manifest, tables } = await showDataset(store, 'planted');
  const counted = new Map(tables.map(({ table, rows }) => [table, rows]));
  let bars = 0;
  for (let at = 0; at < panel.bars.length; at += 4) if (!Number.isNaN(panel.bars[at]!)) bars += 1;
  expect(counted.get('bars')).toBe(bars);
  expect(manifest.rows).toBe(bars);
  expect(counted.get('news')).toBe(inputs.records.news!.availableMs.length);
  expect(counted.get('fear_greed')).toBe(inputs.records.fearGreed!.availableMs.length);

  const [residual, beta] = await computeColumns(inputs, ['residual_1h', 'beta_720h']);
  const byHour = new Float64Array(panel.hours);
  for (let hour = 1; hour < panel.hours; hour += 1) {
    for (let coin = 0; coin < coins; coin += 1) {
      const hasBars = !Number.isNaN(closeAt(panel, coin, hour) + closeAt(panel, coin, hour - 1));
      const isKnown = hasBars && !Number.isNaN(beta!.values[(hour - 1) * coins + coin]!);
      expect(Number.isNaN(residual!.values[hour * coins + coin]!)).toBe(!isKnown);
      if (isKnown) byHour[hour]! += 1;
    }
  }
  expect(Math.min(...byHour.subarray(542))).toBeGreaterThan(20);
});

it('C3: with what models and classifier store, 95 of 95 columns of s2 are filled and none is wrong', async () => {
  const names = featureSets.get('s2')!.features.map(({ name }) => name);
  expect(names).toHaveLength(95);
  const report = await reportOf(withClasses(), names, networkColumns.map(storedColumn));
  const lacking = report.columns.filter(({ fillShare }) => !(fillShare >= 0.95));
  expect(lacking.map(({ column }) => column)).toEqual([]);
  expect(report.columns.every(({ rows }) => rows > 1000)).toBe(true);
  expect(report.findings.filter(({ allowed }) => allowed === null)).toEqual([]);
  expect(report.failing).toBe(false);
}, 120_000);

it('C2: a column that nobody stored is found by its name', async () => {
  const names = ['beta_30d', ...networkColumns, 'news_listing_7d'];
  const report = await reportOf(withClasses(), names, [storedColumn('tcn_prob_buy', 2)]);
  expect(report.failing).toBe(true);
  expect(report.findings.map(({ column, rule }) => `${column} ${rule}`)).toEqual([
    'lstm_prob_buy dead',
    'lstm_prob_sell dead',
    'tcn_prob_sell dead',
  ]);
}, 60_000);

it('C27: the benchmark is in no universe, hence in no rank', async () => {
  const names = ['eligible', 'xs_rank_res_ret_24h', 'xs_rank_beta_30d', 'xs_rank_qv_7d'];
  const btc = dataset.panel.symbols.indexOf('BTCUSDT');
  const [eligible, ...ranks] = await computeColumns(inputs, names);
  const own = ({ values, coins }: Rows) => values.filter((_, cell) => cell % coins === btc);
  expect(own(eligible!).every((value) => value === 0)).toBe(true);
  for (const rank of ranks) {
    expect(own(rank).every(Number.isNaN)).toBe(true);
    expect(rank.values.some((value) => value > 0.9)).toBe(true);
  }
});
