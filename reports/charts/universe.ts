/** How many coins could be chosen, day by day, and what kept the others out. */
import { type UniverseReason, universeReasons } from '../../engine/columns/universe/universe.ts';
import { type Chart, colour, dailyHover, type Spec, timeAxis } from '../chart.ts';
import type { UniverseFacts } from '../column-facts.ts';
import { count, day, plural } from '../format.ts';

/** What each reason means, for those who do not know its name. */
export const reasonClauses: Readonly<Record<UniverseReason, string>> = {
  eligible: 'could be chosen',
  'not-listed': 'not listed yet, or not any more',
  benchmark: 'BTC itself, which everything else is measured against',
  'non-crypto': 'an index, a metal, a share or another underlying that is no coin',
  stablecoin: 'pegged to 1, by its metadata or by its price over 720 hours',
  wrapped: 'a copy of BTC, by its metadata or by its returns over 720 hours',
  absent: 'listed, but without a bar at that hour (a halt, or a hole in the files)',
  'short-history': 'fewer than 540 bars in the last 720 hours',
  'thin-volume': 'median daily volume of 30 days below what was asked for',
};

const reasonColours: Readonly<Record<UniverseReason, string>> = {
  ...{ eligible: colour.main, 'not-listed': colour.grid, benchmark: colour.ink },
  ...{ 'non-crypto': colour.loss, stablecoin: colour.gain, wrapped: colour.third },
  ...{ absent: colour.second, 'short-history': colour.muted, 'thin-volume': colour.ink },
};

/** The whole market by day, and those left out on a scale of their own. */
export function universeCharts(facts: UniverseFacts): Chart[] {
  if (facts.timeMs.length === 0) return [];
  const occurring = universeReasons.filter(
    (reason) => reason !== 'not-listed' && facts.coins[reason].some((coins) => coins > 0),
  );
  const leftOut = occurring.filter((reason) => reason !== 'eligible');
  const columns = {
    time: facts.timeMs,
    ...Object.fromEntries(universeReasons.map((reason) => [reason, facts.coins[reason]])),
  };
  const shared = { columns, times: ['time'] };
  const charts: Chart[] = [
    {
      ...shared,
      ...{ id: 'universe', title: 'Eligible coins, and those left out by reason', wide: true },
      reading: sizeReading(facts),
      spec: stackSpec(occurring, occurring, 300),
    },
  ];
  if (leftOut.length > 0)
    charts.push({
      ...shared,
      ...{ id: 'left-out', title: 'Listed coins left out, by reason', wide: true },
      reading: leftOutReading(facts, leftOut),
      spec: stackSpec(leftOut, leftOut, 200),
    });
  return charts;
}

function stackSpec(
  shown: readonly UniverseReason[],
  hovered: readonly UniverseReason[],
  height: number,
): Spec {
  return {
    height,
    layer: [
      {
        transform: [
          { fold: shown, as: ['reason', 'coins'] },
          { calculate: `indexof(${JSON.stringify(shown)}, datum.reason)`, as: 'rank' },
        ],
        mark: { type: 'area', interpolate: 'step-before', opacity: 0.75 },
        encoding: {
          x: timeAxis,
          y: {
            ...{ field: 'coins', type: 'quantitative', stack: 'zero', title: 'coins' },
            axis: { tickCount: 5, tickMinStep: 1 },
          },
          color: {
            ...{ field: 'reason', type: 'nominal', sort: shown },
            scale: { domain: shown, range: shown.map((reason) => reasonColours[reason]) },
            legend: { columns: { expr: 'width < 480 ? 3 : 8' } },
          },
          order: { field: 'rank', type: 'quantitative' },
        },
      },
      dailyHover(
        { field: shown[0]!, type: 'quantitative' },
        hovered.map((field) => ({ field, type: 'quantitative', title: field })),
      ),
    ],
  };
}

function sizeReading({ timeMs, coins: { eligible } }: UniverseFacts): string {
  const first = eligible.findIndex((coins) => coins > 0);
  if (first < 0) return 'No coin was eligible on any day.';
  const lived = eligible.slice(first);
  const [least, most] = [Math.min(...lived), Math.max(...lived)];
  const [low, high] = [eligible.indexOf(least, first), eligible.indexOf(most)];
  const before = first === 0 ? '' : `None before ${day(timeMs[first]!)}, while histories grow. `;
  return `${before}${plural(eligible.at(-1)!, 'coin')} at the end; fewest ${count(least)} on ${day(timeMs[low]!)}, most ${count(most)} on ${day(timeMs[high]!)}. Coins that are not listed on a day are left off.`;
}

function leftOutReading({ timeMs, coins }: UniverseFacts, leftOut: readonly UniverseReason[]): string {
  const means = leftOut
    .map((reason) => ({ reason, mean: coins[reason].reduce((sum, value) => sum + value, 0) / timeMs.length }))
    .sort((a, b) => b.mean - a.mean);
  const said = means.map(({ reason, mean }) => `${reason} ${mean.toFixed(mean < 10 ? 1 : 0)}`);
  return `On an average day: ${said.join(', ')}.`;
}
