/** Decision points of planted barrier coins, each with the outcome that the engine's own labels read from the bars. */
import { type BarrierCoin, plantBarrierCoin } from '../../datasets/planted/barrier/index.ts';
import type { BarrierPoint } from '../../datasets/planted/barrier/points.ts';
import { type BarrierSettings, barrierDefaults } from '../../datasets/planted/barrier/settings.ts';
import { burnInHours } from '../../datasets/planted/settings.ts';
import { tripleBarrier } from '../../engine/columns/labels/triple-barrier.ts';

export interface ReadPoint extends BarrierPoint {
  /** Days since the market's start. */
  readonly day: number;
  /** 1 where the profit barrier came first in the bars. */
  readonly label: number;
  /** Of a position in the point's direction, before costs; a fraction. */
  readonly earned: number;
}

const DAYS = 365;
const LABEL_HOURS = 72;
const SOON_HOURS = 8;

/** Points whose barrier was met within the data and within 72 hours. */
export function readPoints(
  seed: number,
  coins: number,
  settings: Partial<BarrierSettings> = {},
): readonly ReadPoint[] {
  const span = { seed, fromHour: burnInHours, toHour: burnInHours + DAYS * 24, priceStart: 1 };
  return Array.from({ length: coins }, (_, coin) => {
    const id = `BARRIER${String(coin + 1).padStart(3, '0')}`;
    return pointsOf(plantBarrierCoin({ ...span, id }, { ...barrierDefaults, ...settings }));
  }).flat();
}

function pointsOf({ path, episodes }: BarrierCoin): readonly ReadPoint[] {
  return episodes.flatMap(({ point, entryHour }) => {
    const from = entryHour - burnInHours;
    if (from >= path.open.length) return [];
    const entryPrice = path.open[from]!;
    const read = (hours: number) =>
      tripleBarrier({ entryPrice, bars: barsOf(path, from, hours), side: point.side });
    // Most barriers are met soon: few bars are looked at twice.
    const soon = read(SOON_HOURS);
    const { label, exitPrice } = Number.isNaN(soon.label) ? read(LABEL_HOURS) : soon;
    if (Number.isNaN(label)) return [];
    const earned = point.side * (exitPrice / entryPrice - 1);
    return [{ ...point, day: Math.floor(from / 24), label, earned }];
  });
}

function barsOf(path: BarrierCoin['path'], from: number, hours: number): [number, number, number, number][] {
  return Array.from({ length: Math.min(hours, path.open.length - from) }, (_, index) => {
    const at = from + index;
    return [path.open[at]!, path.high[at]!, path.low[at]!, path.close[at]!];
  });
}
