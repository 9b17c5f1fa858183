import { describe, expect, test } from 'vitest';
import { exitReasonAt } from '../../../engine/portfolio/ledger.ts';
import type { DetailSource } from '../../../engine/simulator/rules.ts';
import { type Bar, filtersOf, free, numbers, play, type Script, texts } from './scripted.ts';

const rising: readonly Bar[] = [100, 100, [100, 112, 99, 110], [110, 111, 100, 101], 101, 101];
const fees = { takerFeeBps: 5, makerFeeBps: 2, slippageBps: 10 };
const long = { coin: 0, side: 1 as const, notional: 1_000 };

describe('limit orders', () => {
  const at = (limitPrice: number, bars: readonly Bar[], extra: Partial<Script> = {}, more: object = {}) =>
    play({
      coins: { A: bars },
      decisions: { 1: [{ ...long, limitPrice, ...more }] },
      costs: fees,
      ...extra,
    });

  test('rest, fill as a maker at their price, and only where it was traded through', async () => {
    const through = await at(98, [100, [100, 101, 97, 99], 99]);
    expect(texts(through.tables.targets, 'outcome')).toEqual(['filled']);
    expect(numbers(through.tables.fills, 'price')).toEqual([98]);
    expect(numbers(through.tables.fills, 'fee')).toEqual([10 * 98 * 0.0002]);
    expect(texts(through.tables.fills, 'liquidity')).toEqual(['maker']);
    const touched = await at(97, [100, [100, 101, 97, 99], 99]);
    expect(texts(touched.tables.targets, 'refusal')).toEqual(['expired']);
    expect(touched.counts.refusals).toEqual({ expired: 1 });
  });

  test('rest for as long as they are told', async () => {
    const bars = [100, 100, 100, [100, 100, 90, 100], 100] as const;
    expect(texts((await at(95, bars)).tables.targets, 'refusal')).toEqual(['expired']);
    const patient = await at(95, bars, {}, { orderHoursMax: 3 });
    expect(texts(patient.tables.targets, 'outcome')).toEqual(['filled']);
  });

  test('that are marketable take, and never pay more than their limit', async () => {
    const { tables } = await at(100.05, [100, 100, 100]);
    expect(numbers(tables.fills, 'price')).toEqual([100.05]);
    expect(texts(tables.fills, 'liquidity')).toEqual(['taker']);
    const postOnly = await at(100.05, [100, 100, 100], {}, { postOnly: true });
    expect(texts(postOnly.tables.targets, 'refusal')).toEqual(['would-take']);
  });

  test('meet their stop in the bar that fills them, and nothing else of it', async () => {
    const stopped = await at(98, [100, [100, 120, 90, 99], 99], {}, { stopLossFraction: 0.05 });
    expect(exitReasonAt(stopped.trades, 0)).toBe('stop');
    expect(stopped.trades.exitHour[0]).toBe(1);
    const aimed = await at(98, [100, [100, 120, 97, 99], 99], {}, { takeProfitFraction: 0.05 });
    expect(aimed.trades.count).toBe(0);
  });

  test('hold a slot, and can be taken back', async () => {
    const { tables } = await play({
      coins: { A: [100, 100, 100, 100], B: [100, 100, 100, 100] },
      decisions: {
        1: [
          { ...long, limitPrice: 90, orderHoursMax: 5 },
          { ...long, coin: 1 },
        ],
        2: [
          { ...long, limitPrice: 91 },
          { coin: 0, side: 0 },
        ],
      },
      slotsMax: 1,
    });
    // Exits come first: the flat target frees coin and slot for the limit order beside it.
    expect(texts(tables.targets, 'outcome')).toEqual(['refused', 'refused', 'withdrew', 'refused']);
    expect(texts(tables.targets, 'refusal')).toEqual(['cancelled', 'slots-full', null, 'expired']);
  });

  test('a limit target is a maker and never better than its level', async () => {
    const { tables, trades } = await play({
      coins: { A: [100, 100, [120, 121, 119, 120], 120] },
      decisions: { 1: [{ ...long, takeProfitFraction: 0.1, takeProfitKind: 'limit' }] },
      costs: { ...fees, slippageBps: 0 },
    });
    expect(trades.exitPrice[0]).toBeCloseTo(110, 12);
    expect(texts(tables.fills, 'liquidity')).toEqual(['taker', 'maker']);
  });
});

describe('stops that trail', () => {
  test('follow the best price of the bars that were survived, and are never lowered', async () => {
    const { trades } = await play({
      coins: { A: rising },
      decisions: { 1: [{ ...long, trailingStopFraction: 0.1 }] },
    });
    // Bar 2 tops at 112, so the stop stands at 100.8 in bar 3; within bar 2 it stood at 90.
    expect(trades.exitHour[0]).toBe(3);
    expect(trades.exitPrice[0]).toBeCloseTo(100.8, 12);
  });

  test('mirror for shorts', async () => {
    const { trades } = await play({
      coins: { A: [100, 100, [100, 101, 80, 85], [85, 89, 84, 88]] },
      decisions: { 1: [{ ...long, side: -1, trailingStopFraction: 0.1 }] },
    });
    expect(trades.exitPrice[0]).toBeCloseTo(88, 12);
  });
});

describe('reducing', () => {
  test('closes a part, with its share of fees, and never turns the position round', async () => {
    const { trades, venue } = await play({
      coins: { A: [100, 100, 110, 120] },
      decisions: { 1: [long], 2: [{ coin: 0, side: 0, reduceFraction: 0.25 }] },
      costs: { takerFeeBps: 10, slippageBps: 0 },
    });
    expect(trades.quantity[0]).toBe(2.5);
    expect(trades.fees[0]).toBeCloseTo(0.25 + 0.275, 12);
    expect(trades.pnl[0]).toBeCloseTo(25 - 0.525, 12);
    expect(venue.book.position(0)!.quantity).toBe(7.5);
  });
});

describe('a participation cap', () => {
  const thin: Partial<Script> = { quoteVolume: 20_000 };
  const impact = (rest: 'carry' | 'drop') => ({
    ...free,
    impact: { coefficient: 0, participationMax: 0.02, rest },
  });

  test('drops what the bar cannot take', async () => {
    const { tables, venue } = await play({
      coins: { A: [100, 100, 100, 100] },
      decisions: { 1: [long] },
      ...thin,
      costs: impact('drop'),
    });
    expect(venue.book.position(0)!.quantity).toBe(4);
    expect(texts(tables.targets, 'outcome')).toEqual(['partial']);
    expect(numbers(tables.account_events, 'amount')).toEqual([6]);
  });

  test('or carries it over the next bars, at an average price', async () => {
    const { tables, venue } = await play({
      coins: { A: [100, 100, 110, 120, 120] },
      decisions: { 1: [{ ...long, stopLossFraction: 0.5 }] },
      ...thin,
      costs: impact('carry'),
    });
    const position = venue.book.position(0)!;
    expect(numbers(tables.fills, 'quantity')).toEqual([4, 400 / 110, 6 - 400 / 110]);
    expect(position.quantity).toBeCloseTo(10, 12);
    const average = (4 * 100 + (400 / 110) * 110 + (6 - 400 / 110) * 120) / 10;
    expect(position.entryPrice).toBeCloseTo(average, 12);
    expect(position.stopPrice).toBeCloseTo(average / 2, 12);
    expect(texts(tables.targets, 'outcome')).toEqual(['filled']);
  });
});

describe('filters', () => {
  const refusal = async (notional: number, filters: object) => {
    const { tables } = await play({
      coins: { A: [100, 100, 100] },
      decisions: { 1: [{ ...long, notional }] },
      account: { filters: filtersOf(['A'], filters) },
    });
    return texts(tables.targets, 'refusal')[0] ?? texts(tables.fills, 'leg').length;
  };

  test('refuse with their reason', async () => {
    expect(await refusal(9, { stepSize: 0.1 })).toBe('below-step');
    expect(await refusal(15, { stepSize: 0.1, quantityMin: 0.5 })).toBe('below-quantity-min');
    expect(await refusal(15, { stepSize: 0.1, notionalMin: 20 })).toBe('min-notional');
    expect(await refusal(1_000, {})).toBe(1);
  });

  test('split what a market order may not hold', async () => {
    expect(await refusal(1_000, { marketQuantityMax: 3 })).toBe(4);
  });

  test('put levels on the worse tick, and exempt exits from the minima', async () => {
    const { venue, trades } = await play({
      coins: { A: [100, 100, 100, 40, 1] },
      decisions: {
        1: [{ ...long, stopLossFraction: 0.99, takeProfitFraction: 0.111 }],
        3: [{ coin: 0, side: 0 }],
      },
      account: { filters: filtersOf(['A'], { tickSize: 0.5, notionalMin: 500 }) },
    });
    expect(venue.book.positionCount).toBe(0);
    expect(trades.count).toBe(1);
    const { venue: open } = await play({
      coins: { A: [100, 100, 100] },
      decisions: { 1: [{ ...long, side: -1, stopLossFraction: 0.111, takeProfitFraction: 0.111 }] },
      account: { filters: filtersOf(['A'], { tickSize: 0.5 }) },
    });
    expect(open.book.position(0)!.stopPrice).toBe(111.5);
    expect(open.book.position(0)!.targetPrice).toBe(89);
  });

  test('keep limit prices near the mark', async () => {
    const { tables } = await play({
      coins: { A: [100, 100, 100] },
      decisions: { 1: [{ ...long, limitPrice: 85 }] },
      account: { filters: filtersOf(['A'], {}) },
    });
    expect(texts(tables.targets, 'refusal')).toEqual(['percent-price']);
  });
});

/** Four quarters of every hour, from [open, high, low, close] each. */
function quarters(hours: Readonly<Record<number, readonly (readonly number[])[]>>): DetailSource {
  return {
    minutes: 15,
    bars: (_, hour) => (hours[hour] === undefined ? null : Float64Array.from(hours[hour]!.flat())),
  };
}

describe('finer bars', () => {
  const hour: Bar = [100, 110, 90, 105];
  const upFirst = quarters({
    1: [
      [100, 110, 100, 108],
      [108, 108, 90, 92],
      [92, 100, 92, 100],
      [100, 105, 99, 105],
    ],
  });

  test('tell which level came first', async () => {
    const both = { ...long, stopLossFraction: 0.08, takeProfitFraction: 0.08 };
    const script: Script = { coins: { A: [100, hour, 105] }, decisions: { 1: [both] } };
    const coarse = await play(script);
    expect([exitReasonAt(coarse.trades, 0), coarse.ambiguousBars]).toEqual(['stop', 1]);
    const fine = await play({ ...script, fills: { detail: upFirst } });
    expect([exitReasonAt(fine.trades, 0), fine.ambiguousBars, fine.detailHours]).toEqual(['target', 0, 1]);
    const adaptive = await play({
      ...script,
      coins: { A: [100, [100, 109, 90, 105], 105] },
      fills: { path: 'adaptive' },
    });
    expect(exitReasonAt(adaptive.trades, 0)).toBe('target');
  });

  test('let a delayed order fill at its minute', async () => {
    const { tables, trades } = await play({
      coins: { A: [100, hour, 105, 105] },
      decisions: { 1: [{ ...long, holdHoursMax: 1 }] },
      fills: { detail: upFirst, delayMinutes: 30 },
    });
    expect(numbers(tables.fills, 'price')).toEqual([92, 105]);
    expect(texts(tables.targets, 'outcome')).toEqual(['filled']);
    // Due at 02:30, which has no finer bar: the next open is 03:00.
    expect((trades.exitMs[0]! - trades.entryMs[0]!) / 60_000).toBe(90);
  });

  test('let a schedule decide inside the hour', async () => {
    const { tables } = await play({
      coins: { A: [100, hour, 105, 105] },
      decisions: { 1.25: [long], 1.5: [{ coin: 0, side: 0 }], 2.25: [long] },
      everyMinutes: 15,
      fills: { detail: upFirst },
    });
    expect(numbers(tables.fills, 'price')).toEqual([108, 92]);
    expect(texts(tables.targets, 'refusal')).toEqual([null, null, 'no-detail-bar']);
  });

  test('what was decided inside an hour does not live through what came before', async () => {
    const { trades, venue } = await play({
      coins: { A: [100, hour, 105] },
      decisions: { 1.5: [{ ...long, stopLossFraction: 0.02, takeProfitFraction: 0.2 }] },
      everyMinutes: 15,
      fills: { detail: upFirst },
    });
    expect(trades.count).toBe(0);
    expect(venue.book.position(0)!.entryPrice).toBe(92);
  });
});

describe('lives', () => {
  test('a redenomination keeps the value, and the trade ends in the new coin', async () => {
    const { trades, equity, panel } = await play({
      coins: { OLD: [100, 100, 110, null, null], NEW: [null, null, null, [0.11, 0.12, 0.1, 0.12], 0.12] },
      decisions: { 1: [{ ...long, stopLossFraction: 0.5 }], 4: [{ coin: 1, side: 0 }] },
      panel: (panel) => ({
        ...panel,
        life: {
          dataEnds: new Uint8Array(2),
          delisted: new Uint8Array(2),
          gaps: [],
          renames: [{ hour: 3, from: 0, to: 1, factor: 0.001 }],
        },
      }),
    });
    expect(equity[2]).toBe(1_100);
    expect(equity[3]).toBeCloseTo(1_200, 9);
    expect([panel.symbols[trades.coin[0]!], trades.quantity[0]]).toEqual(['NEW', 10_000]);
    expect(trades.pnl[0]).toBeCloseTo(200, 9);
  });

  test('an end of data is no delisting: closed and named so, or held at the last mark', async () => {
    const script: Script = {
      coins: { A: [100, 100, 90, null, null], B: [1, 1, 1, 1, 1] },
      decisions: { 1: [long] },
      panel: (panel) => ({
        ...panel,
        life: { dataEnds: Uint8Array.of(1, 0), delisted: new Uint8Array(2), gaps: [], renames: [] },
      }),
    };
    const closed = await play(script);
    expect(exitReasonAt(closed.trades, 0)).toBe('end-of-data');
    const held = await play({ ...script, life: { dataEnd: 'hold' } });
    expect([held.trades.count, held.equity[4]]).toEqual([0, 900]);
  });

  test('a delisting takes its haircut, or is left in time', async () => {
    const script: Script = {
      coins: { A: [100, 100, 100, 100, 100, null], B: [1, 1, 1, 1, 1, 1] },
      decisions: { 1: [long], 3: [long] },
      panel: (panel) => ({
        ...panel,
        life: { dataEnds: new Uint8Array(2), delisted: Uint8Array.of(1, 0), gaps: [], renames: [] },
      }),
    };
    const cut = await play({ ...script, life: { delistHaircut: 0.5 } });
    expect([exitReasonAt(cut.trades, 0), cut.trades.exitPrice[0]]).toEqual(['delist', 50]);
    const left = await play({ ...script, life: { delistHaircut: 0.5, leaveBeforeHours: 2 } });
    expect([exitReasonAt(left.trades, 0), left.trades.exitHour[0], left.trades.exitPrice[0]]).toEqual([
      'settling',
      3,
      100,
    ]);
    expect(texts(left.tables.targets, 'refusal')).toEqual([null, 'symbol-settling']);
  });

  test('a coin that comes back under its name begins another life', async () => {
    const { trades, tables } = await play({
      coins: { A: [100, 100, 100, null, null, 50, 50], B: [1, 1, 1, 1, 1, 1, 1] },
      decisions: { 1: [long], 4: [long], 6: [long] },
      panel: (panel) => ({
        ...panel,
        life: {
          dataEnds: new Uint8Array(2),
          delisted: new Uint8Array(2),
          gaps: [{ coin: 0, fromHour: 3, toHour: 5 }],
          renames: [],
        },
      }),
    });
    expect([exitReasonAt(trades, 0), trades.exitHour[0]]).toEqual(['delist', 2]);
    expect(texts(tables.targets, 'refusal')).toEqual([null, 'not-orderable', null]);
  });
});
