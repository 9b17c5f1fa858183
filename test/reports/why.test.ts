import { describe, expect, it } from 'vitest';
import { readTrades } from '../../reports/trades.ts';
import { why } from '../../reports/why.ts';
import { sampleRun } from './sample-run.ts';

const { run, panel } = sampleRun('unused', { seed: 3, days: 60, coins: 20 });
const { trades } = await readTrades(run);

describe('why', () => {
  it('given a trade that a gap stopped out, then it tells the whole way from score to loss', async () => {
    const trade = trades.find(({ exitFill, side }) => {
      if (exitFill === null || !Number.isFinite(exitFill.level)) return false;
      return side * (exitFill.level - exitFill.rawPrice) > 1e-3 * exitFill.level;
    })!;
    const { steps } = await why(run, panel, { timeMs: trade.entryFill!.decidedMs, symbol: trade.symbol });
    expect(steps.map((step) => step.step)).toEqual([
      'market',
      'account',
      'target',
      'order',
      'fill',
      'levels',
      'funding',
      'exit',
      'stop',
      'result',
    ]);
    const values = (name: string) => steps.find((step) => step.step === name)!.values;
    expect(values('target')['score']).toBe(trade.score);
    expect(values('fill')['price']).toBe(trade.entryPrice);
    expect(values('levels')['stop']).toBeCloseTo(trade.exitFill!.level, 10);
    expect(values('stop')['gap']).toBeGreaterThan(0);
    expect(steps.at(-2)?.text).toContain('jumped over the stop');
    expect(values('funding')['cash']).toBeCloseTo(trade.funding, 9);
    expect(values('result')['pnl']).toBe(trade.pnl);
  });

  it('given a refused target, then it names the reason and no order', async () => {
    const refusals = await run.table('refusals');
    const symbol = refusals.columns['symbol']!.values[0] as string;
    const timeMs = refusals.columns['time']!.values[0] as number;
    const { steps } = await why(run, panel, { timeMs, symbol });
    expect(steps.find(({ step }) => step === 'refusal')).toMatchObject({
      step: 'refusal',
      values: { reason: refusals.columns['reason']!.values[0] },
    });
  });

  it('given a coin that was no target, then it says so and shows the scores that were', async () => {
    const timeMs = trades[0]!.entryFill!.decidedMs;
    const { steps } = await why(run, panel, { timeMs, symbol: 'BTCUSDT' });
    expect(steps.at(-1)?.text).toMatch(/BTCUSDT was not among the 10 targets.*scores from/);
  });

  it('given a time without a decision, then it names the nearest ones', async () => {
    const timeMs = trades[0]!.entryFill!.decidedMs + 3_600_000;
    const { steps } = await why(run, null, { timeMs, symbol: 'ETHUSDT' });
    expect(steps).toHaveLength(1);
    expect(steps[0]?.text).toContain('The nearest decisions');
  });

  it('given a coin the market never had, then it says so', async () => {
    const { steps } = await why(run, panel, { timeMs: trades[0]!.entryFill!.decidedMs, symbol: 'nope' });
    expect(steps[0]?.text).toContain('has no coin nope');
  });
});
