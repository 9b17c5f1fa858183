import { describe, expect, it } from 'vitest';
import { logitOf } from '../../strategies/score-gate/index.ts';
import { crossSection, emptyAccount, strategyOf } from './cross-section.ts';

const account = emptyAccount({ capital: 1_000, equity: 2_000 });
const justBelow = Math.log(4) - Number.EPSILON;
const market = crossSection({
  BTCUSDT: { logit: 1.5 },
  AUSDT: { logit: 3 },
  BUSDT: { logit: justBelow },
  CUSDT: { logit: Math.log(4) },
  DUSDT: { logit: 3 },
  EUSDT: {},
});

describe('given logits around the gate', () => {
  it('when it decides, everything at or over the gate goes long, best first, BTC included', () => {
    const targets = strategyOf('score-gate').decide(market, account);
    expect(targets.map(({ coin, side }) => [market.symbols[coin], side])).toEqual([
      ['AUSDT', 1],
      ['DUSDT', 1],
      ['BTCUSDT', 1],
      ['CUSDT', 1],
    ]);
    expect(targets.map(({ score }) => score)).toEqual([3, 3, 1.5, Math.log(4)]);
  });

  it('then more candidates than slots are handed over all the same: the account refuses what does not fit', () => {
    const strategy = strategyOf('score-gate', { slotsMax: 1 });
    expect(strategy.limits).toEqual({ slotsMax: 1 });
    expect(strategy.decide(market, account)).toHaveLength(4);
  });

  it('then levels of 2 %, a hold of 72 h and 1 % of the capital go with every entry', () => {
    for (const target of strategyOf('score-gate').decide(market, account)) {
      expect(target).toMatchObject({
        stopLossFraction: 0.02,
        takeProfitFraction: 0.02,
        holdHoursMax: 72,
        notional: 1_000 * 0.01,
        reason: 'gate-passed',
      });
    }
  });

  it('then a higher gate lets fewer through', () => {
    expect(strategyOf('score-gate', { probabilityMin: 0.95 }).decide(market, account)).toHaveLength(2);
    expect(strategyOf('score-gate', { probabilityMin: 0.99 }).decide(market, account)).toEqual([]);
  });
});

it('no limit on slots is said by leaving it out', () => {
  expect(strategyOf('score-gate', { slotsMax: 0 }).limits).toEqual({});
});

it('decides every hour', () => {
  expect(strategyOf('score-gate').schedule).toEqual({ kind: 'hourly' });
});

it('a gate of 0.80 lies at exactly log 4, and every gate within rounding of its definition', () => {
  expect(logitOf(0.8)).toBe(Math.log(4));
  for (const probability of [0.5, 0.7, 0.75, 0.9, 0.99]) {
    expect(1 / (1 + Math.exp(-logitOf(probability)))).toBeCloseTo(probability, 14);
  }
});
