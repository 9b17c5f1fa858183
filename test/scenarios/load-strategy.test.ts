import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  loadBuiltInStrategy,
  loadStrategyFile,
  StrategyLoadFault,
  strategyByHash,
} from '../../scenarios/load-strategy.ts';
import { newStrategy } from '../../scenarios/new-strategy.ts';
import { temporaryFolder } from './temporary.ts';

async function load(code: string, name = 'own.ts') {
  const folder = await temporaryFolder();
  await writeFile(join(folder, name), code);
  return await loadStrategyFile(join(folder, name), join(folder, 'data'), `./${name}`);
}

async function faultOf(code: string): Promise<StrategyLoadFault> {
  const fault = await load(code).then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(fault).toBeInstanceOf(StrategyLoadFault);
  return fault as StrategyLoadFault;
}

const plain = (name: string) => `const title: string = '${name}';
export default { name: title, config: {}, columns: () => ['score'], schedule: () => ({ kind: 'hourly' as const }),
  limits: () => ({}), decide: () => [] };`;

describe('given a strategy file of the user’s', () => {
  it('TypeScript that imports this package and a neighbour runs as it is', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'count.ts'), 'export const count: number = 7;');
    await writeFile(
      join(folder, 'own.ts'),
      `import { defineStrategy, integer } from 'hourglass';
       import { count } from './count.ts';
       export default defineStrategy({ name: 'own', config: { count: integer({ default: count, doc: '' }) },
         columns: () => [], schedule: () => ({ kind: 'hourly' }), limits: () => ({}), decide: () => [] });`,
    );
    const { definition } = await loadStrategyFile(join(folder, 'own.ts'), join(folder, 'data'));
    expect(definition).toMatchObject({ name: 'own', config: { count: { kind: 'integer', default: 7 } } });
  });

  it('its bundle is kept under its hash, and the hash is the code’s: not the place’s', async () => {
    const [here, there, other] = [
      await load(plain('own')),
      await load(plain('own')),
      await load(plain('other')),
    ];
    expect(here.codeHash).toMatch(/^[0-9a-f]{64}$/);
    expect(there.codeHash).toBe(here.codeHash);
    expect(other.codeHash).not.toBe(here.codeHash);
    expect(here.modulePath).toMatch(new RegExp(`^file://.*/strategies/${here.codeHash}\\.mjs$`));
  });

  it('workers import the same definition from its module path', async () => {
    const { definition, modulePath } = await load(plain('own'));
    const again = (await import(/* @vite-ignore */ modulePath)) as { default: unknown };
    expect(again.default).toBe(definition);
  });

  it('nothing but finished files is left in the data directory', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'own.ts'), plain('own'));
    const { codeHash } = await loadStrategyFile(join(folder, 'own.ts'), folder);
    await loadStrategyFile(join(folder, 'own.ts'), folder);
    expect(await readdir(join(folder, 'strategies'))).toEqual([`${codeHash}.mjs`]);
  });

  it('the code of a run is found again by its hash, also when the file has changed since', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'own.ts'), plain('own'));
    const { codeHash } = await loadStrategyFile(join(folder, 'own.ts'), folder);
    await writeFile(join(folder, 'own.ts'), plain('changed'));
    expect((await strategyByHash('own', codeHash, folder)).definition.name).toBe('own');
    await expect(strategyByHash('own', 'f'.repeat(64), folder)).rejects.toMatchObject({
      code: 'strategy-missing',
    });
  });

  it('a disk that refuses is a fault from outside, with a word on what to do', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'own.ts'), plain('own'));
    await writeFile(join(folder, 'strategies'), 'a file where a folder should be');
    await expect(loadStrategyFile(join(folder, 'own.ts'), folder)).rejects.toMatchObject({
      name: 'StoreFault',
      message: expect.stringContaining('Keeping the code of the strategy'),
    });
  });

  it('a file named like a folder away from everything is a fault that names it', async () => {
    const folder = await temporaryFolder();
    await expect(loadStrategyFile(join(folder, 'gone.ts'), folder, './gone.ts')).rejects.toMatchObject({
      code: 'strategy-missing',
      message: expect.stringContaining('./gone.ts'),
    });
    await mkdir(join(folder, 'dir.ts'));
    await expect(loadStrategyFile(join(folder, 'dir.ts'), folder)).rejects.toBeInstanceOf(StrategyLoadFault);
  });
});

describe('given a file that is no strategy', () => {
  it('a syntax error is named by line and column', async () => {
    const fault = await faultOf('export default {\n  name: "x"\n  config: {}\n};');
    expect(fault.code).toBe('strategy-syntax');
    expect(fault.message).toContain('./own.ts:3:3: ');
  });

  it('every import that leads nowhere is named', async () => {
    const fault = await faultOf(
      'import { a } from "./nowhere.ts";\nimport { b } from "no-such-package-here";\nexport default { a, b };',
    );
    expect(fault.message).toContain('./own.ts:1:19');
    expect(fault.message).toContain('no-such-package-here');
  });

  it('a file that throws on import is named with what it threw', async () => {
    const fault = await faultOf('throw new TypeError("no luck");');
    expect(fault).toMatchObject({
      code: 'strategy-threw',
      message: expect.stringContaining('TypeError: no luck'),
    });
  });

  it('a missing or wrong default export is named, and everything wrong with it at once', async () => {
    expect((await faultOf('export const x = 1;')).message).toContain('it has no default export');
    expect((await faultOf('export default () => [];')).message).toContain('was a function');
    const fault = await faultOf('export default { name: "Bad Name", config: { a: 3 }, decide: 4 };');
    expect(fault.code).toBe('strategy-malformed');
    for (const part of [
      'name must',
      'config.a must',
      'columns must',
      'schedule must',
      'limits must',
      'decide must',
    ]) {
      expect(fault.message).toContain(part);
    }
  });
});

describe('given the built-in strategies', () => {
  it('each is loaded by name, with a hash of its own and a path that workers can import', async () => {
    const hashes = new Set<string>();
    for (const name of ['ranked-long-short', 'score-gate', 'residual-momentum']) {
      const loaded = (await loadBuiltInStrategy(name))!;
      const again = (await import(/* @vite-ignore */ loaded.modulePath)) as { default: { name: string } };
      expect(again.default.name).toBe(name);
      hashes.add(loaded.codeHash);
    }
    expect(hashes.size).toBe(3);
    expect(await loadBuiltInStrategy('nothing')).toBeNull();
  });
});

describe('given a new strategy of the user’s', () => {
  it('it loads as it is, and its scenario names it', async () => {
    const folder = await temporaryFolder();
    const { files } = await newStrategy({ name: 'my-idea', dir: folder });
    expect(files.map((file) => file.slice(folder.length))).toEqual([
      '/my-idea/README.md',
      '/my-idea/index.ts',
      '/my-idea/scenario.json',
    ]);
    const { definition } = await loadStrategyFile(join(folder, 'my-idea', 'index.ts'), join(folder, 'data'));
    expect(definition.name).toBe('my-idea');
    const scenario = JSON.parse(await readFile(join(folder, 'my-idea', 'scenario.json'), 'utf8')) as object;
    expect(scenario).toMatchObject({ name: 'my-idea', strategy: './index.ts' });
  });

  it('a folder that is there is never touched, and a name that cannot be one is refused', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'taken'));
    await expect(newStrategy({ name: 'taken', dir: folder })).rejects.toMatchObject({
      code: 'strategy-folder',
    });
    await expect(newStrategy({ name: '../out', dir: folder })).rejects.toMatchObject({
      code: 'strategy-folder',
    });
    expect(await readdir(folder)).toEqual(['taken']);
    expect(await readdir(join(folder, 'taken'))).toEqual([]);
  });
});
