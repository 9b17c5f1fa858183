/** Where a position's stop and target stand: set from its entry price, rounded to the tick that is worse for us. */

import { roundPrice } from '../exchange/filters.ts';
import type { Order } from '../execution/orders.ts';
import { record } from './record.ts';

const { SIDE, SIGNED_STOP, SIGNED_TARGET, BEST, TRAIL, FIXED_STOP } = record;

/** One position's place among the records of a book. */
export interface Levels {
  readonly reals: Float64Array;
  readonly real: number;
  readonly asides: Float64Array;
  readonly aside: number;
}

/** Sets both levels from the average entry fill; `tickSize` NaN leaves them where the fractions put them. */
export function setLevels(
  { reals, real, asides, aside }: Levels,
  order: Order,
  price: number,
  tickSize: number,
): void {
  const { side } = order;
  const { stopLossFraction: stop, takeProfitFraction: target } = order.target;
  asides[aside + FIXED_STOP] =
    stop === undefined ? Number.NEGATIVE_INFINITY : side * onTick(price * (1 - side * stop), tickSize, side);
  reals[real + SIGNED_TARGET] =
    target === undefined
      ? Number.POSITIVE_INFINITY
      : side * onTick(price * (1 + side * target), tickSize, side);
  reals[real + SIGNED_STOP] = asides[aside + FIXED_STOP]!;
  trailStop({ reals, real, asides, aside });
}

/** Both levels of a long are rounded down, both of a short up: the stop acts later, the target pays less. */
function onTick(price: number, tickSize: number, side: 1 | -1): number {
  return tickSize === tickSize ? roundPrice(price, tickSize, side === 1 ? -1 : 1) : price;
}

/** Lets the stop follow the best price; the nearer of the fixed and the trailing stop holds. */
export function trailStop({ reals, real, asides, aside }: Levels): void {
  const trail = asides[aside + TRAIL]!;
  if (trail !== trail) return;
  const side = reals[real + SIDE]!;
  const follows = side * (side * asides[aside + BEST]! * (1 - side * trail));
  reals[real + SIGNED_STOP] = Math.max(asides[aside + FIXED_STOP]!, follows);
}
