import { describe, expect, it } from 'vitest';
import {
  backtest,
  type Costs,
  type DetailSource,
  defineStrategy,
  exitReasonAt,
  feeModel,
  fillModel,
  fundingPayment,
  liquidationPrice,
  maintenanceMargin,
  panelFromBars,
  type RuleChoice,
  roundToFilters,
  ScenarioFault,
  slippageModel,
  type Tier,
} from '../../index.ts';

const hourMs = 3_600_000;
const startMs = Date.UTC(2025, 0, 1);
/** Open, high, low, close; 100 million of quote volume each. */
type Prices = readonly (readonly [number, number, number, number])[];
const prices: Prices = [
  [100, 101, 99, 100],
  [100, 110, 95, 100],
  [90, 91, 84, 85],
  [85, 86, 84, 85],
];
const panelOf = (bars: Prices) =>
  panelFromBars(
    bars.map(([open, high, low, close], hour) => ({
      symbol: 'AUSDT',
      timeMs: startMs + hour * hourMs,
      open,
      high,
      low,
      close,
      volume: 1e6,
      quoteVolume: 1e8,
    })),
  );
const panel = panelOf(prices);
/** The second bar reaches up to 108 and down to 90. */
const nearHigh = panelOf(prices.map((bar, hour) => (hour === 1 ? [100, 108, 90, 100] : bar)));
/** Long with everything at the first decision, at the open of hour 1. */
const strategy = defineStrategy({
  name: 'all-in',
  config: {},
  columns: () => ['score'],
  schedule: () => ({ kind: 'hourly' }),
  limits: () => ({}),
  decide: (_slice, account) =>
    account.positionCount > 0
      ? []
      : [
          {
            coin: 0,
            side: 1,
            notional: account.equity * account.leverage,
            stopLossFraction: 0.08,
            takeProfitFraction: 0.08,
          },
        ],
});
const columns = { score: new Float64Array(4).fill(1) };
const free = { ...feeModel('none'), ...slippageModel('none') };
const request = { panel, strategy, columns, costs: free, capital: 1000 };
const tiers: readonly Tier[] = [{ floor: 0, cap: 1e9, maintenanceRate: 0.01, cum: 0, leverageMax: 20 }];
const brackets = [{ effectiveMs: startMs, tiers: new Map([['AUSDT', tiers]]) }];

const filters = {
  tickSize: 0.1,
  stepSize: 0.01,
  quantityMin: 0.01,
  marketQuantityMax: 100,
  notionalMin: 5,
  percentUp: 1.1,
  percentDown: 0.9,
  liquidationFee: 0.015,
};

/** What a backtest is refused for; empty where it runs. */
async function faultsOf(changes: { rules: RuleChoice; costs: Costs }): Promise<readonly string[]> {
  const fault: unknown = await backtest({ ...request, ...changes }).then(
    () => null,
    (cause: unknown) => cause,
  );
  if (fault === null) return [];
  expect(fault).toBeInstanceOf(ScenarioFault);
  return (fault as ScenarioFault).faults.map(({ path, message }) => `${path}: ${message}`);
}

describe('backtest in memory', () => {
  it('a bar that holds both levels ends at the stop, or at the nearer extreme where the fill model says so', async () => {
    const narrow = { ...strategy, decide: only(strategy.decide, { stopLossFraction: 0.05 }) };
    const reasonOf = async (path: 'adverse-first' | 'adaptive') => {
      const rules = { fills: fillModel({ path }) };
      return exitReasonAt(
        (await backtest({ ...request, panel: nearHigh, strategy: narrow, rules })).trades,
        0,
      );
    };
    expect(await reasonOf('adverse-first')).toBe('stop');
    expect(await reasonOf('adaptive')).toBe('target');
    expect(exitReasonAt((await backtest(request)).trades, 0)).toBe('target');
  });

  it('a gap fills at the open, or at the level where the fill model says so', async () => {
    const tight = { ...strategy, decide: only(strategy.decide, { takeProfitFraction: undefined }) };
    const lossOf = async (gaps: 'open' | 'level') => {
      const rules = { fills: fillModel({ gaps }) };
      const { trades } = await backtest({ ...request, strategy: tight, rules });
      return trades.exitPrice[0];
    };
    expect(await lossOf('open')).toBe(90);
    expect(await lossOf('level')).toBe(92);
  });

  it('rules are given in part: leverage and margin liquidate, and are counted', async () => {
    const account = { leverage: 20, margin: 'isolated', brackets } as const;
    const { trades, liquidations } = await backtest({ ...request, rules: { account } });
    expect(liquidations).toBeGreaterThan(0);
    expect(exitReasonAt(trades, 0)).toBe('liquidation');
  });

  it('a delay moves the entry, and impact makes it dearer', async () => {
    const entry = async (changes: object) =>
      (await backtest({ ...request, ...changes, closeAtEnd: true })).trades.entryPrice[0]!;
    expect(await entry({ rules: { fills: fillModel({ delayMinutes: 60 }) } })).toBe(90);
    const costs = { ...feeModel('none'), ...slippageModel({ halfSpreadBps: 10 }) };
    expect(await entry({ costs })).toBeGreaterThan(100 * 1.001);
  });

  it('what cannot stand is refused with every fault', async () => {
    const rules = {
      account: { leverage: 0, margin: 'cross', spotCapital: -1 },
      life: { delistHaircut: 1 },
    } as const;
    expect(await faultsOf({ rules, costs: { takerFeeBps: -5, slippageBps: 0 } })).toEqual([
      'rules.account.leverage: must be at least 1 and at most 150, was 0',
      expect.stringMatching(/^rules\.account\.margin: is cross, which needs rules\.account\.brackets/),
      'rules.account.spotCapital: must be finite and not negative, was -1',
      'rules.life.delistHaircut: must be at least 0 and below 1, was 1',
      'costs.takerFeeBps: must be finite and not negative, was -5',
    ]);
    expect(() => fillModel({ delayMinutes: 10 })).toThrow(/multiple of 60/);
  });

  it('rules that would do nothing, or something else, are refused where they stand', async () => {
    const broken = [
      { ...tiers[0]!, cum: 5 },
      { ...tiers[0]!, floor: 2e9, cap: Number.NaN },
    ];
    const rules: RuleChoice = {
      account: {
        leverage: 151,
        liquidationStress: -1,
        brackets: [...brackets, { effectiveMs: Number.NaN, tiers: new Map([['AUSDT', broken]]) }],
        filters: [{ effectiveMs: startMs, filters: new Map([['AUSDT', { ...filters, stepSize: 0 }]]) }],
        transfers: [
          { atMs: startMs + hourMs / 2, from: 'usdm', to: 'usdm', amount: 0 },
          { atMs: startMs + hourMs, from: 'usdm', to: 'spot', amount: 5 },
        ],
      },
      fills: { delayMinutes: 10 },
      life: { leaveBeforeHours: -1 },
    };
    const costs: Costs = {
      ...free,
      makerFeeBps: Number.NaN,
      schedule: [{ ...feeModel('none'), effectiveMs: Number.NaN, spotTakerFeeBps: -1 }],
      impact: { coefficient: -1, participationMax: 2, rest: 'drop' },
    };
    const found = await faultsOf({ rules, costs });
    expect(found.map((fault) => fault.split(': ')[0])).toEqual([
      'rules.account.leverage',
      'rules.account.brackets[1].effectiveMs',
      ...Array<string>(4).fill('rules.account.brackets[1], AUSDT'),
      'rules.account.filters[0], AUSDT',
      'rules.account.liquidationStress',
      'rules.account.transfers[0].atMs',
      'rules.account.transfers[0].to',
      'rules.account.transfers[0].amount',
      'rules.fills.delayMinutes',
      'rules.life.leaveBeforeHours',
      'costs.makerFeeBps',
      'costs.schedule[0].effectiveMs',
      'costs.schedule[0].spotTakerFeeBps',
      'costs.impact.coefficient',
      'costs.impact.participationMax',
    ]);
    expect(found).toContain(
      'rules.fills.delayMinutes: must be a multiple of 60, the length of the bars, was 10; finer bars (detail) allow other delays',
    );
  });

  it('what a scenario file may say is allowed here too', async () => {
    const detail: DetailSource = { minutes: 15, bars: () => null };
    const rules: RuleChoice = {
      account: {
        liquidationStress: 0,
        filters: [{ effectiveMs: startMs, filters: new Map([['AUSDT', { ...filters, percentDown: 0 }]]) }],
        brackets: [{ ...brackets[0]!, effectiveMs: Number.NEGATIVE_INFINITY }],
        transfers: [{ atMs: startMs + hourMs, from: 'usdm', to: 'spot', amount: 5 }],
      },
      fills: { delayMinutes: 15, detail },
      life: { leaveBeforeHours: 0 },
    };
    const costs = { ...feeModel('binance-vip3-bnb'), ...slippageModel({ halfSpreadBps: 1 }) };
    expect(await faultsOf({ rules, costs })).toEqual([]);
  });
});

it('the formulas of the account are there for everybody', () => {
  expect(maintenanceMargin(tiers, 20_000)).toBe(200);
  // Short 1 at 100 with 50 set apart: 148.51.
  const short = { side: -1, quantity: 1, entryPrice: 100, walletBalance: 50, tiers } as const;
  expect(liquidationPrice(short)).toBeCloseTo(148.5149, 4);
  expect(fundingPayment({ side: 1, quantity: 20, mark: 98, rate: 0.0003 })).toBeCloseTo(-0.588, 12);
  expect(roundToFilters({ quantity: 1.239, side: 1, referencePrice: 10 }, filters)).toEqual({
    quantity: 1.23,
    price: null,
    refusal: null,
  });
});

/** The same decisions with some fields of every target put otherwise. */
function only(decide: typeof strategy.decide, fields: object): typeof strategy.decide {
  return (slice, account, config) =>
    decide(slice, account, config).map((target) => ({ ...target, ...fields }));
}
