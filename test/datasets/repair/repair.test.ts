import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDataset } from '../../../datasets/check/check.ts';
import type { Finding } from '../../../datasets/check/finding.ts';
import { readManifest } from '../../../datasets/manifest.ts';
import { openDataset } from '../../../datasets/open.ts';
import { type RepairResult, repairDataset } from '../../../datasets/repair/repair.ts';
import { runSql } from '../../../datasets/sql.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { answerOf, runCommand } from '../../cli/run-command.ts';
import { type FaultRow, plantFaulty, plantMarket } from '../check/truth-rows.ts';

const size = { seed: 25, coins: 40, days: 100 };
const drops = ['drop-broken-bars', 'drop-bad-prints', 'drop-frozen', 'drop-unclosed'];
const all = ['sort', 'drop-duplicates', ...drops, 'shift-clock', 'redenominate'];

/** A small market without marks or spot. */
const unwitnessed = { seed: 3, coins: 20, days: 60 };

let store: Store;
let truth: readonly FaultRow[];
beforeAll(async () => {
  store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-repair-')));
  truth = await plantFaulty(store, 'faulty', size);
  await plantMarket(store, 'clean', size, {});
  await plantMarket(store, 'unwitnessed', unwitnessed, { faults: true, mark: false, spot: false });
}, 120_000);
afterAll(() => rm(store.dataDir, { recursive: true, force: true }));

const count = async (query: string) => Number((await runSql(store, query)).rows[0]?.['n']);
const serious = (findings: readonly Finding[]) =>
  new Set(findings.filter(({ severity }) => severity !== 'note').map(({ rule }) => rule));
const ofKind = (kind: string) => truth.filter((fault) => fault.kind === kind);

describe('a repair of everything', () => {
  let result: RepairResult;
  beforeAll(async () => {
    result = await repairDataset(store, { name: 'faulty', rules: all, as: 'mended' });
  }, 120_000);

  it('leaves what is absent and what was revised later, and nothing else to find', async () => {
    const left = serious(await checkDataset(store, 'mended'));
    expect([...left].sort()).toEqual(['exchange-halt', 'missing-hours', 'revised-bar', 'zero-volume']);
  });

  it('invents no bar: each one is the true bar of its hour, but for the versions known first and unsold hours', async () => {
    const faulty = [...ofKind('revised-bar'), ...ofKind('zero-volume'), ...ofKind('wick')];
    const spared = faulty
      .map(({ symbol, fromMs, toMs }) => `(m.symbol = '${symbol}' AND m.ts BETWEEN ${fromMs} AND ${toMs})`)
      .join(' OR ');
    // Bars in another unit were rounded to its ticks when they were made.
    const units = ofKind('redenomination').map(({ symbol }) => `'${symbol}'`);
    const differs = ['open', 'high', 'low', 'close'].map((name) => `m.${name} <> c.${name}`).join(' OR ');
    const near = ['open', 'high', 'low', 'close']
      .map((name) => `abs(m.${name} / c.${name} - 1) > 1e-3`)
      .join(' OR ');
    const pairs = `FROM mended_bars m LEFT JOIN clean_bars c USING (symbol, ts) WHERE NOT (${spared})`;
    expect(await count(`SELECT count(*) AS n ${pairs}`)).toBeGreaterThan(80_000);
    expect(await count(`SELECT count(*) AS n ${pairs} AND c.ts IS NULL`)).toBe(0);
    expect(await count(`SELECT count(*) AS n ${pairs} AND m.symbol NOT IN (${units}) AND (${differs})`)).toBe(
      0,
    );
    expect(await count(`SELECT count(*) AS n ${pairs} AND m.symbol IN (${units}) AND (${near})`)).toBe(0);
  });

  it('loses no bar beyond those it tells of', async () => {
    const before = await count('SELECT count(*) AS n FROM faulty_bars');
    const after = await count('SELECT count(*) AS n FROM mended_bars');
    const dropped = result.repaired
      .filter(({ rule }) => rule.startsWith('drop-'))
      .reduce((sum, { rows }) => sum + rows, 0);
    const met = result.repaired
      .filter(({ rule }) => rule === 'shift-clock')
      .reduce((sum, { note }) => sum + Number(/(\d+) of the bars met/.exec(note)![1]), 0);
    // A clock that stood late repeats as many bars as it was late, one that stood early as it was early.
    const clocks = truth.filter(({ kind }) => kind === 'clock-offset' || kind === 'time-zone');
    expect(met).toBe(clocks.reduce((sum, { value }) => sum + Math.abs(value), 0));
    expect(after).toBe(before - dropped - met);
  });

  it('tells in the manifest what was done, from where, and carries the other tables over', async () => {
    const [faulty, mended] = [await readManifest(store, 'faulty'), await readManifest(store, 'mended')];
    expect(mended.parent).toBe(faulty.hash);
    expect(mended.hash).not.toBe(faulty.hash);
    expect(mended.repairs).toEqual(result.repaired);
    expect(new Set(mended.repairs!.map(({ rule }) => rule))).toEqual(new Set(all));
    for (const { kind, symbol, fromMs, toMs } of ofKind('time-zone'))
      expect(mended.repairs, kind).toContainEqual(
        expect.objectContaining({
          rule: 'shift-clock',
          symbol,
          fromMs,
          toMs,
          rows: (toMs - fromMs) / hourMs + 1,
        }),
      );
    for (const table of ['funding', 'mark', 'scores', 'instruments', 'fear_greed', 'revisions'] as const)
      expect(mended.tables[table], table).toEqual(faulty.tables[table]);
    expect((await openDataset(store, 'mended', { verify: true })).hash).toBe(mended.hash);
  });
});

describe('single repairs', () => {
  it('follow each other, and the manifest keeps them all', async () => {
    await repairDataset(store, { name: 'unwitnessed', rules: ['drop-duplicates'], as: 'twice' });
    const parent = (await readManifest(store, 'twice')).hash;
    await repairDataset(store, { name: 'twice', rules: ['drop-bad-prints'] });
    const { repairs, parent: named } = await readManifest(store, 'twice');
    expect(repairs!.map(({ rule }) => rule)).toEqual(['drop-duplicates', 'drop-bad-prints']);
    expect(named).toBe(parent);
  });

  it('touch the symbols that were asked for alone, and say that later versions look ahead', async () => {
    const [clock, ...otherClocks] = [...ofKind('clock-offset'), ...ofKind('time-zone')];
    const [revision] = ofKind('revised-bar');
    expect(otherClocks.length).toBeGreaterThan(0);
    const ran = await runCommand([
      ...['--data-dir', store.dataDir, '--json', 'data', 'repair', 'faulty', '--as', 'some'],
      ...['--rule', 'take-revisions', 'shift-clock', '--symbol', clock!.symbol, revision!.symbol],
    ]);
    expect(ran.exitCode, ran.err).toBe(0);
    expect(ran.err).toContain('looks ahead');
    const { repaired } = answerOf(ran) as unknown as RepairResult;
    expect(repaired.map(({ rule, symbol }) => `${rule} ${symbol}`)).toEqual([
      `shift-clock ${clock!.symbol}`,
      ...ofKind('revised-bar').map(({ symbol }) => `take-revisions ${symbol}`),
    ]);
    const findings = await checkDataset(store, 'some');
    const left = findings.filter(({ repair }) => repair?.rule === 'shift-clock').map(({ symbol }) => symbol);
    expect(new Set(left)).toEqual(new Set(otherClocks.map(({ symbol }) => symbol)));
    expect(findings.filter(({ rule }) => rule === 'revised-bar')).toEqual([]);
    const revised = ofKind('revised-bar')
      .map(({ symbol, fromMs }) => `(r.symbol = '${symbol}' AND r.ts = ${fromMs})`)
      .join(' OR ');
    const same = ['open', 'high', 'low', 'close', 'volume']
      .map((name) => `r.${name} = c.${name}`)
      .join(' AND ');
    const pairs = 'FROM some_bars r JOIN clean_bars c USING (symbol, ts)';
    expect(await count(`SELECT count(*) AS n ${pairs} WHERE (${revised}) AND ${same}`)).toBe(
      ofKind('revised-bar').length,
    );
  });

  it('note a change of unit in the renames table where nothing says that the contract stayed what it was', async () => {
    const planted = await plantFaulty(store, 'unwitnessed', unwitnessed);
    const units = planted.filter(({ kind }) => kind === 'redenomination');
    expect(units.length).toBeGreaterThan(0);
    await repairDataset(store, { name: 'unwitnessed', rules: ['redenominate'] });
    const findings = await checkDataset(store, 'unwitnessed');
    expect(findings.filter(({ rule }) => rule === 'redenomination')).toEqual([]);
    const { panel } = await openDataset(store, 'unwitnessed');
    for (const { symbol, fromMs, value } of units) {
      const coin = panel.symbols.indexOf(symbol);
      const hour = (fromMs - panel.startMs) / hourMs;
      expect(panel.life?.renames).toContainEqual({ hour, from: coin, to: coin, factor: value });
    }
  });
});

describe('the command', () => {
  it('refuses what cannot be repaired, all of it at once, and stores nothing', async () => {
    const ran = await runCommand([
      ...['--data-dir', store.dataDir, '--json', 'data', 'repair', 'clean', '--as', 'refused'],
      ...['--rule', 'drop-frozen', 'fill-holes', '--symbol', 'NOPEUSDT', 'BTCUSDT'],
    ]);
    expect(ran.exitCode).toBe(2);
    const { error, faults } = answerOf(ran) as unknown as {
      error: { code: string };
      faults: { path: string; message: string }[];
    };
    expect(error.code).toBe('repair-refused');
    expect(faults.map(({ path }) => path).sort()).toEqual([
      '--rule drop-frozen',
      '--rule fill-holes',
      '--symbol NOPEUSDT',
    ]);
    await expect(readManifest(store, 'refused')).rejects.toMatchObject({ code: 'dataset-missing' });
  });

  it('shows with the dataset what was repaired', async () => {
    const ran = await runCommand(['--data-dir', store.dataDir, 'data', 'show', 'twice']);
    expect(ran.out).toMatch(/repaired from [0-9a-f]{12}:/);
    expect(ran.out).toContain('drop-bad-prints');
  });
});
