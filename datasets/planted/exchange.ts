/**
 * What a planted exchange asks for and tells, by date: tiers by the size of a coin, filters whose grids its own prices and
 * volumes lie on, and each contract's status. A run on a planted market meets margin, minima and endings as on a real one,
 * and nothing is told before it was known.
 */
import type { BracketEdition, Tier } from '../../engine/exchange/brackets.ts';
import type { Filters } from '../../engine/exchange/filters.ts';
import type { Instrument } from '../exchange-tables.ts';
import { type Entity, instrumentKindOf, underlyingTypeOf } from './entities.ts';
import type { Grid } from './grid.ts';
import { type Life, namesOf } from './life.ts';
import { burnInHours, hourTimeMs } from './settings.ts';
import type { Traits } from './traits.ts';

/** What the exchange knows of a coin. */
export interface ListedCoin {
  readonly entity: Entity;
  readonly traits: Traits;
  readonly life: Life;
  readonly grid: Grid;
}

/** Maintenance rate and greatest leverage, mildest first; a smaller coin begins further down and has five of them. */
const ladder: readonly (readonly [number, number])[] = [
  [0.004, 125],
  [0.005, 100],
  [0.01, 50],
  [0.02, 25],
  [0.025, 20],
  [0.05, 10],
  [0.1, 5],
  [0.125, 4],
  [0.25, 2],
];
const tierCount = 5;
/** Caps of the first, second, … tier of the largest coins, quote currency. */
const caps = [5e4, 6e5, 1.2e7, 1e8, 6e8];
/** First step of the ladder, and how much smaller the caps are, by size: at first, and after the revision. */
const sizes = [
  { rankMax: 0.02, first: 0, capScale: 1, capScaleRevised: 1 },
  { rankMax: 0.1, first: 1, capScale: 0.5, capScaleRevised: 0.5 },
  { rankMax: 0.4, first: 2, capScale: 0.2, capScaleRevised: 0.15 },
  { rankMax: 0.75, first: 3, capScale: 0.1, capScaleRevised: 0.08 },
  { rankMax: 1, first: 4, capScale: 0.05, capScaleRevised: 0.04 },
] as const;

/** Days of the market on which the exchange revised its tiers, and its filters. */
const bracketsRevisedHour = burnInHours + 150 * 24;
const filtersChangedHour = burnInHours + 120 * 24;

/** Oldest first. `hours` are the market's generated ones: what comes later is not known. */
export function plantedBrackets(
  market: { readonly hours: number },
  coins: readonly ListedCoin[],
): readonly BracketEdition[] {
  const edition = (hour: number, revised: boolean): BracketEdition => ({
    effectiveMs: hourTimeMs(hour),
    tiers: new Map(
      coins.flatMap(({ entity, life, traits }) =>
        namesOf(entity, life).map(({ symbol }) => [symbol, tiersOf(traits.sizeRank, revised)]),
      ),
    ),
  });
  const first = edition(burnInHours, false);
  return bracketsRevisedHour < market.hours ? [first, edition(bracketsRevisedHour, true)] : [first];
}

function tiersOf(sizeRank: number, revised: boolean): readonly Tier[] {
  const size = sizes.find(({ rankMax }) => sizeRank <= rankMax) ?? sizes[4];
  const capScale = revised ? size.capScaleRevised : size.capScale;
  const tiers: Tier[] = [];
  for (const [index, [maintenanceRate, leverageMax]] of ladder
    .slice(size.first, size.first + tierCount)
    .entries()) {
    const below = tiers.at(-1);
    const floor = below?.cap ?? 0;
    const cum = below === undefined ? 0 : below.cum + floor * (maintenanceRate - below.maintenanceRate);
    tiers.push({ floor, cap: Math.round(caps[index]! * capScale), maintenanceRate, cum, leverageMax });
  }
  return tiers;
}

/** Every change of every contract, by the time from which it holds: listings, halts, ends as they are told and as they come. */
export function plantedInstruments(
  market: { readonly hours: number },
  coins: readonly ListedCoin[],
): readonly Instrument[] {
  return coins.flatMap((coin) => {
    const { entity, life, grid, traits } = coin;
    return contractsOf(coin, market.hours).flatMap(({ symbol, fromHour, toHour }) =>
      changesOf(life, fromHour, toHour, market.hours).map((hour) => ({
        effectiveMs: hour === life.listHour ? life.onboardMs : hourTimeMs(hour),
        symbol,
        contractType: 'PERPETUAL',
        underlyingType: underlyingTypeOf(entity),
        status: statusAt(life, hour, toHour),
        onboardMs: life.onboardMs,
        deliveryMs: hour >= life.announcedHour ? hourTimeMs(life.endHour) : Number.NaN,
        filters: filtersAt(hour, entity, traits, grid),
      })),
    );
  });
}

/** Names of a coin with the generated hours in which it trades under them, up to the market's end. */
function contractsOf(
  { entity, life }: Pick<ListedCoin, 'entity' | 'life'>,
  marketHours: number,
): ReturnType<typeof namesOf> {
  const begin = Math.max(burnInHours, life.listHour);
  return namesOf(entity, life)
    .map(({ symbol, fromHour, toHour }) => ({
      symbol,
      fromHour: Math.max(begin, fromHour),
      toHour: Math.min(life.endHour, toHour),
    }))
    .filter(({ fromHour, toHour }) => fromHour < Math.min(toHour, marketHours));
}

function changesOf(life: Life, fromHour: number, toHour: number, marketHours: number): readonly number[] {
  const inside = [
    life.announcedHour,
    filtersChangedHour,
    ...life.gaps.flatMap((gap) => [gap.fromHour, gap.toHour]),
  ];
  const hours = [fromHour, ...inside.filter((hour) => hour > fromHour && hour < toHour), toHour];
  return [...new Set(hours)].filter((hour) => hour < marketHours).sort((a, b) => a - b);
}

function statusAt(life: Life, hour: number, toHour: number): string {
  if (hour >= toHour) return toHour === life.endHour ? 'SETTLING' : 'CLOSE';
  return life.gaps.some((gap) => hour >= gap.fromHour && hour < gap.toHour) ? 'HALT' : 'TRADING';
}

function filtersAt(hour: number, { kind }: Entity, { sizeRank }: Traits, grid: Grid): Filters {
  const changed = hour >= filtersChangedHour;
  const notionalMin = changed ? 5 : 10;
  return {
    // The finer tick comes to the smaller half, whose prices go on lying on the coarser one.
    tickSize: changed && sizeRank > 0.5 ? tenth(grid.tickSize) : grid.tickSize,
    stepSize: grid.stepSize,
    quantityMin: grid.stepSize,
    marketQuantityMax: grid.marketQuantityMax,
    notionalMin: kind === 'factor' ? 50 : notionalMin,
    percentUp: 1.05,
    percentDown: 0.95,
    liquidationFee: 0.0125,
  };
}

/** The decimal, not the double that a division gives. */
function tenth(size: number): number {
  return Number((size / 10).toPrecision(6));
}

/** One line of the instruments table: a symbol's life as it was known on the market's last day. Times in epoch ms UTC, NaN where there is none. */
export interface InstrumentRow {
  readonly symbol: string;
  /** When trading began, within an hour; of a new name, when the coin began under its old one. */
  readonly onboardMs: number;
  /** The same, where it lies inside the market's time. */
  readonly listedMs: number;
  readonly delistedMs: number;
  readonly announcedMs: number;
  readonly kind: string;
}

/** A renamed coin has a row for each name; the old one does not count as delisted. */
export function instrumentRows(
  market: { readonly hours: number },
  coins: readonly Pick<ListedCoin, 'entity' | 'life'>[],
): readonly InstrumentRow[] {
  return coins.flatMap((coin) => {
    const { entity, life } = coin;
    const isTold = life.announcedHour < market.hours;
    const contracts = contractsOf(coin, market.hours);
    return contracts.map(({ symbol, toHour }) => {
      const ends = isTold && toHour === life.endHour;
      return {
        symbol,
        onboardMs: life.onboardMs,
        listedMs: life.listHour < burnInHours ? Number.NaN : life.onboardMs,
        delistedMs: ends ? hourTimeMs(life.endHour) : Number.NaN,
        announcedMs: ends ? hourTimeMs(life.announcedHour) : Number.NaN,
        kind: instrumentKindOf(entity),
      };
    });
  });
}
