import { describe, expect, it } from 'vitest';
import { crossSection, emptyAccount, strategyOf } from './cross-section.ts';

const account = emptyAccount({ capital: 6_000, equity: 12_000 });
const market = crossSection({
  BTCUSDT: { score: 99 },
  AUSDT: { score: 1 },
  BUSDT: { score: 4 },
  CUSDT: { score: -3 },
  DUSDT: { score: 4 },
  EUSDT: {},
  FUSDT: { score: 2, other: -7 },
});

describe('given a ranked cross-section', () => {
  it('when it decides, the best go long in rank order, then the worst short in rank order', () => {
    const targets = strategyOf('ranked-long-short', { count: 2 }).decide(market, account);
    expect(targets.map(({ coin, side, score }) => [market.symbols[coin], side, score])).toEqual([
      ['BUSDT', 1, 4],
      ['DUSDT', 1, 4],
      ['CUSDT', -1, -3],
      ['AUSDT', -1, 1],
    ]);
  });

  it('then excluded symbols are left out, however many are named', () => {
    const targets = strategyOf('ranked-long-short', { count: 1, excluded: 'BUSDT, CUSDT' }).decide(
      market,
      account,
    );
    expect(targets.map(({ coin }) => market.symbols[coin])).toEqual(['BTCUSDT', 'AUSDT']);
  });

  it('then every entry has the same notional: of equity by default, of the capital where asked', () => {
    const ofEquity = strategyOf('ranked-long-short', { count: 2 }).decide(market, account);
    const ofCapital = strategyOf('ranked-long-short', { count: 2, sizing: 'capital' }).decide(
      market,
      account,
    );
    expect(new Set(ofEquity.map(({ notional }) => notional))).toEqual(new Set([12_000 * (1 / 60)]));
    expect(new Set(ofCapital.map(({ notional }) => notional))).toEqual(new Set([6_000 * (1 / 60)]));
  });

  it('then a stop of 8 % and a hold of 72 h go with every entry, and no take-profit', () => {
    for (const target of strategyOf('ranked-long-short').decide(market, account)) {
      expect(target).toMatchObject({ stopLossFraction: 0.08, holdHoursMax: 72, reason: 'ranked' });
      expect(target.takeProfitFraction).toBeUndefined();
    }
  });

  it('then a stop of 0 means none, and a take-profit goes with every entry where asked', () => {
    const config = { stopLossFraction: 0, takeProfitFraction: 0.1 };
    for (const target of strategyOf('ranked-long-short', config).decide(market, account)) {
      expect(target).toMatchObject({ takeProfitFraction: 0.1 });
      expect(target.stopLossFraction).toBeUndefined();
    }
  });

  it('then another column can rank', () => {
    const strategy = strategyOf('ranked-long-short', { column: 'other', count: 1 });
    expect(strategy.columns).toEqual(['other']);
    expect(strategy.decide(market, account).map(({ score }) => score)).toEqual([-7, -7]);
  });
});

describe('given nothing to go by', () => {
  it('a cross-section without scores gives no targets', () => {
    expect(strategyOf('ranked-long-short').decide(crossSection({ AUSDT: {} }), account)).toEqual([]);
  });

  it('a ruined account gives no targets', () => {
    const ruined = emptyAccount({ capital: 6_000, equity: -1 });
    expect(strategyOf('ranked-long-short').decide(market, ruined)).toEqual([]);
  });
});

it('decides daily at noon UTC unless told otherwise', () => {
  expect(strategyOf('ranked-long-short').schedule).toEqual({ kind: 'daily', at: '12:00', timeZone: 'UTC' });
  expect(strategyOf('ranked-long-short', { at: '09:00', timeZone: 'Asia/Tokyo' }).schedule).toEqual({
    kind: 'daily',
    at: '09:00',
    timeZone: 'Asia/Tokyo',
  });
});
