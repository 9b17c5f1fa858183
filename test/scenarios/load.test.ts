import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../datasets/store.ts';
import { builtInScenarios } from '../../scenarios/builtins.ts';
import { loadScenario } from '../../scenarios/load.ts';
import type { ScenarioOverrides } from '../../scenarios/overrides.ts';
import { temporaryFolder } from './temporary.ts';

async function faultsOf(nameOrFile: string, overrides: ScenarioOverrides = {}, dataDir?: string) {
  const store = openStore(dataDir ?? (await temporaryFolder()));
  const loaded = await loadScenario(nameOrFile, overrides, { store });
  return loaded.ok ? [] : loaded.faults.map(({ path, message }) => `${path}: ${message}`);
}

async function written(content: unknown): Promise<string> {
  const file = join(await temporaryFolder(), 'scenario.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const least = {
  name: 'least',
  strategy: 'score-gate',
  dataset: 'planted',
  capital: { usdm: 1000 },
  costs: 'none',
};

describe('given the built-in scenarios', () => {
  it('each parses, and without its dataset the one fault says how to get it', async () => {
    const names = await builtInScenarios();
    expect(names).toEqual([
      'crash-october-2025',
      'demo',
      'demo-gate',
      'demo-models',
      'demo-momentum',
      'usdm-2025',
    ]);
    for (const name of names) {
      const faults = await faultsOf(name);
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(
        /^dataset: there is no dataset .* hourglass data (synth planted|import usdm --bars)/,
      );
    }
  });

  it('what they say can be checked without any dataset, and holds the promised spans', async () => {
    const store = openStore(await temporaryFolder());
    const loaded = await loadScenario('crash-october-2025', {}, { store, datasetRequired: false });
    expect(loaded).toMatchObject({
      ok: true,
      value: {
        scenario: {
          strategy: 'residual-momentum',
          dataset: 'usdm',
          fromMs: Date.UTC(2025, 8, 1),
          toMs: Date.UTC(2025, 11, 31),
          capital: { usdm: 10_000 },
        },
        strategy: { definition: { name: 'residual-momentum' } },
      },
    });
  });
});

describe('given a scenario file', () => {
  it('a dataset in the store is accepted', async () => {
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, 'datasets', 'planted'), { recursive: true });
    const manifest = { formatVersion: 1, name: 'planted', hash: '', tables: { bars: {} } };
    await writeFile(join(dataDir, 'datasets', 'planted', 'manifest.json'), JSON.stringify(manifest));
    expect(await faultsOf(await written(least), {}, dataDir)).toEqual([]);
    const set = ['account.margin=cross', 'fills.detail=15'];
    expect(
      (await faultsOf(await written(least), { set }, dataDir)).map((fault) => fault.split(':')[0]),
    ).toEqual(['account.margin', 'fills.detail']);
  });

  it('faults of file, options, strategy and dataset come in one list', async () => {
    const file = await written({ ...least, seed: 'x', config: { probabilityMin: 2 } });
    const faults = await faultsOf(file, { from: 'yesterday', set: ['nothing=1', 'slotsMax=-1'] });
    expect(faults.map((fault) => fault.split(':')[0]).sort()).toEqual([
      '--set nothing',
      'config.probabilityMin',
      'config.slotsMax',
      'dataset',
      'from',
      'seed',
    ]);
  });

  it('a name that could leave the store is refused', async () => {
    expect(await faultsOf(await written({ ...least, dataset: '../up' }))).toEqual([
      expect.stringContaining('cannot name a dataset'),
    ]);
  });

  it('broken JSON is named with line and column where the runtime tells', async () => {
    const faults = await faultsOf(await written('{\n  "name": "x",\n  "seed": 01\n}'));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/is not JSON( at line 3, column \d+)?: /);
    expect(await faultsOf(await written('[]'))).toEqual([
      expect.stringContaining('must hold one JSON object'),
    ]);
  });

  it('a file that is not there is told from a misspelt name', async () => {
    expect((await faultsOf('dmeo'))[0]).toContain('did you mean demo?');
    expect((await faultsOf('./not/here.json'))[0]).toContain(
      'is neither a scenario file nor a built-in scenario',
    );
  });

  it('a byte order mark does no harm', async () => {
    expect(await faultsOf(await written(`\uFEFF${JSON.stringify(least)}`))).toEqual([
      expect.stringMatching(/^dataset: /),
    ]);
  });

  it('a strategy file is found beside the scenario, and its own settings are checked', async () => {
    const file = await written({ ...least, strategy: './own.js', config: { lots: 0 } });
    await writeFile(
      join(file, '..', 'own.js'),
      `export default {
        name: 'own', config: { lots: { kind: 'integer', default: 1, min: 1, doc: '' } }, columns: () => ['score'],
        schedule: () => ({ kind: 'every', minutes: 10 }), limits: () => ({}), decide: () => [] };`,
    );
    expect(await faultsOf(file)).toEqual([
      'config.lots: must be at least 1, was 0',
      expect.stringMatching(/^dataset: /),
    ]);
    expect(await faultsOf(file, { set: ['lots=2', 'fills.detail=none'] })).toEqual([
      expect.stringContaining('every 10 minutes'),
      expect.stringMatching(/^dataset: /),
    ]);
  });

  it('a strategy file that cannot be loaded leaves the other faults in the list', async () => {
    const file = await written({ ...least, strategy: './gone.ts', seed: -1 });
    const faults = await faultsOf(file);
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(['strategy', 'seed', 'dataset']);
    expect(faults[0]).toContain('There is no strategy file ./gone.ts');
  });
});
