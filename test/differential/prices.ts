/** Which bar is where, which open an order meets, and the last known price and mark of every coin and market. */
import type { Bar, BarPair, CoinHistory, Market, Rules, Venue } from './types.ts';

interface Known {
  /** Close of the newest trade bar. */
  trade: number;
  mark: number;
  /** Mark at the last closed hour. */
  markAtClose: number;
  /** Mark at the open of the hour. */
  markAtOpen: number;
}

export class Prices {
  readonly market: Market;
  readonly #withMarks: boolean;
  readonly #known: Record<Venue, Known[]>;
  /** Detail intervals of an hour. */
  readonly intervals: number;
  hour = 0;
  interval = 0;

  constructor(market: Market, rules: Rules) {
    this.market = market;
    this.#withMarks = rules.venue === undefined || rules.venue.account.mark === 'mark';
    this.intervals = market.detailMinutes === undefined ? 1 : 60 / market.detailMinutes;
    const unknown = (): Known[] =>
      market.coins.map(() => ({
        trade: Number.NaN,
        mark: Number.NaN,
        markAtClose: Number.NaN,
        markAtOpen: Number.NaN,
      }));
    this.#known = { usdm: unknown(), spot: unknown() };
  }

  get minute(): number {
    return this.hour * 60 + this.interval * (60 / this.intervals);
  }

  coin(coin: number): CoinHistory {
    return this.market.coins[coin]!;
  }

  /** The hourly trade bar of a market; of the perpetual where the dataset has no spot bars of the coin. */
  hourBar(coin: number, venue: Venue, hour = this.hour): Bar | null {
    const history = this.coin(coin);
    return (venue === 'spot' ? (history.spot ?? history.bars) : history.bars)[hour] ?? null;
  }

  #hourMark(coin: number, venue: Venue): Bar | null {
    const trade = this.hourBar(coin, venue);
    if (trade === null || venue === 'spot' || !this.#withMarks) return trade;
    return this.coin(coin).marks?.[this.hour] ?? trade;
  }

  /** The finer bars of the hour at hand; the spot market has none. */
  detail(coin: number, venue: Venue): readonly (Bar | null)[] | null {
    return venue === 'spot' ? null : (this.coin(coin).detail?.[this.hour] ?? null);
  }

  /** The bar that ends with this interval: a detail bar, or in the last interval the hourly one. */
  barNow(coin: number, venue: Venue): BarPair | null {
    const detail = this.detail(coin, venue);
    if (detail !== null) {
      const bar = detail[this.interval] ?? null;
      return bar === null ? null : { trade: bar, mark: bar };
    }
    if (this.interval < this.intervals - 1) return null;
    const trade = this.hourBar(coin, venue);
    return trade === null ? null : { trade, mark: this.#hourMark(coin, venue)! };
  }

  /** Price at which an order fills at this moment; null where no bar opens. */
  openNow(coin: number, venue: Venue): number | null {
    if (this.interval === 0) return this.hourBar(coin, venue)?.open ?? null;
    return this.detail(coin, venue)?.[this.interval]?.open ?? null;
  }

  mark(coin: number, venue: Venue): number {
    return this.#known[venue][coin]!.mark;
  }

  markAtClose(coin: number, venue: Venue): number {
    return this.#known[venue][coin]!.markAtClose;
  }

  markAtOpen(coin: number, venue: Venue): number {
    return this.#known[venue][coin]!.markAtOpen;
  }

  lastTrade(coin: number, venue: Venue): number {
    return this.#known[venue][coin]!.trade;
  }

  /** Marks move to the opens of the hour, or of the detail bars that begin now. */
  toOpen(): void {
    this.#each((known, coin, venue) => {
      if (this.interval === 0)
        known.markAtOpen = known.mark = this.#hourMark(coin, venue)?.open ?? known.mark;
      else known.mark = this.detail(coin, venue)?.[this.interval]?.open ?? known.mark;
    });
  }

  afterInterval(): void {
    this.#each((known, coin, venue) => {
      known.mark = this.detail(coin, venue)?.[this.interval]?.close ?? known.mark;
    });
  }

  toClose(): void {
    this.#each((known, coin, venue) => {
      known.mark = this.#hourMark(coin, venue)?.close ?? known.mark;
      known.trade = this.hourBar(coin, venue)?.close ?? known.trade;
      known.markAtClose = known.mark;
    });
  }

  rename(from: number, to: number, factor: number): void {
    for (const venue of ['usdm', 'spot'] as const) {
      const { trade, mark, markAtClose } = this.#known[venue][from]!;
      this.#known[venue][to] = {
        trade: trade * factor,
        mark: mark * factor,
        markAtClose: markAtClose * factor,
        markAtOpen: Number.NaN,
      };
    }
  }

  #each(change: (known: Known, coin: number, venue: Venue) => void): void {
    for (const venue of ['usdm', 'spot'] as const) {
      for (const [coin, known] of this.#known[venue].entries()) change(known, coin, venue);
    }
  }

  /** The coin's life ends with this hour's bar, while the data go on. */
  endsNow(coin: number): 'gap' | 'end' | null {
    const { bars, gaps = [] } = this.coin(coin);
    if (gaps.some((gap) => gap.from === this.hour + 1)) return 'gap';
    const end = lifeEnd(bars);
    return this.hour === end - 1 && end < this.market.hours ? 'end' : null;
  }
}

/** One past the hour of the last bar. */
export function lifeEnd(bars: CoinHistory['bars']): number {
  return bars.findLastIndex((bar) => bar !== null) + 1;
}
