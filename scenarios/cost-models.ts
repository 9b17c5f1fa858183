/** What trading costs, by name or by choice: the fee part and the slippage part of `Costs`. */
import { type FeeRates, type FeeTier, feeSchedule } from '../engine/exchange/fees.ts';
import type { ImpactModel } from '../engine/exchange/impact.ts';
import type { Costs } from '../engine/simulator/costs.ts';

type VenueModel = `binance-vip${FeeTier}` | `binance-vip${FeeTier}-bnb`;
export type CostModel = 'none' | 'workload-w' | 'published-residual' | VenueModel;

export interface NamedCosts extends Costs {
  /** `custom` where the rates were given one by one. */
  readonly name: CostModel | 'custom';
}

export type FeePart = FeeRates & Pick<Costs, 'schedule'>;
export type SlippagePart = Pick<Costs, 'slippageBps' | 'impact'>;

/** No slippage; a fixed one, in basis points of the price; or half a spread and the square root of the share of the day's volume. */
export type SlippageChoice =
  | 'none'
  | { readonly bps: number }
  | (Pick<ImpactModel, 'halfSpreadBps'> & Partial<Omit<ImpactModel, 'halfSpreadBps'>>);

/** Where nothing better is known: Y of the square-root law, and the largest share of a bar's volume that one order takes. */
export const impactDefaults = { coefficient: 1, participationMax: 0.02, rest: 'carry' } as const;

const tiers: readonly FeeTier[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export const costModelNames: readonly CostModel[] = [
  'none',
  'workload-w',
  'published-residual',
  ...tiers.flatMap((tier) => [venueModel(tier, false), venueModel(tier, true)]),
];

/** Slippage of the models that are named after an account at the venue, basis points of the price. */
const VENUE_SLIPPAGE_BPS = 2;

/**
 * - `none`: nothing at all.
 * - `workload-w`: 5 bps a fill and 2 bps slippage, as workload W fixes them.
 * - `published-residual`: 0.2 % costs and 0.1 % slippage a round trip, half of each a fill, in every market.
 * - `binance-vip0` to `binance-vip9`, `-bnb` for fees paid in BNB: the venue's dated rates (`feeSchedule`), and 2 bps slippage.
 */
export function costModel(name: CostModel): NamedCosts {
  if (name === 'none') return { name, ...flat(0), slippageBps: 0 };
  if (name === 'workload-w') return { name, ...flat(5), slippageBps: 2 };
  if (name === 'published-residual') return { name, ...flat(10), slippageBps: 5 };
  const { tier, bnb } = accountOf(name)!;
  const schedule = feeSchedule(tier, bnb);
  const { effectiveMs: _, ...rates } = schedule.at(-1)!;
  return { name, ...rates, schedule, slippageBps: VENUE_SLIPPAGE_BPS };
}

function flat(feeBps: number): FeeRates {
  return { takerFeeBps: feeBps, makerFeeBps: feeBps, spotTakerFeeBps: feeBps, spotMakerFeeBps: feeBps };
}

export function venueModel(tier: FeeTier, bnb: boolean): VenueModel {
  return `binance-vip${tier}${bnb ? '-bnb' : ''}`;
}

/** The account at the venue that a model is named after; null for every other model. */
export function accountOf(
  name: NamedCosts['name'],
): { readonly tier: FeeTier; readonly bnb: boolean } | null {
  const match = /^binance-vip(\d)(-bnb)?$/.exec(name);
  return match === null ? null : { tier: Number(match[1]) as FeeTier, bnb: match[2] !== undefined };
}

/**
 * The fees of a cost model, in basis points of notional; spread it into `costs`.
 * @throws RangeError for a name that is not among the models
 */
export function feeModel(name: CostModel): FeePart {
  if (!costModelNames.includes(name)) {
    throw new RangeError(`feeModel: ${name} is no cost model; there are ${costModelNames.join(', ')}`);
  }
  const { name: _name, slippageBps: _slippage, impact: _impact, ...fees } = costModel(name);
  // Every model states all four rates.
  return fees as FeePart;
}

/**
 * What market-type fills are worse than the raw price; spread it into `costs`. Rates in basis points, shares as fractions. With
 * impact: halfSpreadBps + 10^4 Y sigma sqrt(Q / V), see `impactBps`.
 * @throws RangeError for a negative rate or coefficient, or a participation outside (0, 1]
 */
export function slippageModel(choice: SlippageChoice): SlippagePart {
  if (choice === 'none') return { slippageBps: 0 };
  if ('bps' in choice) return { slippageBps: atLeastZero('bps', choice.bps) };
  const { halfSpreadBps, ...rest } = choice;
  const impact = { ...impactDefaults, ...rest };
  atLeastZero('coefficient', impact.coefficient);
  const { participationMax } = impact;
  if (participationMax !== null && !(participationMax > 0 && participationMax <= 1)) {
    throw new RangeError(
      `slippageModel: participationMax must be null or in (0, 1], was ${participationMax}`,
    );
  }
  return { slippageBps: atLeastZero('halfSpreadBps', halfSpreadBps), impact };
}

function atLeastZero(name: string, value: number): number {
  if (value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new RangeError(`slippageModel: ${name} must be finite and not negative, was ${value}`);
}
