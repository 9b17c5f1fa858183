/** Scores of whole versions over a small planted market, from the command line to the store, to backtests, and to their replays. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../datasets/dataset.ts';
import { openDataset } from '../../../datasets/open.ts';
import { defaultSwitches } from '../../../datasets/planted/settings.ts';
import { synthMarket } from '../../../datasets/planted/synth.ts';
import { numbersOf } from '../../../datasets/records.ts';
import { readRun } from '../../../datasets/runs.ts';
import { runSql } from '../../../datasets/sql.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import { tripleBarrier } from '../../../engine/columns/labels/triple-barrier.ts';
import { dayMs, hourMs } from '../../../engine/panel/hours.ts';
import { barLayout } from '../../../engine/panel/panel.ts';
import { logitOf } from '../../../engine/signal/probability.ts';
import { scoreColumns } from '../../../engine/signal/score-columns.ts';
import { scoreOutcomes } from '../../../scenarios/scoring/outcomes.ts';
import { type FinishedScores, type ScoreRequest, scoreDataset } from '../../../scenarios/scoring/score.ts';
import { chooseVersions } from '../../../scenarios/scoring/versions.ts';
import { modelPlans } from '../../../strategies/models.ts';
import { answerOf, runCommand } from '../../cli/run-command.ts';
import { firstDifference } from '../../engine/columns/kernels/series.ts';
import { addMadeVersion } from './made-models.ts';

const DAYS = 72;
const plan = modelPlans.get('v2-ensemble')!;
/** Another Node to hold this one's scores against: HOURGLASS_OTHER_NODE names its binary. */
const otherNode = process.env['HOURGLASS_OTHER_NODE'];
/** Days of the dataset after which each version is valid. */
const validFromDays = [50, 56, 62, 68];
let folder: string;
let store: Store;
let dataset: Dataset;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hourglass-scores-'));
  store = openStore(folder);
  const settings = {
    seed: 11,
    coins: 14,
    days: DAYS,
    switches: { ...defaultSwitches, mark: false, spot: false },
  };
  await synthMarket(store, { name: 'small', settings, title: 'for a test' });
  dataset = await openDataset(store, 'small', { volumes: true });
  for (const [seed, day] of validFromDays.entries()) await addVersion(day, seed);
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function addVersion(day: number, seed: number): Promise<void> {
  const { name, hash, panel } = dataset;
  const validFromMs = panel.startMs + day * dayMs;
  await addMadeVersion(store, plan, {
    ...{ version: versionName(day), validFromMs, seed, dataset: { name, hash } },
    models: ['buy-lightgbm', 'buy-xgboost', 'buy-catboost'],
  });
}

function versionName(day: number): string {
  return `day-${day}-ci-small`;
}

async function score(more: Partial<ScoreRequest> = {}): Promise<FinishedScores> {
  return await scoreDataset(store, {
    ...{ strategy: plan.strategy, dataset: 'small', fromMs: null, toMs: null, workers: 1, blockCoins: 4 },
    ...{ clockMs: () => performance.now() },
    ...more,
  });
}

async function command(...args: readonly string[]) {
  return await runCommand(['--data-dir', folder, '--json', '--quiet', ...args]);
}

describe('hourglass score', () => {
  let first: FinishedScores;
  beforeAll(async () => {
    first = await score({ batchRows: 50 });
  }, 60_000);

  it('stores what the models say, row by row', async () => {
    const { plan: scored } = await chooseVersions(store, plan, dataset, Number.POSITIVE_INFINITY, {});
    const { unknown: _, ...records } = await dataset.records();
    const settings = { regimes: [], approximateQuoteVolume: false, dailyVolumeMin: 0 };
    const wanted = await scoreColumns({ panel: dataset.panel, records, ...settings }, scored);
    const [source] = await dataset.scores();
    expect(source!.columns).toEqual(scored.columns);
    for (const column of wanted) {
      const rows = await source!.rows(column.name);
      expect([column.name, firstDifference(rows.values, column.values)]).toEqual([column.name, -1]);
      expect(rows.rowHash).toEqual(column.rowHash);
      const filled = rows.values.filter((value) => !Number.isNaN(value)).length;
      expect(source!.manifest.columns.find(({ name }) => name === column.name)!.filled).toBe(filled);
      // What a version has no model for stays empty.
      expect([column.name, filled > 0]).toEqual([column.name, /_buy_(?!ev)/.test(column.name)]);
    }
    expect(first.rowsPerSecond).toBeGreaterThan(0);
  });

  it('names the version of every row: the newest that was valid at its close', async () => {
    const files = first.manifest.files.map(({ file }) => `'${join(first.dir, file)}'`).join(', ');
    const { rows } = await runSql(
      store,
      `SELECT version, min(ts + ${hourMs}) AS first, max(ts + ${hourMs}) AS last, count(*) AS count
       FROM read_parquet([${files}]) GROUP BY version ORDER BY version`,
    );
    const { startMs } = dataset.panel;
    const bounds = [...validFromDays, DAYS].map((day) => startMs + day * dayMs);
    expect(rows.map(({ version, first, last }) => [version, first, last])).toEqual(
      validFromDays.map((day, index) => [
        versionName(day),
        bounds[index],
        index === 3 ? bounds[4] : bounds[index + 1]! - hourMs,
      ]),
    );
    const sum = rows.reduce((total, { count }) => total + Number(count), 0);
    expect(sum).toBe(first.manifest.rows);
  });

  it('gives the same hash however it is cut up, and computes nothing twice', async () => {
    const found = await command('score', 'v2-ensemble', '--dataset', 'small');
    const answer = answerOf(found);
    expect(answer).toMatchObject({ hash: first.manifest.hash, rows: first.manifest.rows, scoredRows: 0 });
    const again = await score({ again: true, workers: 2, batchRows: 100_000, blockCoins: 5 });
    expect(again.manifest.hash).toBe(first.manifest.hash);
    expect(again.scoredRows).toBe(first.manifest.rows);
  }, 30_000);

  it('ends with what became of its scores, as far as the data know', async () => {
    const { panel } = dataset;
    const coins = panel.symbols.length;
    const { returns } = (await scoreOutcomes(store, 'small', plan))!;
    const bar = (coin: number, hour: number) => {
      const at = (coin * panel.hours + hour) * barLayout.BAR_WIDTH;
      return Array.from(panel.bars.slice(at, at + 4)) as [number, number, number, number];
    };
    let known = 0;
    for (let coin = 0; coin < coins; coin += 1) {
      if (panel.endHour[coin]! < panel.hours) continue;
      for (let hour = panel.hours - 200; hour < panel.hours - 1; hour += 1) {
        const [entryPrice] = bar(coin, hour + 1);
        if (Number.isNaN(entryPrice)) continue;
        const bars = Array.from({ length: Math.min(72, panel.hours - hour - 1) }, (_, index) =>
          bar(coin, hour + 1 + index),
        );
        for (const side of [1, -1] as const) {
          const { exitPrice } = tripleBarrier({ entryPrice, bars, side });
          const found = returns.get(side === 1 ? 'buy_first' : 'sell_first')![hour * coins + coin]!;
          const wanted = side * (exitPrice / entryPrice - 1);
          // NaN where the data end first.
          expect(Math.abs(found - wanted) < 1e-12 || (Number.isNaN(found) && Number.isNaN(wanted))).toBe(
            true,
          );
          known += Number.isNaN(found) ? 0 : 1;
        }
      }
    }
    expect(known).toBeGreaterThan(1000);
    const { diagnoses } = answerOf(await command('score', 'v2-ensemble', '--dataset', 'small')) as {
      diagnoses: readonly { code: string; subject: string; figures: Record<string, number> }[];
    };
    const [source] = await dataset.scores();
    const { values } = await source!.rows('v2_buy_lightgbm');
    const wins = returns.get('buy_first')!;
    const told = diagnoses.find(
      ({ code, subject }) => code === 'INCONCLUSIVE' && subject === source!.columns[0],
    );
    const ended = values.filter((value, cell) => value >= logitOf(0.7) && !Number.isNaN(wins[cell]!)).length;
    expect(told!.figures['countFrom0.7']).toBe(ended);
  }, 30_000);

  it('goes on where it was stopped', async () => {
    await rm(first.dir, { recursive: true });
    const stop = new Error('stopped');
    const progress = (stage: string, fraction = 0) => {
      if (stage.startsWith('scoring') && fraction > 0.4) throw stop;
    };
    await expect(score({ progress })).rejects.toThrow(stop);
    expect(await dataset.scores()).toEqual([]);
    const resumed = await score();
    expect(resumed.manifest.hash).toBe(first.manifest.hash);
    expect(resumed.scoredRows).toBeGreaterThan(0);
    expect(resumed.scoredRows).toBeLessThan(first.manifest.rows);
    expect(await readdir(join(store.scoresDir, 'small'))).toEqual(['v2-ensemble']);
  }, 30_000);

  it('refuses what it cannot do, with what to do', async () => {
    const { startMs } = dataset.panel;
    await expect(score({ strategy: 'v3' })).rejects.toThrow(/there are v2-ensemble, btc-residual/);
    await expect(score({ toMs: startMs + 49 * dayMs })).rejects.toThrow(/valid from .* train an earlier one/);
    await expect(score({ trainedOn: 'other' })).rejects.toThrow(
      /hourglass train v2-ensemble --dataset other/,
    );
    await expect(score({ versions: [] })).rejects.toThrow(/^--versions: names no version$/);
    await expect(score({ versions: ['none'] })).rejects.toThrow(/no version v2-ensemble\/none/);
    await expect(score({ fromMs: startMs + 1, toMs: startMs - dayMs })).rejects.toThrow(
      /--from: must be a whole hour.*\n--to: .* lies outside the data/,
    );
  });
});

describe('a backtest over scores', () => {
  const gate = ['demo-gate', '--dataset', 'small', '--set', 'config.column=v2_buy_logit'];
  let runId: string;

  beforeAll(async () => {
    const { manifest } = await score();
    const [found] = await dataset.scores();
    const { values } = await found!.rows('v2_buy_logit');
    const sorted = values.filter((value) => !Number.isNaN(value)).sort();
    const odds = Math.exp(sorted[Math.floor(sorted.length * 0.3)]!);
    const least = ['--set', `config.probabilityMin=${odds / (1 + odds)}`, '--set', 'config.slotsMax=0'];
    const ran = await command('backtest', ...gate, ...least, '--no-report', '--workers', '1');
    runId = String(answerOf(ran)['runId']);
    const run = await readRun(store, runId);
    expect(run.manifest.models).toEqual([`v2-ensemble@${manifest.hash}`]);
  }, 60_000);

  it('decides by every version from its day on, and not before the first', async () => {
    const run = await readRun(store, runId);
    const times = numbersOf(await run.table('targets'), 'time');
    const days = Array.from(times, (timeMs) => (timeMs - dataset.panel.startMs) / dayMs);
    const counts = [0, ...validFromDays, DAYS + 1].map(
      (from, index, bounds) => days.filter((day) => day >= from && day < (bounds[index + 1] ?? from)).length,
    );
    expect(counts[0]).toBe(0);
    for (const count of counts.slice(1, 5)) expect(count).toBeGreaterThan(0);
  });

  it('does not read scores that are out of date, or damaged', async () => {
    const [source] = await dataset.scores();
    const { dir, manifest } = await score();
    await writeFile(join(dir, manifest.files[0]!.file), 'no Parquet');
    await expect(source!.rows('v2_buy_logit')).rejects.toMatchObject({ code: 'scores-damaged' });
    // What is damaged is no reason not to score again.
    expect((await score()).manifest.hash).toBe(manifest.hash);
    await addVersion(70, 9);
    const [stale] = await dataset.scores();
    await expect(stale!.rows('v2_buy_logit')).rejects.toMatchObject({
      code: 'scores-stale',
      message: expect.stringMatching(/do not know version day-70.*hourglass score v2-ensemble/),
    });
    const ran = await command('backtest', ...gate, '--no-report');
    expect([ran.exitCode, ran.out]).toEqual([2, expect.stringContaining('scores-stale')]);
    await rm(join(store.modelsDir, 'v2-ensemble', versionName(70)), { recursive: true });
    expect((await dataset.scores())[0]!.stale).toBe(null);
  }, 30_000);

  it('says which scores would fill a column that is not there', async () => {
    const ran = await command('backtest', ...gate.slice(0, 4), 'config.column=residual_p_out', '--no-report');
    expect(ran.out).toContain('hourglass score btc-residual --dataset small');
  });

  it('replays, and a replay notices other scores', async () => {
    const same = answerOf(await command('replay', runId));
    expect(same['equal']).toBe(true);
    const { manifest } = await score({ versions: [versionName(50), versionName(56), versionName(62)] });
    const other = answerOf(await command('replay', runId));
    expect(other['firstDifference']).toMatchObject({
      ...{ field: 'models', kind: 'input', recomputed: `v2-ensemble@${manifest.hash}` },
    });
  }, 30_000);
});

describe('another version of Node', () => {
  it.skipIf(otherNode === undefined)(
    'gives the same scores (skipped where HOURGLASS_OTHER_NODE names none)',
    async () => {
      const bin = fileURLToPath(new URL('../../../bin/hourglass.mjs', import.meta.url));
      for (const each of modelPlans.values()) {
        const validFromMs = dataset.panel.startMs + 60 * dayMs;
        const version = `compared-${each.strategy}`;
        const { name, hash } = dataset;
        await addMadeVersion(store, each, { version, validFromMs, seed: 5, dataset: { name, hash } });
        const args = ['--data-dir', folder, '--json', '--quiet', 'score', each.strategy, '--dataset', name];
        const hashes = [process.execPath, otherNode!].map((node) => {
          const out = execFileSync(node, [bin, ...args, '--again', '--versions', version], {
            encoding: 'utf8',
          });
          return (JSON.parse(out) as { readonly hash: string }).hash;
        });
        expect(hashes[1]).toBe(hashes[0]);
      }
    },
    120_000,
  );
});
