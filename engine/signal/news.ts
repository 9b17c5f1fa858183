/** Classes of articles: each by the version that was valid when it became available. */

import { type NewsRecords, newsClasses } from '../columns/records.ts';
import { assertInvariant } from '../invariant.ts';
import { sharedFloat64 } from '../panel/panel.ts';
import type { ModelContract } from './contract.ts';
import { softmax } from './probability.ts';
import type { ModelSession } from './session.ts';
import { type TextTerms, textVectors } from './text-terms.ts';

/** A text model of one retrain, ready to run; it gives a logit for each of `newsClasses`, in their order. */
export interface TextVersion {
  /** First moment that it may classify, epoch ms UTC. */
  readonly validFromMs: number;
  readonly terms: TextTerms;
  readonly session: ModelSession;
}

/** Articles at once: their vectors are dense, and wide. */
const ARTICLES_PER_RUN = 256;

/**
 * From when on each of a strategy's text models classifies, epoch ms UTC. A model that was trained on a corpus without dates has seen
 * nothing of any market: the first one is therefore valid as its contract says, which is from the beginning, and every later one
 * from its version on.
 * @param models in the order of their versions
 */
export function textValidity(
  models: readonly {
    readonly contract: Pick<ModelContract, 'validFromMs'>;
    readonly versionFromMs: number;
  }[],
): readonly number[] {
  return models.map(({ contract, versionFromMs }, index) =>
    index === 0 ? contract.validFromMs : versionFromMs,
  );
}

/** Place of the version that classifies what became available then; -1 before the first. */
export function textVersionAt(
  versions: readonly Pick<TextVersion, 'validFromMs'>[],
  availableMs: number,
): number {
  return versions.findLastIndex(({ validFromMs }) => validFromMs <= availableMs);
}

/**
 * `[article][class]`: softmax of the logits, in double precision; NaN before the first version. An article's bits do not depend on the
 * articles around it.
 * @param versions ascending by `validFromMs`
 */
export async function articleProbabilities(
  titles: readonly string[],
  availableMs: ArrayLike<number>,
  versions: readonly TextVersion[],
): Promise<Float64Array> {
  const width = newsClasses.length;
  const probabilities = new Float64Array(titles.length * width).fill(Number.NaN);
  const articlesOf = versions.map((): number[] => []);
  for (let article = 0; article < titles.length; article += 1) {
    articlesOf[textVersionAt(versions, availableMs[article]!)]?.push(article);
  }
  for (const [index, articles] of articlesOf.entries()) {
    const { terms, session } = versions[index]!;
    for (let from = 0; from < articles.length; from += ARTICLES_PER_RUN) {
      const some = articles.slice(from, from + ARTICLES_PER_RUN);
      const vectors = textVectors(
        terms,
        some.map((article) => titles[article]!),
      );
      const logits = await session.run(vectors, some.length, [terms.terms.length]);
      assertInvariant(
        logits.length === some.length * width,
        'a news classifier gives a logit for each class',
      );
      for (const [row, article] of some.entries()) {
        probabilities.set(softmax(logits.subarray(row * width, (row + 1) * width)), article * width);
      }
    }
  }
  return probabilities;
}

/** The records with these classes in place of their own. `probabilities` by article, as `articleProbabilities` gives them. */
export function withNewsClasses(records: NewsRecords, probabilities: Float64Array): NewsRecords {
  assertInvariant(
    probabilities.length === records.availableMs.length * newsClasses.length,
    'every article has its probabilities',
  );
  const classes = sharedFloat64(probabilities.length);
  classes.set(probabilities);
  return { ...records, classes };
}
