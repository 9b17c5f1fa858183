/** Fee rates of the exchange by account tier, and since when. */
import { assertInvariant } from '../invariant.ts';

/** Basis points of notional. */
export interface FeeRates {
  readonly takerFeeBps: number;
  readonly makerFeeBps: number;
  readonly spotTakerFeeBps: number;
  readonly spotMakerFeeBps: number;
}

export interface DatedFees extends FeeRates {
  /** Epoch ms UTC from which the rates hold. */
  readonly effectiveMs: number;
}

/** 0 is the regular user, 1 to 9 the VIP levels. */
export type FeeTier = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** Maker and taker by tier, hundredths of a basis point, so that discounts are reckoned in whole numbers. */
type FeeTable = readonly (readonly [maker: number, taker: number])[];

/** USD-M futures: from 2 / 5 bps of the regular user to 0 / 1.7 bps of VIP 9. */
const usdm: FeeTable = [
  [200, 500],
  [160, 400],
  [140, 350],
  [120, 320],
  [100, 300],
  [80, 270],
  [60, 250],
  [40, 220],
  [20, 200],
  [0, 170],
];

/** Spot from 2022-06-01 08:00 UTC: VIP 4 and above pay what VIP 9 pays. */
const spot2022: FeeTable = [
  [1000, 1000],
  [900, 1000],
  [800, 1000],
  [700, 1000],
  [200, 400],
  [200, 400],
  [200, 400],
  [200, 400],
  [200, 400],
  [200, 400],
];

/** Spot from 2023-06-29 02:00 UTC: 40 % off the standard rates of VIP 3 and above, in place of the former. */
const spot2023: FeeTable = [
  [1000, 1000],
  [900, 1000],
  [800, 1000],
  [420, 600],
  [420, 540],
  [360, 480],
  [300, 420],
  [240, 360],
  [180, 300],
  [120, 240],
];

const editions: readonly { readonly effectiveMs: number; readonly spot: FeeTable }[] = [
  { effectiveMs: Date.UTC(2022, 5, 1, 8), spot: spot2022 },
  { effectiveMs: Date.UTC(2023, 5, 29, 2), spot: spot2023 },
];

/** Per cent off when fees are paid in BNB. */
const USDM_DISCOUNT = 10;
const SPOT_DISCOUNT = 25;

/**
 * Binance's published rates of one tier on USD-M futures (USDT-margined contracts) and spot, oldest first; with `bnb` less 10 %
 * on futures and 25 % on spot.
 *
 * Sources. Spot: the venue's announcements of 2022-05-31 ("VIP 9 Equivalent Spot Trading Fees") and 2023-05-31 ("VIP 3-9 users
 * enjoy 40 % off"), each with its hour. Futures: the taker rates are twice those of the announcement on TradFi contracts of
 * 2026-02-04 (half price for all tiers); the maker rates are the venue's fee page as comparison pages repeat it. Discounts:
 * FAQ 360033544231 and the announcement of 2022-05-31.
 *
 * Not dated: the futures taker rate of the regular user was 4 bps in 2021 and 5 bps by April 2024, and the day of the change
 * could not be established, so one futures table holds throughout. Not included: promotions for single pairs, quote
 * currencies or weeks, and the lower spot rates of VIP 5 to 8 from 2024-07-18, announced until 2024-10-18 and perhaps
 * prolonged, for want of a full table with its dates.
 */
export function feeSchedule(tier: FeeTier, bnb: boolean): readonly DatedFees[] {
  const [maker, taker] = usdm[tier]!;
  return editions.map(({ effectiveMs, spot }) => {
    const [spotMaker, spotTaker] = spot[tier]!;
    return {
      effectiveMs,
      takerFeeBps: inBps(taker, bnb ? USDM_DISCOUNT : 0),
      makerFeeBps: inBps(maker, bnb ? USDM_DISCOUNT : 0),
      spotTakerFeeBps: inBps(spotTaker, bnb ? SPOT_DISCOUNT : 0),
      spotMakerFeeBps: inBps(spotMaker, bnb ? SPOT_DISCOUNT : 0),
    };
  });
}

/** One division, correctly rounded: 10 % off 5 bps is the double 4.5. */
function inBps(hundredths: number, discountPercent: number): number {
  return (hundredths * (100 - discountPercent)) / 10_000;
}

/** The rates in force, as fractions of notional: 5 bps is the double 0.0005. */
export class FeeBook {
  readonly #schedule: readonly DatedFees[];
  #rates: DatedFees;

  /** Before the first row's time its rates hold. Rows may come in any order; there must be one. */
  constructor(schedule: readonly DatedFees[]) {
    this.#schedule = schedule.toSorted((a, b) => a.effectiveMs - b.effectiveMs);
    const oldest = this.#schedule[0];
    assertInvariant(oldest !== undefined, 'a fee schedule has at least one row');
    this.#rates = oldest;
  }

  /** Puts the rates of a time in force; forward and backward. */
  moveTo(timeMs: number): void {
    this.#rates = this.#schedule.findLast(({ effectiveMs }) => effectiveMs <= timeMs) ?? this.#schedule[0]!;
  }

  taker(market: 'usdm' | 'spot'): number {
    const { takerFeeBps, spotTakerFeeBps } = this.#rates;
    return (market === 'usdm' ? takerFeeBps : spotTakerFeeBps) / 10_000;
  }

  maker(market: 'usdm' | 'spot'): number {
    const { makerFeeBps, spotMakerFeeBps } = this.#rates;
    return (market === 'usdm' ? makerFeeBps : spotMakerFeeBps) / 10_000;
  }
}
