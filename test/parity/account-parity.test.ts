/** The rules of an account leave the digests alone: paused and resumed, in any number of workers, and fed by the hour. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sealCloses, symbolLanes } from '../../engine/panel/fingerprint.ts';
import { BAR_WIDTH, type Panel, sharedFloat64, sharedInt32 } from '../../engine/panel/panel.ts';
import { siblingModule, WorkerPool } from '../../engine/signal/pool.ts';
import { plainRules, type VenueRules } from '../../engine/simulator/rules.ts';
import { foldVariants, runVariants, type VariantSet } from '../../scenarios/variants.ts';
import rankedLongShort from '../../strategies/ranked-long-short/index.ts';
import { type AccountRecipe, accountCaseOf, accountRecipe } from '../differential/account-rules.ts';
import { backtestOf, type EngineBacktest } from '../differential/engine-adapter.ts';
import { accountEventKinds, noEvents } from '../differential/events.ts';
import type { Case } from '../differential/markets.ts';
import { runReference } from '../differential/reference-run.ts';
import { bracketsOf, filtersOf, ladder } from '../engine/simulator/scripted.ts';
import { type AnyDefinition, bound, columnsOf, fold, workload } from './market.ts';
import { streamOf, waitingClock } from './stream.ts';

/** Everything at once: cross margin, filters, impact that carries, spot, finer bars, delay, trailing stops, renames. */
function withAllRules(recipe: AccountRecipe, index: number): AccountRecipe {
  const { extras, orders, rules, plain } = recipe;
  return {
    ...recipe,
    // Every third is out for a liquidation.
    daring: index % 3 === 2 ? 0.347 : null,
    fine: true,
    fraction: index % 3 === 0 ? 0.127 : 0.98,
    impact: { coefficient: 1, participationMax: 0.005, rest: 'carry' },
    plain: { ...plain, skippedFirst: 0, slotsMax: null },
    extras: { ...extras, marks: 0.7, spot: 0.5, volumes: 1, detail: 0.6, redenominations: 0.2, renames: 0.2 },
    orders: {
      ...orders,
      spotLongs: true,
      trailing: 0.0625,
      limits: 'some',
      markStops: true,
      limitTargets: true,
    },
    rules: {
      ...rules,
      ...{ margin: 'cross', leverage: 20, mark: 'mark', onLiquidation: 'continue', size: 'refuse' },
      ...{ filters: true, editions: 2, spotShare: 0.5, transfers: 'rebalance-daily', delayMinutes: 30 },
    },
  };
}

const pieceHours = 23;
const cases = fc
  .sample(accountRecipe, { seed: 20_250_102, numRuns: 18 })
  .map((recipe, index) => accountCaseOf(withAllRules(recipe, index)));

interface Digests {
  readonly signal: string;
  readonly decision: string;
  readonly refusals: Readonly<Record<string, number>>;
}

function digestsOf({ journal, panel, result }: EngineBacktest): Digests {
  return {
    signal: journal.signalDigest,
    decision: journal.runDigest(result.venue.book.ledger, panel),
    refusals: result.counts.refusals,
  };
}

/** The run in pieces, each from a clone of the checkpoint that the one before has left. */
async function inPieces(drawn: Case): Promise<EngineBacktest> {
  let resumeFrom: EngineBacktest['result']['checkpoint'] = null;
  for (let pauseAtHour = drawn.fromHour + pieceHours; pauseAtHour < drawn.toHour; pauseAtHour += pieceHours) {
    const piece = await backtestOf(drawn, undefined, {
      pauseAtHour,
      ...(resumeFrom === null ? {} : { resumeFrom }),
    });
    resumeFrom = structuredClone(piece.result.checkpoint!);
  }
  return await backtestOf(drawn, undefined, resumeFrom === null ? {} : { resumeFrom });
}

describe('an account under all rules', () => {
  it('lives through everything that they speak of', () => {
    const events = noEvents();
    for (const drawn of cases) {
      const run = runReference(drawn);
      for (const kind of accountEventKinds) events[kind] += run.events[kind];
    }
    const seen = [
      'cross liquidation',
      'carried rest filled',
      'spot purchase',
      'trailing stop exit',
      'delayed fill',
      'detail hour walked',
      'redenomination while held',
      'rename while held',
      'working order lost to a rename',
      'transfer',
      'refused: insufficient-margin',
    ] as const;
    expect(seen.filter((kind) => events[kind] === 0)).toEqual([]);
  });

  it('is the same, bit for bit, when it is cut every 23 hours and resumed', async () => {
    let cuts = 0;
    for (const drawn of cases) {
      const whole = digestsOf(await backtestOf(drawn));
      expect(digestsOf(await inPieces(drawn))).toEqual(whole);
      cuts += Math.floor((drawn.toHour - drawn.fromHour) / pieceHours);
    }
    expect(cuts).toBeGreaterThan(36);
  }, 60_000);
});

const { symbols } = workload.panel;
const tiers = ladder(
  { cap: 200_000, rate: 0.0065, leverage: 20 },
  { cap: 1_000_000, rate: 0.02, leverage: 10 },
  { cap: 1e9, rate: 0.05, leverage: 5 },
);
const accountRules: VenueRules = {
  ...plainRules,
  account: {
    ...plainRules.account,
    ...{ margin: 'cross', leverage: 10, spotCapital: 50_000, transfers: 'rebalance-daily' },
    brackets: bracketsOf(symbols, tiers),
    filters: filtersOf(symbols, { tickSize: 1e-7, stepSize: 1e-5, quantityMin: 1e-5 }),
  },
  fills: { ...plainRules.fills, path: 'adaptive', delayMinutes: 60 },
};

/** The workload's market with marks, spot prices for every second coin, thin volumes, and a coin whose unit changes. */
function richPanel(panel: Panel): Panel {
  const { hours } = panel;
  const coins = symbols.length;
  const bars = sharedFloat64(coins * 3 * hours * BAR_WIDTH);
  const unitHour = 700;
  const unitCoin = 3;
  for (let at = 0; at < coins * hours * BAR_WIDTH; at += 1) {
    const coin = Math.floor(at / (hours * BAR_WIDTH));
    const hour = Math.floor(at / BAR_WIDTH) % hours;
    const price = panel.bars[at]! * (coin === unitCoin && hour >= unitHour ? 1000 : 1);
    bars[at] = price;
    bars[coins * hours * BAR_WIDTH + at] = price * (1 + ((hour % 7) - 3) / 2000);
    bars[2 * coins * hours * BAR_WIDTH + at] = price * (1 - ((hour % 5) - 2) / 2000);
  }
  const rows = (first: number, has: (coin: number) => boolean) =>
    Int32Array.from({ length: coins }, (_, coin) => (has(coin) ? first + coin : -1));
  const rich: Panel = {
    ...panel,
    bars,
    quoteVolume: sharedFloat64(coins * hours).fill(400_000),
    closeHash: sharedInt32(hours * 2),
    series: { markRow: rows(coins, () => true), spotRow: rows(2 * coins, (coin) => coin % 2 === 0) },
    life: {
      dataEnds: new Uint8Array(coins),
      delisted: new Uint8Array(coins).fill(1),
      gaps: [],
      renames: [{ hour: unitHour, from: unitCoin, to: unitCoin, factor: 1000 }],
    },
  };
  sealCloses(rich, symbolLanes(symbols));
  return rich;
}

const set: VariantSet = {
  panel: richPanel(workload.panel),
  columns: [workload.score],
  strategyModule: siblingModule('../../strategies/ranked-long-short/index', import.meta.url),
  codeHash: '',
  builtIn: true,
  costs: {
    ...{ takerFeeBps: 5, makerFeeBps: 2, slippageBps: 1 },
    impact: { coefficient: 1, participationMax: 0.02, rest: 'carry' },
  },
  capital: 100_000,
  closeAtEnd: true,
  rules: accountRules,
  digests: true,
  configs: [0.02, 0.05, 0.08, 0.11, 0.14].map((stopLossFraction) => ({
    ...bound(rankedLongShort as unknown as AnyDefinition, {
      ...{ count: 4, notionalFraction: 0.1, longMarket: 'spot', trailingStopFraction: 0.12 },
      stopLossFraction,
    }).config,
  })),
};

describe('variants under the rules of an account', () => {
  it.each([1, 2, 8])('leave the same digests with %i workers', async (workers) => {
    const alone = await foldVariants(set);
    const pool = new WorkerPool(workers);
    try {
      expect(await runVariants(pool, set)).toEqual(alone);
    } finally {
      await pool.close();
    }
    expect(new Set(alone.map(({ digest }) => digest)).size).toBe(set.configs.length);
    expect(Math.min(...alone.map(({ trades }) => trades))).toBeGreaterThan(50);
  });
});

describe('a history fed hour by hour under a clock that waits', () => {
  it.each(['cross', 'isolated'] as const)('is liquidated as the stored one is: %s', async (margin) => {
    const strategy = bound(rankedLongShort as unknown as AnyDefinition, {
      ...{ count: 4, notionalFraction: 0.12, stopLossFraction: 0.5, trailingStopFraction: 0.3 },
    });
    const account = { ...accountRules.account, margin, leverage: 15, transfers: 'fixed' as const };
    const rules: VenueRules = { ...plainRules, account };
    const stored = await fold(strategy, { columns: await columnsOf(strategy), rules });
    const market = streamOf(strategy);
    const clock = waitingClock(strategy, market);
    const fed = await fold(strategy, { columns: [], panel: market.panel, market, clock, rules });
    expect(fed.digests).toEqual(stored.digests);
    expect(stored.result.venue.accountCounts.liquidations).toBeGreaterThan(2);
    expect(stored.result.trades.count).toBeGreaterThan(15);
  });
});
