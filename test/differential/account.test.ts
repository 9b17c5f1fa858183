/** The reference under the rules of an account, by itself: a worked example, and what always holds. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainRules, type VenueRules } from '../../engine/simulator/rules.ts';
import { accountCaseOf, accountRecipe } from './account-rules.ts';
import { liquidationLevel } from './margin.ts';
import { caseOf, caseRecipe } from './markets.ts';
import { simulate } from './reference.ts';
import { runReference } from './reference-run.ts';
import type { Bar, ReferenceRun, Wanted } from './types.ts';

const seed = Number(process.env['HOURGLASS_SEED'] ?? 20_240_103);
const cases = 300;

describe('a position of 20 at 100, worked by hand', () => {
  const tiers = [{ floor: 0, cap: 1e9, maintenanceRate: 0.01, cum: 0, leverageMax: 50 }];

  test('cross at 5x: the gap through the stop at 92 fills at 90', () => {
    const run = worked('cross', 5);
    expect(run.equity[1]).toBeCloseTo(959, 9);
    expect(run.equity[5]).toBeCloseTo(958.412, 9);
    expect(run.equity[6]).toBeCloseTo(797.512, 9);
    expect(run.trades).toMatchObject([{ exitPrice: 90, reason: 'stop', insurance: 0, exitHour: 6 }]);
    expect(run.trades[0]!.pnl).toBeCloseTo(-202.488, 9);
  });

  test('isolated at 20x: liquidated at the open before the stop can act, for its margin and no more', () => {
    const run = worked('isolated', 20);
    expect(run.trades).toMatchObject([{ exitPrice: 90, reason: 'liquidation', exitHour: 6 }]);
    // Loss 200 and clearance fee 27, against a margin of 100 less the funding paid from it.
    expect(run.trades[0]!.insurance).toBeCloseTo(200 + 27 - 99.412, 9);
    expect(run.equity[6]).toBeCloseTo(1_000 - 1 - 100, 9);
  });

  test('its liquidation level', () => {
    const leg = { side: 1 as const, quantity: 20, entryPrice: 100 };
    expect(liquidationLevel(leg, tiers, 100, 0)).toBeCloseTo((100 - 2_000) / (20 * 0.01 - 20), 9);
    const short = { ...leg, side: -1 as const };
    expect(liquidationLevel(short, tiers, 100, 0)).toBeCloseTo(2_100 / 20.2, 9);
  });

  function worked(margin: 'cross' | 'isolated', leverage: number): ReferenceRun {
    const flat: Bar = { open: 98, high: 99, low: 97, close: 98 };
    const before: Bar = { open: 100, high: 100, low: 100, close: 100 };
    const first: Bar = { open: 100, high: 101, low: 97, close: 98 };
    const gap: Bar = { open: 90, high: 91, low: 89, close: 90 };
    const funding = [{ offsetMs: 5 * 3_600_000, rate: 0.0003, mark: 98 }];
    const bars = [before, first, flat, flat, flat, flat, gap, gap];
    const wanted: Wanted = { coin: 0, side: 1, notional: 2_000, stop: 0.08, target: null, holdHours: null };
    const account = { ...plainRules.account, margin, leverage };
    const brackets = [{ effectiveMs: 0, tiers: new Map([['AUSDT', tiers]]) }];
    const venue: VenueRules = { ...plainRules, account: { ...account, brackets } };
    return simulate(
      { hours: bars.length, coins: [{ symbol: 'AUSDT', bars, funding }] },
      {
        ...{
          capital: 1_000,
          takerFeeBps: 5,
          slippageBps: 0,
          closeAtEnd: false,
          fromHour: 0,
          toHour: bars.length,
        },
        ...{ slotsMax: null, sideNotionalFractionMax: null, decisionHours: [1], venue },
        decide: () => [wanted],
      },
    );
  }
});

describe(`${cases} random markets (HOURGLASS_SEED=${seed})`, () => {
  const drawn = fc.sample(accountRecipe, { seed, numRuns: cases }).map(accountCaseOf);

  test('closed and open positions explain equity; targets end; isolated losses are bounded', () => {
    for (const each of drawn) {
      const run = runReference(each);
      const { spotCapital, margin, bankruptcy } = each.venue!.account;
      const open = run.positions.map(
        ({ side, quantity, mark, entryPrice, entryFee, fundingPaid }) =>
          side * quantity * (mark - entryPrice) - entryFee - fundingPaid,
      );
      const explained = sum(run.trades.map(({ pnl }) => pnl)) + sum(open);
      const turnover = sum(run.trades.map(({ quantity, entryPrice }) => quantity * entryPrice));
      const gained = run.equityAfter - each.capital - spotCapital;
      expect(Math.abs(gained - explained)).toBeLessThanOrEqual(1e-9 * (each.capital + turnover));
      for (const { outcome, refusal } of run.targets) {
        expect(outcome).not.toBe('working');
        expect(refusal !== null).toBe(outcome === 'refused');
      }
      if (margin !== 'isolated' || bankruptcy !== 'insurance') continue;
      for (const trade of run.trades.filter(({ reason }) => reason === 'liquidation')) {
        const { quantity, entryPrice, leverage, fees, pnl } = trade;
        expect(pnl).toBeGreaterThanOrEqual(-(quantity * entryPrice) / leverage - fees - 1e-9 * each.capital);
      }
    }
  }, 120_000);
});

test('funding over a matched long and short sums to zero', () => {
  let settled = 0;
  for (const each of fc.sample(caseRecipe, { seed, numRuns: 200 }).map(caseOf)) {
    const held = (side: 1 | -1): number =>
      simulate(each.market, {
        ...{ ...each, slotsMax: null, sideNotionalFractionMax: null, decisionHours: [each.fromHour + 1] },
        decide: () =>
          each.market.coins.map((_, coin): Wanted => {
            return { coin, side, notional: 100, stop: null, target: null, holdHours: null };
          }),
        slippageBps: 0,
      }).fundingReceived;
    const [long, short] = [held(1), held(-1)];
    if (long !== 0) settled += 1;
    expect(Math.abs(long + short)).toBeLessThanOrEqual(1e-12);
  }
  expect(settled).toBeGreaterThan(100);
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
