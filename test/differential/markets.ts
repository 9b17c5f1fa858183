/**
 * Small random markets and strategies, made to be nasty: coarse prices, so that ties and exact touches are common, jumps
 * over levels, halts, late listings, ends while held, funding at odd times, caps that bind, equal scores.
 *
 * fast-check draws the recipe, which shrinks; a seeded stream fills in the bars.
 */
import * as fc from 'fast-check';
import type { VenueRules } from '../../engine/simulator/rules.ts';
import type { ChoiceRecipe } from './choice.ts';
import { stampOf } from './reference.ts';
import type { Bar, CoinHistory, Impact, Market, Settlement } from './types.ts';

const hourMs = 3_600_000;

export interface Case {
  readonly market: Market;
  /** Open time of hour 0, epoch ms UTC. */
  readonly startMs: number;
  /** `[hour][coin]`, known when bar `hour` has closed; NaN where there is none. */
  readonly scores: readonly (readonly number[])[];
  readonly choice: ChoiceRecipe;
  readonly capital: number;
  readonly takerFeeBps: number;
  readonly slippageBps: number;
  readonly closeAtEnd: boolean;
  readonly fromHour: number;
  readonly toHour: number;
  readonly slotsMax: number | null;
  readonly sideNotionalFractionMax: number | null;
  /** Decides every so many hours, counted from the start of the day, UTC; 24 is a daily schedule. */
  readonly everyHours: number;
  /** Decides every so many minutes instead. */
  readonly everyMinutes?: number | undefined;
  /** `[hour][coin]`, prices of limit orders, as `scores`. */
  readonly limitPrices?: readonly (readonly number[])[] | undefined;
  /** The plain rules if absent. */
  readonly venue?: VenueRules | undefined;
  readonly makerFeeBps?: number | undefined;
  readonly spotTakerFeeBps?: number | undefined;
  readonly spotMakerFeeBps?: number | undefined;
  readonly impact?: Impact | undefined;
}

const level = fc.constantFrom(null, 0.02, 0.03125, 0.05, 0.0625, 0.08, 0.125);

const choiceRecipe: fc.Arbitrary<ChoiceRecipe> = fc.record({
  kind: fc.constantFrom('ranked' as const, 'gate' as const),
  size: fc.integer({ min: 1, max: 4 }),
  shorts: fc.boolean(),
  order: fc.constantFrom('by-side' as const, 'mixed' as const),
  fraction: fc.constantFrom(1 / 60, 0.01, 0.05, 0.125, 0.25),
  sizing: fc.constantFrom('fixed' as const, 'of-equity' as const),
  flat: fc.constantFrom('none' as const, 'none' as const, 'held' as const, 'any' as const),
  stop: level,
  target: level,
  holdHours: fc.option(fc.integer({ min: 1, max: 30 }), { nil: null, freq: 6 }),
  varied: fc.boolean(),
});

export const caseRecipe = fc.record({
  seed: fc.integer(),
  coins: fc.integer({ min: 3, max: 12 }),
  hours: fc.integer({ min: 30, max: 120 }),
  startHour: fc.integer({ min: 0, max: 23 }),
  roughness: fc.integer({ min: 1, max: 3 }),
  jumps: fc.constantFrom(0, 0.1, 0.3),
  halts: fc.constantFrom(0, 0.5, 0.9),
  lives: fc.constantFrom(0, 0.3, 0.6),
  choice: choiceRecipe,
  capital: fc.constantFrom(10_000, 1_000_000),
  takerFeeBps: fc.constantFrom(0, 4.5, 5, 10),
  slippageBps: fc.constantFrom(0, 0, 2, 7.5),
  closeAtEnd: fc.boolean(),
  skippedFirst: fc.constantFrom(0, 0, 0, 7),
  skippedLast: fc.constantFrom(0, 0, 0, 9),
  slotsMax: fc.option(fc.integer({ min: 1, max: 6 }), { nil: null, freq: 3 }),
  sideNotionalFractionMax: fc.option(fc.constantFrom(0.02, 0.1, 0.25, 0.5), { nil: null, freq: 2 }),
  everyHours: fc.constantFrom(1, 1, 2, 6, 24),
});
export type CaseRecipe = typeof caseRecipe extends fc.Arbitrary<infer Value> ? Value : never;

export function caseOf(drawn: CaseRecipe): Case {
  const {
    seed,
    coins,
    hours,
    startHour,
    roughness,
    jumps,
    halts,
    lives,
    skippedFirst,
    skippedLast,
    ...rest
  } = drawn;
  const random = stream(seed);
  const histories = Array.from({ length: coins }, (_, coin): CoinHistory => {
    const life = coin === 0 ? { first: 0, end: hours } : lifeOf(random, hours, lives);
    const closed = haltedHours(random, life, coin === 0 ? 0 : halts);
    return {
      symbol: `C${coin.toString().padStart(2, '0')}USDT`,
      bars: barsOf(random, { hours, ...life, closed, roughness, jumps }),
      funding: fundingOf(random, hours),
    };
  });
  const scores = Array.from({ length: hours }, (_, hour) =>
    histories.map(({ bars }) => (bars[hour] === null && random() < 0.7 ? Number.NaN : below(random, 11) - 5)),
  );
  return {
    ...rest,
    market: { hours, coins: histories },
    startMs: Date.UTC(2024, 0, 1, startHour),
    scores,
    fromHour: skippedFirst,
    toHour: hours - skippedLast,
  };
}

/** The stamps at which a case decides, in hours, the end of the data included. */
export function decisionHours({ market, startMs, everyHours, everyMinutes }: Case): number[] {
  if (everyMinutes !== undefined) {
    const share = everyMinutes / 60;
    return Array.from({ length: market.hours / share }, (_, stamp) => stamp * share);
  }
  return Array.from({ length: market.hours + 1 }, (_, stamp) => stamp).filter((stamp) =>
    isDecision(startMs + stamp * hourMs, everyHours),
  );
}

/** Daily means noon, as in workload W; the other periods count from midnight. */
export function isDecision(timeMs: number, everyHours: number): boolean {
  const hourOfDay = (timeMs / hourMs) % 24;
  return everyHours === 24 ? hourOfDay === 12 : hourOfDay % everyHours === 0;
}

export type Random = () => number;
interface Life {
  readonly first: number;
  readonly end: number;
}

function lifeOf(random: Random, hours: number, share: number): Life {
  const first = random() < share ? 1 + below(random, hours - 10) : 0;
  const end = random() < share ? Math.min(hours, first + 3 + below(random, hours - first)) : hours;
  return { first, end };
}

/** Hours without a bar inside a life; its first and last hour always have one. */
function haltedHours(random: Random, { first, end }: Life, share: number): ReadonlySet<number> {
  const closed = new Set<number>();
  if (random() >= share) return closed;
  const count = 1 + below(random, 4);
  for (let halt = 0; halt < count; halt += 1) {
    const from = first + 1 + below(random, end - first);
    const length = 1 + below(random, 6);
    for (let hour = from; hour < Math.min(from + length, end - 1); hour += 1) closed.add(hour);
  }
  return closed;
}

function barsOf(
  random: Random,
  shape: Life & {
    readonly hours: number;
    readonly closed: ReadonlySet<number>;
    readonly roughness: number;
    readonly jumps: number;
  },
): (Bar | null)[] {
  const { first, end, closed, hours, roughness, jumps } = shape;
  let last = 48 + 8 * below(random, 5);
  return Array.from({ length: hours }, (_, hour) => {
    if (hour < first || hour >= end || closed.has(hour)) return null;
    const jump = random() < jumps ? below(random, 17) - 8 : closed.has(hour - 1) ? below(random, 33) - 16 : 0;
    const open = Math.max(8, last + jump);
    const close = Math.max(8, open + below(random, 2 * roughness + 1) - roughness);
    const high = Math.max(open, close) + below(random, roughness + 2);
    const low = Math.max(4, Math.min(open, close) - below(random, roughness + 2));
    last = close;
    return { open, high, low, close };
  });
}

/** None, on a schedule, or at odd times; recorded on the hour, some moments after it, or far from it; once a stamp. */
function fundingOf(random: Random, hours: number): Settlement[] {
  const period = [0, 1, 4, 8, -1][below(random, 5)]!;
  const withMark = random() < 0.5;
  const rows: Settlement[] = [];
  for (let hour = 0; hour < hours && period !== 0; hour += 1) {
    const times = period > 0 ? (hour % period === 0 ? 1 : 0) : random() < 0.4 ? 1 + below(random, 2) : 0;
    for (let time = 0; time < times; time += 1) {
      const drift =
        period > 0 ? below(random, 3) * 29_999 : [0, 13, 60_000, 60_001, -1_200_000][below(random, 5)]!;
      rows.push({
        offsetMs: hour * hourMs + drift,
        rate: (below(random, 41) - 15) / 10_000,
        mark: withMark && random() < 0.8 ? 40 + below(random, 60) + 0.25 : null,
      });
    }
  }
  const stamps = new Set<number>();
  return rows
    .toSorted((a, b) => a.offsetMs - b.offsetMs)
    .filter((row) => !stamps.has(stampOf(row)) && stamps.add(stampOf(row)));
}

export function below(random: Random, count: number): number {
  return Math.floor(random() * count);
}

/** Mulberry32 (T. Ettinger, public domain). */
export function stream(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
