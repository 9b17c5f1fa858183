/**
 * The account's own books: closed trades as columns, and equity at the close of every hour. Columns grow by doubling and
 * are cut to length once, at the end.
 */
import { type ExitReason, exitReasons } from '../journal/records.ts';

/** Closed trades in the order of closing, one entry per trade in every column. Hours are panel hours. */
export interface TradeColumns {
  readonly count: number;
  readonly coin: Int32Array;
  readonly side: Int8Array;
  /** 0 futures, 1 spot. */
  readonly market: Uint8Array;
  readonly entryHour: Int32Array;
  /** Hour of the bar in which the position, or this part of it, was closed. */
  readonly exitHour: Int32Array;
  /** Open of the bar of either fill, epoch ms: the hour's, or that of a finer bar. */
  readonly entryMs: Float64Array;
  readonly exitMs: Float64Array;
  readonly quantity: Float64Array;
  readonly entryPrice: Float64Array;
  readonly exitPrice: Float64Array;
  /** Fees of both legs, >= 0. */
  readonly fees: Float64Array;
  /** Cash received over the life of the trade, negative when paid. */
  readonly funding: Float64Array;
  /** Net of fees, funding and insurance. */
  readonly pnl: Float64Array;
  /** What a liquidation lost beyond its margin and somebody else bore, >= 0. */
  readonly insurance: Float64Array;
  readonly leverage: Float64Array;
  /** The ranking value of the entry; NaN where the strategy gave none. */
  readonly score: Float64Array;
  /** Index into `exitReasons`. */
  readonly exitReason: Int8Array;
  /** Index into `entryReasons`. */
  readonly entryReason: Int16Array;
  readonly entryReasons: readonly string[];
}

export interface LedgerCheckpoint {
  readonly reals: Float64Array;
  readonly wholes: Int32Array;
  readonly entryReasons: readonly string[];
  readonly equity: Float64Array;
  readonly cash: Float64Array;
  readonly spotCash: Float64Array;
  readonly earned: number;
  readonly moved: number;
}

const REAL_WIDTH = 9;
const PNL = 5;
const INSURANCE = 7;
const WHOLE_WIDTH = 7;
const MINUTES = 60;
const minuteMs = 60_000;

export class Ledger {
  #reals = new Float64Array(REAL_WIDTH * 4096);
  #wholes = new Int32Array(WHOLE_WIDTH * 4096);
  #count = 0;
  #made: TradeColumns | null = null;
  readonly #entryReasons: string[] = [];
  readonly #entryReasonOf = new Map<string, number>();
  readonly #startMs: number;
  /** [profit and loss of all closed trades, sum of its absolute values] */
  readonly #sums = new Float64Array(2);
  /** Equity at the close of each panel hour; NaN outside the run. */
  readonly equity: Float64Array;
  /** Cash of both wallets at the close of each panel hour, and of the spot wallet alone. */
  readonly cash: Float64Array;
  readonly spotCash: Float64Array;

  constructor(hours: number, startMs: number) {
    this.#startMs = startMs;
    this.spotCash = new Float64Array(hours).fill(Number.NaN);
    this.equity = new Float64Array(hours).fill(Number.NaN);
    this.cash = new Float64Array(hours).fill(Number.NaN);
  }

  get tradeCount(): number {
    return this.#count;
  }

  entryReasonCode(reason: string): number {
    let code = this.#entryReasonOf.get(reason);
    if (code === undefined) {
      code = this.#entryReasons.length;
      this.#entryReasons.push(reason);
      this.#entryReasonOf.set(reason, code);
    }
    return code;
  }

  /**
   * Appends a trade and returns its row. Positional, because it runs for every trade of every scenario: an argument object
   * would be boxed nine times. Minutes count from the panel's start.
   */
  addTrade(
    coin: number,
    market: number,
    side: number,
    entryMinute: number,
    exitMinute: number,
    exitReasonCode: number,
    entryReasonCode: number,
    quantity: number,
    entryPrice: number,
    exitPrice: number,
    fees: number,
    funding: number,
    pnl: number,
    score: number,
    insurance: number,
    leverage: number,
  ): number {
    this.#made = null;
    if (this.#count * REAL_WIDTH === this.#reals.length) this.#grow();
    const reals = this.#reals;
    const wholes = this.#wholes;
    const real = this.#count * REAL_WIDTH;
    const whole = this.#count * WHOLE_WIDTH;
    reals[real] = quantity;
    reals[real + 1] = entryPrice;
    reals[real + 2] = exitPrice;
    reals[real + 3] = fees;
    reals[real + 4] = funding;
    reals[real + 5] = pnl;
    reals[real + 6] = score;
    reals[real + INSURANCE] = insurance;
    reals[real + 8] = leverage;
    wholes[whole] = coin;
    wholes[whole + 1] = side;
    wholes[whole + 2] = entryMinute;
    wholes[whole + 3] = exitMinute;
    wholes[whole + 4] = exitReasonCode;
    wholes[whole + 5] = entryReasonCode;
    wholes[whole + 6] = market;
    this.#sums[0] = this.#sums[0]! + pnl;
    this.#sums[1] = this.#sums[1]! + Math.abs(pnl);
    this.#count += 1;
    return this.#count - 1;
  }

  /** Credits a shortfall that somebody else bore to the trade it arose in. */
  addInsurance(row: number, amount: number): void {
    this.#made = null;
    const real = row * REAL_WIDTH;
    this.#reals[real + INSURANCE] = this.#reals[real + INSURANCE]! + amount;
    this.#reals[real + PNL] = this.#reals[real + PNL]! + amount;
    this.#sums[0] = this.#sums[0]! + amount;
  }

  #grow(): void {
    const reals = new Float64Array(this.#reals.length * 2);
    reals.set(this.#reals);
    this.#reals = reals;
    const wholes = new Int32Array(this.#wholes.length * 2);
    wholes.set(this.#wholes);
    this.#wholes = wholes;
  }

  /** Profit and loss of all closed trades. */
  get earned(): number {
    return this.#sums[0]!;
  }

  /** Sum of |pnl| of all closed trades: the scale on which rounding adds up. */
  get moved(): number {
    return this.#sums[1]!;
  }

  checkpoint(): LedgerCheckpoint {
    return {
      reals: this.#reals.slice(0, this.#count * REAL_WIDTH),
      wholes: this.#wholes.slice(0, this.#count * WHOLE_WIDTH),
      entryReasons: [...this.#entryReasons],
      equity: this.equity.slice(),
      cash: this.cash.slice(),
      spotCash: this.spotCash.slice(),
      earned: this.earned,
      moved: this.moved,
    };
  }

  restore(checkpoint: LedgerCheckpoint): void {
    this.#made = null;
    this.#count = checkpoint.reals.length / REAL_WIDTH;
    while (this.#reals.length < checkpoint.reals.length) this.#grow();
    this.#reals.set(checkpoint.reals);
    this.#wholes.set(checkpoint.wholes);
    this.#entryReasons.length = 0;
    this.#entryReasonOf.clear();
    for (const reason of checkpoint.entryReasons) this.entryReasonCode(reason);
    this.equity.set(checkpoint.equity);
    this.cash.set(checkpoint.cash);
    this.spotCash.set(checkpoint.spotCash);
    this.#sums.set([checkpoint.earned, checkpoint.moved]);
  }

  /** The columns so far; made once for as long as nothing is added. */
  trades(): TradeColumns {
    this.#made ??= this.#columns();
    return this.#made;
  }

  #columns(): TradeColumns {
    const count = this.#count;
    const real = (field: number) => strided(this.#reals, REAL_WIDTH, field, new Float64Array(count));
    const whole = (field: number) => strided(this.#wholes, WHOLE_WIDTH, field, new Int32Array(count));
    return {
      count,
      coin: whole(0),
      side: Int8Array.from(whole(1)),
      market: Uint8Array.from(whole(6)),
      entryHour: hoursOf(whole(2)),
      exitHour: hoursOf(whole(3)),
      entryMs: timesOf(whole(2), this.#startMs),
      exitMs: timesOf(whole(3), this.#startMs),
      exitReason: Int8Array.from(whole(4)),
      entryReason: Int16Array.from(whole(5)),
      entryReasons: [...this.#entryReasons],
      quantity: real(0),
      entryPrice: real(1),
      exitPrice: real(2),
      fees: real(3),
      funding: real(4),
      pnl: real(5),
      score: real(6),
      insurance: real(INSURANCE),
      leverage: real(8),
    };
  }
}

function hoursOf(minutes: Int32Array): Int32Array {
  const hours = new Int32Array(minutes.length);
  for (let row = 0; row < hours.length; row += 1) hours[row] = (minutes[row]! / MINUTES) | 0;
  return hours;
}

function timesOf(minutes: Int32Array, startMs: number): Float64Array {
  const times = new Float64Array(minutes.length);
  for (let row = 0; row < times.length; row += 1) times[row] = startMs + minutes[row]! * minuteMs;
  return times;
}

/** Every `width`-th element from `field` on. A plain loop: `from` with a callback is ten times slower. */
function strided<Numbers extends Float64Array | Int32Array>(
  records: Numbers,
  width: number,
  field: number,
  out: Numbers,
): Numbers {
  for (let row = 0, at = field; row < out.length; row += 1, at += width) out[row] = records[at]!;
  return out;
}

export function exitReasonAt(trades: TradeColumns, row: number): ExitReason {
  return exitReasons[trades.exitReason[row]!]!;
}
