/** Where a position's stop and target stand: set from its entry price, rounded to the tick that is worse for us. */

import { roundPrice } from '../exchange/filters.ts';
import type { Order } from '../execution/orders.ts';
import { record } from './record.ts';

const { SIDE, SIGNED_STOP, SIGNED_TARGET, BEST, TRAIL, FIXED_STOP } = record;

/**
 * Sets both levels of the position whose records begin at `real` and `aside` from its average entry fill; `tickSize` NaN leaves them
 * where the fractions put them. Positional, as all that runs at every fill.
 */
export function setLevels(
  reals: Float64Array,
  real: number,
  asides: Float64Array,
  aside: number,
  order: Order,
  price: number,
  tickSize: number,
): void {
  const { side } = order;
  const { stopLossFraction: stop, takeProfitFraction: target } = order.target;
  const fixed =
    stop === undefined ? Number.NEGATIVE_INFINITY : side * onTick(price * (1 - side * stop), tickSize, side);
  asides[aside + FIXED_STOP] = fixed;
  reals[real + SIGNED_STOP] = fixed;
  reals[real + SIGNED_TARGET] =
    target === undefined
      ? Number.POSITIVE_INFINITY
      : side * onTick(price * (1 + side * target), tickSize, side);
  trailStop(reals, real, asides, aside);
}

/** Both levels of a long are rounded down, both of a short up: the stop acts later, the target pays less. */
function onTick(price: number, tickSize: number, side: 1 | -1): number {
  return tickSize === tickSize ? roundPrice(price, tickSize, side === 1 ? -1 : 1) : price;
}

/** Lets the stop follow the best price; the nearer of the fixed and the trailing stop holds. */
export function trailStop(reals: Float64Array, real: number, asides: Float64Array, aside: number): void {
  const trail = asides[aside + TRAIL]!;
  if (trail !== trail) return;
  const side = reals[real + SIDE]!;
  const follows = side * (side * asides[aside + BEST]! * (1 - side * trail));
  reals[real + SIGNED_STOP] = Math.max(asides[aside + FIXED_STOP]!, follows);
}
