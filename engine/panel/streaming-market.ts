/**
 * A panel that grows by the hour: the shape in which paper and live see the market. Between two feeds it knows the bars that
 * have closed, and of the hour that has just begun its opening prices, which is where orders fill. Columns of the newest
 * hour come from the same kernels as a stored year, over a range of one.
 *
 * Everything is allocated once, for `capacityHours`; the simulated venue works on `panel` as on a stored one.
 */
import { computeHour } from '../columns/compute.ts';
import { barInputs, type ColumnInputs } from '../columns/features/inputs.ts';
import { features } from '../columns/features/registry.ts';
import { assertInvariant } from '../invariant.ts';
import type { DetailBars, MarketData } from '../ports.ts';
import { sealCloses, sealRows, symbolLanes } from './fingerprint.ts';
import { addSettlement, BAR_WIDTH, emptyFunding, emptyPanel, hourAt, OPEN, type Panel } from './panel.ts';
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
  /** Base and quote volume of the hour that ended, NaN where not known; for streams with volumes. */
  readonly volume?: Float64Array;
  readonly quoteVolume?: Float64Array;
  /** Coins whose end has been announced: one past their last hour. */
  readonly ends?: readonly { readonly coin: number; readonly endHour: number }[];
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
  /** Columns to keep, by name: features with a formula are computed, others must come with the feed. */
  readonly columns: readonly string[];
  /** Keep volumes, which then come with the feed. */
  readonly volumes?: boolean;
  /** What features take besides the bars; nothing if absent. */
  readonly inputs?: Partial<Omit<ColumnInputs, 'panel'>>;
}

export class StreamingMarket implements MarketData {
  readonly panel: Panel;
  readonly #columns: readonly Rows[];
  readonly #computed: readonly Rows[];
  readonly #inputs: ColumnInputs;
  readonly #lanes: Int32Array;
  readonly #market: StoredMarket;
  /** Hours that have closed. */
  #closedHours = 0;

  constructor(shape: StreamShape) {
    const coins = shape.symbols.length;
    const hours = shape.capacityHours;
    const panel = emptyPanel({ ...shape, hours });
    panel.firstHour.set(shape.firstHour);
    panel.endHour.set(shape.endHour);
    this.panel = { ...panel, funding: roomyFunding(coins, hours) };
    this.#columns = shape.columns.map((name) => emptyRows(name, coins, hours));
    this.#computed = this.#columns.filter(({ name }) => {
      const scope = features.get(name)?.scope;
      return scope !== undefined && scope !== 'stored';
    });
    this.#inputs = { ...barInputs(this.panel), ...shape.inputs };
    this.#lanes = symbolLanes(shape.symbols);
    this.#market = new StoredMarket(this.panel, this.#columns);
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
    this.#keep(panel.volume, feed.volume, closedHour);
    this.#keep(panel.quoteVolume, feed.quoteVolume, closedHour);
    for (const { coin, endHour } of feed.ends ?? []) panel.endHour[coin] = endHour;
    sealCloses(panel, this.#lanes, closedHour, closedHour + 1);
    for (const row of feed.funding) this.#addFunding(row, closedHour + 1);
    for (const rows of this.#columns) {
      const values = feed.scores[rows.name];
      if (this.#computed.includes(rows)) continue;
      assertInvariant(values !== undefined, `the feed brings column ${rows.name}, which is not computed`);
      rows.values.set(values, closedHour * coins);
      sealRows(rows, this.#lanes, panel.startMs, closedHour, closedHour + 1);
    }
    if (this.#computed.length > 0) computeHour(this.#inputs, this.#computed, this.#lanes, closedHour);
    this.#closedHours += 1;
  }

  /** One hour of a coin-major volume column. */
  #keep(column: Float64Array | null, values: Float64Array | undefined, hour: number): void {
    for (const [coin, value] of column === null ? [] : (values ?? []).entries())
      column![coin * this.panel.hours + hour] = value;
  }

  #addFunding(row: HourFeed['funding'][number], hour: number): void {
    const { funding, hours, symbols } = this.panel;
    if (hour >= hours) return;
    funding.rowOf[hour] = hour;
    addSettlement(funding, symbols.length, { ...row, hour });
  }

  slice(timeMs: number): Slice | null {
    // Nothing is known of an hour that has not been fed: no slice, rather than an empty one.
    return hourAt(this.panel, timeMs) > this.#closedHours ? null : this.#market.slice(timeMs);
  }

  detail(): DetailBars | null {
    return null;
  }
}

/** Room for a settlement a coin and hour. A stamp has its row as soon as somebody settles there. */
function roomyFunding(coins: number, hours: number): Panel['funding'] {
  const everyHour = Array.from({ length: hours }, (_, hour) => hour);
  const funding = emptyFunding(coins, hours, everyHour, true);
  funding.rowOf.fill(-1);
  return funding;
}
