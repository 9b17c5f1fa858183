/** How many coins a run could look at, day by day. */
import type { Table } from '../../engine/journal/tables.ts';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import { isPresent, type Panel } from '../../engine/panel/panel.ts';
import { type Chart, colour, dailyHover, type Spec, timeAxis } from '../chart.ts';
import { numbers } from '../columns.ts';
import { count, plural } from '../format.ts';

export interface RunUniverse {
  /** Epoch ms, UTC midnights within the run: the close of the last hour of a day. */
  readonly timeMs: readonly number[];
  /** Coins whose bar closed at that time. */
  readonly present: readonly number[];
  /** Coins eligible by the rules of the columns' universe; null where no set was built over these very bars. */
  readonly eligible: readonly (number | null)[] | null;
}

/**
 * @param times of the run, epoch ms, ascending.
 * @param built table of the universe by hour, as `columns build` stores it.
 */
export function runUniverse(times: Float64Array, panel: Panel, built: Table | null): RunUniverse {
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? -1];
  const days = Math.max(0, Math.floor(last / dayMs) - Math.ceil(first / dayMs) + 1);
  const timeMs = Array.from({ length: days }, (_, day) => (Math.ceil(first / dayMs) + day) * dayMs);
  return {
    timeMs,
    present: timeMs.map((time) => presentAt(panel, (time - panel.startMs) / hourMs - 1)),
    eligible: built === null ? null : eligibleAt(built, timeMs),
  };
}

function presentAt(panel: Panel, hour: number): number {
  let present = 0;
  for (let coin = 0; coin < panel.symbols.length; coin += 1) if (isPresent(panel, coin, hour)) present += 1;
  return present;
}

/** Rows are named by the open of their hour. */
function eligibleAt(built: Table, timeMs: readonly number[]): readonly (number | null)[] {
  const [ts, coins] = [numbers(built, 'ts'), numbers(built, 'eligible')];
  const first = ts[0] ?? Number.NaN;
  return timeMs.map((time) => coins[(time - hourMs - first) / hourMs] ?? null);
}

/** None for a run that holds no midnight. */
export function runUniverseCharts({ timeMs, present, eligible }: RunUniverse): Chart[] {
  if (timeMs.length === 0) return [];
  return [
    {
      ...{ id: 'run-universe', title: 'Coins to choose from', wide: true },
      reading: readingOf({ timeMs, present, eligible }),
      columns: { time: timeMs, present, ...(eligible === null ? {} : { eligible }) },
      times: ['time'],
      spec: specOf(eligible !== null),
    },
  ];
}

function readingOf({ present, eligible }: RunUniverse): string {
  const bars = `Coins with a bar at the end of a day: ${spanText(present)}`;
  const known = (eligible ?? []).filter((coins) => coins !== null);
  if (known.length === 0)
    return `${bars}. How many of them were eligible by history, volume and kind is told where a set of columns has been built over the dataset.`;
  return `${bars}. Eligible by history, volume and kind: ${spanText(known)}. A strategy may choose by rules of its own.`;
}

function spanText(coins: readonly number[]): string {
  const [least, most] = [Math.min(...coins), Math.max(...coins)];
  return least === most
    ? `${plural(least, 'coin')} throughout`
    : `${count(least)} to ${count(most)}, ${count(coins.at(-1)!)} at the end`;
}

function specOf(withEligible: boolean): Spec {
  const names = ['with a bar', ...(withEligible ? ['eligible'] : [])];
  const y = { type: 'quantitative', title: 'coins', axis: { tickCount: 5, tickMinStep: 1 } };
  const line = (field: string, name: string) => ({
    mark: { type: 'line', interpolate: 'step-before' },
    encoding: { x: timeAxis, y: { ...y, field }, color: { datum: name } },
  });
  return {
    height: 200,
    encoding: { color: { scale: { domain: names, range: [colour.muted, colour.main] } } },
    layer: [
      line('present', names[0]!),
      ...(withEligible ? [line('eligible', 'eligible')] : []),
      dailyHover({ field: 'present', type: 'quantitative' }, [
        { field: 'present', type: 'quantitative', title: 'with a bar' },
        ...(withEligible ? [{ field: 'eligible', type: 'quantitative', title: 'eligible' }] : []),
      ]),
    ],
  };
}
