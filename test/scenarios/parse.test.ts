import { describe, expect, it } from 'vitest';
import { integer } from '../../engine/config.ts';
import { feeSchedule } from '../../engine/exchange/fees.ts';
import { defineStrategy } from '../../engine/strategy.ts';
import { isStrategyPath, parseScenario } from '../../scenarios/parse.ts';
import type { AnyStrategyDefinition } from '../../strategies/registry.ts';

const least = {
  name: 'least',
  strategy: 'ranked-long-short',
  dataset: 'planted',
  capital: { usdm: 10_000 },
  costs: 'binance-vip0',
};

const faultsOf = (input: unknown, options = {}) => {
  const parsed = parseScenario(input, options);
  return parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`);
};

describe('given the least that a scenario can say', () => {
  it('when parsed, then every default is filled in, the strategy’s too', () => {
    expect(parseScenario(least)).toEqual({
      ok: true,
      value: {
        name: 'least',
        strategy: 'ranked-long-short',
        config: {
          column: 'score',
          count: 10,
          notionalFraction: 1 / 60,
          sizing: 'equity',
          sideFraction: 0.8,
          longMarket: 'usdm',
          stopLossFraction: 0.08,
          trailingStopFraction: 0,
          takeProfitFraction: 0,
          holdHours: 72,
          at: '12:00',
          timeZone: 'UTC',
          excluded: 'BTCUSDT',
        },
        dataset: 'planted',
        fromMs: null,
        toMs: null,
        capital: { usdm: 10_000, spot: 0 },
        leverage: 1,
        account: {
          margin: 'auto',
          mark: 'mark',
          intrabar: 'path-correlated',
          close: 'all',
          onLiquidation: 'continue',
          bankruptcy: 'insurance',
          liquidationStress: 2,
          size: 'refuse',
          filters: 'auto',
          brackets: 'dated',
          transfers: 'fixed',
        },
        costs: {
          name: 'binance-vip0',
          takerFeeBps: 5,
          makerFeeBps: 2,
          spotTakerFeeBps: 10,
          spotMakerFeeBps: 10,
          slippageBps: 2,
          schedule: feeSchedule(0, false),
        },
        fills: { path: 'adverse-first', gaps: 'open', delayMinutes: 0, detail: 'auto' },
        funding: { missing: 'zero', boundary: 'half-open' },
        life: { delistHaircut: 0, leaveBeforeHours: null, dataEnd: 'close' },
        closeAtEnd: false,
        universe: { minimumShare: 0.5, dailyVolumeMin: 0, approximateQuoteVolume: false },
        limits: {},
        shocks: [],
        grid: {},
        seed: 1,
      },
    });
  });

  it('when dates are given, then they are stamps, whatever their form', () => {
    const span = (from: unknown, to: unknown) => {
      const parsed = parseScenario({ ...least, from, to });
      return parsed.ok ? [parsed.value.fromMs, parsed.value.toMs] : parsed.faults;
    };
    const stamps = [Date.UTC(2025, 8, 1), Date.UTC(2025, 11, 31)];
    expect(span('2025-09-01', '2025-12-31')).toEqual(stamps);
    expect(span('2025-09-01T00:00Z', '2025-12-31T02:00+02:00')).toEqual(stamps);
    expect(span(stamps[0], stamps[1])).toEqual(stamps);
  });

  it('when costs are given as rates, then they stand under the name custom', () => {
    const parsed = parseScenario({ ...least, costs: { takerFeeBps: 4.5, slippageBps: 0 } });
    expect(parsed).toMatchObject({ value: { costs: { name: 'custom', takerFeeBps: 4.5, slippageBps: 0 } } });
  });

  it('when slippage stands beside the costs, then it takes the place of theirs, and the fees stay', () => {
    const costsOf = (slippage: unknown, costs: unknown = 'binance-vip0') => {
      const parsed = parseScenario({ ...least, costs, slippage });
      return parsed.ok ? parsed.value.costs : parsed.faults;
    };
    const model = { coefficient: 1, participationMax: 0.02, rest: 'carry' };
    expect(costsOf('none')).toMatchObject({ name: 'binance-vip0', takerFeeBps: 5, slippageBps: 0 });
    expect(costsOf({ bps: 7 })).toMatchObject({ slippageBps: 7 });
    expect(costsOf({ halfSpreadBps: 1, rest: 'drop' })).toMatchObject({
      slippageBps: 1,
      impact: { ...model, rest: 'drop' },
    });
    const impact = { takerFeeBps: 1, slippageBps: 2, impact: { participationMax: null } };
    expect(costsOf(undefined, impact)).toMatchObject({ impact: { ...model, participationMax: null } });
    expect(costsOf({ bps: 7 }, impact)).not.toHaveProperty('impact');
  });

  it('when transfers are listed, then their times are stamps', () => {
    const transfers = [{ at: '2025-09-01', from: 'usdm', to: 'spot', amount: 5 }];
    expect(parseScenario({ ...least, account: { transfers } })).toMatchObject({
      value: {
        account: { transfers: [{ atMs: Date.UTC(2025, 8, 1), from: 'usdm', to: 'spot', amount: 5 }] },
      },
    });
  });

  it('when limits are given, then only those that are', () => {
    const parsed = parseScenario({ ...least, limits: { slotsMax: 4 } });
    expect(parsed.ok && parsed.value.limits).toEqual({ slotsMax: 4 });
  });
});

describe('given faults', () => {
  it('when there are many, then scenario and config faults are listed together', () => {
    const faults = faultsOf({
      name: 'Not Kebab',
      strategy: 'ranked-long-short',
      config: { count: 0, stopLosFraction: 0.1 },
      dataset: 3,
      capital: { usdm: -5, spot: -1 },
      leverage: 0,
      account: { margin: 'portfolio', marks: 'trade' },
      slippage: { bps: -1 },
      life: { delistHaircut: 1 },
      costs: 'free',
      from: '2025-02-30',
      to: 'tomorrow',
      shocks: [{}],
      grid: { cuont: [1], holdHours: [24, 'x'] },
      sede: 1,
    });
    expect(faults.map((fault) => fault.split(':')[0]).sort()).toEqual(
      [
        'name',
        'dataset',
        'capital.usdm',
        'capital.spot',
        'leverage',
        'account.margin',
        'account.marks',
        'slippage.bps',
        'life.delistHaircut',
        'costs',
        'shocks',
        'sede',
        'from',
        'to',
        'grid.cuont',
        'grid.holdHours[1]',
        'config.count',
        'config.stopLosFraction',
      ].sort(),
    );
  });

  it('when a key is not known, then the near one is named', () => {
    expect(faultsOf({ ...least, sede: 1 })).toEqual([
      expect.stringMatching(/^sede: is not known; did you mean seed\? known are \$schema, name/),
    ]);
    expect(faultsOf({ ...least, universe: { minimalShare: 1 } })[0]).toContain('did you mean minimumShare?');
    expect(faultsOf({ ...least, config: { stopLosFraction: 1 } })[0]).toContain(
      'did you mean stopLossFraction?',
    );
    expect(faultsOf({ ...least, costs: { takerFeeBps: 1, slipageBps: 1 } })).toEqual([
      'costs.slippageBps: is missing: give a number',
      'costs.slipageBps: is not known; did you mean slippageBps? known are takerFeeBps, slippageBps, makerFeeBps, spotTakerFeeBps, spotMakerFeeBps, impact',
    ]);
  });

  it('when something is missing, then what to give is said', () => {
    const faults = faultsOf({});
    expect(faults).toContain('name: is missing: give a text');
    expect(faults).toContain('capital: is missing: give an object');
    expect(faults).toContainEqual(expect.stringMatching(/^costs: must be none, workload-w, .*binance-vip0/));
    expect(faultsOf(null)).toEqual(['scenario: must be an object, was null']);
    expect(faultsOf([1])).toEqual(['scenario: must be an object, was [1]']);
  });

  it('when the strategy is not known, then those that are, and how to give a file', () => {
    expect(faultsOf({ ...least, strategy: 'score-gat' })).toEqual([
      'strategy: "score-gat" is no built-in strategy; did you mean score-gate? Built in are ranked-long-short, score-gate, residual-momentum; a file is given by its path, such as ./score-gat.ts',
    ]);
  });

  it('when times make no sense, then each is named with what it was', () => {
    expect(faultsOf({ ...least, from: 1_735_689_600 })[0]).toContain('looks like seconds');
    expect(faultsOf({ ...least, from: '2025-01-01T00:30Z' })).toEqual([
      'from: must fall on a full hour UTC, was "2025-01-01T00:30Z"',
    ]);
    expect(faultsOf({ ...least, from: '2025-02-01', to: '2025-02-01' })[0]).toMatch(
      /^to: must lie after from/,
    );
    expect(faultsOf({ ...least, from: true })).toEqual([
      'from: must be a date, an ISO time or epoch milliseconds',
    ]);
  });

  it('when shocks are asked for, then it is said that there are none yet', () => {
    expect(faultsOf({ ...least, shocks: [{ kind: 'gap' }] })).toEqual([
      'shocks: must be empty: shocks are not available yet',
    ]);
  });

  it('when the schedule falls between the bars, then that is a fault of the config', () => {
    const config = { at: '12:30' };
    expect(faultsOf({ ...least, config, fills: { detail: 'none' } })).toEqual([
      expect.stringMatching(/^config: .*12:30.*detail bars/),
    ]);
    expect(faultsOf({ ...least, config, fills: { detail: 20 } })[0]).toMatch(/^config: .*20 minutes long/);
    expect(faultsOf({ ...least, config, fills: { detail: 15 } })).toEqual([]);
    // Which finer bars there are, the dataset will say.
    expect(faultsOf({ ...least, config })).toEqual([]);
    expect(faultsOf({ ...least, config: { timeZone: 'Nowhere' } })[0]).toContain('Nowhere');
  });

  it('when leverage is none that a venue gives, then the bounds are named', () => {
    expect(faultsOf({ ...least, leverage: 0 })).toEqual(['leverage: must be at least 1, was 0']);
    expect(faultsOf({ ...least, leverage: 200 })).toEqual(['leverage: must be at most 150, was 200']);
    expect(faultsOf({ ...least, leverage: 150 })).toEqual([]);
  });

  it('when fees are negative, then each is named', () => {
    expect(faultsOf({ ...least, costs: { takerFeeBps: -1, slippageBps: 0, makerFeeBps: -0.5 } })).toEqual([
      'costs.takerFeeBps: must be at least 0, was -1',
      'costs.makerFeeBps: must be at least 0, was -0.5',
    ]);
  });

  it('when a delay falls between the bars, then that is a fault of the delay', () => {
    const fills = (choice: object) => faultsOf({ ...least, fills: choice });
    expect(fills({ delayMinutes: 10, detail: 'none' })[0]).toMatch(
      /^fills.delayMinutes: is 10, but the bars are 60/,
    );
    expect(fills({ delayMinutes: 10, detail: 15 })[0]).toMatch(/multiple of 15/);
    expect(fills({ delayMinutes: 10, detail: 5 })).toEqual([]);
    expect(fills({ delayMinutes: 120, detail: 'none' })).toEqual([]);
    expect(fills({ detail: 7 })[0]).toMatch(/^fills.detail: must be auto, none or minutes/);
  });

  it('when transfers make no sense, then each fault has its place', () => {
    const transfers = [
      { at: '2025-09-01', from: 'usdm', to: 'spot', amount: 5 },
      { at: '2025-09-01T00:30Z', from: 'spot', to: 'spot', amount: 0, note: 'x' },
    ];
    expect(faultsOf({ ...least, account: { transfers } }).sort()).toEqual([
      'account.transfers[1].amount: must be more than 0, was 0',
      'account.transfers[1].at: must fall on a full hour UTC, was "2025-09-01T00:30Z"',
      'account.transfers[1].note: is not known; known are at, from, to, amount',
      'account.transfers[1].to: must be the other wallet, was "spot" like from',
    ]);
    expect(faultsOf({ ...least, account: { transfers: 'daily' } })[0]).toMatch(/fixed, rebalance-daily/);
  });

  it('when a path prefix is asked for, then every fault carries it', () => {
    expect(faultsOf({ ...least, seed: -1 }, { path: 'a.json' })).toEqual([
      'a.json: seed: must be at least 0, was -1',
    ]);
  });
});

describe('given a strategy of the user’s', () => {
  const definition = defineStrategy({
    name: 'own',
    config: { lots: integer({ default: 2, min: 1, doc: 'lots' }) },
    columns: ({ lots }) => {
      if (lots > 5) throw new Error('too many lots');
      return ['score'];
    },
    schedule: () => ({ kind: 'hourly' }),
    limits: () => ({}),
    decide: () => [],
  }) as unknown as AnyStrategyDefinition;
  const own = { ...least, strategy: './own.ts' };

  it('then its settings are parsed by its own fields', () => {
    expect(parseScenario(own, { definition })).toMatchObject({ ok: true, value: { config: { lots: 2 } } });
    expect(faultsOf({ ...own, config: { lots: 0 } }, { definition })).toEqual([
      'config.lots: must be at least 1, was 0',
    ]);
  });

  it('then a definition that throws while it is set up is a fault, not a crash', () => {
    expect(faultsOf({ ...own, config: { lots: 6 } }, { definition })).toEqual([
      'strategy: own threw while it was set up: too many lots',
    ]);
  });

  it('then without its definition the rest is checked all the same', () => {
    expect(faultsOf({ ...own, seed: -1 }, { definition: null })).toEqual([
      'seed: must be at least 0, was -1',
    ]);
  });
});

it('paths of strategy files are told from names', () => {
  for (const path of ['./a.ts', 'a.ts', 'dir/a', '..\\a', 'a.mjs', 'x.cts'])
    expect(isStrategyPath(path)).toBe(true);
  for (const name of ['score-gate', 'typescript', 'a.b']) expect(isStrategyPath(name)).toBe(false);
});
