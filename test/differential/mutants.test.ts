/** The differential test is worth something only if it finds mistakes: every mutant of the engine must be caught. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accountMutants } from './account-mutants.ts';
import { accountCaseOf, accountRecipe } from './account-rules.ts';
import { firstAccountDifference, firstDifference } from './difference.ts';
import { type Engine, type EngineRun, runEngine } from './engine-adapter.ts';
import { type Case, caseOf, caseRecipe } from './markets.ts';
import { engineWith, plainMutants } from './mutants.ts';
import { runReference } from './reference-run.ts';

const casesMax = 300;

type Differ = (expected: EngineRun, actual: EngineRun, capital: number) => string | null;

/** Cases to catch mutants with, and what the reference makes of them, reckoned once. */
class Net {
  readonly #cases: readonly Case[];
  readonly #differ: Differ;
  readonly #expected = new Map<number, EngineRun>();

  constructor(cases: readonly Case[], differ: Differ) {
    this.#cases = cases;
    this.#differ = differ;
  }

  /** Index of the first case in which engine and reference part; a crash of the engine counts. */
  async firstCaught(engine: Engine): Promise<number | null> {
    for (const [index, drawn] of this.#cases.entries()) {
      const run = await runEngine(drawn, engine).catch(() => null);
      if (run === null || this.#differ(this.#expectedAt(index), run, drawn.capital) !== null) return index;
    }
    return null;
  }

  #expectedAt(index: number): EngineRun {
    const known = this.#expected.get(index) ?? runReference(this.#cases[index]!);
    this.#expected.set(index, known);
    return known;
  }
}

const sample = { seed: 20_240_101, numRuns: casesMax };
const plain = new Net(fc.sample(caseRecipe, sample).map(caseOf), firstDifference);
const accounts = new Net(fc.sample(accountRecipe, sample).map(accountCaseOf), firstAccountDifference);

describe.each([
  { rules: 'plain rules', net: plain, mutants: plainMutants },
  { rules: 'rules of an account', net: accounts, mutants: accountMutants },
])('under the $rules', ({ net, mutants }) => {
  test.each(mutants)(
    'caught: $name',
    async ({ name, edits }) => {
      const caught = await net.firstCaught(await engineWith(edits));
      process.stdout.write(
        `mutant "${name}" ${caught === null ? 'SURVIVES' : `caught by case ${caught + 1}`}\n`,
      );
      expect(caught, `${casesMax} random markets must tell the mutant from the reference`).not.toBeNull();
    },
    60_000,
  );

  test('not caught: the engine itself, built like a mutant', async () => {
    expect(await net.firstCaught(await engineWith([]))).toBeNull();
  }, 60_000);
});

test('a mutant whose text is gone is an error, not a survivor', async () => {
  const edit = { file: 'simulator/path.ts', from: 'a text that stands nowhere', to: '' };
  await expect(engineWith([edit])).rejects.toThrow('holds 0 times, not once');
});
