import { describe, expect, test } from 'vitest';
import { exitReasonAt } from '../../../engine/portfolio/ledger.ts';
import {
  bracketsOf,
  filtersOf,
  flatTier,
  free,
  ladder,
  numbers,
  play,
  type Script,
  texts,
} from './scripted.ts';

const fee5 = { takerFeeBps: 5, slippageBps: 0 };
const cross = { margin: 'cross' as const, brackets: bracketsOf(['A', 'B', 'C'], flatTier) };
const isolated = { ...cross, margin: 'isolated' as const };
const noClearance = {
  filters: filtersOf(['A', 'B', 'C'], { liquidationFee: 0, tickSize: 1e-9, stepSize: 1e-9 }),
};

/** The worked example of the account model: buy 20 at 100, a funding row, a gap through the stop at 92. */
function workedExample(account: Script['account'], stop = true): Script {
  return {
    coins: { A: [100, 100, [100, 100, 98, 98], 98, 98, 98, [90, 91, 89, 90], 90] },
    funding: [{ symbol: 'A', hour: 5, rate: 0.0003, mark: 98 }],
    decisions: {
      1: [{ coin: 0, side: 1, notional: 2_000, ...(stop ? { stopLossFraction: 0.08 } : {}) }],
    },
    costs: fee5,
    ...(account === undefined ? {} : { account }),
  };
}

describe('the worked example', () => {
  test('cross at 5x: the stop fills at the open it gapped to', async () => {
    const { equity, trades } = await play(workedExample({ ...cross, leverage: 5 }));
    expect([1, 2, 4, 5].map((hour) => equity[hour])).toEqual([999, 959, 959, 958.412]);
    expect(equity[6]).toBeCloseTo(797.512, 9);
    expect(exitReasonAt(trades, 0)).toBe('stop');
    expect(trades.exitPrice[0]).toBe(90);
  });

  test('isolated at 20x: liquidated at the open before the stop can act, for the margin and not a cent more', async () => {
    const { equity, trades, tables } = await play(
      workedExample({ ...isolated, ...noClearance, leverage: 20 }),
    );
    expect(exitReasonAt(trades, 0)).toBe('liquidation');
    expect(trades.exitPrice[0]).toBe(90);
    // m = 100 at the fill, less 0.588 of funding; lost 200.
    expect(trades.insurance[0]).toBeCloseTo(200 - (100 - 0.588), 9);
    expect(equity[6]).toBeCloseTo(999 - 100, 9);
    expect(texts(tables.account_events, 'event')).toEqual(['insurance']);
  });

  test('carried debts are not borne by anybody else', async () => {
    const { equity, trades } = await play(
      workedExample({ ...isolated, ...noClearance, leverage: 20, bankruptcy: 'carry' }),
    );
    expect(trades.insurance[0]).toBe(0);
    expect(equity[6]).toBeCloseTo(999 - 0.588 - 200, 9);
  });
});

describe('isolated margin inside a bar', () => {
  test('is liquidated at the price at which margin and profit meet the maintenance', async () => {
    // m = 100, so the balance 100 + 20 (p - 100) meets 20 p 0.01 at p = 1900 / 19.8.
    const { trades } = await play({
      coins: { A: [100, 100, [100, 101, 90, 99], 99] },
      decisions: { 1: [{ coin: 0, side: 1, notional: 2_000 }] },
      account: { ...isolated, ...noClearance, leverage: 20 },
    });
    expect(exitReasonAt(trades, 0)).toBe('liquidation');
    expect(trades.exitPrice[0]).toBeCloseTo(1_900 / 19.8, 12);
  });

  test('a stop that lies nearer acts, one that lies beyond does not', async () => {
    const at = async (stop: number) => {
      const { trades } = await play({
        coins: { A: [100, 100, [100, 101, 90, 99], 99] },
        decisions: { 1: [{ coin: 0, side: 1, notional: 2_000, stopLossFraction: stop }] },
        account: { ...isolated, ...noClearance, leverage: 20 },
      });
      return exitReasonAt(trades, 0);
    };
    expect(await at(0.03)).toBe('stop');
    expect(await at(0.05)).toBe('liquidation');
  });

  test('one leg falls, the others stand', async () => {
    const { trades, venue } = await play({
      coins: { A: [100, 100, [100, 101, 80, 99], 99], B: [50, 50, 50, 50] },
      decisions: {
        1: [
          { coin: 0, side: 1, notional: 1_000 },
          { coin: 1, side: -1, notional: 1_000 },
        ],
      },
      account: { ...isolated, leverage: 10 },
    });
    expect(trades.count).toBe(1);
    expect(venue.book.isOpen(1)).toBe(true);
  });
});

describe('the cross pool', () => {
  const hedged: Script['coins'] = {
    A: [100, 100, [100, 130, 70, 100], 100],
    B: [100, 100, [100, 130, 70, 100], 100],
  };
  const both: Script['decisions'] = {
    1: [
      { coin: 0, side: 1, notional: 3_000 },
      { coin: 1, side: -1, notional: 3_000 },
    ],
  };

  test('a hedged book survives what cannot happen to both sides at once', async () => {
    const { venue } = await play({ coins: hedged, decisions: both, account: { ...cross, leverage: 10 } });
    expect(venue.book.positionCount).toBe(2);
  });

  test('and is liquidated where every leg meets its own worst', async () => {
    const { trades } = await play({
      coins: hedged,
      decisions: both,
      account: { ...cross, ...noClearance, leverage: 10, intrabar: 'all-adverse' },
    });
    expect(trades.count).toBe(2);
    // Balance 1000 - 60 x meets 0.01 * 6000 at x = 15.67 of the way of 30: step 134 of 256.
    expect(trades.exitPrice[0]).toBeCloseTo(100 - (30 * 134) / 256, 9);
    expect(trades.exitPrice[1]).toBeCloseTo(100 + (30 * 134) / 256, 9);
  });

  test('twenty legs fall together, and their loss ends at the wallet', async () => {
    const symbols = Array.from({ length: 20 }, (_, index) => `C${index}`);
    const { trades, equity, venue } = await play({
      coins: Object.fromEntries(symbols.map((symbol) => [symbol, [100, 100, [60, 60, 50, 55], 55]])),
      decisions: { 1: symbols.map((_, coin) => ({ coin, side: 1 as const, notional: 200 })) },
      account: { margin: 'cross', brackets: bracketsOf(symbols, flatTier), leverage: 10 },
    });
    expect(trades.count).toBe(20);
    expect(new Set(Array.from(trades.exitReason))).toEqual(new Set([6]));
    expect(equity[2]).toBe(0);
    expect(venue.accountCounts.unknownClearanceFees).toBe(20);
    expect(trades.insurance.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0);
  });

  test('worst first closes no more than it must', async () => {
    const { trades, venue } = await play({
      coins: { A: [100, 100, [78, 78, 78, 78], 78], B: [100, 100, 100, 100], C: [100, 100, 100, 100] },
      decisions: {
        1: [
          { coin: 0, side: 1, notional: 4_600 },
          { coin: 1, side: 1, notional: 100 },
          { coin: 2, side: 1, notional: 100 },
        ],
      },
      account: { ...cross, leverage: 10, close: 'worst-first', bankruptcy: 'carry' },
    });
    // It is broke all the same: the debt takes the others with it.
    expect(trades.count).toBe(3);
    expect(venue.book.equity).toBeLessThan(0);
    const mild = await play({
      coins: {
        A: [100, 100, [79.5, 79.5, 79.5, 79.5], 79.5],
        B: [100, 100, 100, 100],
        C: [100, 100, 100, 100],
      },
      decisions: {
        1: [
          { coin: 0, side: 1, notional: 4_790 },
          { coin: 1, side: 1, notional: 100 },
          { coin: 2, side: 1, notional: 100 },
        ],
      },
      account: { ...cross, ...noClearance, leverage: 10, close: 'worst-first' },
    });
    expect(mild.trades.count).toBe(1);
    expect(mild.venue.book.positionCount).toBe(2);
  });

  test('stops that come first take their legs out, and may save the rest', async () => {
    const coins: Script['coins'] = { A: [100, 100, [100, 101, 70, 95], 95] };
    const order = { coin: 0, side: 1 as const, notional: 5_000 };
    const account = { ...cross, ...noClearance, leverage: 10 };
    const naked = await play({ coins, decisions: { 1: [order] }, account });
    const guarded = await play({ coins, decisions: { 1: [{ ...order, stopLossFraction: 0.08 }] }, account });
    expect(exitReasonAt(naked.trades, 0)).toBe('liquidation');
    expect(exitReasonAt(guarded.trades, 0)).toBe('stop');
    expect(guarded.trades.exitPrice[0]).toBe(92);
  });

  test('stops that would each come in time, and all together too late, do not act', async () => {
    const fall = [100, 100, [100, 101, 80, 95], 95] as const;
    const order = { side: 1 as const, notional: 5_000, stopLossFraction: 0.12 };
    const { trades, equity } = await play({
      coins: { A: fall, B: fall },
      decisions: { 1: [0, 1].map((coin) => ({ ...order, coin })) },
      account: { ...cross, ...noClearance, leverage: 10 },
    });
    // 1000 - 100 x meets 0.01 * 100 * (100 - x) at x = 9.09 of the way of 20: step 117 of 256. Both stops wait at 88.
    expect([0, 1].map((row) => exitReasonAt(trades, row))).toEqual(['liquidation', 'liquidation']);
    expect(Array.from(trades.exitPrice.slice(0, 2))).toEqual([0, 0].map(() => 100 - (20 * 117) / 256));
    expect(equity[2]).toBeCloseTo(1_000 - (100 * 20 * 117) / 256, 9);
  });

  test('takes no further order for the bar, and none at all where the account stops', async () => {
    const script: Script = {
      coins: { A: [100, 100, [70, 71, 69, 70], 70, 70] },
      decisions: {
        1: [{ coin: 0, side: 1, notional: 4_000 }],
        2: [{ coin: 0, side: 1, notional: 10 }],
        3: [{ coin: 0, side: 1, notional: 10 }],
      },
      account: { ...cross, ...noClearance, leverage: 10, bankruptcy: 'carry' },
    };
    const going = await play({ ...script, capital: 1_220 });
    expect(texts(going.tables.targets, 'refusal')).toEqual([null, 'liquidated-this-bar', null]);
    const stopped = await play({
      ...script,
      capital: 1_220,
      account: { ...script.account, onLiquidation: 'stop' },
    });
    expect(texts(stopped.tables.targets, 'refusal')).toEqual([null, 'account-stopped', 'account-stopped']);
  });
});

describe('margin at the entry', () => {
  const order = (notional: number) => ({ coin: 0, side: 1 as const, notional });
  const account = { ...cross, leverage: 4 };
  const at = async (notional: number, extra: Partial<Script> = {}) => {
    const { tables, trades, venue } = await play({
      coins: { A: [100, 100, 100, 100] },
      decisions: { 1: [order(notional)] },
      account,
      costs: fee5,
      ...extra,
    });
    return { outcome: texts(tables.targets, 'refusal')[0] ?? null, trades, venue };
  };

  test('initial margin and fee must fit, to the cent', async () => {
    // 1000 = N / 4 + N * 0.0005
    const most = 1_000 / (0.25 + 0.0005);
    expect((await at(most - 0.01)).outcome).toBeNull();
    expect((await at(most + 0.01)).outcome).toBe('insufficient-margin');
  });

  test('is made to fit where the account wants that', async () => {
    const { outcome, venue } = await at(10_000, { account: { ...account, size: 'shrink-to-fit' } });
    expect(outcome).toBeNull();
    expect(venue.book.position(0)!.quantity).toBeCloseTo(1_000 / (0.25 + 0.0005) / 100, 9);
  });

  test('a tier lowers the leverage, and the last cap ends it', async () => {
    const brackets = bracketsOf(
      ['A'],
      ladder({ cap: 1_000, rate: 0.01, leverage: 50 }, { cap: 2_000, rate: 0.05, leverage: 2 }),
    );
    const tiered = { account: { ...account, brackets } };
    expect((await at(1_000, tiered)).venue.book.position(0)!.leverage).toBe(4);
    expect((await at(1_500, tiered)).venue.book.position(0)!.leverage).toBe(2);
    expect((await at(1_999, tiered)).outcome).toBe('insufficient-margin');
    expect((await at(2_001, tiered)).outcome).toBe('leverage-bracket');
  });

  test('a coin without tiers cannot be traded on margin', async () => {
    const brackets = bracketsOf(['OTHER'], flatTier);
    expect((await at(10, { account: { ...account, brackets } })).outcome).toBe('no-brackets');
  });
});

describe('the spot wallet', () => {
  test('buys with its own cash and is worth what it holds', async () => {
    const { trades, equity, cash, spotCash } = await play({
      coins: { A: [100, 100, 110, 120, 120] },
      decisions: {
        1: [{ coin: 0, side: 1, notional: 500, market: 'spot' }],
        3: [{ coin: 0, side: 0, market: 'spot' }],
      },
      costs: { takerFeeBps: 5, slippageBps: 0, spotTakerFeeBps: 10 },
      account: { ...cross, spotCapital: 600 },
    });
    expect(spotCash[1]).toBeCloseTo(600 - 500 - 0.5, 12);
    expect(cash[1]! - spotCash[1]!).toBe(1_000);
    expect(equity[2]).toBeCloseTo(1_600 + 50 - 0.5, 12);
    expect(trades.market[0]).toBe(1);
    expect(trades.pnl[0]).toBeCloseTo(100 - 0.5 - 0.6, 12);
    expect(equity[3]).toBeCloseTo(1_600 + 100 - 1.1, 12);
  });

  test('has no more than its cash', async () => {
    const { tables } = await play({
      coins: { A: [100, 100, 100] },
      decisions: { 1: [{ coin: 0, side: 1, notional: 601, market: 'spot' }] },
      account: { ...cross, spotCapital: 600 },
    });
    expect(texts(tables.targets, 'refusal')).toEqual(['insufficient-cash']);
  });

  test('pays no funding, needs no margin, and is never liquidated', async () => {
    const { venue, tables } = await play({
      coins: { A: [100, 100, [100, 100, 1, 1], 1] },
      funding: [{ symbol: 'A', hour: 2, rate: 0.01 }],
      decisions: { 1: [{ coin: 0, side: 1, notional: 600, market: 'spot' }] },
      account: { ...cross, spotCapital: 600 },
    });
    expect(venue.book.positionCount).toBe(1);
    expect(tables.funding.rows).toBe(0);
  });

  test('comes back to its share of the equity once a day', async () => {
    const bars = Array.from({ length: 30 }, (_, hour) => (hour < 10 ? 100 : 150));
    const { tables, spotCash } = await play({
      coins: { A: bars },
      decisions: { 1: [{ coin: 0, side: 1, notional: 1_000 }] },
      account: { ...cross, leverage: 2, spotCapital: 1_000, transfers: 'rebalance-daily' },
    });
    // 1000 + 500 gained against 1000: half of 2500 each, at the first midnight after.
    expect(numbers(tables.account_events, 'amount')).toEqual([250]);
    expect(spotCash[24]).toBe(1_250);
  });
});

test('funding over a matched long and short comes to nothing', async () => {
  const { tables } = await play({
    coins: { A: [100, 100, 105, 103], B: [100, 100, 105, 103] },
    funding: ['A', 'B'].flatMap((symbol) => [
      { symbol, hour: 2, rate: 0.0123, mark: 104 },
      { symbol, hour: 3, rate: -0.0007, mark: 103 },
    ]),
    decisions: {
      1: [
        { coin: 0, side: 1, notional: 321 },
        { coin: 1, side: -1, notional: 321 },
      ],
    },
    costs: free,
  });
  expect(tables.funding.rows).toBe(4);
  expect(numbers(tables.funding, 'cash').reduce((sum, cash) => sum + cash, 0)).toBe(0);
});
