/**
 * The label of residual strategies: what a coin earns beyond its beta over the next hours, and its third of the cross-section.
 *
 * residual(t) = ln(c(t + H) / c(t)) - beta(t) ln(b(t + H) / b(t)), with c the coin's close and b that of the benchmark: the sum of the
 * hourly residuals of t + 1 .. t + H under the beta known at t, which stands in the way of a beta that has seen its own label.
 */
import { assertInvariant } from '../../invariant.ts';
import { closeAt, type Panel, sharedInt32 } from '../../panel/panel.ts';
import { emptyRows, type Rows, rowViews } from '../../panel/rows.ts';
import { livesOf, unitChangesOf } from './lives.ts';
import { terciles } from './terciles.ts';

export interface ForwardResiduals {
  /** Log return, `[hour][coin]`; NaN where an end of the window has no bar or no beta, and where the data end before it does. */
  readonly residual: Rows;
  /** Panel hour at whose stamp the residual was known, `[hour][coin]`; -1 where it is NaN. */
  readonly endHour: Int32Array;
}

export interface ForwardResidualInput {
  readonly panel: Panel;
  /** Slope on the benchmark as known at the close of the hour, `[hour][coin]`. */
  readonly beta: Rows;
  /** Panel index of the benchmark. */
  readonly benchmark: number;
  /** 72 for the three days of `label_3d`. */
  readonly horizonHours: number;
}

/** A coin that is delisted within the horizon ends at its last close, the benchmark at the same hour: its fall is not dropped. */
export function forwardResiduals(input: ForwardResidualInput): ForwardResiduals {
  const { panel, beta, benchmark, horizonHours } = input;
  const coins = panel.symbols.length;
  assertInvariant(
    beta.coins === coins && beta.hours === panel.hours,
    'betas stand in the shape of the panel they were computed from',
  );
  const residual = emptyRows(`residual_${horizonHours}h_ahead`, coins, panel.hours);
  const endHour = sharedInt32(coins * panel.hours).fill(-1);
  for (let coin = 0; coin < coins; coin += 1) {
    const changes = unitChangesOf(panel, coin);
    for (const life of livesOf(panel, coin)) {
      const lastHour = life.delisted ? lastBar(panel, coin, life.toHour) : life.toHour - 1;
      for (let hour = life.fromHour; hour < lastHour; hour += 1) {
        const end = life.delisted ? Math.min(hour + horizonHours, lastHour) : hour + horizonHours;
        if (end > lastHour) break;
        const unit = changes.reduce(
          (all, { bar, factor }) => (bar > hour && bar <= end ? all * factor : all),
          1,
        );
        const own = Math.log(closeAt(panel, coin, end) / unit / closeAt(panel, coin, hour));
        const market = Math.log(closeAt(panel, benchmark, end) / closeAt(panel, benchmark, hour));
        const cell = hour * coins + coin;
        const value = own - beta.values[cell]! * market;
        if (Number.isNaN(value)) continue;
        residual.values[cell] = value;
        endHour[cell] = end + 1;
      }
    }
  }
  return { residual, endHour };
}

function lastBar(panel: Panel, coin: number, toHour: number): number {
  let hour = toHour - 1;
  while (hour > 0 && Number.isNaN(closeAt(panel, coin, hour))) hour -= 1;
  return hour;
}

/**
 * Classes of the forward residual by thirds of the cross-section at the decision hours: `[hour][coin]`, +1 top, 0 middle, -1 bottom. NaN at
 * all other hours, for coins not `eligible`, and where fewer than `countMin` coins (15 if absent) have a residual.
 */
export function residualTerciles(
  { residual }: ForwardResiduals,
  decisionHours: Iterable<number>,
  eligible: (hour: number, coin: number) => boolean,
  countMin?: number,
): Rows {
  const classes = emptyRows(`${residual.name}_tercile`, residual.coins, residual.hours);
  const views = rowViews(residual);
  for (const hour of decisionHours) {
    const row = views[hour]!.map((value, coin) => (eligible(hour, coin) ? value : Number.NaN));
    classes.values.set(terciles(row, countMin), hour * residual.coins);
  }
  return classes;
}
