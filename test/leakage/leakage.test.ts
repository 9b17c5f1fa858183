/** The audit is silent over a clean market, and names every trap that is planted in it: alone, and among all the others. */
import { describe, expect, it } from 'vitest';
import { audit } from '../../engine/columns/audit/audit.ts';
import type { AuditResult } from '../../engine/columns/audit/findings.ts';
import { smallMarket } from './market.ts';
import { auditedWith, type Trap, traps } from './traps.ts';

const world = smallMarket(24, 1100);
const names = Object.keys(traps) as Trap[];

async function auditOf(sprung: readonly Trap[]): Promise<AuditResult> {
  return await audit({
    ...{ world, ...auditedWith(world, new Set(sprung)) },
    ...{ historyHours: 740, seed: 3, times: 20, replayHours: 72 },
  });
}

/** Detectors that name the object of the trap, with an hour. */
function detectorsAt({ leaks }: AuditResult, trap: Trap): ReadonlySet<string> {
  const { subject, field } = traps[trap];
  const own = leaks.filter((leak) => leak.subject === subject && (field === '' || leak.field === field));
  return new Set(own.filter(({ timeMs }) => Number.isFinite(timeMs)).map(({ detector }) => detector));
}

describe('the audit', () => {
  it('is silent over what looks at nothing to come', async () => {
    const result = await auditOf([]);
    expect(result.leaks).toEqual([]);
    expect(result.clean).toBe(true);
    expect(Object.keys(result.ran).sort()).toEqual(['Da', 'Db', 'Dc', 'Df', 'Dg']);
    expect(result.notRun.map(({ detector }) => detector)).toEqual([
      'lineage',
      'splits',
      'Dd',
      'De',
      'ledger',
    ]);
  }, 60_000);

  it.each(names)(
    'names %s, alone, with its first hour',
    async (trap) => {
      const result = await auditOf([trap]);
      expect(result.clean).toBe(false);
      expect([...detectorsAt(result, trap)]).toEqual(expect.arrayContaining([...traps[trap].detectors]));
      const { subject } = traps[trap];
      // A strategy sees what its columns see: a leak in one shows in the other, and nowhere else.
      const strangers = result.leaks.filter((leak) => leak.subject !== subject && leak.kind !== 'strategy');
      expect(strangers).toEqual([]);
    },
    60_000,
  );

  it('names them all when all are there at once', async () => {
    const result = await auditOf(names);
    const missed = names.filter((trap) =>
      traps[trap].detectors.some((detector) => !detectorsAt(result, trap).has(detector)),
    );
    expect(missed).toEqual([]);
  }, 60_000);
});
