import { describe, expect, it } from 'vitest';
import { computeColumns } from '../../engine/columns/compute.ts';
import { barInputs } from '../../engine/columns/features/inputs.ts';
import { BAR_WIDTH } from '../../engine/panel/panel.ts';
import { siblingModule, WorkerPool } from '../../engine/signal/pool.ts';
import type { Strategy } from '../../engine/strategy.ts';
import { runVariants } from '../../scenarios/variants.ts';
import { columnsOf, costs, fold, strategies, workload } from './market.ts';
import { streamOf, waitingClock } from './stream.ts';

const { panel, score } = workload;
const names = Object.keys(strategies);

describe.each(names)('the digests of %s', (name) => {
  const strategy = strategies[name]!;

  it('come from a run that trades', async () => {
    const { result } = await fold(strategy, { columns: await columnsOf(strategy) });
    expect(result.trades.count).toBeGreaterThan(50);
  });

  it('are equal when the run is cut in two at any hour and resumed', async () => {
    const columns = await columnsOf(strategy);
    const whole = (await fold(strategy, { columns })).digests;
    for (let cut = 1; cut < panel.hours; cut += 23) {
      const first = await fold(strategy, { columns, pauseAtHour: cut });
      const resumeFrom = structuredClone(first.result.checkpoint!);
      const { digests } = await fold(strategy, { columns, resumeFrom });
      expect({ cut, ...digests }).toEqual({ cut, ...whole });
    }
  });

  it('are equal when the same history is fed hour by hour under a clock that waits', async () => {
    const whole = (await fold(strategy, { columns: await columnsOf(strategy) })).digests;
    const market = streamOf(strategy);
    const clock = waitingClock(strategy, market);
    const { digests } = await fold(strategy, { columns: [], panel: market.panel, market, clock });
    expect(digests).toEqual(whole);
  });
});

describe.each(names)('shared rows and %s', (name) => {
  it('give what private copies give, and are left as they were', async () => {
    const strategy = strategies[name]!;
    const columns = await columnsOf(strategy);
    const before = columns.map(({ values }) => Array.from(values));
    const copied = (await fold(strategy, { columns })).digests;
    expect((await fold(strategy, { columns, sharedRows: true })).digests).toEqual(copied);
    expect(columns.map(({ values }) => Array.from(values))).toEqual(before);
  });
});

describe('columns and sweeps', () => {
  const strategy = strategies['residual-momentum']!;

  it.each([1, 2, 8])('leave the same digests with %i workers, for any block size', async (workers) => {
    const whole = (await fold(strategy, { columns: await columnsOf(strategy) })).digests;
    const pool = new WorkerPool(workers);
    try {
      for (const blockCoins of [1, 5, 24, 100]) {
        const columns = await computeColumns(barInputs(panel), strategy.columns, { pool, blockCoins });
        expect({ blockCoins, ...(await fold(strategy, { columns })).digests }).toEqual({
          blockCoins,
          ...whole,
        });
      }
      const configs = [0.02, 0.05, 0.08, 0.11, 0.14].map((stopLossFraction) => ({
        ...strategies['ranked-long-short']!.config,
        stopLossFraction,
      }));
      const results = await runVariants(pool, variants(configs));
      const alone = [];
      for (const config of configs) {
        const ranked = strategies['ranked-long-short']!;
        const bound = rebind(ranked, config);
        alone.push((await fold(bound, { columns: [score], minimumShare: 0 })).digests);
      }
      expect(results.map(({ signalDigest, digest }) => ({ signalDigest, digest }))).toEqual(
        alone.map(({ signal, decision }) => ({ signalDigest: signal, digest: decision })),
      );
      expect(new Set(results.map(({ digest }) => digest)).size).toBe(configs.length);
    } finally {
      await pool.close();
    }
  });

  it('change when one price changes', async () => {
    const before = (await fold(strategy, { columns: await columnsOf(strategy) })).digests;
    const at = (3 * panel.hours + 1000) * BAR_WIDTH + 3;
    const price = panel.bars[at]!;
    panel.bars[at] = price * 1.0001;
    try {
      expect((await fold(strategy, { columns: await columnsOf(strategy) })).digests.signal).not.toBe(
        before.signal,
      );
    } finally {
      panel.bars[at] = price;
    }
  });
});

function variants(configs: readonly Readonly<Record<string, unknown>>[]) {
  const strategyModule = siblingModule('../../strategies/ranked-long-short/index', import.meta.url);
  return {
    panel,
    columns: [score],
    strategyModule,
    codeHash: '',
    builtIn: true,
    costs,
    capital: 100_000,
    closeAtEnd: true,
    digests: true,
    configs,
  };
}

function rebind(strategy: Strategy, config: Readonly<Record<string, unknown>>): Strategy {
  return { ...strategy, config, decide: rankedDecide(config) };
}

function rankedDecide(config: Readonly<Record<string, unknown>>): Strategy['decide'] {
  const stop = config['stopLossFraction'] as number;
  const ranked = strategies['ranked-long-short']!;
  return (slice, account) =>
    ranked.decide(slice, account).map((target) => ({ ...target, stopLossFraction: stop }));
}
