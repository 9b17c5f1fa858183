/**
 * The same on planted market S, as a dataset on disk opens: with its own dated rows, and a universe that is known. Here clean and with all
 * traps at once; the long form (`npm run test:leakage`) draws twenty times and springs each trap alone as well.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDatedRows } from '../../datasets/dated-rows.ts';
import { readTable } from '../../datasets/duck.ts';
import { openDataset } from '../../datasets/open.ts';
import { synthDataset } from '../../datasets/planted/synth.ts';
import { openStore } from '../../datasets/store.ts';
import { audit } from '../../engine/columns/audit/audit.ts';
import type { AuditResult } from '../../engine/columns/audit/findings.ts';
import type { ObservedColumn } from '../../engine/columns/audit/subject.ts';
import { type AuditWorld, worldOf } from '../../engine/columns/audit/world.ts';
import { membersOf, statesOf } from '../truth/universe.ts';
import { revisionsOf } from './market.ts';
import { auditedWith, joinedCaps, joinedNews, joinedSentiment, type Trap, traps } from './traps.ts';

const isLong = process.env['HOURGLASS_LEAKAGE'] === 'long';
const names = Object.keys(traps) as Trap[];

let dir: string;
let world: AuditWorld;
let members: ObservedColumn;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hourglass-leakage-'));
  const store = openStore(dir);
  await synthDataset(store, { name: 'planted', preset: 'S', seed: 7, workers: 0 });
  const dataset = await openDataset(store, 'planted', { volumes: true });
  const { panel } = dataset;
  const { unknown: _, ...records } = await dataset.records();
  const { tables } = await readDatedRows(store, dataset);
  world = worldOf(
    { panel, records, regimes: [], approximateQuoteVolume: false, dailyVolumeMin: 0 },
    { tables, revisions: revisionsOf(panel) },
  );
  const truth = await readTable(join(store.datasetDir('planted'), 'truth', 'universe.parquet'));
  const states = await statesOf(panel, truth);
  const coins = panel.symbols.length;
  const values = new Float64Array(panel.hours * coins);
  for (let coin = 0; coin < coins; coin += 1) {
    for (const [hour, member] of membersOf(states, coin, panel.hours).entries())
      values[hour * coins + coin] = member;
  }
  members = { name: 'eligible', fromHour: 0, symbols: panel.symbols, values };
}, 120_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Wrong joins stand in the market's own records too, as they would in a dataset. */
async function auditOf(sprung: readonly Trap[]): Promise<AuditResult> {
  const { inputs } = world;
  const records = {
    ...inputs.records,
    ...(sprung.includes('T9') ? { news: joinedNews(world, true) } : {}),
    ...(sprung.includes('T10') ? { fearGreed: joinedSentiment(world, true) } : {}),
    ...(sprung.includes('T12') ? { marketCap: joinedCaps(world, true) } : {}),
  };
  return await audit({
    ...{ world: { ...world, inputs: { ...inputs, records } }, ...auditedWith(world, new Set(sprung)) },
    universes: { universe: { expected: members } },
    ...{ historyHours: 740, seed: 3, times: isLong ? 20 : 6, replayHours: 72 },
  });
}

/** Detectors that name the object of the trap, with an hour. */
function detectorsAt({ leaks }: AuditResult, trap: Trap): ReadonlySet<string> {
  const { subject, field } = traps[trap];
  const own = leaks.filter(
    (leak) => leak.subject === subject && (field === '' || leak.field === field || leak.kind === 'join'),
  );
  return new Set(own.filter(({ timeMs }) => Number.isFinite(timeMs)).map(({ detector }) => detector));
}

describe('the audit of planted market S', () => {
  it('is silent, and finds the universe to be the true one', async () => {
    const { leaks, clean, ran } = await auditOf([]);
    expect(leaks).toEqual([]);
    expect(clean).toBe(true);
    expect(Object.keys(ran).sort()).toEqual(['Da', 'Db', 'Dc', 'Df', 'Dg']);
  }, 120_000);

  it('names every trap when all are there at once', async () => {
    const result = await auditOf(names);
    expect(names.filter((trap) => detectorsAt(result, trap).size === 0)).toEqual([]);
  }, 120_000);

  it.runIf(isLong).each(names)(
    'names %s, alone, with its first hour',
    async (trap) => {
      const result = await auditOf([trap]);
      const { subject, detectors } = traps[trap];
      expect([...detectorsAt(result, trap)]).toEqual(expect.arrayContaining([...detectors]));
      const strangers = result.leaks.filter((leak) => leak.subject !== subject && leak.kind !== 'strategy');
      expect(strangers).toEqual([]);
    },
    300_000,
  );
});
