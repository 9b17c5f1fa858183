/** When coins begin, pause, end, come back and change their names, as the venue needs it hour by hour. */
import type { LifeGap, Panel, Rename } from '../panel/panel.ts';
import type { LifeRules } from './rules.ts';

/** What becomes of a position whose coin's bars end. */
export type LifeEnd = 'delist' | 'end-of-data';

export class CoinLives {
  /**
   * One past the last hour of the life each coin is in; `panel.hours` where its positions outlive the bars (renamed, or held through
   * an end of data).
   */
  readonly ends: Int32Array;
  readonly #panel: Panel;
  readonly #rules: LifeRules;
  /** Gaps between lives, by the hour in which the next life begins. */
  readonly #gaps: readonly LifeGap[];
  readonly #renames: ReadonlyMap<number, readonly Rename[]>;
  #nextGap = 0;

  constructor(panel: Panel, rules: LifeRules) {
    this.#panel = panel;
    this.#rules = rules;
    const { life } = panel;
    // A panel that grows by the hour learns of ends on its way: without anything to correct, its own list is looked at.
    this.ends = life === undefined ? panel.endHour : Int32Array.from(panel.endHour);
    this.#gaps = (life?.gaps ?? []).toSorted((a, b) => a.toHour - b.toHour);
    this.#renames = grouped(life?.renames ?? []);
    if (life === undefined) return;
    for (const coin of this.ends.keys()) this.ends[coin] = this.#endFrom(coin, 0);
  }

  /**
   * The end of the life that begins at or after `start`: before the next gap, or with the last bar. A life that ends in a rename, or in an
   * end of data that is held through, has no end of its own here.
   */
  #endFrom(coin: number, start: number): number {
    const { life, endHour, hours } = this.#panel;
    const gap = this.#gaps.find((each) => each.coin === coin && each.fromHour >= start);
    const nextStart = gap?.toHour ?? hours;
    const renamed = life?.renames.some(
      ({ from, to, hour }) => from === coin && to !== coin && hour > start && hour <= nextStart,
    );
    if (renamed === true) return hours;
    if (gap !== undefined) return gap.fromHour;
    return life?.dataEnds[coin] === 1 && this.#rules.dataEnd === 'hold' ? hours : endHour[coin]!;
  }

  /** Lives that have ended before `hour` give way to the next ones. */
  moveTo(hour: number): void {
    while (this.#nextGap < this.#gaps.length && this.#gaps[this.#nextGap]!.toHour <= hour) {
      const { coin, toHour } = this.#gaps[this.#nextGap]!;
      this.ends[coin] = this.#endFrom(coin, toHour);
      this.#nextGap += 1;
    }
  }

  renamesAt(hour: number): readonly Rename[] {
    return this.#renames.get(hour) ?? [];
  }

  /** What prices of the coin are multiplied by at the stamp of `hour`: 1 in nearly all. */
  unitChange(coin: number, hour: number): number {
    const renames = this.#renames.get(hour);
    return renames?.find(({ from, to }) => from === coin && to === coin)?.factor ?? 1;
  }

  /** How the life that a coin is in comes to its end. Between two lives of one name nobody knows better than a delisting. */
  endOf(coin: number): LifeEnd {
    const { life, endHour } = this.#panel;
    return life?.dataEnds[coin] === 1 && this.ends[coin] === endHour[coin] ? 'end-of-data' : 'delist';
  }

  /** True where the bars of the life that the coin is in end with `hour`, whatever becomes of its positions. */
  barsEnd(coin: number, hour: number): boolean {
    const { endHour, hours } = this.#panel;
    if (endHour[coin] === hour + 1 && hour + 1 < hours) return true;
    return this.#gaps.some((gap) => gap.coin === coin && gap.fromHour === hour + 1);
  }

  /** True in the hours before a known delisting in which the account keeps away from the coin. */
  isSettling(coin: number, hour: number): boolean {
    const { life, endHour, hours } = this.#panel;
    const hoursBefore = this.#rules.leaveBeforeHours;
    if (hoursBefore === null || life?.delisted[coin] !== 1 || endHour[coin]! >= hours) return false;
    return hour >= endHour[coin]! - hoursBefore;
  }

  get leavesEarly(): boolean {
    return this.#rules.leaveBeforeHours !== null && (this.#panel.life?.delisted.includes(1) ?? false);
  }
}

function grouped(renames: readonly Rename[]): ReadonlyMap<number, readonly Rename[]> {
  const byHour = new Map<number, Rename[]>();
  for (const rename of renames) byHour.set(rename.hour, [...(byHour.get(rename.hour) ?? []), rename]);
  return byHour;
}
