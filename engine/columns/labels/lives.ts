/** The lives of a coin as its labels see them: where bars begin and end, why they end, and where the unit changes. */
import type { Panel } from '../../panel/panel.ts';
import type { UnitChange } from './barrier-walk.ts';

/** Hours [fromHour, toHour). */
export interface Life {
  readonly fromHour: number;
  readonly toHour: number;
  /**
   * True where the coin left; false where only the data end, at the end of the panel or before it, or where the coin lives on
   * under another name.
   */
  readonly delisted: boolean;
}

/** Oldest first. Of a hole between two lives of one name nobody knows better than a delisting. */
export function livesOf(panel: Panel, coin: number): readonly Life[] {
  const { life } = panel;
  const endHour = panel.endHour[coin]!;
  let fromHour = panel.firstHour[coin]!;
  const lives: Life[] = [];
  const gaps = (life?.gaps ?? []).filter((gap) => gap.coin === coin);
  for (const gap of gaps.toSorted((a, b) => a.fromHour - b.fromHour)) {
    lives.push({ fromHour, toHour: gap.fromHour, delisted: true });
    fromHour = gap.toHour;
  }
  const livesOn =
    life?.dataEnds[coin] === 1 || life?.renames.some(({ from, to }) => from === coin && to !== coin) === true;
  const known = life?.delisted[coin] === 1 || endHour < panel.hours;
  if (fromHour < endHour) lives.push({ fromHour, toHour: endHour, delisted: known && !livesOn });
  return lives;
}

/** Redenominations of a coin by hour, oldest first; none of nearly all. */
export function unitChangesOf(panel: Panel, coin: number): readonly UnitChange[] {
  return (panel.life?.renames ?? [])
    .filter(({ from, to }) => from === coin && to === coin)
    .map(({ hour, factor }) => ({ bar: hour, factor }))
    .toSorted((a, b) => a.bar - b.bar);
}
