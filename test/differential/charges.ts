/** Fees, slippage and the share of a bar's volume an order may take (docs/account.md, section 6). */
import type { Prices } from './prices.ts';
import type { Rules, Venue } from './types.ts';

const impactHours = 168;
const impactReturnsMin = 24;
const impactDefault = 0.1;
const volumeHours = 24;

export class Charges {
  readonly #rules: Rules;
  readonly #prices: Prices;
  /** Quote currency traded in the hour at hand, by coin and direction. */
  #traded = new Map<string, number>();
  #tradedHour = -1;

  constructor(rules: Rules, prices: Prices) {
    this.#rules = rules;
    this.#prices = prices;
  }

  /** Fraction of notional. */
  fee(venue: Venue, maker: boolean): number {
    const { takerFeeBps, makerFeeBps, spotTakerFeeBps, spotMakerFeeBps } = this.#rules;
    const futures = maker ? (makerFeeBps ?? takerFeeBps) : takerFeeBps;
    const spot = maker ? (spotMakerFeeBps ?? spotTakerFeeBps) : spotTakerFeeBps;
    return (venue === 'spot' ? (spot ?? futures) : futures) / 10_000;
  }

  /** Price after slippage. Direction 1 buys, -1 sells; `stress` multiplies the slippage. */
  taker(coin: number, direction: 1 | -1, raw: number, quantity: number, stress = 1): number {
    const slippage = Math.min(0.25, this.#slippageBps(coin, direction, raw * quantity) / 10_000);
    return Math.max(0, raw * (1 + direction * slippage * stress));
  }

  /** What takes liquidity counts towards what the account trades in this coin, bar and direction. */
  record(coin: number, direction: 1 | -1, notional: number): void {
    const before = this.#tradedBefore(coin, direction);
    this.#traded.set(`${coin} ${direction}`, before + notional);
  }

  /** Greatest quantity of one order that may fill in this hour at that price. */
  participation(coin: number, price: number): number {
    const { impact } = this.#rules;
    if (impact === undefined) return Number.POSITIVE_INFINITY;
    const { hour } = this.#prices;
    const { quoteVolume, volume, bars } = this.#prices.coin(coin);
    const base = volume?.[hour] ?? null;
    const known = quoteVolume?.[hour] ?? (base === null ? null : base * bars[hour]!.close);
    return known === null ? Number.POSITIVE_INFINITY : (impact.participationMax * known) / price;
  }

  #tradedBefore(coin: number, direction: 1 | -1): number {
    if (this.#tradedHour !== this.#prices.hour) this.#traded = new Map();
    this.#tradedHour = this.#prices.hour;
    return this.#traded.get(`${coin} ${direction}`) ?? 0;
  }

  #slippageBps(coin: number, direction: 1 | -1, notional: number): number {
    const { impact, slippageBps } = this.#rules;
    if (impact === undefined) return slippageBps;
    const volume = this.#volumeBefore(coin);
    if (volume === null || !(notional > 0)) return slippageBps;
    const scale = 10_000 * impact.coefficient * this.#deviation(coin);
    const cost = (traded: number) => traded * (slippageBps + scale * Math.sqrt(traded / volume));
    const before = this.#tradedBefore(coin, direction);
    return (cost(before + notional) - cost(before)) / notional;
  }

  #volumeBefore(coin: number): number | null {
    const hour = this.#asOf(coin);
    const { bars, quoteVolume, volume } = this.#prices.coin(coin);
    let sum = 0;
    for (let at = Math.max(0, hour - volumeHours); at < hour; at += 1) {
      if ((bars[at] ?? null) === null) continue;
      const base = volume?.[at] ?? null;
      const known = quoteVolume?.[at] ?? (base === null ? null : base * bars[at]!.close);
      if (known === null) return null;
      sum += known;
    }
    return sum > 0 ? sum : null;
  }

  /** The last midnight, or now for a coin that had no bar a day before it. */
  #asOf(coin: number): number {
    const { hour } = this.#prices;
    const hourOfDay = new Date((this.#rules.startMs ?? 0) + hour * 3_600_000).getUTCHours();
    const dayBefore = hour - hourOfDay - volumeHours;
    return (this.#prices.coin(coin).bars[dayBefore] ?? null) === null ? hour : hour - hourOfDay;
  }

  /** A redenomination is no return. */
  #unitFactor(coin: number, hour: number): number {
    const renames = this.#prices.market.renames ?? [];
    return renames.find((each) => each.from === coin && each.to === coin && each.hour === hour)?.factor ?? 1;
  }

  /** Of a day's return. */
  #deviation(coin: number): number {
    const hour = this.#asOf(coin);
    const { bars } = this.#prices.coin(coin);
    const returns: number[] = [];
    for (let at = Math.max(1, hour - impactHours); at < hour; at += 1) {
      const [before, after] = [bars[at - 1] ?? null, bars[at] ?? null];
      if (before !== null && after !== null)
        returns.push(after.close / (before.close * this.#unitFactor(coin, at)) - 1);
    }
    if (returns.length < impactReturnsMin) return impactDefault;
    const mean = returns.reduce((sum, each) => sum + each, 0) / returns.length;
    const squares = returns.reduce((sum, each) => sum + (each - mean) ** 2, 0);
    return Math.sqrt(squares / (returns.length - 1)) * Math.sqrt(24);
  }
}
