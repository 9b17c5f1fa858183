/**
 * A LightGBM model from the world outside with 500 rows of its raw outputs: converted, checked, scored, and diagnosed. Needs the
 * folder `data/models_real`, and a Python with the training packages (HOURGLASS_PYTHON, or training/python/.venv).
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkArtifactAt } from '../../datasets/models/artifact-files.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import type { CheckedArtifact } from '../../engine/signal/artifact-check.ts';
import { type DiagnosedColumn, diagnose } from '../../engine/signal/diagnostics.ts';
import { featureDiagnoses, importancesOf } from '../../engine/signal/feature-use.ts';
import { coverage } from '../../engine/signal/gate-figures.ts';
import { logitOf, sigmoid } from '../../engine/signal/probability.ts';
import { openSession } from '../../engine/signal/session.ts';
import { hasPython } from '../../training/python.ts';
import { answerOf, runCommand } from '../cli/run-command.ts';
import { absence, marketFile } from './market-files.ts';

const modelFile = 'models_real/lgbm_model.txt';
const rowsFile = 'models_real/lgbm_expected_500rows_lightgbm4.7.csv';
const categoricalFile = 'models_real/toy_categorical_model.txt';
const { absent, reason } = absence([modelFile, rowsFile, categoricalFile]);
const noPython = hasPython() ? '' : ' (absent: a Python with the training packages)';

interface ExpectedRows {
  readonly names: readonly string[];
  /** `[500][16]` */
  readonly features: Float32Array;
  readonly raw: Float64Array;
  readonly probability: Float64Array;
}

async function readExpectedRows(path: string): Promise<ExpectedRows> {
  const [header, ...lines] = (await readFile(path, 'utf8')).trim().split('\n');
  const names = header!.trim().split(',').slice(0, -2);
  const cells = lines.map((line) =>
    line
      .trim()
      .split(',')
      .map((cell) => (cell === '' ? Number.NaN : Number(cell))),
  );
  return {
    names,
    features: Float32Array.from(cells.flatMap((row) => row.slice(0, names.length))),
    raw: Float64Array.from(cells, (row) => row[names.length]!),
    probability: Float64Array.from(cells, (row) => row[names.length + 1]!),
  };
}

function columnOf(name: string, values: ArrayLike<number>, kind: DiagnosedColumn['kind']): DiagnosedColumn {
  return { name, kind, values, gateLogit: logitOf(0.8), members: [], returns: null };
}

describe.skipIf(absent.length > 0 || noPython !== '')(`a real model${reason}${noPython}`, () => {
  let store: Store;
  let expected: ExpectedRows;
  let told: Record<string, unknown>;
  let artifact: CheckedArtifact;
  let scores: Float32Array;

  async function run(...args: string[]) {
    return await runCommand(['--data-dir', store.dataDir, '--quiet', '--json', ...args]);
  }

  async function convert(file: string, ...args: string[]) {
    const names = ['--model', 'lgbm-real', '--strategy', 'v2-ensemble', '--valid-from', '2025-01-01'];
    return await run('training', 'convert', marketFile(file), ...names, ...args);
  }

  beforeAll(async () => {
    store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-real-model-')));
    expected = await readExpectedRows(marketFile(rowsFile));
    const ran = await convert(modelFile, '--side', 'buy', '--gate', '0.8', '--rows', marketFile(rowsFile));
    expect(ran.exitCode, ran.err).toBe(0);
    told = answerOf(ran);
    const check = await checkArtifactAt(String(told['dir']));
    if (!check.ok) throw new Error(JSON.stringify(check.refusals));
    artifact = check;
    const session = await openSession(artifact.graph);
    scores = await session.run(expected.features, expected.raw.length, [expected.names.length]);
    await session.close();
  }, 120_000);
  afterAll(() => rm(store.dataDir, { recursive: true, force: true }));

  it('is converted with what is known of it, and nothing made up', () => {
    expect(told).toMatchObject({ output: 'logit', trees: 365, deadFeatures: ['funding_rate', 'liq_ratio'] });
    expect(told['expected']).toMatchObject({ rows: 500, columns: ['lgbm_raw'] });
    const { contract } = artifact;
    expect(contract.input.features).toEqual(expected.names);
    expect(contract).toMatchObject({ size: 'converted', folds: null, dataset: null, seed: null });
    expect(contract.train).toMatchObject({ fromMs: null, toMs: null, rows: null });
    expect(contract.parity).toMatchObject({ gateFlips: 0, gateLogit: logitOf(0.8) });
    expect(contract.parity!.rows).toBeGreaterThanOrEqual(10_000);
    expect(contract.parity!.deviationMax).toBeLessThan(1e-5);
  });

  it('passes the check by command', async () => {
    const ran = await run('model', 'check', `v2-ensemble/${String(told['version'])}/lgbm-real`);
    expect(ran.exitCode, ran.err).toBe(0);
  });

  it('gives the 500 raw outputs, and their probabilities by the one sigmoid', () => {
    for (const [row, raw] of expected.raw.entries()) {
      expect(Math.abs(scores[row]! - raw)).toBeLessThan(1e-5);
      expect(Math.abs(sigmoid(scores[row]!) - expected.probability[row]!)).toBeLessThan(1e-6);
    }
  });

  it('lets nothing through the gate at .80 and one row at .70', () => {
    expect(coverage(scores, logitOf(0.8))).toMatchObject({ scored: 500, passed: 0 });
    expect(coverage(scores, logitOf(0.7))).toMatchObject({ scored: 500, passed: 1 });
    const found = diagnose([columnOf('lgbm-real', scores, 'logit')]);
    expect(found).toMatchObject([{ code: 'COVERAGE', figures: { passed: 0, scored: 500 } }]);
  });

  it('has two dead features, by splits and by gain', async () => {
    const report: unknown = JSON.parse(await readFile(join(String(told['dir']), 'report.json'), 'utf8'));
    const found = featureDiagnoses('lgbm-real', importancesOf(report), expected.names, expected.features);
    expect(found[0]).toMatchObject({ code: 'DEAD_FEATURES', figures: { features: 16, dead: 2 } });
    expect(found[0]!.sentence).toContain('funding_rate, liq_ratio');
  });

  it('is found out where its probabilities go through a sigmoid once more', () => {
    const twice = expected.probability.map(sigmoid);
    expect(Math.min(...twice)).toBeCloseTo(0.502, 3);
    expect(Math.max(...twice)).toBeCloseTo(0.685, 3);
    expect(diagnose([columnOf('twice', twice, 'probability')])).toMatchObject([{ code: 'DOUBLE_SIGMOID' }]);
    // The same mistake one step earlier: probabilities where logits should stand.
    const codes = diagnose([columnOf('stored', expected.probability, 'logit')]).map(({ code }) => code);
    expect(codes).toEqual(['DOUBLE_SIGMOID', 'PROBABILITIES_STORED', 'COVERAGE']);
    expect(diagnose([columnOf('once', expected.probability, 'probability')])).toEqual([]);
  });

  it('would be refused with its rows in another order of features, or with categories', async () => {
    const swapped = [...expected.names].reverse().join(',');
    const permuted = await convert(modelFile, '--as-version', 'permuted', '--features', swapped);
    expect(permuted.exitCode).not.toBe(0);
    expect(permuted.out + permuted.err).toContain('place 0 is liq_ratio in the list and hurst_exponent');
    const categorical = await convert(categoricalFile, '--as-version', 'categorical');
    expect(categorical.exitCode).not.toBe(0);
    expect(categorical.out + categorical.err).toContain('splits the categorical feature Column_0');
  });
});
