/**
 * Two readings of docs/account.md: the engine and the slow reference agree on random markets under random rules.
 *
 * `HOURGLASS_SEED` repeats a run, `HOURGLASS_CASES` sets how many markets are tried.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountCaseOf, accountRecipe } from './account-rules.ts';
import { firstAccountDifference } from './difference.ts';
import { runEngine } from './engine-adapter.ts';
import { runReference } from './reference-run.ts';

const seed = Number(process.env['HOURGLASS_SEED'] ?? Date.now() % 2_147_483_647);
const cases = Number(process.env['HOURGLASS_CASES'] ?? 1_000);

test(`engine and reference agree on ${cases} accounts (HOURGLASS_SEED=${seed})`, async () => {
  let trades = 0;
  await fc.assert(
    fc.asyncProperty(accountRecipe, async (recipe) => {
      const drawn = accountCaseOf(recipe);
      const reference = runReference(drawn);
      trades += reference.trades.length;
      expect(firstAccountDifference(reference, await runEngine(drawn), drawn.capital)).toBeNull();
    }),
    { seed, numRuns: cases },
  );
  expect(trades).toBeGreaterThan(5 * cases);
}, 240_000);
