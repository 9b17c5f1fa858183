import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { newsTemplates } from '../../datasets/planted/news/templates.ts';
import { newsClasses } from '../../engine/columns/records.ts';
import { textTokens } from '../../engine/signal/text-terms.ts';
import {
  corpusCsv,
  corpusDir,
  corpusFile,
  newsCorpus,
  parseWritten,
  plantedTemplates,
  writtenTemplates,
} from '../../training/news-corpus.ts';

const rows = await newsCorpus();

describe('the corpus of headlines', () => {
  it('is what its sources give; if it is not: hourglass training corpus', async () => {
    expect(await readFile(`${corpusDir}${corpusFile}`, 'utf8')).toBe(corpusCsv(rows));
    const other = await newsCorpus(2);
    expect(corpusCsv(other)).not.toBe(corpusCsv(rows));
  });

  it('has hundreds of headlines of every class, no title twice, and no slot left open', () => {
    for (const newsClass of newsClasses) {
      const own = rows.filter((row) => row.newsClass === newsClass);
      expect(own.length).toBeGreaterThan(400);
      expect(new Set(own.map(({ group }) => group)).size).toBeGreaterThan(50);
    }
    expect(new Set(rows.map(({ title }) => title)).size).toBe(rows.length);
    expect(rows.filter(({ title }) => /[{}<>]|undefined/.test(title))).toEqual([]);
  });

  it('knows no template that is kept from training', () => {
    const groups = new Set(rows.map(({ group }) => group));
    const kept = newsClasses.flatMap((newsClass) =>
      newsTemplates[newsClass].filter(({ family, heldOut }) => heldOut || family === 'notice'),
    );
    expect(kept.length).toBeGreaterThan(150);
    expect(kept.filter(({ name }) => groups.has(`planted-${name}`))).toEqual([]);
    expect(plantedTemplates().length).toBeGreaterThan(150);
  });

  it('our own words repeat none of those either', async () => {
    const wordsOf = (parts: unknown) =>
      new Set(textTokens(JSON.stringify(parts).replaceAll(/"(?:slot|choices)":("\w+")?/g, ' ')));
    const kept = newsClasses
      .flatMap((newsClass) => newsTemplates[newsClass])
      .filter(({ family, heldOut }) => heldOut || family === 'notice')
      .map(({ name, parts }) => ({ name, words: wordsOf(parts) }))
      .filter(({ words }) => words.size >= 6);
    const near = (await writtenTemplates()).flatMap(({ group, parts }) => {
      const words = wordsOf(parts);
      return kept
        .filter((other) => {
          const common = [...other.words].filter((word) => words.has(word)).length;
          return common / (words.size + other.words.size - common) > 0.6;
        })
        .map(({ name }) => `${group} and ${name}`);
    });
    expect(near).toEqual([]);
  });

  it('tells every line of our own words that stands wrong', () => {
    expect(() => parseWritten('a headline\n[rumour]\nanother')).toThrow(
      'line 1: stands under no class\n  line 2: rumour is none of listing',
    );
    expect(parseWritten('# remark\n[hack]\n{coin} drained')).toMatchObject([
      { newsClass: 'hack', group: 'written-hack-1' },
    ]);
  });
});
