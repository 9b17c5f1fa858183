/**
 * Triple-barrier labels of a whole panel. Row h is the decision at the close of bar h: it enters at that close or at the open of
 * bar h + 1 and is followed over bars h + 1 .. h + horizon. A label looks ahead by nature: it trains and measures, and is never
 * a column that a strategy reads.
 *
 * 1. `livesOf`: a label does not outlive its coin. A delisting exits at the last close, so that losses on the way out stay in.
 * 2. `pathOf`: the coin's bars, its finer bars in place of the hours that have them.
 * 3. `BarrierWalk`: the first bar that meets a barrier.
 */
import { barLayout, type Panel, sharedInt32 } from '../../panel/panel.ts';
import { emptyRows, type Rows } from '../../panel/rows.ts';
import type { DetailSource } from '../../simulator/rules.ts';
import {
  type Barriers,
  BarrierWalk,
  barrierLabel,
  barrierOutcomes,
  type UnitChange,
} from './barrier-walk.ts';
import { type CoinPath, pathOf } from './coin-path.ts';
import { type Life, livesOf, unitChangesOf } from './lives.ts';

const { OPEN, CLOSE, BAR_WIDTH } = barLayout;
const UNRESOLVED = barrierOutcomes.indexOf('unresolved');

export interface BarrierLabelRules extends Barriers {
  /** Hours from the entry to the timeout. */
  readonly horizonHours: number;
  /** `next-open`: no entry where the next hour has no bar, as in the simulator. */
  readonly entry: 'next-open' | 'close';
  /** Label of a timeout: 0, or NaN, which leaves the row out of training. */
  readonly timeoutLabel: number;
}

/** BUY, 2 % each way within 72 hours, entered at the next open. */
export const barrierLabelDefaults: BarrierLabelRules = {
  side: 1,
  profitFraction: 0.02,
  lossFraction: 0.02,
  horizonHours: 72,
  entry: 'next-open',
  timeoutLabel: Number.NaN,
  gaps: 'open',
};

/** On shared memory, all `[hour][coin]`, by the hour whose close the decision was made at. */
export interface BarrierLabels {
  /** 1 profit barrier first, 0 loss barrier first, NaN where there is no label. */
  readonly label: Rows;
  /** Return of the position before costs, a fraction; NaN where nothing was entered or the data end first. */
  readonly exitReturn: Rows;
  /** Panel hour at whose stamp the label was known: one past the hour of the exit; -1 where `exitReturn` is NaN. */
  readonly endHour: Int32Array;
  /** Place in `barrierOutcomes`. */
  readonly outcome: Uint8Array;
  /** 1 where the exit bar held both barriers. */
  readonly ambiguous: Uint8Array;
}

export function emptyBarrierLabels(panel: Panel, name: string): BarrierLabels {
  const coins = panel.symbols.length;
  const cells = coins * panel.hours;
  return {
    label: emptyRows(name, coins, panel.hours),
    exitReturn: emptyRows(`${name}_return`, coins, panel.hours),
    endHour: sharedInt32(cells).fill(-1),
    outcome: new Uint8Array(new SharedArrayBuffer(cells)),
    ambiguous: new Uint8Array(new SharedArrayBuffer(cells)),
  };
}

export interface LabelOptions {
  /** Coins [fromCoin, toCoin); all if absent. Coins are independent of each other. */
  readonly fromCoin?: number;
  readonly toCoin?: number;
  /** Finer bars, for the order of events inside an hour. */
  readonly detail?: DetailSource;
}

/** Fills the labels of a range of coins. */
export function labelBarriers(
  panel: Panel,
  rules: BarrierLabelRules,
  out: BarrierLabels,
  options: LabelOptions = {},
): void {
  const { fromCoin = 0, toCoin = panel.symbols.length, detail = null } = options;
  for (let coin = fromCoin; coin < toCoin; coin += 1) {
    const labeller = new CoinLabeller(panel, rules, out, coin, detail);
    for (const life of livesOf(panel, coin)) {
      for (let hour = life.fromHour; hour < life.toHour; hour += 1) labeller.label(hour, life);
    }
  }
}

class CoinLabeller {
  readonly #hourly: Float64Array;
  readonly #path: CoinPath;
  readonly #rules: BarrierLabelRules;
  readonly #out: BarrierLabels;
  readonly #walk: BarrierWalk;
  readonly #changes: readonly UnitChange[];
  readonly #coin: number;

  constructor(
    panel: Panel,
    rules: BarrierLabelRules,
    out: BarrierLabels,
    coin: number,
    detail: DetailSource | null,
  ) {
    const start = coin * panel.hours * BAR_WIDTH;
    this.#hourly = panel.bars.subarray(start, start + panel.hours * BAR_WIDTH);
    this.#path = pathOf(this.#hourly, coin, detail);
    this.#changes = unitChangesOf(panel, coin);
    this.#rules = rules;
    this.#out = out;
    this.#walk = new BarrierWalk(rules);
    this.#coin = coin;
  }

  label(hour: number, life: Life): void {
    const { entry, horizonHours, timeoutLabel } = this.#rules;
    const out = this.#out;
    const cell = hour * out.label.coins + this.#coin;
    const close = this.#hourly[hour * BAR_WIDTH + CLOSE]!;
    if (Number.isNaN(close)) return;
    if (hour + 1 >= life.toHour) {
      if (!life.delisted) out.outcome[cell] = UNRESOLVED;
      return;
    }
    const entryPrice = entry === 'close' ? close : this.#hourly[(hour + 1) * BAR_WIDTH + OPEN]!;
    if (Number.isNaN(entryPrice)) return;
    const walk = this.#walk;
    this.#follow(hour, entryPrice, Math.min(hour + 1 + horizonHours, life.toHour), life);
    const exitReturn = walk.exitReturn(entryPrice);
    out.label.values[cell] = barrierLabel(walk.outcome, exitReturn, timeoutLabel);
    out.exitReturn.values[cell] = exitReturn;
    out.outcome[cell] = barrierOutcomes.indexOf(walk.outcome);
    out.endHour[cell] = walk.outcome === 'unresolved' ? -1 : this.#path.hourOf(walk.exitBar) + 1;
    out.ambiguous[cell] = walk.isAmbiguous ? 1 : 0;
  }

  #follow(hour: number, entryPrice: number, toHour: number, life: Life): void {
    const { entry, horizonHours } = this.#rules;
    const path = this.#path;
    const complete = toHour === hour + 1 + horizonHours;
    const otherwise = complete ? 'timeout' : life.delisted ? 'delisted' : 'unresolved';
    // The open of bar h + 1 is quoted in the unit of that hour already.
    const quotedHour = entry === 'close' ? hour : hour + 1;
    const changes =
      this.#changes.length === 0
        ? this.#changes
        : this.#changes
            .filter(({ bar }) => bar > quotedHour && bar < toHour)
            .map(({ bar, factor }) => ({ bar: path.firstBar(bar), factor }));
    this.#walk.walk(
      path.bars,
      entryPrice,
      path.firstBar(hour + 1),
      path.firstBar(toHour),
      otherwise,
      changes,
    );
  }
}
