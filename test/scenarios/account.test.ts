/** What a scenario says about the account, run on stored datasets. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyToParquet, sqlFile, withDuck } from '../../datasets/duck.ts';
import { importDataset } from '../../datasets/import/import.ts';
import { openDataset } from '../../datasets/open.ts';
import type { Headline, RunManifest, StoredRun } from '../../datasets/runs.ts';
import type { Store } from '../../datasets/store.ts';
import type { Table } from '../../engine/journal/tables.ts';
import { type BacktestOptions, runBacktest } from '../../scenarios/backtest.ts';
import { ScenarioFault } from '../../scenarios/faults.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { loadBuiltInStrategy } from '../../scenarios/load-strategy.ts';
import { replayRun } from '../../scenarios/replay.ts';
import { venueRulesOf } from '../../scenarios/venue-rules.ts';
import { loaded, plantedStore } from './run-store.ts';

let store: Store;
let remove: () => Promise<void>;

/** `planted` as it comes, `bare` with its bars alone, `fine` with half-hour bars of one week besides. */
beforeAll(async () => {
  ({ store, remove } = await plantedStore());
  const bars = join(store.datasetDir('planted'), 'bars.parquet');
  await importDataset(store, { name: 'bare', bars: [bars] });
  const fine = join(store.dataDir, 'fine.parquet');
  await withDuck(async (duck) => {
    // Up to the high in the first half of the hour, down to the low and on to the close in the second.
    await copyToParquet(
      duck,
      `SELECT ts, symbol, open, high, least(open, high) AS low, high AS close FROM ${sqlFile(bars)} WHERE ${WEEK}
       UNION ALL
       SELECT ts + 1800000 AS ts, symbol, high AS open, high, low, close FROM ${sqlFile(bars)} WHERE ${WEEK}
       ORDER BY symbol, ts`,
      fine,
    );
  });
  await importDataset(store, { name: 'fine', bars: [bars], detail: [`30m=${fine}`] });
}, 60_000);
afterAll(() => remove());

const WEEK = `ts >= ${Date.UTC(2024, 5, 1)} AND ts < ${Date.UTC(2024, 5, 8)}`;

async function backtest(name: string, set: readonly string[], options: BacktestOptions = {}) {
  const { scenario, strategy } = await loaded(store, name, { set });
  return await runBacktest(store, scenario, strategy, { workers: 1, ...options });
}

async function manifestOf(name: string, ...set: string[]): Promise<RunManifest> {
  return (await backtest(name, set)).run.manifest;
}

async function faultsOf(name: string, ...set: string[]): Promise<readonly string[]> {
  const loaded = await loadScenario(name, { set }, { store });
  if (!loaded.ok) return loaded.faults.map(({ path, message }) => `${path}: ${message}`);
  const { scenario, strategy } = loaded.value;
  const run = runBacktest(store, scenario, strategy, { workers: 1 });
  const fault = await run.catch((cause: unknown) => cause);
  expect(fault).toBeInstanceOf(ScenarioFault);
  return (fault as ScenarioFault).faults.map(({ path, message }) => `${path}: ${message}`);
}

const bare = 'dataset=bare';
const momentum = (...set: string[]) => manifestOf('demo-momentum', ...set);

function numbers(table: Table, name: string): readonly number[] {
  const column = table.columns[name]!;
  if (column.type === 'text') throw new TypeError(`${name} is a text`);
  return Array.from(column.values);
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

describe('margin', () => {
  it('is cross where the dataset has brackets and none where it has not, and the run says so', async () => {
    const cross = await manifestOf('demo');
    expect(cross.headline.margin).toBe('cross');
    expect(cross.assumptions.join()).toMatch(/Margin: cross, leverage 1 /);
    const none = await momentum(bare);
    expect(none.headline.margin).toBe('none');
    expect(none.assumptions).toContain(
      'No margin is asked for and nothing is liquidated, because the dataset has no leverage brackets.',
    );
    const chosen = await manifestOf('demo', 'account.margin=none', 'account.filters=none');
    expect(chosen.assumptions.join()).toMatch(/nothing is liquidated, as the scenario says/);
    expect(chosen.assumptions.join()).toMatch(/not rounded, and no order is too small, as the scenario says/);
  });

  it('liquidates what leverage 20 cannot carry, and the books of it add up', async () => {
    const { run } = await backtest('demo', ['leverage=20', 'account.margin=isolated', 'stopLossFraction=0']);
    const { headline, assumptions } = run.manifest;
    const fills = await run.table('fills');
    const reasons = fills.columns['exit_reason']!.values as readonly (string | null)[];
    const fees = numbers(fills, 'fee');
    const liquidated = reasons.flatMap((reason, row) => (reason === 'liquidation' ? [fees[row]!] : []));
    expect(headline.liquidations).toBeGreaterThan(100);
    expect(headline.exitsByReason['liquidation']).toBe(headline.liquidations);
    expect(headline.clearanceFees).toBeCloseTo(total(liquidated), 9);
    expect(headline.insurance).toBeCloseTo(total(numbers(await run.table('trades'), 'insurance')), 9);
    expect(assumptions.join()).toMatch(new RegExp(`${headline.liquidations} positions were liquidated`));
  });

  it('scales what the strategy holds by the leverage, as long as there is margin for it', async () => {
    const notional = async (leverage: number) => {
      const { run } = await backtest('demo', [`leverage=${leverage}`, 'sizing=capital']);
      return Math.max(...numbers(await run.table('targets'), 'notional').filter((value) => value > 0));
    };
    expect(await notional(3)).toBe(3 * (await notional(1)));
  });
});

describe('two wallets', () => {
  it('buys longs on spot, shorts on futures, moves money daily, and says that the perpetual stands in', async () => {
    const { run } = await backtest('demo', [
      'longMarket=spot',
      'sizing=equal-notional',
      'capital.spot=10000',
      'leverage=2',
      'holdHours=24',
      'account.transfers=rebalance-daily',
    ]);
    const { headline, assumptions } = run.manifest;
    const trades = await run.table('trades');
    const markets = trades.columns['market']!.values as readonly string[];
    const sides = numbers(trades, 'side');
    expect(markets.every((market, row) => (market === 'spot') === (sides[row] === 1))).toBe(true);
    expect(headline).toMatchObject({ spot: 'proxy', startEquity: 20_000 });
    expect(headline.transfers).toBeGreaterThan(200);
    expect(assumptions.join()).toMatch(/spot: proxy/);
  });

  it('a listed transfer happens once, and one outside the run is a fault', async () => {
    const listed = (at: string) =>
      `account.transfers=${JSON.stringify([{ at, from: 'usdm', to: 'spot', amount: 500 }])}`;
    const { run } = await backtest('demo', [listed('2024-03-01')]);
    expect(numbers(await run.table('account_events'), 'amount')).toEqual([500]);
    expect(await faultsOf('demo', listed('2023-03-01'))).toEqual([
      expect.stringMatching(/^account.transfers\[0\].at: must lie inside the run \(after 2024-01-01/),
    ]);
  });
});

describe('what a scenario asks of a dataset that has it not', () => {
  it('is one list of faults that say how to bring it', async () => {
    const faults = await faultsOf('demo-momentum', bare, 'account.margin=cross', 'fills.detail=15');
    expect(faults).toEqual([
      expect.stringMatching(
        /^account.margin: is cross, but dataset bare has no leverage brackets.*--brackets/,
      ),
      expect.stringMatching(/^fills.detail: asks for bars of 15 minutes.*--detail 15m=FILE/),
    ]);
    expect(await faultsOf('demo-momentum', bare, 'at=12:30', 'fills.delayMinutes=10')).toEqual([
      expect.stringMatching(/^config: .*12:30.*detail bars/),
      expect.stringMatching(/^fills.delayMinutes: is 10, but the bars are 60 minutes/),
    ]);
  });

  it('strict funding names the first coin and hour that lack it', async () => {
    expect(await faultsOf('demo-momentum', bare, 'funding.missing=strict')).toEqual([
      expect.stringMatching(/^funding.missing: is strict.*first \w+USDT at 2024-\d\d-\d\dT12:00Z: 100.0 %/),
    ]);
    expect((await manifestOf('demo', 'funding.missing=strict')).headline.fundingHoles).toBe(0);
  });
});

describe('finer bars', () => {
  const fine = 'dataset=fine';
  const inWeek = async (...set: string[]) => {
    const { scenario, strategy } = await loaded(store, 'demo-momentum', {
      from: '2024-06-01',
      to: '2024-06-08',
      set: [fine, ...set],
    });
    return await runBacktest(store, scenario, strategy, { workers: 1 });
  };

  it('are taken by default where the run has any, and a schedule between the hours runs on them', async () => {
    const { manifest } = (await inWeek('at=12:30')).run;
    expect(manifest.headline.detailMinutes).toBe(30);
    expect(manifest.headline.detailHours).toBeGreaterThan(0);
    expect(manifest.headline.trades).toBeGreaterThan(0);
    expect(manifest.assumptions.join()).toMatch(/Bars of 30 minutes stood in for \d+ hours/);
    const times = numbers(await (await inWeek('at=12:30')).run.table('orders'), 'time');
    expect(times.every((timeMs) => timeMs % 3_600_000 === 1_800_000)).toBe(true);
  });

  it('that the run has none of are a fault where they were asked for', async () => {
    const { scenario, strategy } = await loaded(store, 'demo-momentum', {
      to: '2024-05-01',
      set: [fine, 'fills.detail=30'],
    });
    await expect(runBacktest(store, scenario, strategy, { workers: 1 })).rejects.toThrow(
      /fills.detail: asks for bars of 30 minutes, but of finer bars dataset fine has none inside the run/,
    );
  });

  it('are not taken where they are switched off, or lie outside the run', async () => {
    expect((await inWeek('fills.detail=none')).run.manifest.headline.detailMinutes).toBeNull();
    const { scenario, strategy } = await loaded(store, 'demo-momentum', { to: '2024-05-01', set: [fine] });
    const { run } = await runBacktest(store, scenario, strategy, { workers: 1 });
    expect(run.manifest.headline.detailMinutes).toBeNull();
  });
});

describe('the newest brackets throughout', () => {
  it('are each coin’s newest, from the beginning of time', async () => {
    const { scenario } = await loaded(store, 'demo', { set: ['account.brackets=latest'] });
    const tier = (leverageMax: number) => [
      { floor: 0, cap: 1e6, maintenanceRate: 0.01, cum: 0, leverageMax },
    ];
    const brackets = [
      {
        effectiveMs: 1,
        tiers: new Map([
          ['A', tier(10)],
          ['GONE', tier(5)],
        ]),
      },
      { effectiveMs: 2, tiers: new Map([['A', tier(20)]]) },
    ];
    const { account } = venueRulesOf(scenario, { brackets, filters: [] }, null);
    expect(account.brackets).toHaveLength(1);
    expect(account.brackets[0]!.effectiveMs).toBe(Number.NEGATIVE_INFINITY);
    expect(account.brackets[0]!.tiers.get('A')![0]!.leverageMax).toBe(20);
    expect(account.brackets[0]!.tiers.get('GONE')![0]!.leverageMax).toBe(5);
  });
});

describe('the sentences of a run', () => {
  const settings: readonly (readonly string[])[] = [
    ['costs=none', 'slippage=none', 'fills.gaps=level', 'fills.path=adaptive'],
    ['costs=binance-vip9-bnb', 'slippage={"halfSpreadBps":1,"participationMax":null}'],
    ['slippage={"halfSpreadBps":1,"rest":"drop"}', 'capital.usdm=50000000', 'fills.delayMinutes=120'],
    ['account.brackets=latest', 'account.mark=trade', 'account.size=shrink-to-fit', 'leverage=50'],
    ['account.margin=isolated', 'leverage=30', 'account.bankruptcy=carry', 'stopLossFraction=0'],
    ['funding.missing=interpolate', 'funding.boundary=include-same-stamp', 'life.delistHaircut=0.1'],
    ['life.leaveBeforeHours=24', 'life.dataEnd=hold', 'closeAtEnd=true'],
  ];

  it.each(settings.map((set) => [set]))('say what was set: %j', async (set) => {
    const { headline, assumptions } = await manifestOf('demo', ...set);
    const text = assumptions.join('\n');
    expect(text).not.toMatch(/undefined|NaN|null|\[object/);
    expect(text.includes('waits for the next opens')).toBe(false);
    expect(text.includes('are given up') || text.includes('is given up')).toBe(
      set.some((one) => one.includes('drop')),
    );
    expect(text.includes('which no market grants')).toBe(set.includes('fills.gaps=level'));
    expect(text.includes('(adaptive)')).toBe(set.includes('fills.path=adaptive'));
    expect(text.includes('No slippage')).toBe(set.includes('slippage=none'));
    expect(text.includes('Margin: isolated')).toBe(set.includes('account.margin=isolated'));
    expect(text.includes('were liquidated')).toBe(headline.liquidations > 1);
    expect(text.includes('closed at a coin')).toBe((headline.exitsByReason['delist'] ?? 0) > 0);
    expect(text.includes('120 minutes later')).toBe(set.includes('fills.delayMinutes=120'));
    expect(text.includes('takes part in it')).toBe(set.includes('funding.boundary=include-same-stamp'));
  });
});

describe('the ledger of assumptions', () => {
  const figures = ({ totalReturn, maxDrawdown, trades }: Headline) => ({ totalReturn, maxDrawdown, trades });

  it('has for every flip the figures of that very run, and stands beside the tables', async () => {
    const seen: string[] = [];
    const { run, ledger } = await backtest('demo', [], {
      assumptions: true,
      progress: (stage) => seen.push(stage),
    });
    const row = (flip: string, to: string) => ledger!.rows.find((one) => one.flip === flip && one.to === to)!;
    const { headline } = run.manifest;
    expect(ledger!.triple.realistic).toEqual(figures(headline));
    for (const [flip, to, set] of [
      ['slippage', 'none', 'slippage=none'],
      ['slippage', 'twice', 'slippage.bps=4'],
      ['slippage', 'model (2 bps + √ law)', 'slippage={"halfSpreadBps":2}'],
      ['fee tier', 'binance-vip1', 'costs=binance-vip1'],
      ['path in a bar', 'adaptive', 'fills.path=adaptive'],
      ['delay of orders', '60 min', 'fills.delayMinutes=60'],
      ['margin', 'none', 'account.margin=none'],
      ['haircut at a delisting', '50 %', 'life.delistHaircut=0.5'],
    ] as const) {
      const alone = figures((await manifestOf('demo', set)).headline);
      expect(row(flip, to), `${flip} → ${to}`).toMatchObject(alone);
      expect(row(flip, to).deltaReturn).toBe(alone.totalReturn - headline.totalReturn);
      expect(row(flip, to).deltaTrades).toBe(alone.trades - headline.trades);
    }
    expect(row('slippage', 'twice').deltaReturn).toBeLessThan(0);
    expect(row('fee tier', 'binance-vip1').deltaReturn).toBeGreaterThan(0);
    const { pessimistic, realistic, optimistic } = ledger!.triple;
    expect(pessimistic!.totalReturn).toBeLessThan(realistic.totalReturn);
    expect(optimistic!.totalReturn).toBeGreaterThan(realistic.totalReturn);
    expect(ledger!.leftOut.map(({ flip }) => flip)).toContain('universe');
    expect(JSON.parse(await readFile(join(run.dir, 'ledger.json'), 'utf8'))).toEqual(ledger);
    expect(seen.filter((stage) => stage.startsWith('assumptions: '))).toHaveLength(ledger!.rows.length + 2);
  }, 60_000);

  it('stops where it is asked to, and leaves no run behind', async () => {
    const stop = new AbortController();
    const progress = (stage: string) => {
      if (stage.startsWith('assumptions: slippage')) stop.abort(new Error('stopped as asked'));
    };
    const run = backtest('demo', ['count=3'], { assumptions: true, signal: stop.signal, progress });
    await expect(run).rejects.toThrow('stopped as asked');
  });

  it('leaves out what finer bars cannot carry through the whole run', async () => {
    const { ledger } = await backtest('demo-momentum', ['dataset=fine'], { assumptions: true });
    expect(ledger!.rows.map(({ flip, to }) => `${flip} → ${to}`)).toContain('finer bars → none');
    const reasons = new Map(ledger!.leftOut.map(({ flip, reason }) => [flip, reason]));
    expect(reasons.get('delay of 10 min')).toMatch(/no finer bars whose interval divides it/);
    expect(reasons.get('margin')).toMatch(/no leverage brackets/);
    expect(reasons.get('funding boundary')).toMatch(/no funding/);
  });
});

it('a run with impact, filled funding and two wallets is replayed to the last bit', async () => {
  const { run } = await backtest('demo', [
    'slippage={"halfSpreadBps":1}',
    'funding.missing=interpolate',
    'longMarket=spot',
    'capital.spot=5000',
    'leverage=2',
    'trailingStopFraction=0.06',
  ]);
  const loadStrategy = async ({ manifest }: StoredRun) =>
    (await loadBuiltInStrategy(manifest.strategy.name))!;
  expect(await replayRun(store, run.manifest.runId, { loadStrategy, workers: 1 })).toMatchObject({
    equal: true,
    firstDifference: null,
  });
});

it('a dataset without brackets is traded as before there were any rules', async () => {
  const { headline, digest } = await momentum(bare);
  const plain = await momentum(bare, 'account.filters=none', 'account.margin=none', 'fills.detail=none');
  expect(digest).toBe(plain.digest);
  expect(headline.trades).toBe(plain.headline.trades);
  expect((await openDataset(store, 'bare')).brackets).toEqual([]);
});
