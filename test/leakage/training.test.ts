/**
 * The audit retrains: silent over an honest pipeline, and naming what leaks in one that is not. Here clean, and with the traps of one
 * pipeline at once; the long form (`npm run test:leakage`) has them all at once, and springs each of them alone.
 */
import { describe, expect, it } from 'vitest';
import { audit } from '../../engine/columns/audit/audit.ts';
import type { AuditResult } from '../../engine/columns/audit/findings.ts';
import { splitAudit } from '../../engine/columns/audit/splits.ts';
import { type TrainingTrap, trainingAuditedWith, trainingTraps } from './training/traps.ts';

const isLong = process.env['HOURGLASS_LEAKAGE'] === 'long';
const names = Object.keys(trainingTraps) as TrainingTrap[];
/** Each of these divides the rows in a way of its own: a pipeline more to train. */
const otherSplits: readonly TrainingTrap[] = ['T15', 'T16'];
const MARKET_SEED = 1;

async function auditOf(
  sprung: readonly TrainingTrap[],
  permutations: number,
  noiseSeeds: readonly number[] = [1, 2, 3],
): Promise<AuditResult> {
  const { training, ...plan } = trainingAuditedWith(new Set(sprung), MARKET_SEED);
  return await audit({
    ...{ ...plan, subjects: [], historyHours: 720, seed: 3, times: isLong ? 20 : 6 },
    training: { ...training, noiseSeeds, permutations },
  });
}

/** Detectors that name the object of the trap. */
function detectorsAt({ leaks }: Pick<AuditResult, 'leaks'>, trap: TrainingTrap): ReadonlySet<string> {
  const { object } = trainingTraps[trap];
  const own = leaks.filter(
    ({ subject, field, message }) => subject === object || field === object || message.includes(object),
  );
  return new Set(own.map(({ detector }) => detector));
}

function missedIn(result: AuditResult, sprung: readonly TrainingTrap[]): readonly string[] {
  return sprung.flatMap((trap) => {
    const found = detectorsAt(result, trap);
    // What a pipeline chooses on its test part shows in its name alone when shuffled labels find it.
    const wanted = trainingTraps[trap].detectors.filter((detector) => detector !== 'De');
    return wanted.filter((detector) => !found.has(detector)).map((detector) => `${trap} by ${detector}`);
  });
}

describe('the audit of training', () => {
  it('is silent over an honest pipeline', async () => {
    const result = await auditOf([], isLong ? 20 : 3);
    expect(result.leaks).toEqual([]);
    expect(result.clean).toBe(true);
    expect(result.ran).toMatchObject({ Dd: 6, De: isLong ? 42 : 6 });
    expect(result.notRun.map(({ detector }) => detector)).not.toContain('Dd');
  }, 600_000);

  it('names every trap when all are there at once', async () => {
    const sprung = isLong ? names : names.filter((name) => !otherSplits.includes(name));
    const result = await auditOf(sprung, 2, isLong ? [1, 2, 3] : [1, 2]);
    expect(missedIn(result, sprung)).toEqual([]);
    const shuffled = result.leaks.filter(({ detector }) => detector === 'De');
    expect(shuffled.map(({ subject }) => subject)).toContain('meta');
    expect(shuffled.map(({ subject }) => subject)).not.toContain('selected');
  }, 600_000);

  it.each(otherSplits)('names the split of %s without training anything', (trap) => {
    const { splits } = trainingAuditedWith(new Set([trap]), MARKET_SEED);
    expect([...detectorsAt(splitAudit(splits!), trap)]).toEqual(['splits']);
  });

  it.runIf(isLong).each(names)(
    'names %s, alone, from the first hour tested',
    async (trap) => {
      const result = await auditOf([trap], 3);
      expect(missedIn(result, [trap])).toEqual([]);
      const retrained = result.leaks.filter(({ detector }) => detector === 'Dd');
      expect(retrained.map(({ field }) => field)).toEqual([trainingTraps[trap].object]);
      expect(retrained.every(({ timeMs }) => Number.isFinite(timeMs))).toBe(true);
      const detectors: readonly string[] = trainingTraps[trap].detectors;
      expect(result.leaks.some(({ detector }) => detector === 'De')).toBe(detectors.includes('De'));
    },
    300_000,
  );
});
