/**
 * Two simulators, one truth: the engine and the slow reference agree, trade for trade and bit for bit, on random small
 * markets in which everything that can happen does happen often.
 *
 * `HOURGLASS_SEED` repeats a run, `HOURGLASS_CASES` sets how many markets are tried.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstDifference } from './difference.ts';
import { runEngine } from './engine-adapter.ts';
import { eventKinds, noEvents } from './events.ts';
import { caseOf, caseRecipe } from './markets.ts';
import { runReference } from './reference-run.ts';

const seed = Number(process.env['HOURGLASS_SEED'] ?? Date.now() % 2_147_483_647);
const cases = Number(process.env['HOURGLASS_CASES'] ?? 1_000);
/** Fewer of a kind in a thousand markets, and the markets test too little. */
const eventsMin = Math.floor((50 * Math.min(cases, 1_000)) / 1_000);

test(
  `engine and reference agree on ${cases} random markets (HOURGLASS_SEED=${seed})`,
  async () => {
    const events = noEvents();
    await fc.assert(
      fc.asyncProperty(caseRecipe, async (recipe) => {
        const drawn = caseOf(recipe);
        const reference = runReference(drawn);
        for (const kind of eventKinds) events[kind] += reference.events[kind];
        expect(firstDifference(reference, await runEngine(drawn))).toBeNull();
      }),
      { seed, numRuns: cases },
    );
    const counted = eventKinds.map((kind) => `${String(events[kind]).padStart(8)}  ${kind}`).join('\n');
    process.stdout.write(`differential: ${cases} markets, HOURGLASS_SEED=${seed}\n${counted}\n`);
    const rare = eventKinds.filter((kind) => events[kind] < eventsMin);
    expect(rare, `each kind must occur ${eventsMin} times`).toEqual([]);
  },
  120 * Math.max(1_000, cases),
);
