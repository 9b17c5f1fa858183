import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FilterBook,
  type Filters,
  filterFaults,
  roundPrice,
  roundQuantity,
  roundToFilters,
} from '../../../engine/exchange/filters.ts';
import { dayMs } from '../../../engine/panel/hours.ts';

const filters: Filters = {
  tickSize: 0.1,
  stepSize: 0.001,
  quantityMin: 0.002,
  marketQuantityMax: 120,
  notionalMin: 50,
  percentUp: 1.05,
  percentDown: 0.95,
  liquidationFee: 0.0125,
};

/** A step with its decimal parts: 0.05 is 5 hundredths. */
const steps = fc
  .record({ mantissa: fc.integer({ min: 1, max: 50 }), decimals: fc.integer({ min: 0, max: 8 }) })
  .map(({ mantissa, decimals }) => ({ mantissa, decimals, size: Number(`${mantissa}e-${decimals}`) }));
const counts = fc.integer({ min: 0, max: 10_000_000 });
const quantities = fc.double({ min: 0, max: 1e9, noNaN: true });

describe('quantities', () => {
  it('come out as the double nearest to the decimal, however the multiple was reckoned', () => {
    fc.assert(
      fc.property(steps, counts, ({ mantissa, decimals, size }, count) => {
        const decimal = Number(`${count * mantissa}e-${decimals}`);
        expect(roundQuantity(decimal, size)).toBe(decimal);
        expect(roundQuantity(count * size, size)).toBe(decimal);
      }),
    );
    expect(roundQuantity(0.1 + 0.2, 0.1)).toBe(0.3);
    expect(roundQuantity(0.1 * 3, 0.001)).toBe(0.3);
  });

  it('lose what is less than a step, and no more', () => {
    const parts = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(steps, counts, parts, ({ mantissa, decimals, size }, count, part) => {
        const decimal = Number(`${count * mantissa}e-${decimals}`);
        expect(roundQuantity((count + part) * size, size)).toBe(decimal);
      }),
    );
  });

  it('are never rounded up, and stay as they are the second time', () => {
    const sizes = fc.oneof(
      steps.map(({ size }) => size),
      fc.double({ min: 1e-9, max: 1e3, noNaN: true }),
    );
    fc.assert(
      fc.property(sizes, quantities, (size, quantity) => {
        const rounded = roundQuantity(quantity, size);
        expect(rounded).toBeLessThanOrEqual(quantity + 1e-9 * size + 4 * Number.EPSILON * quantity);
        expect(rounded).toBeGreaterThan(quantity - size - 4 * Number.EPSILON * quantity);
        expect(roundQuantity(rounded, size)).toBe(rounded);
      }),
    );
  });

  it('keep an exact multiple of millions of millions of steps', () => {
    expect(roundQuantity(123_456_789.123, 0.001)).toBe(123_456_789.123);
    expect(roundQuantity(4_503_599_627.370497, 1e-6)).toBe(4_503_599_627.370497);
    expect(roundQuantity(1e15, 0.05)).toBe(1e15);
  });

  it.each([
    [0.29, 0.05, 0.25],
    [17, 10, 10],
    [9.99, 10, 0],
    [1, 0.3, 0.9],
    [1.9999999, 1, 1],
    [1.9999999999, 1, 2],
  ])('%d in steps of %d is %d', (quantity, step, rounded) => {
    expect(roundQuantity(quantity, step)).toBe(rounded);
  });
});

describe('prices', () => {
  it.each([
    [100.04, 1, 100.1],
    [100.04, -1, 100],
    [100.04, 0, 100],
    [100.06, 0, 100.1],
    [100.05000000000001, 0, 100.1],
    [0.30000000000000004, 1, 0.3],
    [0.30000000000000004, -1, 0.3],
  ] as const)('%d in direction %d is %d', (price, direction, rounded) => {
    expect(roundPrice(price, 0.1, direction)).toBe(rounded);
  });

  it('lie within a tick, on their side, and stay as they are the second time', () => {
    const directions = fc.constantFrom<(1 | -1 | 0)[]>(1, -1, 0);
    fc.assert(
      fc.property(steps, quantities, directions, ({ size }, price, direction) => {
        const rounded = roundPrice(price, size, direction);
        const noise = 1e-9 * size + 4 * Number.EPSILON * price;
        if (direction === 1) expect(rounded).toBeGreaterThanOrEqual(price - noise);
        if (direction === -1) expect(rounded).toBeLessThanOrEqual(price + noise);
        const reach = direction === 0 ? size / 2 : size;
        expect(Math.abs(rounded - price)).toBeLessThanOrEqual(reach + noise);
        expect(roundPrice(rounded, size, direction)).toBe(rounded);
      }),
    );
  });
});

describe('an order under filters', () => {
  const order = { quantity: 1.2345, side: 1, referencePrice: 100 } as const;

  it('passes with its quantity in steps; a market order has no price', () => {
    expect(roundToFilters(order, filters)).toEqual({ quantity: 1.234, price: null, refusal: null });
  });

  it('moves a limit price away from the market: a buy down, a sell up', () => {
    expect(roundToFilters({ ...order, price: 99.97 }, filters).price).toBe(99.9);
    expect(roundToFilters({ ...order, price: 99.97, side: -1 }, filters).price).toBe(100);
  });

  it.each([
    ['below-step', { quantity: 0.0009 }],
    ['below-step', { quantity: Number.NaN }],
    ['below-step', { quantity: 0.0009, reduceOnly: true }],
    ['below-quantity-min', { quantity: 0.0019 }],
    ['min-notional', { quantity: 0.4999 }],
    ['min-notional', { quantity: 0.5, price: 99.9 }],
    ['min-notional', { referencePrice: Number.NaN }],
    ['percent-price', { price: 105.1 }],
    ['percent-price', { price: 94.9 }],
    ['percent-price', { price: 94.9, reduceOnly: true }],
  ] as const)('%s: %o', (refusal, change) => {
    expect(roundToFilters({ ...order, ...change }, filters).refusal).toBe(refusal);
  });

  it.each([
    { quantity: 0.5 },
    { quantity: 0.001, reduceOnly: true },
    { price: 105 },
    { price: 95 },
    { price: 105.04 },
  ])('passes: %o', (change) => {
    expect(roundToFilters({ ...order, ...change }, filters).refusal).toBeNull();
  });

  it('is refused for its price by the rounded price: a sell just under the band rises into it', () => {
    expect(roundToFilters({ ...order, price: 94.91, side: -1 }, filters).refusal).toBeNull();
    expect(roundToFilters({ ...order, price: 94.91, side: 1 }, filters).refusal).toBe('percent-price');
  });
});

describe('faults of filters', () => {
  it('none in filters that stand, with a clearance fee or without', () => {
    expect(filterFaults(filters)).toEqual([]);
    expect(filterFaults({ ...filters, liquidationFee: Number.NaN })).toEqual([]);
    expect(filterFaults({ ...filters, marketQuantityMax: Number.POSITIVE_INFINITY })).toEqual([]);
  });

  it('all of them at once, each with its field and value', () => {
    expect(
      filterFaults({
        tickSize: 0,
        stepSize: Number.POSITIVE_INFINITY,
        quantityMin: -1,
        marketQuantityMax: 0,
        notionalMin: Number.NaN,
        percentUp: 0.9,
        percentDown: 0.95,
        liquidationFee: 1,
      }),
    ).toEqual([
      'tickSize 0 must be positive and finite',
      'stepSize Infinity must be positive and finite',
      'quantityMin -1 must be finite and not negative',
      'notionalMin NaN must be finite and not negative',
      'marketQuantityMax 0 must be positive and at least stepSize Infinity',
      'percentUp 0.9 must lie above percentDown 0.95',
      'liquidationFee 1 must be a fraction of at least 0 and below 1, or NaN',
    ]);
  });

  it('a band without a lower end, a negative fee, a market lot below a step', () => {
    expect(
      filterFaults({ ...filters, percentDown: 0, liquidationFee: -0.1, marketQuantityMax: 0.0001 }),
    ).toEqual([
      'marketQuantityMax 0.0001 must be positive and at least stepSize 0.001',
      'percentDown 0 must be positive',
      'liquidationFee -0.1 must be a fraction of at least 0 and below 1, or NaN',
    ]);
  });
});

describe('the filter book', () => {
  const start = Date.UTC(2025, 0, 1);
  const finer = { ...filters, stepSize: 0.0001 };
  const book = new FilterBook(
    ['A', 'B', 'C'],
    [
      { effectiveMs: start, filters: new Map([['A', filters]]) },
      {
        effectiveMs: start + dayMs,
        filters: new Map([
          ['A', finer],
          ['B', finer],
        ]),
      },
    ],
  );

  it('has the filters in force, and null where it knows none', () => {
    book.moveTo(start);
    expect([0, 1, 2].map((coin) => book.of(coin))).toEqual([filters, finer, null]);
    book.moveTo(start + dayMs);
    expect([0, 1, 2].map((coin) => book.of(coin))).toEqual([finer, finer, null]);
  });

  it('counts the days before what it knows', () => {
    expect(book.undatedDays(start - dayMs, start + 2 * dayMs)).toEqual({ coins: 2, days: 2 });
  });
});
