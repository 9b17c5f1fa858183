import { describe, expect, it } from 'vitest';
import { crossSection, emptyAccount, strategyOf } from './cross-section.ts';

const account = emptyAccount({ capital: 6_000, equity: 12_000 });
const coin = (residual: number, history = 2_000, sd = 0.01) => ({
  residual_return_168h: residual,
  history_hours: history,
  return_sd_720h: sd,
});
const market = crossSection({
  BTCUSDT: coin(9),
  RISERUSDT: coin(0.3),
  FALLERUSDT: coin(-0.2),
  YOUNGUSDT: coin(5, 1_439),
  JUSTOLDUSDT: coin(0.1, 1_440),
  STABLEUSDT: coin(-5, 2_000, 0.00049),
  QUIETUSDT: coin(-0.1, 2_000, 0.0005),
  NEWUSDT: { history_hours: 3 },
});
const symbols = (config: Readonly<Record<string, unknown>>) =>
  strategyOf('residual-momentum', config)
    .decide(market, account)
    .map(({ coin: index, side }) => `${side === 1 ? '+' : '-'}${market.symbols[index]}`);

describe('given a week of residual returns', () => {
  it('when it decides, the most risen go long and the most fallen short, in rank order', () => {
    expect(symbols({ count: 2 })).toEqual(['+RISERUSDT', '+JUSTOLDUSDT', '-FALLERUSDT', '-QUIETUSDT']);
  });

  it('then BTC, coins younger than 60 days and stablecoins are not eligible', () => {
    const picked = symbols({ count: 10 }).join();
    expect(picked).not.toMatch(/BTCUSDT|YOUNGUSDT|STABLEUSDT|NEWUSDT/);
  });

  it('then each entry is 1/60 of equity with a stop of 8 % for three days', () => {
    for (const target of strategyOf('residual-momentum').decide(market, account)) {
      expect(target).toMatchObject({ notional: 12_000 * (1 / 60), stopLossFraction: 0.08, holdHoursMax: 72 });
      expect(target.takeProfitFraction).toBeUndefined();
    }
  });

  it('then the residual return is recorded as the score', () => {
    expect(
      strategyOf('residual-momentum', { count: 1 })
        .decide(market, account)
        .map(({ score }) => score),
    ).toEqual([0.3, -0.2]);
  });
});

it('a ruined account gives no targets', () => {
  expect(strategyOf('residual-momentum').decide(market, emptyAccount({ capital: 1, equity: 0 }))).toEqual([]);
});

it('reads three columns that the engine computes, daily at noon UTC', () => {
  const strategy = strategyOf('residual-momentum');
  expect(strategy.columns).toEqual(['residual_return_168h', 'history_hours', 'return_sd_720h']);
  expect(strategy.schedule).toEqual({ kind: 'daily', at: '12:00', timeZone: 'UTC' });
});
