import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BracketBook,
  maintenanceMargin,
  type Tier,
  tierAt,
  tierFaults,
} from '../../../engine/exchange/brackets.ts';
import { dayMs } from '../../../engine/panel/hours.ts';
import { arbitraryTiers, sample } from './tiers.ts';

const golden = JSON.parse(
  readFileSync(new URL('../../golden/golden_vectors.json', import.meta.url), 'utf8'),
) as { tier_continuity: string };

const notionals = fc.double({ min: 0, max: 1e7, noNaN: true });

describe('tiers', () => {
  it('tier_continuity: the maintenance amounts of the published sample', () => {
    const published = golden.tier_continuity.split(': ')[1]!.split(',').map(Number);
    for (const [index, { cum }] of sample.entries()) expect(cum).toBeCloseTo(published[index]!, 6);
    const asPublished = sample.map((tier, index) => ({ ...tier, cum: published[index]! }));
    expect(tierFaults(asPublished)).toEqual([]);
  });

  it('a notional on a border belongs to the tier below it, and one above all caps to the last', () => {
    expect(tierAt(sample, 100_000)).toBe(sample[0]);
    expect(tierAt(sample, 100_000.01)).toBe(sample[1]);
    expect(tierAt(sample, 0)).toBe(sample[0]);
    expect(tierAt(sample, 1e9)).toBe(sample[5]);
  });

  it('ask nothing of nothing, and cannot judge an unknown notional', () => {
    expect(maintenanceMargin(sample, 0)).toBe(0);
    expect(maintenanceMargin(sample, Number.NaN)).toBeNaN();
    expect(maintenanceMargin(sample, 200_000)).toBe(7500);
  });

  it('the margin has no step at a border, rises with the notional and is never more than it', () => {
    fc.assert(
      fc.property(arbitraryTiers(), notionals, notionals, (tiers, a, b) => {
        for (const { cap } of tiers) {
          const jump = maintenanceMargin(tiers, cap * (1 + 1e-12)) - maintenanceMargin(tiers, cap);
          expect(Math.abs(jump)).toBeLessThanOrEqual(1e-9 * cap);
        }
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(maintenanceMargin(tiers, low)).toBeLessThanOrEqual(maintenanceMargin(tiers, high));
        expect(maintenanceMargin(tiers, high)).toBeLessThanOrEqual(high);
        expect(maintenanceMargin(tiers, low)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('faults of tiers', () => {
  const changed = (at: number, change: Partial<Tier>): Tier[] =>
    sample.map((tier, index) => (index === at ? { ...tier, ...change } : tier));

  it('none in tiers that stand', () => {
    fc.assert(
      fc.property(arbitraryTiers(), (tiers) => {
        expect(tierFaults(tiers)).toEqual([]);
      }),
    );
  });

  it.each([
    ['a first floor above 0', changed(0, { floor: 5 }), ['tier 1: floor 5 must be 0']],
    ['a first amount', changed(0, { cum: 1 }).slice(0, 1), ['tier 1: maintenance amount 1 must be 0']],
    ['a gap', changed(0, { cap: 90_000 }), ['tier 2: floor 100000 must be 90000, the cap of tier 1']],
    ['an overlap', changed(0, { cap: 110_000 }), ['tier 2: floor 100000 must be 110000, the cap of tier 1']],
    [
      'a cap at its floor',
      changed(5, { cap: 5_000_000 }),
      ['tier 6: cap 5000000 must lie above its floor 5000000'],
    ],
    [
      'a leverage that rises',
      changed(1, { leverageMax: 21 }),
      ['tier 2: leverage 21 must be at most 20, the leverage of tier 1'],
    ],
    ['a leverage below 1', changed(5, { leverageMax: 0.5 }), ['tier 6: leverage 0.5 must be at least 1']],
    [
      'an amount that makes a step',
      changed(5, { cum: 1_527_510 }),
      ['tier 6: maintenance amount 1527510 must be 1527500, so that the margin has no step at the floor'],
    ],
    [
      'a wrong amount below others that are right: it is told alone',
      changed(2, { cum: sample[2]!.cum + 5 }),
      [
        `tier 3: maintenance amount ${sample[2]!.cum + 5} must be ${sample[2]!.cum}, so that the margin has no step at the floor`,
      ],
    ],
    ['no tier', [], ['there is no tier: a market needs at least one']],
  ])('%s', (_, tiers, faults) => {
    expect(tierFaults(tiers)).toEqual(faults);
  });

  it('all at once: a rate too high, one that does not rise, and what follows from them', () => {
    const faults = tierFaults(changed(4, { maintenanceRate: 1, cum: Number.NaN }));
    expect(faults).toContain('tier 5: maintenance rate 1 must be a fraction above 0 and below 1');
    expect(faults).toContain('tier 6: maintenance rate 0.5 must lie above 1, the rate of tier 5');
    expect(faults.some((fault) => fault.startsWith('tier 5: maintenance amount NaN must be '))).toBe(true);
  });

  it('a maintenance amount may be rounded, but not by more than a millionth of the margin', () => {
    const slack = 1e-6 * 5_000_000 * 0.5;
    expect(tierFaults(changed(5, { cum: 1_527_500 + 0.9 * slack }))).toEqual([]);
    expect(tierFaults(changed(5, { cum: 1_527_500 + 1.1 * slack }))).toHaveLength(1);
  });
});

describe('the bracket book', () => {
  const start = Date.UTC(2025, 0, 1);
  const day = (count: number) => start + count * dayMs;
  const tier = (leverageMax: number, cap = 1000): Tier[] => [
    { floor: 0, cap, maintenanceRate: 1 / leverageMax / 2, cum: 0, leverageMax },
  ];
  const book = () =>
    new BracketBook(
      ['A', 'B', 'C', 'D'],
      [
        {
          effectiveMs: day(20),
          tiers: new Map([
            ['A', tier(20)],
            ['C', tier(30)],
          ]),
        },
        {
          effectiveMs: day(10),
          tiers: new Map([
            ['A', tier(10)],
            ['B', tier(15)],
            ['D', []],
          ]),
        },
      ],
    );
  const leverages = (editions: BracketBook) => [0, 1, 2].map((coin) => editions.leverageMax(coin, 500));

  it('answers as the tiers themselves do', () => {
    fc.assert(
      fc.property(arbitraryTiers(), arbitraryTiers(), notionals, (one, two, notional) => {
        const editions = new BracketBook(
          ['A', 'B'],
          [
            {
              effectiveMs: 0,
              tiers: new Map([
                ['B', two],
                ['A', one],
              ]),
            },
          ],
        );
        for (const [coin, tiers] of [one, two].entries()) {
          expect(editions.maintenance(coin, notional)).toBe(maintenanceMargin(tiers, notional));
          expect(editions.leverageMax(coin, notional)).toBe(tierAt(tiers, notional).leverageMax);
          expect(editions.notionalMax(coin)).toBe(tiers.at(-1)!.cap);
          for (const { cap, leverageMax } of tiers) expect(editions.leverageMax(coin, cap)).toBe(leverageMax);
        }
      }),
    );
  });

  it('takes the newest edition that has the coin, and before the oldest the oldest', () => {
    const editions = book();
    editions.moveTo(day(0));
    expect(leverages(editions)).toEqual([10, 15, 30]);
    editions.moveTo(day(20) - 1);
    expect(leverages(editions)).toEqual([10, 15, 30]);
    editions.moveTo(day(20));
    expect(leverages(editions)).toEqual([20, 15, 30]);
    editions.moveTo(day(400));
    expect(leverages(editions)).toEqual([20, 15, 30]);
    editions.moveTo(day(10));
    expect(leverages(editions)).toEqual([10, 15, 30]);
  });

  it('says where it knows nothing', () => {
    const editions = book();
    expect([0, 1, 2, 3].map((coin) => editions.known(coin))).toEqual([true, true, true, false]);
    // A position that was renamed into a coin without tiers asks for no maintenance margin.
    expect(editions.maintenance(3, 100)).toBe(0);
    expect(editions.leverageMax(3, 100)).toBeNaN();
    expect(editions.notionalMax(3)).toBeNaN();
    expect(editions.maintenance(0, Number.NaN)).toBeNaN();
  });

  it('counts the days before the oldest edition of a coin', () => {
    const editions = book();
    expect(editions.undatedDays(day(4), day(30))).toEqual({ coins: 3, days: 16 });
    expect(editions.undatedDays(day(4), day(4.5))).toEqual({ coins: 3, days: 0.5 });
    expect(editions.undatedDays(day(15), day(30))).toEqual({ coins: 1, days: 5 });
    expect(editions.undatedDays(day(20), day(30))).toEqual({ coins: 0, days: 0 });
  });
});
