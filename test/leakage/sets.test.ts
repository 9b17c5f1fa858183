/** The feature sets of the package, the regime behind them and the strategies over them look at nothing to come. */
import { describe, expect, it } from 'vitest';
import { audit } from '../../engine/columns/audit/audit.ts';
import { normalAt, uniformAt } from '../../engine/columns/audit/chance.ts';
import { columnSubject } from '../../engine/columns/audit/column-subjects.ts';
import { type AuditWorld, worldOf } from '../../engine/columns/audit/world.ts';
import { featureSets } from '../../engine/columns/features/sets.ts';
import { longestReach } from '../../engine/columns/plan.ts';
import { newsClasses } from '../../engine/columns/records.ts';
import { fitMarketRegimes } from '../../engine/columns/regime/market-regimes.ts';
import { emptyRows } from '../../engine/panel/rows.ts';
import { strategies } from '../parity/market.ts';
import { smallMarket } from './market.ts';
import { joinedCaps, joinedNews, joinedSentiment } from './traps.ts';

const COINS = 32;
/** Enough behind the longest reach of any column. */
const HOURS = longestReach([...featureSets.values()].flatMap(({ features }) => features)) + 300;

/** Every record joined, the regime fitted, and two stored scores of noise. */
function wholeWorld(): AuditWorld {
  const world = smallMarket(COINS, HOURS);
  const news = joinedNews(world, false)!;
  const classes = Float64Array.from(
    { length: news.availableMs.length * newsClasses.length },
    (_, place) => uniformAt(2, place) / newsClasses.length,
  );
  const records = {
    ...world.inputs.records,
    fearGreed: joinedSentiment(world, false),
    marketCap: joinedCaps(world, false),
    news: { ...news, classes },
  };
  const inputs = { ...world.inputs, records };
  const stored = ['score', 'logit'].map((name, place) => {
    const rows = emptyRows(name, COINS, HOURS);
    rows.values.forEach((_, cell) => {
      rows.values[cell] = normalAt(4 + place, cell);
    });
    return rows;
  });
  return worldOf(
    { ...inputs, regimes: fitMarketRegimes(inputs) },
    { tables: world.tables, revisions: world.revisions, stored },
  );
}

const world = wholeWorld();

describe.each(['s2', 's3'])('set %s', (name) => {
  it('is clean, and has something to say wherever it has its inputs', async () => {
    const features = featureSets.get(name)!.features.filter(({ scope }) => scope !== 'stored');
    const result = await audit({
      ...{ world, seed: 5, times: 4, replayHours: 12 },
      historyHours: longestReach(features),
      subjects: [columnSubject({ name, columns: features.map((feature) => feature.name) })],
      ...(name === 's2' ? { fitRegimes: fitMarketRegimes } : {}),
    });
    expect(result.leaks).toEqual([]);
    expect(result.silent).toEqual([]);
    expect(result.clean).toBe(true);
  }, 60_000);
});

describe('the strategies of the package', () => {
  it('decide on nothing to come', async () => {
    const result = await audit({
      ...{ world, seed: 6, times: 4, replayHours: 12, historyHours: 1000, subjects: [] },
      strategies: Object.values(strategies).map((strategy) => ({
        ...{ strategy, capital: 100_000, minimumShare: 0.5 },
        costs: { takerFeeBps: 5, makerFeeBps: 2, slippageBps: 1 },
      })),
    });
    expect(result.leaks).toEqual([]);
    expect(result.ran).toMatchObject({ Da: 12, Db: 12 });
    // Three strategies at three stamps of the stream; the joins of the records come on top.
    expect(result.ran.Dg).toBeGreaterThanOrEqual(9);
  }, 60_000);
});
