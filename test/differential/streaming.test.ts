/**
 * The engine fed one hour at a time, as paper and live will feed it, against the reference that sees the whole history:
 * nothing of a later hour can be needed, and halts, listings and ends come out the same.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Panel, timeAt } from '../../engine/panel/panel.ts';
import { StreamingMarket } from '../../engine/panel/streaming-market.ts';
import type { Clock } from '../../engine/ports.ts';
import { scheduleTicks } from '../../engine/schedule.ts';
import { hourFeed } from '../contract/hour-feed.ts';
import { firstDifference } from './difference.ts';
import { panelOf, runEngine, scoreColumn, strategyOf } from './engine-adapter.ts';
import { type Case, caseOf, caseRecipe } from './markets.ts';
import { stampOf } from './reference.ts';
import { runReference } from './reference-run.ts';
import type { Settlement } from './types.ts';

const seed = Number(process.env['HOURGLASS_SEED'] ?? Date.now() % 2_147_483_647);

test(`an engine fed by the hour agrees with the reference on 200 random markets (HOURGLASS_SEED=${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(caseRecipe, async (recipe) => {
      const drawn = settlingOnce({ ...caseOf(recipe), fromHour: 0 });
      const stream = streamOf(drawn);
      const run = await runEngine(drawn, undefined, stream);
      expect(firstDifference(runReference(drawn), run)).toBeNull();
    }),
    { seed, numRuns: 200 },
  );
});

/** A venue settles a coin at most once a stamp; of the rows that share one, the first stays. */
function settlingOnce(drawn: Case): Case {
  const coins = drawn.market.coins.map((coin) => {
    const stamps = coin.funding.map(stampOf);
    const once = (_: Settlement, row: number) => stamps.indexOf(stamps[row]!) === row;
    return { ...coin, funding: coin.funding.filter(once) };
  });
  return { ...drawn, market: { ...drawn.market, coins } };
}

function streamOf(drawn: Case): {
  readonly panel: Panel;
  readonly market: StreamingMarket;
  readonly clock: Clock;
} {
  const panel = panelOf(drawn);
  const { symbols, startMs, hours, firstHour, endHour } = panel;
  const strategy = strategyOf(drawn);
  const columns = [scoreColumn(drawn)];
  const market = new StreamingMarket({
    symbols,
    startMs,
    capacityHours: hours,
    firstHour,
    endHour,
    columns: strategy.columns,
  });
  const ticks = new Set(scheduleTicks(strategy.schedule, startMs, timeAt(panel, drawn.toHour)));
  const clock: Clock = {
    async *ticks() {
      for (let closed = 0; closed < drawn.toHour; closed += 1) {
        await Promise.resolve();
        market.feed(closed, hourFeed(panel, columns, closed));
        const stamp = timeAt(panel, closed + 1);
        if (ticks.has(stamp)) yield stamp;
      }
    },
  };
  return { panel: market.panel, market, clock };
}
