/** The parts of a simulated venue, put together once and handed to whoever works with them. */
import { FilterBook, type Filters } from '../exchange/filters.ts';
import { barLayout, type Panel } from '../panel/panel.ts';
import { AccountBook } from '../portfolio/book.ts';
import type { Journal } from '../ports.ts';
import type { Costs } from './costs.ts';
import { Fills } from './fills.ts';
import { BarFrame } from './frame.ts';
import { CoinLives } from './lives.ts';
import { MarginDesk } from './margin.ts';
import type { Market, VenueRules } from './rules.ts';

const { BAR_WIDTH } = barLayout;
const HOUR = 60;
const minuteMs = 60_000;

export interface DeskOptions {
  readonly panel: Panel;
  readonly costs: Costs;
  readonly rules: VenueRules;
  /** Quote currency in the futures wallet at the start. */
  readonly capital: number;
  readonly firstHour: number;
  readonly journal: Journal | undefined;
}

export class Desk {
  readonly panel: Panel;
  readonly rules: VenueRules;
  readonly journal: Journal | undefined;
  readonly book: AccountBook;
  readonly fills: Fills;
  readonly frame: BarFrame;
  readonly filters: FilterBook;
  /** Whether the run knows filters at all. */
  readonly filtered: boolean;
  /** Null where margin is not asked for. */
  readonly margin: MarginDesk | null;
  readonly lives: CoinLives;

  constructor({ panel, costs, rules, capital, firstHour, journal }: DeskOptions) {
    const { account } = rules;
    this.panel = panel;
    this.rules = rules;
    this.journal = journal;
    this.book = new AccountBook(panel, {
      capital,
      spotCapital: account.spotCapital,
      leverage: account.leverage,
      firstHour,
      marks: account.mark === 'mark',
      isolated: account.margin === 'isolated',
    });
    const { book } = this;
    const quantityMaxOf = (coin: number, market: Market) =>
      this.filtersOf(coin, market)?.marketQuantityMax ?? Number.POSITIVE_INFINITY;
    this.fills = new Fills({ panel, book, costs, journal, quantityMaxOf });
    this.frame = new BarFrame(panel, book, rules.fills);
    this.filters = new FilterBook(panel.symbols, account.filters);
    this.filtered = account.filters.length > 0;
    this.lives = new CoinLives(panel, rules.life);
    const { fills, frame, filters } = this;
    this.margin =
      account.margin === 'none'
        ? null
        : new MarginDesk({ panel, book, rules: account, fills, frame, filters });
  }

  /** Filters of a coin's market; null where the run knows none for it. Those of the futures market do not bind spot orders. */
  filtersOf(coin: number, market: Market): Filters | null {
    return this.filtered && market === 'usdm' ? this.filters.of(coin) : null;
  }

  timeMs(minute: number): number {
    return this.panel.startMs + minute * minuteMs;
  }

  /** Row of `panel.bars` with the trade prices of a coin in a market; the perpetual stands in for a missing spot market. */
  rowOf(coin: number, market: Market): number {
    const row = market === 'spot' ? (this.panel.series?.spotRow[coin] ?? -1) : -1;
    return row < 0 ? coin : row;
  }

  /** Open of the hour's bar; NaN where there is none. */
  hourOpen(coin: number, market: Market, hour: number): number {
    if (hour < 0 || hour >= this.panel.hours) return Number.NaN;
    return this.panel.bars[(this.rowOf(coin, market) * this.panel.hours + hour) * BAR_WIDTH]!;
  }

  /** Price at which a market order of that minute fills, before slippage: open of the hour, or of the finer bar that opens then. */
  openAt(coin: number, market: Market, minute: number): number {
    const hour = (minute / HOUR) | 0;
    const within = minute - hour * HOUR;
    if (within === 0) return this.hourOpen(coin, market, hour);
    const { detail } = this.rules.fills;
    if (detail === null || market === 'spot' || within % detail.minutes !== 0) return Number.NaN;
    return detail.bars(coin, hour)?.[(within / detail.minutes) * BAR_WIDTH] ?? Number.NaN;
  }

  /** Base quantity that an order may take of the hour's bar. */
  capacity(coin: number, hour: number, raw: number): number {
    return (this.fills.meter?.capacity(coin, hour) ?? Number.POSITIVE_INFINITY) / raw;
  }
}
