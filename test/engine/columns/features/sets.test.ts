import { describe, expect, it } from 'vitest';
import type { FeatureNeed } from '../../../../engine/columns/features/feature.ts';
import { features } from '../../../../engine/columns/features/registry.ts';
import { featureSets, pendingFeatures } from '../../../../engine/columns/features/sets.ts';

const set = (name: string) => featureSets.get(name)!;
const names = (name: string) => set(name).features.map((feature) => feature.name);

describe('feature sets', () => {
  it('have 90, 95 and 79 columns, each name once and registered', () => {
    expect([...featureSets.keys()].map((name) => names(name).length)).toEqual([90, 95, 79]);
    for (const name of featureSets.keys()) {
      expect(new Set(names(name)).size).toBe(names(name).length);
      for (const feature of set(name).features) expect(features.get(feature.name)).toBe(feature);
    }
  });

  it('s1 is s3, then what s2 says of the market', () => {
    expect(names('s1').slice(0, 79)).toEqual(names('s3'));
    expect(names('s1').slice(79)).toEqual(names('s2').slice(0, 11));
  });

  it('twelve columns of s2 wait for the models and the classifier, and without news two more', () => {
    const market: FeatureNeed[] = [
      'benchmark',
      'volume',
      'quote-volume',
      'fear-greed',
      'instruments',
      'regime',
    ];
    const pending = (met: readonly FeatureNeed[]) =>
      pendingFeatures(set('s2'), new Set(met)).map(({ name }) => name);
    const waiting = pending([...market, 'news']);
    expect(waiting).toHaveLength(12);
    expect(waiting.slice(0, 4)).toEqual(['lstm_prob_buy', 'lstm_prob_sell', 'tcn_prob_buy', 'tcn_prob_sell']);
    expect(waiting).not.toContain('news_cnt_7d');
    expect(pending(market)).toHaveLength(14);
    expect(pending([...market, 'news', 'news-classes', 'stored'])).toEqual([]);
    expect(pendingFeatures(set('s3'), new Set(market))).toEqual([]);
  });
});
