/**
 * Follows one entry until it meets its profit or its loss barrier. The bar that meets one is read by `touchAdverseFirst`, the
 * function that the simulator reads a position's stop and target with, so that a label cannot promise what no account gets.
 */
import { barLayout } from '../../panel/bar.ts';
import { touchAdverseFirst } from '../../simulator/path.ts';

// Own constants: imported bindings are slower in loops over bars.
const { OPEN, HIGH, LOW, CLOSE, BAR_WIDTH } = barLayout;

/**
 * What became of a decision. `no-entry`: no bar to decide on or to enter at. `timeout`: no barrier within the horizon.
 * `delisted`: the coin left before. `unresolved`: the data end before anybody could know.
 */
export const barrierOutcomes = ['no-entry', 'profit', 'loss', 'timeout', 'delisted', 'unresolved'] as const;
export type BarrierOutcome = (typeof barrierOutcomes)[number];
const PROFIT = barrierOutcomes.indexOf('profit');
const LOSS = barrierOutcomes.indexOf('loss');
const TIMEOUT = barrierOutcomes.indexOf('timeout');
const DELISTED = barrierOutcomes.indexOf('delisted');
const UNRESOLVED = barrierOutcomes.indexOf('unresolved');

export interface Barriers {
  /** +1 BUY, -1 SELL. */
  readonly side: 1 | -1;
  /** Distance of the profit barrier from the entry price; in (0, 1). */
  readonly profitFraction: number;
  /** Distance of the loss barrier from the entry price; in (0, 1). */
  readonly lossFraction: number;
  /** `open`: a bar that opens beyond a barrier exits at its open. `unseen`: opens are not looked at, as in workload W. */
  readonly gaps: 'open' | 'unseen';
}

/** From this bar on the coin's prices are multiplied by the factor (a redenomination). */
export interface UnitChange {
  readonly bar: number;
  readonly factor: number;
}

/** The walk of one entry at a time; its fields hold what became of the last one. */
export class BarrierWalk {
  /** Place of the outcome in `barrierOutcomes`. */
  outcomePlace = 0;
  /** Bar of the exit. */
  exitBar = -1;
  /** In the unit of the exit bar; NaN where unresolved. */
  exitPrice = Number.NaN;
  /** Units of the exit bar in one of the entry. */
  unit = 1;
  /** True where the exit bar held both barriers and was beyond neither at its open. */
  isAmbiguous = false;
  readonly #barriers: Barriers;

  constructor(barriers: Barriers) {
    this.#barriers = barriers;
  }

  get outcome(): BarrierOutcome {
    return barrierOutcomes[this.outcomePlace]!;
  }

  /** Return of the position on the entry price, before costs. */
  exitReturn(entryPrice: number): number {
    return this.#barriers.side * (this.exitPrice / this.unit / entryPrice - 1);
  }

  /**
   * Bars [from, to) of `bars` (`[bar][open, high, low, close]`; an absent bar is NaN and meets nothing). Where no barrier is met
   * the outcome is that of place `otherwise`, at the last close there is (the entry price where there is none). `changes`: those after the
   * entry price was quoted, oldest first.
   */
  walk(
    bars: Float64Array,
    entryPrice: number,
    from: number,
    to: number,
    otherwise: number,
    changes: readonly UnitChange[],
  ): void {
    const { side, profitFraction, lossFraction } = this.#barriers;
    this.unit = 1;
    this.isAmbiguous = false;
    let stop = side * (entryPrice * (1 - side * lossFraction));
    let target = side * (entryPrice * (1 + side * profitFraction));
    let first = from;
    for (const { bar, factor } of changes) {
      if (bar >= to) break;
      const met = firstMeeting(bars, first, bar, side, stop, target);
      if (met < bar) {
        this.#exit(bars, met, stop, target);
        return;
      }
      this.unit *= factor;
      stop *= factor;
      target *= factor;
      first = bar;
    }
    const met = firstMeeting(bars, first, to, side, stop, target);
    if (met < to) this.#exit(bars, met, stop, target);
    else this.#stay(bars, entryPrice, from, to, otherwise);
  }

  #exit(bars: Float64Array, bar: number, stop: number, target: number): void {
    const { side, gaps } = this.#barriers;
    const at = bar * BAR_WIDTH;
    const open = side * bars[at + OPEN]!;
    const adverse = side * bars[at + (side === 1 ? LOW : HIGH)]!;
    const favourable = side * bars[at + (side === 1 ? HIGH : LOW)]!;
    const touch = touchAdverseFirst(gaps === 'open' ? open : Number.NaN, adverse, favourable, stop, target);
    this.exitBar = bar;
    this.outcomePlace = touch === 'stop' || touch === 'gap-stop' ? LOSS : PROFIT;
    this.exitPrice = side * (touch === 'stop' ? stop : touch === 'target' ? target : open);
    this.isAmbiguous = (touch === 'stop' || touch === 'target') && adverse <= stop && favourable >= target;
  }

  #stay(bars: Float64Array, entryPrice: number, from: number, to: number, otherwise: number): void {
    this.outcomePlace = otherwise;
    this.exitBar = to - 1;
    this.exitPrice = Number.NaN;
    if (otherwise === UNRESOLVED) return;
    let last = to - 1;
    while (last >= from && Number.isNaN(bars[last * BAR_WIDTH + CLOSE]!)) last -= 1;
    this.exitPrice = last < from ? entryPrice * this.unit : bars[last * BAR_WIDTH + CLOSE]!;
  }
}

/**
 * The first bar of [from, to) whose extremes reach a level, `to` where none does. The open lies between the extremes, so it
 * needs no look before a level was reached.
 */
function firstMeeting(
  bars: Float64Array,
  from: number,
  to: number,
  side: 1 | -1,
  stop: number,
  target: number,
): number {
  const adverse = side === 1 ? LOW : HIGH;
  const favourable = side === 1 ? HIGH : LOW;
  for (let bar = from; bar < to; bar += 1) {
    const at = bar * BAR_WIDTH;
    if (side * bars[at + adverse]! <= stop || side * bars[at + favourable]! >= target) return bar;
  }
  return to;
}

/**
 * Label of an outcome by its place: 1 where the profit barrier came first, 0 where the loss barrier did; a delisting goes by the sign
 * of its exit.
 */
export function barrierLabel(outcomePlace: number, exitReturn: number, timeoutLabel: number): number {
  if (outcomePlace === PROFIT) return 1;
  if (outcomePlace === LOSS) return 0;
  if (outcomePlace === TIMEOUT) return timeoutLabel;
  if (outcomePlace === DELISTED) return exitReturn > 0 ? 1 : 0;
  return Number.NaN;
}
