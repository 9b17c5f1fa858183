/** Dated records: arrivals that nobody noted or that cannot be, times without any, and series that end before the bars. */
import { dayMs, isoMinute } from '../../../engine/panel/hours.ts';
import { type Observation, percent, type Rule } from '../finding.ts';
import { timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';

/** Daily values are at most this old where nothing is wrong. */
const staleDays = 3;

export const records: Rule = (input) => [
  ...arrivals(input),
  ...silences(input),
  ...holes(input),
  ...stale(input),
];

function arrivals({ records: { news } }: CheckInput): readonly Observation[] {
  if (news === null) return [];
  const span = { symbol: null, fromMs: news.fromMs, toMs: news.toMs };
  const { articles, withoutArrival, earlyArrival, atMidnight } = news;
  const observations: Observation[] = [];
  if (withoutArrival > 0)
    observations.push({
      rule: 'news-arrival',
      severity: 'warning',
      ...span,
      count: withoutArrival,
      message: `When ${withoutArrival} of ${articles} articles came in is not known (${percent(withoutArrival / articles)}), and ${atMidnight} carry exactly midnight: an as-of join by publication is optimistic. Lag them, or begin where arrivals are on record.`,
    });
  if (earlyArrival > 0)
    observations.push({
      rule: 'news-clock',
      severity: 'note',
      ...span,
      count: earlyArrival,
      message: `${earlyArrival} of ${articles} articles came in before they were published: one of the two clocks is wrong. They count from the later of the two times.`,
    });
  return observations;
}

function silences({ grid, records: { news } }: CheckInput): readonly Observation[] {
  const inBars = (news?.silences ?? []).filter(
    ({ fromMs, toMs }) => toMs > grid.startMs && fromMs < timeOf(grid, grid.hours),
  );
  return inBars.map(({ fromMs, toMs }) => ({
    rule: 'news-hole',
    severity: 'warning',
    symbol: null,
    fromMs,
    toMs,
    count: Math.round((toMs - fromMs) / dayMs),
    message: `No article of any coin in ${Math.round((toMs - fromMs) / dayMs)} days: the archive lacks them, the world did not stand still. Columns of news mean nothing there.`,
  }));
}

function holes({ records: { fearGreed } }: CheckInput): readonly Observation[] {
  return (fearGreed?.holes ?? []).map(({ afterMs, days }) => ({
    rule: 'fear-greed-hole',
    severity: 'note',
    symbol: null,
    fromMs: afterMs + dayMs,
    toMs: afterMs + days * dayMs,
    count: days,
    message: `${days} daily values are missing after ${isoMinute(afterMs)}: the one before stays the newest.`,
  }));
}

function stale({ grid, records: { news, fearGreed, marketCap } }: CheckInput): readonly Observation[] {
  const endMs = timeOf(grid, grid.hours);
  const series = [
    ['news', news],
    ['fear_greed', fearGreed],
    ['market_cap', marketCap],
  ] as const;
  return series.flatMap(([table, facts]) => {
    if (facts === null || endMs - facts.toMs <= staleDays * dayMs) return [];
    const days = Math.round((endMs - facts.toMs) / dayMs);
    return [
      {
        rule: 'stale-records',
        severity: 'warning' as const,
        symbol: null,
        fromMs: facts.toMs,
        toMs: timeOf(grid, grid.hours - 1),
        count: days,
        message: `${table} ends at ${isoMinute(facts.toMs)}, ${days} days before the bars: whatever is carried forward from it grows as old as that. End runs there, or fetch the rest.`,
      },
    ];
  });
}
