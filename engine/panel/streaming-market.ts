/**
 * A panel that grows by the hour: the shape in which paper and live see the market. Between two feeds it knows the bars that
 * have closed, and of the hour that has just begun its opening prices, which is where orders fill. Columns of the newest
 * hour come from the same kernels as a stored year, over a range of one.
 *
 * Everything is allocated once, for `capacityHours`; the simulated venue works on `panel` as on a stored one.
 */
import { computeHour } from '../columns/compute.ts';
import { marketColumns } from '../columns/market-columns.ts';
import { assertInvariant } from '../invariant.ts';
import type { DetailBars, MarketData } from '../ports.ts';
import { sealRows, symbolLanes } from './fingerprint.ts';
import { BAR_WIDTH, emptyPanel, OPEN, type Panel, sharedFloat64, sharedInt32 } from './panel.ts';
import { emptyRows, type Rows } from './rows.ts';
import type { Slice } from './slice.ts';
import { StoredMarket } from './stored-market.ts';

/** What has become known at a stamp: the bars that just closed, and how the next hour opens. One entry a coin. */
export interface HourFeed {
  /** `[coin][open, high, low, close]` of the hour that ended; NaN where there was no bar. */
  readonly closed: Float64Array;
  /** Opening prices of the hour that begins; NaN where the coin does not trade. */
  readonly opens: Float64Array;
  /** Settlements stamped at this time. */
  readonly funding: readonly { readonly coin: number; readonly rate: number; readonly mark: number }[];
  /** Values of columns that are not computed from bars (scores), by name. */
  readonly scores: Readonly<Record<string, Float64Array>>;
}

export interface StreamShape {
  readonly symbols: readonly string[];
  readonly startMs: number;
  readonly capacityHours: number;
  /** Lives as the venue announces them: first listed hour and one past the last, by coin. */
  readonly firstHour: Int32Array;
  readonly endHour: Int32Array;
  /** Columns to keep, by name: market columns are computed, others must come with the feed. */
  readonly columns: readonly string[];
}

/** A row of the future: its hour is never reached until a settlement is written there. */
const UNWRITTEN = 0x3fffffff;

export class StreamingMarket implements MarketData {
  readonly panel: Panel;
  readonly #columns: readonly Rows[];
  readonly #computed: readonly Rows[];
  readonly #lanes: Int32Array;
  readonly #market: StoredMarket;
  readonly #fundingCount: Int32Array;
  /** Hours that have closed. */
  #closedHours = 0;

  constructor(shape: StreamShape) {
    const coins = shape.symbols.length;
    const hours = shape.capacityHours;
    const panel = emptyPanel({ symbols: shape.symbols, startMs: shape.startMs, hours });
    panel.firstHour.set(shape.firstHour);
    panel.endHour.set(shape.endHour);
    this.panel = { ...panel, funding: roomyFunding(coins, hours) };
    this.#columns = shape.columns.map((name) => emptyRows(name, coins, hours));
    this.#computed = this.#columns.filter((rows) => marketColumns.has(rows.name));
    this.#lanes = symbolLanes(shape.symbols);
    this.#market = new StoredMarket(this.panel, this.#columns);
    this.#fundingCount = new Int32Array(coins);
  }

  /** Takes in the stamp at which hour `closedHour` ended. Stamps come one by one. */
  feed(closedHour: number, feed: HourFeed): void {
    assertInvariant(closedHour === this.#closedHours, 'hours are fed in order, without gaps');
    const { panel } = this;
    const coins = panel.symbols.length;
    for (let coin = 0; coin < coins; coin += 1) {
      const bar = (coin * panel.hours + closedHour) * BAR_WIDTH;
      panel.bars.set(feed.closed.subarray(coin * BAR_WIDTH, (coin + 1) * BAR_WIDTH), bar);
      if (closedHour + 1 < panel.hours) panel.bars[bar + BAR_WIDTH + OPEN] = feed.opens[coin]!;
    }
    for (const row of feed.funding) this.#addFunding(row, closedHour + 1);
    for (const rows of this.#columns) {
      const values = feed.scores[rows.name];
      if (values === undefined) continue;
      rows.values.set(values, closedHour * coins);
      sealRows(rows, this.#lanes, panel.startMs, closedHour, closedHour + 1);
    }
    if (this.#computed.length > 0) computeHour(panel, this.#computed, this.#lanes, closedHour);
    this.#closedHours += 1;
  }

  #addFunding(row: HourFeed['funding'][number], hour: number): void {
    const { funding, hours } = this.panel;
    if (hour >= hours) return;
    const at = funding.start[row.coin]! + this.#fundingCount[row.coin]!;
    assertInvariant(at < funding.start[row.coin + 1]!, 'a coin settles at most once an hour');
    funding.rate[at] = row.rate;
    funding.mark[at] = row.mark;
    funding.hour[at] = hour;
    funding.stamps[hour] = 1;
    this.#fundingCount[row.coin] = this.#fundingCount[row.coin]! + 1;
  }

  slice(timeMs: number): Slice | null {
    const slice = this.#market.slice(timeMs);
    return this.#closedHours === 0 ? null : slice;
  }

  detail(): DetailBars | null {
    return null;
  }
}

/** Room for one settlement a coin and hour; what is not written yet lies beyond every hour. */
function roomyFunding(coins: number, hours: number): Panel['funding'] {
  const start = sharedInt32(coins + 1);
  for (let coin = 0; coin <= coins; coin += 1) start[coin] = coin * hours;
  return {
    start,
    hour: sharedInt32(coins * hours).fill(UNWRITTEN),
    rate: sharedFloat64(coins * hours),
    mark: sharedFloat64(coins * hours).fill(Number.NaN),
    stamps: new Uint8Array(new SharedArrayBuffer(hours)),
  };
}
