import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  foldText,
  type TextTerms,
  termsOf,
  textLengthMax,
  textTermsFaults,
  textTokens,
  textVectors,
} from '../../../engine/signal/text-terms.ts';

interface Shared {
  readonly terms: TextTerms;
  readonly cases: readonly {
    readonly title: string;
    readonly tokens: readonly string[];
    readonly vector: string;
  }[];
}

// Written by the Python side, whose own test holds it to the same file.
const shared = JSON.parse(
  readFileSync(new URL('../../golden/text-terms.json', import.meta.url), 'utf8'),
) as Shared;
const { terms, cases } = shared;

describe('vectors of titles', () => {
  it('are those of the shared file, bit by bit', () => {
    expect(cases.length).toBeGreaterThan(30);
    const together = textVectors(
      terms,
      cases.map(({ title }) => title),
    );
    for (const [row, { title, tokens, vector }] of cases.entries()) {
      expect(textTokens(title)).toEqual(tokens);
      const bytes = Buffer.from(vector, 'base64');
      const wanted = new Float32Array(new Uint8Array(bytes).buffer);
      expect(textVectors(terms, [title])).toEqual(wanted);
      expect(together.subarray(row * terms.terms.length, (row + 1) * terms.terms.length)).toEqual(wanted);
    }
    expect(together.filter((value) => value !== 0).length).toBeGreaterThan(100);
  });

  it('have length 1, or 0 where nothing is known', () => {
    const text = fc.array(fc.constantFrom(...terms.terms, 'zzzz', '🚀', 'É', '12%'), { maxLength: 30 });
    fc.assert(
      fc.property(text, (words) => {
        const vector = textVectors(terms, [words.join(' ')]);
        const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
        expect(vector.some(Number.isNaN)).toBe(false);
        expect(length === 0 || Math.abs(length - 1) < 1e-6).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it('are 0 where all that is known weighs nothing, and end for pieces of any length', () => {
    const weightless = { ...terms, weights: terms.weights.map(() => 0) };
    expect(textVectors(weightless, [terms.terms[0]!]).every((value) => value === 0)).toBe(true);
    const longest = { pieceMin: terms.pieceMin, pieceMax: Number.MAX_SAFE_INTEGER };
    expect(termsOf('listing', longest)).toContain('~_listing_');
  });

  it('do not depend on which coin, amount or time a title names', () => {
    const first = textTokens('$ZEL up 12.5%: $3.1M bought by 14:00');
    expect(textTokens('$KYN up 3 %: $ 870 million bought by 9:30')).toEqual(first);
    expect(first).toEqual(['#cashtag', 'up', '#percent', '#amount', 'bought', 'by', '#clock']);
  });
});

describe('folding', () => {
  it('leaves lower-case ASCII of a bounded length, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const folded = foldText(text);
        expect(folded).not.toMatch(/[^\0-\x7f]|[A-Z]/);
        expect(foldText(folded)).toBe(folded);
      }),
      { seed: 1 },
    );
    expect(foldText('é'.repeat(5000))).toBe('e'.repeat(textLengthMax));
  });

  it('a slip of the keyboard leaves most pieces of a word', () => {
    const pieces = (word: string) =>
      new Set(termsOf(word, { pieceMin: 3, pieceMax: 4 }).filter((term) => term.startsWith('~')));
    const kept = [...pieces('exploited')].filter((piece) => pieces('explotied').has(piece)).length;
    expect(kept).toBeGreaterThan(6);
  });
});

describe('a list of terms', () => {
  it('passes as it is written, and every fault is told', () => {
    expect(textTermsFaults(terms)).toEqual([]);
    expect(textTermsFaults([])).toEqual(['it is no JSON object']);
    const broken = {
      ...terms,
      ...{ formatVersion: 2, tokeniser: 'words', pieceMin: 4, pieceMax: 3, countWeights: [0, null] },
      ...{ terms: ['a', 'a'], weights: [1, -1, 2] },
    };
    expect(textTermsFaults(broken).map((fault) => fault.split(':')[0])).toEqual([
      ...['formatVersion', 'tokeniser', 'pieceMax', 'countWeights', 'terms', 'weights', 'weights'],
    ]);
  });
});
