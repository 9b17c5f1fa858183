/** Trading filters: which prices and quantities a market takes, and since when. */
import { DatedRows, type UndatedSpan } from './dated.ts';

export interface Filters {
  readonly tickSize: number;
  readonly stepSize: number;
  readonly quantityMin: number;
  /** Largest quantity of one market order; larger ones are split. */
  readonly marketQuantityMax: number;
  readonly notionalMin: number;
  /** Limit prices must lie within [mark * percentDown, mark * percentUp]. */
  readonly percentUp: number;
  readonly percentDown: number;
  /** Clearance fee of a forced close, as a fraction of notional; NaN where unknown. */
  readonly liquidationFee: number;
}

export interface FilterEdition {
  readonly effectiveMs: number;
  readonly filters: ReadonlyMap<string, Filters>;
}

/** Everything that is wrong with the filters of one market; empty where they stand. */
export function filterFaults(filters: Filters): readonly string[] {
  const { stepSize, marketQuantityMax, percentUp, percentDown, liquidationFee } = filters;
  const faults: string[] = [];
  for (const field of ['tickSize', 'stepSize'] as const) {
    const size = filters[field];
    if (!(size > 0 && size < Number.POSITIVE_INFINITY))
      faults.push(`${field} ${size} must be positive and finite`);
  }
  for (const field of ['quantityMin', 'notionalMin'] as const) {
    const least = filters[field];
    if (!(least >= 0 && least < Number.POSITIVE_INFINITY))
      faults.push(`${field} ${least} must be finite and not negative`);
  }
  if (!(marketQuantityMax > 0 && !(marketQuantityMax < stepSize))) {
    faults.push(`marketQuantityMax ${marketQuantityMax} must be positive and at least stepSize ${stepSize}`);
  }
  if (!(percentDown > 0)) faults.push(`percentDown ${percentDown} must be positive`);
  if (!(percentUp > percentDown))
    faults.push(`percentUp ${percentUp} must lie above percentDown ${percentDown}`);
  if (liquidationFee < 0 || liquidationFee >= 1) {
    faults.push(`liquidationFee ${liquidationFee} must be a fraction of at least 0 and below 1, or NaN`);
  }
  return faults;
}

/** What still counts as a whole number of steps, in steps, and as rounding noise of a quotient, as a fraction of it. */
const STEP_TOLERANCE = 1e-9;
const QUOTIENT_NOISE = 4 * Number.EPSILON;
/** Beyond so many steps a double hardly tells one from the next: the quantity stays as it is. */
const STEPS_MAX = 2 ** 47;

/**
 * The quantity (>= 0) rounded down to a whole number of steps. A quantity within 1e-9 of a step below a whole number of them
 * counts as that number. The result is the double nearest to the decimal: three steps of 0.1 are 0.3.
 */
export function roundQuantity(quantity: number, stepSize: number): number {
  const steps = quantity / stepSize;
  return steps > STEPS_MAX ? quantity : multipleOf(stepSize, wholeSteps(steps, -1));
}

/**
 * The price (>= 0) rounded to a whole number of ticks: up (1), down (-1), or to the nearest (0, halves up). Exact in the same
 * sense as `roundQuantity`.
 */
export function roundPrice(price: number, tickSize: number, direction: 1 | -1 | 0): number {
  return multipleOf(tickSize, wholeSteps(price / tickSize, direction));
}

function wholeSteps(steps: number, direction: 1 | -1 | 0): number {
  const nearest = Math.round(steps);
  const tolerance = Math.max(STEP_TOLERANCE, steps * QUOTIENT_NOISE);
  if (direction === 0 || Math.abs(steps - nearest) <= tolerance) return nearest;
  return direction > 0 ? Math.ceil(steps) : Math.floor(steps);
}

/** Powers of ten that are exact as doubles. */
const powersOfTen = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** steps * size as the double nearest to the decimal: the size as a quotient of whole numbers, and one division. */
function multipleOf(size: number, steps: number): number {
  for (const power of powersOfTen) {
    const units = Math.round(size * power);
    if (units * steps > Number.MAX_SAFE_INTEGER) break;
    if (units / power === size) return (steps * units) / power;
  }
  return steps * size;
}

export interface FilterOrder {
  /** Base asset, >= 0. */
  readonly quantity: number;
  /** Limit price; a market order has none. */
  readonly price?: number;
  /** 1 buys, -1 sells. */
  readonly side: 1 | -1;
  /** Orders that only reduce a position are exempt from the minima. */
  readonly reduceOnly?: boolean;
  /** The mark: what limit prices are judged by, and the notional of a market order. */
  readonly referencePrice: number;
}

export interface FilteredOrder {
  readonly quantity: number;
  /** Null for a market order. */
  readonly price: number | null;
  /** The first filter that the rounded order fails; null where it passes. */
  readonly refusal: 'below-step' | 'below-quantity-min' | 'min-notional' | 'percent-price' | null;
}

/**
 * What a market makes of an order: quantity rounded down to the step, a limit price away from the market to the tick (a buy
 * down, a sell up), and the first filter that the result fails. A quantity of less than one step is refused in any case.
 */
export function roundToFilters(order: FilterOrder, filters: Filters): FilteredOrder {
  const quantity = roundQuantity(order.quantity, filters.stepSize);
  const price =
    order.price === undefined ? null : roundPrice(order.price, filters.tickSize, order.side === 1 ? -1 : 1);
  return { quantity, price, refusal: refusalOf(order, quantity, price, filters) };
}

function refusalOf(
  { reduceOnly = false, referencePrice }: FilterOrder,
  quantity: number,
  price: number | null,
  { quantityMin, notionalMin, percentUp, percentDown }: Filters,
): FilteredOrder['refusal'] {
  if (!(quantity > 0)) return 'below-step';
  if (!reduceOnly && quantity < quantityMin) return 'below-quantity-min';
  if (!reduceOnly && !(quantity * (price ?? referencePrice) >= notionalMin)) return 'min-notional';
  if (price === null) return null;
  const inBand = price >= referencePrice * percentDown && price <= referencePrice * percentUp;
  return inBand ? null : 'percent-price';
}

/** The filters in force of every coin of a panel. */
export class FilterBook {
  readonly #rows: DatedRows<Filters>;

  constructor(symbols: readonly string[], editions: readonly FilterEdition[]) {
    this.#rows = new DatedRows(
      symbols,
      editions.map(({ effectiveMs, filters }) => ({ effectiveMs, bySymbol: filters })),
    );
  }

  /** Puts the editions of a time in force; costs nothing while none of them changes. */
  moveTo(timeMs: number): void {
    this.#rows.moveTo(timeMs);
  }

  /** Null where no edition has the coin. */
  of(coin: number): Filters | null {
    return this.#rows.values[this.#rows.rowOf[coin]!] ?? null;
  }

  /** How much of a span was judged by filters younger than the time. */
  undatedDays(fromMs: number, toMs: number): UndatedSpan {
    return this.#rows.undatedDays(fromMs, toMs);
  }
}
