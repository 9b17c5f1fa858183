/** Leverage brackets: what margin a position of some notional needs, and since when. */
import { DatedRows, type UndatedSpan } from './dated.ts';

/** One tier of a market, for notionals in (floor, cap]. Money in quote currency, rates as fractions. */
export interface Tier {
  readonly floor: number;
  readonly cap: number;
  readonly maintenanceRate: number;
  /** Maintenance amount: what makes notional * rate - cum continuous over the tiers. */
  readonly cum: number;
  readonly leverageMax: number;
}

/** The tiers of all markets as they were published, lowest tier first, by venue symbol. */
export interface BracketEdition {
  readonly effectiveMs: number;
  readonly tiers: ReadonlyMap<string, readonly Tier[]>;
}

/** By how much a maintenance amount may miss continuity, as a fraction of floor * rate. */
const CUM_TOLERANCE = 1e-6;

/** Everything that is wrong with the tiers of one market, tiers counted from 1; empty where they stand. */
export function tierFaults(tiers: readonly Tier[]): readonly string[] {
  if (tiers.length === 0) return ['there is no tier: a market needs at least one'];
  const amounts = soundAmounts(tiers);
  return tiers.flatMap((tier, index) => [
    ...ownFaults(tier).map((fault) => `tier ${index + 1}: ${fault}`),
    ...stepFaults(tiers[index - 1], tier, index).map((fault) => `tier ${index + 1}: ${fault}`),
    ...(amountFits(tier, amounts[index]!)
      ? []
      : [
          `tier ${index + 1}: maintenance amount ${tier.cum} must be ${Number(amounts[index]!.toPrecision(12))}, so that the margin has no step at the floor`,
        ]),
  ]);
}

/** The amount that each tier must have: from the one below as it stands, or where that is wrong, as it must be. */
function soundAmounts(tiers: readonly Tier[]): readonly number[] {
  const amounts: number[] = [];
  for (const [index, tier] of tiers.entries()) {
    const below = tiers[index - 1];
    if (below === undefined) {
      // The first is told by itself.
      amounts.push(tier.cum);
      continue;
    }
    const step = tier.floor * (tier.maintenanceRate - below.maintenanceRate);
    const fromStored = below.cum + step;
    amounts.push(amountFits(tier, fromStored) ? fromStored : amounts[index - 1]! + step);
  }
  return amounts;
}

function amountFits({ cum, floor, maintenanceRate }: Tier, wanted: number): boolean {
  return (
    Object.is(cum, wanted) || Math.abs(cum - wanted) <= CUM_TOLERANCE * Math.abs(floor * maintenanceRate)
  );
}

function ownFaults({ floor, cap, maintenanceRate, leverageMax }: Tier): string[] {
  const faults: string[] = [];
  if (!(cap > floor)) faults.push(`cap ${cap} must lie above its floor ${floor}`);
  if (!(maintenanceRate > 0 && maintenanceRate < 1)) {
    faults.push(`maintenance rate ${maintenanceRate} must be a fraction above 0 and below 1`);
  }
  if (!(leverageMax >= 1)) faults.push(`leverage ${leverageMax} must be at least 1`);
  return faults;
}

/** What is wrong between a tier and the one below it; the first tier begins at nothing. */
function stepFaults(below: Tier | undefined, tier: Tier, index: number): string[] {
  const { floor, maintenanceRate, cum, leverageMax } = tier;
  const faults: string[] = [];
  if (below === undefined) {
    if (floor !== 0) faults.push(`floor ${floor} must be 0`);
    if (cum !== 0) faults.push(`maintenance amount ${cum} must be 0`);
    return faults;
  }
  const { cap: floorWanted, maintenanceRate: rateBelow, leverageMax: leverageBelow } = below;
  if (floor !== floorWanted) faults.push(`floor ${floor} must be ${floorWanted}, the cap of tier ${index}`);
  if (!(maintenanceRate > rateBelow)) {
    faults.push(`maintenance rate ${maintenanceRate} must lie above ${rateBelow}, the rate of tier ${index}`);
  }
  if (!(leverageMax <= leverageBelow)) {
    faults.push(`leverage ${leverageMax} must be at most ${leverageBelow}, the leverage of tier ${index}`);
  }
  return faults;
}

/**
 * The tier of a notional (>= 0, quote currency): floor < notional <= cap; the first for 0, the last above all caps.
 * `tiers` must not be empty.
 */
export function tierAt(tiers: readonly Tier[], notional: number): Tier {
  let index = 0;
  while (index + 1 < tiers.length && notional > tiers[index]!.cap) index += 1;
  return tiers[index]!;
}

/**
 * Maintenance margin in quote currency of a position of that notional (>= 0): notional * rate - cum of its tier; above the
 * last cap by the last tier. NaN for NaN. Source: the venue's rule for USD-M futures.
 */
export function maintenanceMargin(tiers: readonly Tier[], notional: number): number {
  const { maintenanceRate, cum } = tierAt(tiers, notional);
  return notional * maintenanceRate - cum;
}

/** A packed tier: cap, maintenance rate, maintenance amount, greatest leverage. */
const RATE = 1;
const CUM = 2;
const LEVERAGE = 3;
const TIER_WIDTH = 4;

/**
 * The tiers in force of every coin of a panel. A coin that no edition has (`known` is false) has no
 * maintenance margin, and NaN for its limits.
 */
export class BracketBook {
  readonly #rows: DatedRows<readonly Tier[]>;
  /** Tiers of all rows, one after another. */
  readonly #tiers: Float64Array;
  /** Offset of the first tier of each row, and one past the last of all. */
  readonly #firstOf: Int32Array;
  /** Offsets of the first and the last tier in force of each coin; -1 where it has none. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;

  constructor(symbols: readonly string[], editions: readonly BracketEdition[]) {
    this.#rows = new DatedRows(
      symbols,
      editions.map(({ effectiveMs, tiers }) => ({ effectiveMs, bySymbol: withTiers(tiers) })),
    );
    const packed: number[] = [];
    this.#firstOf = new Int32Array(this.#rows.values.length + 1);
    for (const [row, tiers] of this.#rows.values.entries()) {
      for (const { cap, maintenanceRate, cum, leverageMax } of tiers) {
        packed.push(cap, maintenanceRate, cum, leverageMax);
      }
      this.#firstOf[row + 1] = packed.length;
    }
    this.#tiers = Float64Array.from(packed);
    this.#first = new Int32Array(symbols.length).fill(-1);
    this.#last = new Int32Array(symbols.length).fill(-1);
    this.#putInForce();
  }

  /** Puts the editions of a time in force; costs nothing while none of them changes. */
  moveTo(timeMs: number): void {
    if (this.#rows.moveTo(timeMs)) this.#putInForce();
  }

  #putInForce(): void {
    const { rowOf } = this.#rows;
    for (let coin = 0; coin < rowOf.length; coin += 1) {
      const row = rowOf[coin]!;
      if (row < 0) continue;
      this.#first[coin] = this.#firstOf[row]!;
      this.#last[coin] = this.#firstOf[row + 1]! - TIER_WIDTH;
    }
  }

  /** True where some edition has tiers for the coin. */
  known(coin: number): boolean {
    return this.#first[coin]! >= 0;
  }

  /** Maintenance margin, quote currency, of a position of that notional (>= 0, at mark); 0 for a coin without tiers. */
  maintenance(coin: number, notional: number): number {
    const tier = this.#tierOffset(coin, notional);
    return tier < 0 ? 0 : notional * this.#tiers[tier + RATE]! - this.#tiers[tier + CUM]!;
  }

  /** The greatest leverage that the tier of that notional allows. */
  leverageMax(coin: number, notional: number): number {
    const tier = this.#tierOffset(coin, notional);
    return tier < 0 ? Number.NaN : this.#tiers[tier + LEVERAGE]!;
  }

  /** The cap of the last tier, quote currency. */
  notionalMax(coin: number): number {
    const last = this.#last[coin]!;
    return last < 0 ? Number.NaN : this.#tiers[last]!;
  }

  /** The tiers in force of a coin; null where it has none. */
  tiersOf(coin: number): readonly Tier[] | null {
    const row = this.#rows.rowOf[coin]!;
    return row < 0 ? null : this.#rows.values[row]!;
  }

  /** How much of a span was judged by tiers younger than the time. */
  undatedDays(fromMs: number, toMs: number): UndatedSpan {
    return this.#rows.undatedDays(fromMs, toMs);
  }

  #tierOffset(coin: number, notional: number): number {
    const last = this.#last[coin]!;
    let tier = this.#first[coin]!;
    while (tier < last && notional > this.#tiers[tier]!) tier += TIER_WIDTH;
    return tier;
  }
}

/** A market listed without a tier says nothing about it. */
function withTiers(tiers: BracketEdition['tiers']): BracketEdition['tiers'] {
  return new Map([...tiers].filter(([, own]) => own.length > 0));
}
