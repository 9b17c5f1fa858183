/** A whole training on a small planted market, from the command line to a version whose artifacts pass their checks. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkVersion } from '../../datasets/models/version-check.ts';
import { listVersions } from '../../datasets/models/version-store.ts';
import { lineageAudit } from '../../engine/columns/audit/lineage.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { ensembleWeights } from '../../engine/signal/ensemble.ts';
import type { ModelVersion } from '../../engine/signal/version.ts';
import { lineageOfVersion } from '../../training/lineage.ts';
import { hasPython } from '../../training/python.ts';
import { answerOf, runCommand } from '../cli/run-command.ts';
import { type SmallMarket, smallMarket } from './small-market.ts';

const days = 80;
let market: SmallMarket;

beforeAll(async () => {
  market = await smallMarket(days);
}, 60_000);

afterAll(() => market.remove());

const train = (...args: readonly string[]) =>
  runCommand([
    ...['--data-dir', market.store.dataDir, '--json', '--quiet', 'train'],
    ...['v2-ensemble', '--dataset', 'small', '--size', 'ci-small', ...args],
  ]);

describe.skipIf(!hasPython())('a training with the real libraries (needs HOURGLASS_PYTHON)', () => {
  it('leaves a version that is sound, dated after its data, and not trained twice', async () => {
    const ran = await train('--threads', '1');
    expect(ran.err).toBe('');
    const answer = answerOf(ran);
    const [stored] = await listVersions(market.store, 'v2-ensemble');
    const version: ModelVersion = stored!.manifest;
    expect(answer['version']).toBe(version.version);
    expect((await checkVersion(stored!)).ok).toBe(true);
    expect(version.models).toHaveLength(8);
    expect(version.validFromMs).toBe((await endOfData()) + hourMs);
    expect(version.trainedToMs).toBeLessThan(version.validFromMs);
    expect(version.libraries.map(({ name }) => name)).toEqual(['lightgbm', 'xgboost', 'catboost']);
    expect(version.sampling).toContain('60 of 800 trees');
    for (const { aucs, weights } of version.ensembles)
      expect(weights).toEqual([...ensembleWeights(aucs.map((auc) => auc ?? Number.NaN))]);
    // Eight models and two ensembles, each over four folds and all of them.
    expect(version.scores).toHaveLength(50);
    expect(lineageAudit(lineageOfVersion(version)).leaks).toEqual([]);
    expect(await readdir(join(market.store.modelsDir, 'v2-ensemble'))).toEqual([version.version]);
    const again = answerOf(await train('--threads', '1'));
    expect((again['versions'] as readonly { isNew: boolean }[]).map(({ isNew }) => isNew)).toEqual([false]);
  }, 300_000);
});

describe('a training is refused', () => {
  it.skipIf(!hasPython())('where the data leave too little, before anything is fitted', async () => {
    const ran = await train('--to', '2024-01-25');
    expect(ran.exitCode).toBe(2);
    expect(answerOf(ran)['faults']).toEqual([expect.objectContaining({ path: '--to' })]);
  });

  it.skipIf(!hasPython())('for dates that make no cadence', async () => {
    const ran = await train('--from', '2024-02-01');
    expect(answerOf(ran)['faults']).toEqual([expect.objectContaining({ path: '--from' })]);
  });

  it('without an interpreter, with what to do', async () => {
    const named = process.env['HOURGLASS_PYTHON'];
    process.env['HOURGLASS_PYTHON'] = '/nowhere/python';
    try {
      const ran = await train();
      expect(ran.exitCode).toBe(3);
      expect(answerOf(ran)['error']).toMatchObject({ code: 'python-missing' });
      expect(ran.err).toMatch(/training:setup/);
    } finally {
      if (named === undefined) delete process.env['HOURGLASS_PYTHON'];
      else process.env['HOURGLASS_PYTHON'] = named;
    }
  });

  it('for a strategy that has no models', async () => {
    const ran = await runCommand(['--json', '--quiet', 'train', 'residual-momentum', '--dataset', 'small']);
    expect(ran.exitCode).toBe(2);
    expect(ran.err).toMatch(/v2-ensemble, btc-residual, lstm-confidence/);
  });
});

async function endOfData(): Promise<number> {
  const { openDataset } = await import('../../datasets/open.ts');
  const { panel } = await openDataset(market.store, 'small');
  return panel.startMs + panel.hours * hourMs;
}
