/**
 * Two readings of docs/account.md: the engine and the slow reference agree on random markets under random rules, in which
 * everything that the rules speak of does happen often.
 *
 * `HOURGLASS_SEED` repeats a run, `HOURGLASS_CASES` sets how many markets are tried.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountCaseOf, accountRecipe } from './account-rules.ts';
import { firstAccountDifference } from './difference.ts';
import { runEngine } from './engine-adapter.ts';
import { accountEventKinds, type EventCounts, noEvents } from './events.ts';
import { runReference } from './reference-run.ts';

const seed = Number(process.env['HOURGLASS_SEED'] ?? Date.now() % 2_147_483_647);
const cases = Number(process.env['HOURGLASS_CASES'] ?? 1_000);
/** Fewer of a kind in a thousand markets, and the markets test too little. */
const eventsMin = Math.floor((50 * Math.min(cases, 1_000)) / 1_000);

test(`engine and reference agree on ${cases} accounts (HOURGLASS_SEED=${seed})`, async () => {
  const events = noEvents();
  let trades = 0;
  await fc.assert(
    fc.asyncProperty(accountRecipe, async (recipe) => {
      const drawn = accountCaseOf(recipe);
      const reference = runReference(drawn);
      trades += reference.trades.length;
      for (const kind of accountEventKinds) events[kind] += reference.events[kind];
      expect(firstAccountDifference(reference, await runEngine(drawn), drawn.capital)).toBeNull();
    }),
    { seed, numRuns: cases },
  );
  process.stdout.write(`account: ${cases} markets, HOURGLASS_SEED=${seed}, rarest:\n${rarest(events)}\n`);
  expect(trades).toBeGreaterThan(5 * cases);
  const rare = accountEventKinds.filter((kind) => events[kind] < eventsMin);
  expect(rare, `each kind must occur ${eventsMin} times`).toEqual([]);
}, 1_800_000);

function rarest(events: EventCounts): string {
  const kinds = accountEventKinds.toSorted((a, b) => events[a] - events[b]).slice(0, 10);
  return kinds.map((kind) => `${String(events[kind]).padStart(8)}  ${kind}`).join('\n');
}
