/**
 * Triple-barrier labels of a whole panel. Row h is the decision at the close of bar h: it enters at that close or at the open of
 * bar h + 1 and is followed over bars h + 1 .. h + horizon. A label looks ahead by nature: it trains and measures, and is never
 * a column that a strategy reads.
 *
 * 1. `livesOf`: a label does not outlive its coin. A delisting exits at the last close, so that losses on the way out stay in.
 * 2. `pathOf`: the coin's bars, its finer bars in place of the hours that have them.
 * 3. `BarrierWalk`: the first bar that meets a barrier.
 */
import { barLayout, type Panel, sharedFloat64, sharedInt32 } from '../../panel/panel.ts';
import type { Rows } from '../../panel/rows.ts';
import { touchAdverseFirst } from '../../simulator/path.ts';
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

const { OPEN, HIGH, LOW, CLOSE, BAR_WIDTH } = barLayout;
const PROFIT = barrierOutcomes.indexOf('profit');
const LOSS = barrierOutcomes.indexOf('loss');
const TIMEOUT = barrierOutcomes.indexOf('timeout');
const DELISTED = barrierOutcomes.indexOf('delisted');
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

/** Room for labels: nothing stands in it until every coin has been labelled. Clearing it first would cost a third of that. */
export function emptyBarrierLabels(panel: Panel, name: string): BarrierLabels {
  const coins = panel.symbols.length;
  const { hours } = panel;
  const cells = coins * hours;
  const rows = (rowsName: string): Rows => {
    return { name: rowsName, coins, hours, values: sharedFloat64(cells), rowHash: sharedInt32(hours * 2) };
  };
  return {
    label: rows(name),
    exitReturn: rows(`${name}_return`),
    endHour: sharedInt32(cells),
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

/** Coins whose labels are written together: eight doubles are one cache line of a time-major row. */
const COINS_PER_LINE = 8;

/** Fills the labels of a range of coins: those columns that `out` has room for. */
export function labelBarriers(
  panel: Panel,
  rules: BarrierLabelRules,
  out: Partial<BarrierLabels>,
  options: LabelOptions = {},
): void {
  const { fromCoin = 0, toCoin = panel.symbols.length, detail = null } = options;
  const lines = Array.from({ length: COINS_PER_LINE }, () => emptyCoinLabels(panel.hours));
  for (let first = fromCoin; first < toCoin; first += COINS_PER_LINE) {
    const coins = Math.min(COINS_PER_LINE, toCoin - first);
    for (let index = 0; index < coins; index += 1) {
      const labels = clear(lines[index]!);
      const labeller = new CoinLabeller(panel, rules, labels, first + index, detail);
      for (const life of livesOf(panel, first + index)) labeller.labelLife(life);
    }
    const written = lines.slice(0, coins);
    const place = { first, coins: panel.symbols.length };
    writeLines(
      out.label?.values,
      written.map(({ label }) => label),
      place,
    );
    writeLines(
      out.exitReturn?.values,
      written.map(({ exitReturn }) => exitReturn),
      place,
    );
    writeLines(
      out.endHour,
      written.map(({ endHour }) => endHour),
      place,
    );
    writeLines(
      out.outcome,
      written.map(({ outcome }) => outcome),
      place,
    );
    writeLines(
      out.ambiguous,
      written.map(({ ambiguous }) => ambiguous),
      place,
    );
  }
}

/** Labels of one coin, by hour. */
interface CoinLabels {
  readonly label: Float64Array;
  readonly exitReturn: Float64Array;
  readonly endHour: Int32Array;
  readonly outcome: Uint8Array;
  readonly ambiguous: Uint8Array;
}

function emptyCoinLabels(hours: number): CoinLabels {
  return {
    label: new Float64Array(hours),
    exitReturn: new Float64Array(hours),
    endHour: new Int32Array(hours),
    outcome: new Uint8Array(hours),
    ambiguous: new Uint8Array(hours),
  };
}

function clear(labels: CoinLabels): CoinLabels {
  labels.label.fill(Number.NaN);
  labels.exitReturn.fill(Number.NaN);
  labels.endHour.fill(-1);
  labels.outcome.fill(0);
  labels.ambiguous.fill(0);
  return labels;
}

type Numbers = Float64Array | Int32Array | Uint8Array;

/** Series of neighbouring coins into time-major rows, from the place of the first coin on. */
function writeLines<Column extends Numbers>(
  into: Column | undefined,
  lines: readonly Column[],
  { first, coins }: { readonly first: number; readonly coins: number },
): void {
  if (into === undefined) return;
  const hours = lines[0]!.length;
  for (let hour = 0, cell = first; hour < hours; hour += 1, cell += coins) {
    for (let lane = 0; lane < lines.length; lane += 1) into[cell + lane] = lines[lane]![hour]!;
  }
}

/**
 * What `CoinLabeller` does hour by hour, for a life of plain hourly bars in one unit: in one loop, because nearly all labels are
 * made here and each of them costs some tens of nanoseconds. A test holds the two equal.
 */
function labelHours(hourly: Float64Array, life: Life, rules: BarrierLabelRules, out: CoinLabels): void {
  const { side, gaps, entry, horizonHours, timeoutLabel } = rules;
  const lossFactor = 1 - side * rules.lossFraction;
  const profitFactor = 1 + side * rules.profitFraction;
  const adverseAt = side === 1 ? LOW : HIGH;
  const favourableAt = side === 1 ? HIGH : LOW;
  const lifeEnd = life.toHour;
  for (let hour = life.fromHour; hour < lifeEnd; hour += 1) {
    const close = hourly[hour * BAR_WIDTH + CLOSE]!;
    if (close !== close) continue;
    if (hour + 1 >= lifeEnd) {
      if (!life.delisted) out.outcome[hour] = UNRESOLVED;
      continue;
    }
    const entryPrice = entry === 'close' ? close : hourly[(hour + 1) * BAR_WIDTH + OPEN]!;
    if (entryPrice !== entryPrice) continue;
    const stop = side * (entryPrice * lossFactor);
    const target = side * (entryPrice * profitFactor);
    const toHour = Math.min(hour + 1 + horizonHours, lifeEnd);
    const end = toHour * BAR_WIDTH;
    let at = (hour + 1) * BAR_WIDTH;
    while (
      at < end &&
      !(side * hourly[at + adverseAt]! <= stop || side * hourly[at + favourableAt]! >= target)
    )
      at += BAR_WIDTH;
    let place = UNRESOLVED;
    let exitPrice = Number.NaN;
    if (at < end) {
      const open = side * hourly[at + OPEN]!;
      const adverse = side * hourly[at + adverseAt]!;
      const favourable = side * hourly[at + favourableAt]!;
      const touch = touchAdverseFirst(gaps === 'open' ? open : Number.NaN, adverse, favourable, stop, target);
      place = touch === 'stop' || touch === 'gap-stop' ? LOSS : PROFIT;
      exitPrice = side * (touch === 'stop' ? stop : touch === 'target' ? target : open);
      if ((touch === 'stop' || touch === 'target') && adverse <= stop && favourable >= target)
        out.ambiguous[hour] = 1;
      out.endHour[hour] = at / BAR_WIDTH + 1;
    } else if (toHour === hour + 1 + horizonHours || life.delisted) {
      place = toHour === hour + 1 + horizonHours ? TIMEOUT : DELISTED;
      exitPrice = lastClose(hourly, hour + 1, toHour, entryPrice);
      out.endHour[hour] = toHour;
    }
    const exitReturn = side * (exitPrice / entryPrice - 1);
    out.label[hour] = barrierLabel(place, exitReturn, timeoutLabel);
    out.exitReturn[hour] = exitReturn;
    out.outcome[hour] = place;
  }
}

/** Last close in hours [from, to); `otherwise` where there is none. */
function lastClose(hourly: Float64Array, from: number, to: number, otherwise: number): number {
  for (let hour = to - 1; hour >= from; hour -= 1) {
    const close = hourly[hour * BAR_WIDTH + CLOSE]!;
    if (close === close) return close;
  }
  return otherwise;
}

class CoinLabeller {
  readonly #hourly: Float64Array;
  readonly #path: CoinPath;
  /** True where the path is the hourly bars themselves. */
  readonly #isHourly: boolean;
  readonly #rules: BarrierLabelRules;
  readonly #out: CoinLabels;
  readonly #walk: BarrierWalk;
  readonly #changes: readonly UnitChange[];

  constructor(
    panel: Panel,
    rules: BarrierLabelRules,
    out: CoinLabels,
    coin: number,
    detail: DetailSource | null,
  ) {
    const start = coin * panel.hours * BAR_WIDTH;
    this.#hourly = panel.bars.subarray(start, start + panel.hours * BAR_WIDTH);
    this.#path = pathOf(this.#hourly, coin, detail);
    this.#isHourly = this.#path.bars === this.#hourly;
    this.#changes = unitChangesOf(panel, coin);
    this.#rules = rules;
    this.#out = out;
    this.#walk = new BarrierWalk(rules);
  }

  labelLife(life: Life): void {
    if (this.#isHourly && this.#changes.length === 0) labelHours(this.#hourly, life, this.#rules, this.#out);
    else for (let hour = life.fromHour; hour < life.toHour; hour += 1) this.#label(hour, life);
  }

  #label(hour: number, life: Life): void {
    const { entry, horizonHours, timeoutLabel } = this.#rules;
    const out = this.#out;
    const close = this.#hourly[hour * BAR_WIDTH + CLOSE]!;
    if (Number.isNaN(close)) return;
    if (hour + 1 >= life.toHour) {
      if (!life.delisted) out.outcome[hour] = UNRESOLVED;
      return;
    }
    const entryPrice = entry === 'close' ? close : this.#hourly[(hour + 1) * BAR_WIDTH + OPEN]!;
    if (Number.isNaN(entryPrice)) return;
    const walk = this.#walk;
    this.#follow(hour, entryPrice, Math.min(hour + 1 + horizonHours, life.toHour), life);
    const exitReturn = walk.exitReturn(entryPrice);
    out.label[hour] = barrierLabel(walk.outcomePlace, exitReturn, timeoutLabel);
    out.exitReturn[hour] = exitReturn;
    out.outcome[hour] = walk.outcomePlace;
    out.endHour[hour] = walk.outcomePlace === UNRESOLVED ? -1 : this.#path.hourOf(walk.exitBar) + 1;
    out.ambiguous[hour] = walk.isAmbiguous ? 1 : 0;
  }

  #follow(hour: number, entryPrice: number, toHour: number, life: Life): void {
    const { entry, horizonHours } = this.#rules;
    const complete = toHour === hour + 1 + horizonHours;
    const otherwise = complete ? TIMEOUT : life.delisted ? DELISTED : UNRESOLVED;
    const path = this.#path;
    // The open of bar h + 1 is quoted in the unit of that hour already.
    const quotedHour = entry === 'close' ? hour : hour + 1;
    const changes = this.#changes
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
