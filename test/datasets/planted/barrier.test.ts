import { describe, expect, it } from 'vitest';
import {
  type BarrierCoin,
  barrierScoresTable,
  plantBarrierCoin,
  truthBarrierTable,
} from '../../../datasets/planted/barrier/index.ts';
import {
  bayesAuc,
  invertedSellLaw,
  meanWinRate,
  ordinarySellLaw,
  scoreAuc,
} from '../../../datasets/planted/barrier/laws.ts';
import {
  type BarrierPoint,
  buyAucs,
  drawPoint,
  pointSource,
} from '../../../datasets/planted/barrier/points.ts';
import { type BarrierSettings, barrierDefaults } from '../../../datasets/planted/barrier/settings.ts';
import { burnInHours } from '../../../datasets/planted/settings.ts';
import { tripleBarrier } from '../../../engine/columns/labels/triple-barrier.ts';
import { sigmoid } from '../../../engine/signal/probability.ts';
import { rocAuc } from '../../../engine/stats/roc-auc.ts';
import { wilson } from '../../../engine/stats/wilson.ts';

const span = { seed: 5, fromHour: burnInHours, toHour: burnInHours + 150 * 24, priceStart: 0.37 };

/** Points without paths: `perCoin` of each coin, spread over the given days. */
function points(
  coins: number,
  perCoin: number,
  settings: BarrierSettings = barrierDefaults,
  days = { from: 0, to: 100 },
): BarrierPoint[] {
  const hours = (days.to - days.from) * 24;
  return Array.from({ length: coins }, (_, coin) => {
    const source = pointSource(21, `BARRIER${coin}`, settings);
    return Array.from({ length: perCoin }, (__, slot) =>
      drawPoint(source, slot, burnInHours + days.from * 24 + Math.floor((slot * hours) / perCoin)),
    );
  }).flat();
}

const aucBy = (rows: readonly BarrierPoint[], pick: (point: BarrierPoint) => number) =>
  rocAuc(
    rows.map(({ outcome }) => outcome),
    rows.map(pick),
  );

const buys = (rows: readonly BarrierPoint[]) => rows.filter(({ side }) => side === 1);
const sells = (rows: readonly BarrierPoint[]) => rows.filter(({ side }) => side === -1);

function barsOf({ path }: BarrierCoin, from: number, count: number): [number, number, number, number][] {
  return Array.from({ length: Math.min(count, path.open.length - from) }, (_, index) => {
    const at = from + index;
    return [path.open[at]!, path.high[at]!, path.low[at]!, path.close[at]!];
  });
}

describe('the path of a barrier coin', () => {
  const coins = ['BARRIER001', 'BARRIER002', 'BARRIER003'].map((id) => plantBarrierCoin({ ...span, id }));
  const settled = coins.flatMap((coin) =>
    coin.episodes.filter(({ exitHour }) => exitHour < span.toHour).map((episode) => ({ coin, episode })),
  );

  it('meets the barrier of the drawn outcome, as the triple barrier reads it', () => {
    const sides = { buyWins: 0, buyLosses: 0, sellWins: 0, sellLosses: 0 };
    for (const { coin, episode } of settled) {
      const { side, outcome } = episode.point;
      const from = episode.entryHour - span.fromHour;
      const bars = barsOf(coin, from, 72);
      expect(coin.path.close[from - 1]).toBe(episode.entryPrice);
      expect(bars[0]![0]).toBe(episode.entryPrice);
      const read = tripleBarrier({ entryPrice: episode.entryPrice, bars, side });
      expect(read).toMatchObject({ label: outcome, isAmbiguous: false });
      expect(read.exitBar).toBe(episode.exitHour - episode.entryHour);
      sides[side === 1 ? (outcome ? 'buyWins' : 'buyLosses') : outcome ? 'sellWins' : 'sellLosses'] += 1;
    }
    expect(Math.min(...Object.values(sides))).toBeGreaterThan(200);
  });

  it('reaches the barrier within the grid of prices, and no further before the exit', () => {
    for (const { coin, episode } of settled) {
      const { side, outcome } = episode.point;
      const direction = outcome === 1 ? side : -side;
      const at = episode.exitHour - span.fromHour;
      const extreme = direction === 1 ? coin.path.high[at]! : coin.path.low[at]!;
      const reached = direction * (extreme / episode.entryPrice - 1);
      expect(reached).toBeGreaterThanOrEqual(0.02 - 1e-15);
    }
  });

  it('takes as long as a symmetric walk of sixteen steps', () => {
    const lives = settled.map(({ episode }) => episode.exitHour - episode.entryHour + 0.5);
    const mean = lives.reduce((sum, life) => sum + life, 0) / lives.length;
    // 256 minutes; the standard error is near .1 h.
    expect(mean).toBeGreaterThan(256 / 60 - 0.4);
    expect(mean).toBeLessThan(256 / 60 + 0.4);
  });

  it('has episodes that do not overlap', () => {
    for (const { episodes } of coins) {
      for (const [index, episode] of episodes.entries())
        expect(episode.entryHour).toBeGreaterThan(episodes[index - 1]?.exitHour ?? -1);
    }
  });

  it('makes bars of its minutes and leaves no gap', () => {
    const { path, minuteClose } = coins[0]!;
    for (let hour = 1; hour < path.open.length; hour += 1) {
      const minutes = Array.from(minuteClose.subarray(hour * 60, hour * 60 + 60));
      expect(path.open[hour]).toBe(path.close[hour - 1]);
      expect(path.close[hour]).toBe(minutes[59]);
      expect(path.high[hour]).toBe(Math.max(path.open[hour]!, ...minutes));
      expect(path.low[hour]).toBe(Math.min(path.open[hour]!, ...minutes));
    }
  });

  it('has the shorter span in the longer one', () => {
    const long = plantBarrierCoin({ ...span, id: 'BARRIER002', toHour: span.toHour + 24 });
    const short = coins[1]!;
    expect(long.minuteClose.slice(0, short.minuteClose.length)).toEqual(short.minuteClose);
    expect(long.episodes.slice(0, short.episodes.length)).toEqual(short.episodes);
  });
});

describe('what can be known', () => {
  it('is the AUC that integration gives', () => {
    const known = { 0.1: 0.528, 0.2: 0.556, 0.3: 0.583, 0.4: 0.609, 0.5: 0.634, 1: 0.74 };
    for (const [slope, auc] of Object.entries(known)) expect(bayesAuc(0, Number(slope))).toBeCloseTo(auc, 3);
    expect(scoreAuc(0, 0.4, 1)).toBeCloseTo(bayesAuc(0, 0.4), 6);
    expect(scoreAuc(0, 0.4, 0)).toBeCloseTo(0.5, 9);
    expect(meanWinRate(0, 1)).toBeCloseTo(0.5, 12);
  });

  it.each([0.2, 0.4, 1])('is reached by the state itself, slope %d', (slope) => {
    const rows = buys(points(200, 200, { ...barrierDefaults, slope }));
    expect(rows.length).toBeGreaterThan(19_000);
    expect(Math.abs(aucBy(rows, ({ state }) => state) - bayesAuc(0, slope))).toBeLessThan(0.02);
    const proxies = aucBy(rows, (point) => point.proxies.reduce((sum, value) => sum + value, 0));
    // Five proxies of noise 2 have a correlation of sqrt(5 / 9) with the state.
    expect(Math.abs(proxies - scoreAuc(0, slope, Math.sqrt(5 / 9)))).toBeLessThan(0.02);
  });
});

describe('SELL scores', () => {
  const rows = sells(points(300, 500));

  it('have the win rate and the share of every bin', () => {
    const total = ordinarySellLaw.bins.reduce((sum, { weight }) => sum + weight, 0);
    for (const { from, to, weight, winRate } of ordinarySellLaw.bins) {
      const inside = rows.filter(({ score }) => score >= from && score < to);
      expect(Math.abs(inside.length / rows.length / (weight / total) - 1)).toBeLessThan(
        5 / Math.sqrt(inside.length),
      );
      const won = inside.filter(({ outcome }) => outcome === 1).length;
      expect(Math.abs(won / inside.length - winRate)).toBeLessThan(2 / Math.sqrt(inside.length));
    }
  });

  it('rank no better than chance, and profit from the state as any point does', () => {
    expect(ordinarySellLaw.auc).toBeCloseTo(0.498, 3);
    expect(Math.abs(aucBy(rows, ({ score }) => score) - ordinarySellLaw.auc)).toBeLessThan(0.006);
    expect(aucBy(rows, ({ winProbability }) => winProbability)).toBeGreaterThan(0.6);
    const wins = rows.filter(({ outcome }) => outcome === 1).length / rows.length;
    const meant = rows.reduce((sum, { winProbability }) => sum + winProbability, 0) / rows.length;
    expect(Math.abs(wins - meant)).toBeLessThan(0.006);
  });

  it('mean the contrary in the inverted days and only there, as far as twelve coins can show', () => {
    const inverted = sells(points(12, 210, barrierDefaults, barrierDefaults.invertedDays));
    const rates = (of: readonly BarrierPoint[]) =>
      [0.7, 0.8, 0.9].map((threshold) => {
        const above = of.filter(({ score }) => score >= threshold);
        const won = above.filter(({ outcome }) => outcome === 1).length;
        return { rate: won / above.length, count: above.length, ...wilson(won, above.length) };
      });
    const found = rates(inverted);
    const [from70, from80, from90] = found;
    expect(from70!.rate).toBeGreaterThan(from80!.rate);
    expect(from80!.rate).toBeGreaterThan(from90!.rate);
    expect(from90!.high).toBeLessThan(0.5);
    for (const [index, stated] of [0.42, 0.37, 0.3].entries()) {
      const { rate, count } = found[index]!;
      expect(Math.abs(rate - stated)).toBeLessThan(1.7 / Math.sqrt(count));
    }
    expect(rates(rows)[2]!.low).toBeGreaterThan(0.5);
    expect(invertedSellLaw.auc).toBeLessThan(ordinarySellLaw.auc);
  });
});

describe('models', () => {
  const rows = points(300, 400);

  it('of a BUY have the AUC that is known of them', () => {
    const known = buyAucs(barrierDefaults);
    expect(known.score).toBeCloseTo(0.535, 3);
    expect(new Set(known.members.map((auc) => auc.toFixed(3))).size).toBe(3);
    const some = buys(rows);
    expect(Math.abs(aucBy(some, ({ score }) => score) - known.score)).toBeLessThan(0.005);
    for (const [member, auc] of known.members.entries())
      expect(Math.abs(aucBy(some, (point) => point.memberLogits[member]!) - auc)).toBeLessThan(0.005);
  });

  it.each([
    ['BUY', buys],
    ['SELL', sells],
  ] as const)('of a %s disagree on 15 to 20 %% of what either lets through the gate', (_, side) => {
    const passes = side(rows).map(({ memberLogits }) =>
      memberLogits.map((logit) => +(sigmoid(logit) >= 0.8)),
    );
    let [either, one] = [0, 0];
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      either += passes.filter((pass) => pass[a] || pass[b]).length;
      one += passes.filter((pass) => pass[a] !== pass[b]).length;
    }
    expect(one / either).toBeGreaterThan(0.15);
    expect(one / either).toBeLessThan(0.2);
  });

  it('state an expected return that is off by the planted bias', () => {
    for (const [some, bias] of [
      [buys(rows), -0.0127],
      [sells(rows), 0],
    ] as const) {
      const errors = some.map((point) => point.expectedReturn - 0.02 * (2 * point.winProbability - 1));
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      expect(Math.abs(mean - bias)).toBeLessThan((3 * 0.005) / Math.sqrt(errors.length));
    }
  });

  it('give fold AUCs as wide as a one-factor market does, by the common share of the score', () => {
    // Five-day folds of some 750 points without skill.
    const spread = (commonShare: number) => {
      const settings = { ...barrierDefaults, slope: 0, outcomeCorrelation: 0.28, commonShare };
      const sources = Array.from({ length: 100 }, (_, coin) => pointSource(3, `B${coin}`, settings));
      const aucs = Array.from({ length: 40 }, (_, fold) =>
        aucBy(
          buys(
            sources.flatMap((source) =>
              Array.from({ length: 15 }, (__, block) =>
                drawPoint(source, fold * 15 + block, burnInHours + fold * 120 + block * 8),
              ),
            ),
          ),
          ({ score }) => score,
        ),
      );
      const mean = aucs.reduce((sum, auc) => sum + auc, 0) / aucs.length;
      return Math.sqrt(aucs.reduce((sum, auc) => sum + (auc - mean) ** 2, 0) / (aucs.length - 1));
    };
    // Known, with 1,200 points: .017, .034, .048, .069. With 750 the first is .021. A spread of 40 folds is known to a ninth.
    for (const [commonShare, low, high] of [
      [0, 0.015, 0.027],
      [0.3, 0.027, 0.045],
      [0.6, 0.038, 0.062],
      [1, 0.055, 0.083],
    ] as const) {
      expect(spread(commonShare)).toBeGreaterThan(low);
      expect(spread(commonShare)).toBeLessThan(high);
    }
  });
});

describe('tables', () => {
  const coin = plantBarrierCoin({ ...span, id: 'BARRIER001' });
  const named = [{ symbol: 'BARRIER001USDT', episodes: coin.episodes }];

  it('tell what is public without the truth', () => {
    const { rows, columns } = barrierScoresTable(named);
    expect(rows).toBe(coin.episodes.length);
    expect(Object.keys(columns)).toEqual(
      'ts symbol side score logit_1 logit_2 logit_3 logit_twice ev proxy_1 proxy_2 proxy_3 proxy_4 proxy_5'.split(
        ' ',
      ),
    );
    const twices = columns['logit_twice']!.values as Float64Array;
    for (const twice of twices) {
      expect(sigmoid(twice)).toBeGreaterThan(0.5);
      expect(sigmoid(twice)).toBeLessThan(0.7311);
    }
  });

  it('tell the truth beside it', () => {
    const { columns } = truthBarrierTable(named);
    expect(Array.from(columns['outcome']!.values, Number)).toEqual(
      coin.episodes.map(({ point }) => point.outcome),
    );
    expect(new Set(Array.from(columns['window']!.values, String))).toEqual(new Set(['ordinary', 'inverted']));
    const exits = Array.from(columns['exit_ts']!.values, Number);
    const decided = Array.from(columns['ts']!.values, Number);
    for (const [row, exit] of exits.entries()) expect(exit).toBeGreaterThan(decided[row]!);
  });
});
