import { describe, expect, it } from 'vitest';
import { newsClasses } from '../../../engine/columns/records.ts';
import {
  articleProbabilities,
  type TextVersion,
  textValidity,
  textVersionAt,
  withNewsClasses,
} from '../../../engine/signal/news.ts';
import { softmax } from '../../../engine/signal/probability.ts';
import type { TextTerms } from '../../../engine/signal/text-terms.ts';

const terms: TextTerms = {
  ...{ formatVersion: 1, tokeniser: 'latin-words-and-pieces-1', pieceMin: 3, pieceMax: 4 },
  ...{ countWeights: [0, 1], terms: ['hack', 'list'], weights: [1, 2] },
};

/** Linear as a real graph, computed here: logit of class k is k + 1 times the first term, plus `shift` times the second. */
function versionFrom(validFromMs: number, shift: number): TextVersion {
  return {
    validFromMs,
    terms,
    session: {
      async run(input, rows) {
        return Float32Array.from({ length: rows * newsClasses.length }, (_, at) => {
          const [row, place] = [Math.floor(at / newsClasses.length), at % newsClasses.length];
          return (place + 1) * input[2 * row]! + (place === shift ? 5 * input[2 * row + 1]! : 0);
        });
      },
      async close() {},
    },
  };
}

describe('classes of articles', () => {
  const versions = [versionFrom(100, 0), versionFrom(200, 3)];

  it('come from the version that was valid when the article became available', async () => {
    const times = [99, 100, 199, 200, 1000];
    const all = await articleProbabilities(
      times.map(() => 'list'),
      times,
      versions,
    );
    const winners = times.map((_, article) => {
      const own = all.subarray(article * 7, article * 7 + 7);
      return own.some(Number.isNaN) ? null : own.indexOf(Math.max(...own));
    });
    expect(winners).toEqual([null, 0, 0, 3, 3]);
    expect(all.subarray(7, 14)).toEqual(softmax([5, 0, 0, 0, 0, 0, 0]));
    expect(times.map((time) => textVersionAt(versions, time))).toEqual([-1, 0, 0, 1, 1]);
  });

  it('are the same for an article alone and among thousands', async () => {
    const titles = Array.from({ length: 1000 }, (_, at) => ['hack', 'list', 'hack list', 'quiet'][at % 4]!);
    const all = await articleProbabilities(titles, new Float64Array(1000).fill(150), versions);
    for (const at of [0, 1, 2, 3, 255, 256, 999]) {
      const alone = await articleProbabilities([titles[at]!], [150], versions);
      expect(all.subarray(at * 7, at * 7 + 7)).toEqual(alone);
    }
  });

  it('take the place of those that records have', () => {
    const records = {
      ...{ availableMs: Float64Array.of(1), publishedMs: Float64Array.of(1) },
      ...{ start: Int32Array.of(0, 0), coins: new Int32Array(0), classes: new Float64Array(0) },
    };
    const probabilities = softmax([1, 2, 3, 4, 5, 6, 7]);
    const made = withNewsClasses(records, probabilities);
    expect(made.classes).toEqual(probabilities);
    expect(made.classes.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(() => withNewsClasses(records, new Float64Array(14))).toThrow(
      'every article has its probabilities',
    );
  });

  it('of a corpus without dates are there from the beginning; later versions do not reach back', () => {
    const undated = { validFromMs: 0 };
    const validity = textValidity([
      { contract: undated, versionFromMs: 500 },
      { contract: undated, versionFromMs: 900 },
    ]);
    expect(validity).toEqual([0, 900]);
  });
});
