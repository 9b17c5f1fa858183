/** What the reference simulator reads and writes. Times are minutes from the open of hour 0; money is quote currency. */
import type { Market as Venue, VenueRules } from '../../engine/simulator/rules.ts';
import type { EventCounts } from './events.ts';

export type { Venue };

export interface Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** The bar that is lived through, and what the mark does meanwhile. */
export interface BarPair {
  readonly trade: Bar;
  readonly mark: Bar;
}

export interface Settlement {
  /** When it was recorded, counted from hour 0. */
  readonly offsetMs: number;
  readonly rate: number;
  /** Price it is charged on; null where none was recorded. */
  readonly mark: number | null;
}

type Bars = readonly (Bar | null)[];

export interface CoinHistory {
  readonly symbol: string;
  /** One entry an hour; null where the coin has no bar: not listed yet, halted, or gone. */
  readonly bars: Bars;
  readonly funding: readonly Settlement[];
  /** Mark bars, one entry an hour; the coin has none if absent. */
  readonly marks?: Bars | undefined;
  /** Bars of the spot market; the perpetual stands in if absent. */
  readonly spot?: Bars | undefined;
  /** Volumes of each hour; null where unknown, all unknown if absent. */
  readonly quoteVolume?: readonly (number | null)[] | undefined;
  readonly volume?: readonly (number | null)[] | undefined;
  /** By hour: the finer bars, in time order, or null where the hour has none. */
  readonly detail?: readonly (Bars | null)[] | undefined;
  /** The coin lives on after its last bar. */
  readonly dataEnds?: boolean | undefined;
  /** The coin is known to be delisted after its last bar. */
  readonly delisted?: boolean | undefined;
  /** Hours [from, to) between two lives of the coin. */
  readonly gaps?: readonly { readonly from: number; readonly to: number }[] | undefined;
}

export interface Renaming {
  readonly hour: number;
  readonly from: number;
  readonly to: number;
  readonly factor: number;
}

export interface Market {
  readonly hours: number;
  readonly coins: readonly CoinHistory[];
  readonly renames?: readonly Renaming[] | undefined;
  /** Length of a detail bar; no hour has any if absent. */
  readonly detailMinutes?: number | undefined;
}

export interface Wanted {
  readonly coin: number;
  readonly side: 1 | -1 | 0;
  readonly notional: number;
  readonly stop: number | null;
  readonly target: number | null;
  readonly holdHours: number | null;
  readonly market?: Venue | undefined;
  readonly leverage?: number | undefined;
  readonly trailing?: number | undefined;
  readonly stopOn?: 'trade' | 'mark' | undefined;
  readonly targetKind?: 'market' | 'limit' | undefined;
  readonly limit?: number | undefined;
  readonly postOnly?: boolean | undefined;
  readonly orderHours?: number | undefined;
  readonly reduce?: number | undefined;
}

export interface Impact {
  readonly coefficient: number;
  readonly participationMax: number;
  readonly rest: 'drop' | 'carry';
}

export interface Rules {
  /** Of the futures wallet; that of the spot wallet stands in `venue`. */
  readonly capital: number;
  readonly takerFeeBps: number;
  readonly slippageBps: number;
  readonly makerFeeBps?: number | undefined;
  readonly spotTakerFeeBps?: number | undefined;
  readonly spotMakerFeeBps?: number | undefined;
  readonly impact?: Impact | undefined;
  readonly closeAtEnd: boolean;
  /** First hour of the run and one past its last; bars outside are known but not lived through. */
  readonly fromHour: number;
  readonly toHour: number;
  readonly slotsMax: number | null;
  readonly sideNotionalFractionMax: number | null;
  /** Stamps at which is decided, in hours; fractions between hours. Before the first closed bar they are passed over. */
  readonly decisionHours: readonly number[];
  decide(stamp: number, book: { readonly equity: number; isOpen(coin: number): boolean }): readonly Wanted[];
  /** The plain rules if absent. */
  readonly venue?: VenueRules | undefined;
  /** Open time of hour 0, epoch ms UTC; 0 if absent. */
  readonly startMs?: number | undefined;
}

export type Reason =
  | 'stop'
  | 'target'
  | 'time'
  | 'signal'
  | 'delist'
  | 'end-of-data'
  | 'liquidation'
  | 'settling';

export interface ReferenceTrade {
  readonly coin: number;
  readonly side: 1 | -1;
  readonly entryHour: number;
  readonly exitHour: number;
  readonly quantity: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  readonly fees: number;
  /** Cash received. */
  readonly funding: number;
  readonly pnl: number;
  readonly reason: Reason;
  readonly market: Venue;
  readonly leverage: number;
  readonly insurance: number;
  readonly entryMinute: number;
  readonly exitMinute: number;
}

export interface ReferenceRefusal {
  /** Decision time, in hours. */
  readonly stamp: number;
  readonly coin: number;
  readonly side: 1 | -1 | 0;
  readonly reason: string;
}

export type Outcome = 'filled' | 'partial' | 'withdrew' | 'working' | 'cancelled' | 'refused';

/** What became of a target, in the order of the decisions. */
export interface TargetEnd {
  readonly stamp: number;
  readonly coin: number;
  readonly side: 1 | -1 | 0;
  outcome: Outcome;
  refusal: string | null;
}

export interface ReferenceRun {
  readonly trades: readonly ReferenceTrade[];
  readonly refusals: readonly ReferenceRefusal[];
  readonly targets: readonly TargetEnd[];
  /** At the close of each hour; NaN outside the run. */
  readonly equity: readonly number[];
  /** Cash of the wallets at the close of each hour; NaN outside the run. */
  readonly wallets: readonly { readonly usdm: number; readonly spot: number }[];
  /** Of both wallets, at the end. */
  readonly cash: number;
  readonly openAtEnd: number;
  readonly positions: readonly (Position & { readonly mark: number })[];
  /** Amounts that moved between the wallets. */
  readonly transferred: number;
  /** Quote currency; equity after all that happened in the last hour. */
  readonly equityAfter: number;
  readonly fundingReceived: number;
  readonly events: EventCounts;
}

export interface Position {
  coin: number;
  readonly market: Venue;
  readonly side: 1 | -1;
  readonly entryMinute: number;
  readonly leverage: number;
  readonly wanted: Wanted;
  quantity: number;
  entryPrice: number;
  entryFee: number;
  fundingPaid: number;
  /** Isolated margin. */
  margin: number;
  stopPrice: number | null;
  targetPrice: number | null;
  trailPrice: number | null;
  /** Most favourable trade price since the entry. */
  best: number;
  /** Minute of the bar in which a resting order last added to it; -1 for none. */
  makerMinute: number;
}

/** An order that has not come to its end. */
export interface Working {
  /** Place in the order in which all orders were made. */
  readonly sequence: number;
  readonly wanted: Wanted;
  readonly end: TargetEnd;
  coin: number;
  readonly market: Venue;
  readonly decidedMinute: number;
  /** Close that the quantity is reckoned with; null where there was none. */
  readonly referenceClose: number | null;
  /** What a redenomination at the decision's own stamp multiplies prices by. */
  readonly unitFactor: number;
  kind: 'delayed' | 'resting' | 'rest' | 'retry';
  readonly dueMinute: number;
  /** When it was handed to the market; NaN before. */
  actedMinute: number;
  /** Still to be filled. */
  quantity: number;
  filled: number;
  limit: number | null;
  leverage: number;
  /** What it has last added to, or is closing. */
  position: Position | null;
  /** What it has taken of the volume of one hour's bar. */
  taken: { hour: number; quantity: number };
}
