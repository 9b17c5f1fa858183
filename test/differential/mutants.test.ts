/** The differential test is worth something only if it finds mistakes: every mutant of the engine must be caught. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstDifference } from './difference.ts';
import { type Engine, runEngine } from './engine-adapter.ts';
import { caseOf, caseRecipe } from './markets.ts';
import { engineWith, mutants } from './mutants.ts';
import { runReference } from './reference-run.ts';

const casesMax = 300;
const recipes = fc.sample(caseRecipe, { seed: 20_240_101, numRuns: casesMax });

test.each(mutants)(
  'caught: $name',
  async ({ name, edits }) => {
    const caught = await firstCaught(await engineWith(edits));
    process.stdout.write(
      `mutant "${name}" ${caught === null ? 'SURVIVES' : `caught by case ${caught + 1}`}\n`,
    );
    expect(caught, `${casesMax} random markets must tell the mutant from the reference`).not.toBeNull();
  },
  60_000,
);

test('not caught: the engine itself, built like a mutant', async () => {
  expect(await firstCaught(await engineWith([]))).toBeNull();
}, 60_000);

test('a mutant whose text is gone is an error, not a survivor', async () => {
  const edit = { file: 'simulator/path.ts', from: 'a text that stands nowhere', to: '' };
  await expect(engineWith([edit])).rejects.toThrow('holds 0 times, not once');
});

/** Index of the first case in which engine and reference part; a crash of the engine counts. */
async function firstCaught(engine: Engine): Promise<number | null> {
  for (const [index, recipe] of recipes.entries()) {
    const drawn = caseOf(recipe);
    const run = await runEngine(drawn, engine).catch(() => null);
    if (run === null || firstDifference(runReference(drawn), run) !== null) return index;
  }
  return null;
}
