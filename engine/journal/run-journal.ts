/**
 * The journal of a run: what was decided, ordered, filled and charged, as columns, and the two running digests.
 *
 * - The *signal digest* takes in, per decision time, the hashes of the columns that the strategy declares and nothing of
 *   the account: it is equal wherever the same columns were seen.
 * - The *decision digest* takes in the signal digest, the account, the targets and what became of every order.
 *
 * A digest row is the state after the orders of its decision time.
 */
import { isRefusal, type Order, type OrderOutcome, orderId } from '../execution/orders.ts';
import { assertInvariant } from '../invariant.ts';
import type { Panel } from '../panel/panel.ts';
import type { Ledger, TradeColumns } from '../portfolio/ledger.ts';
import type { Journal } from '../ports.ts';
import type { Target } from '../strategy.ts';
import { GrowingRows } from './columns.ts';
import { idHex, mix32, RunningDigest, textLanes } from './digest.ts';
import {
  type AccountEvent,
  type DecisionRecord,
  exitReasons,
  type Fill,
  type FundingRecord,
  type JournalRecord,
  type OrderRecord,
  type ResolutionRecord,
  type SkipRecord,
} from './records.ts';
import type { Table, TableColumn } from './tables.ts';

const decisionFields = [
  'timeMs',
  'equity',
  'cash',
  'positions',
  'targets',
  'signal0',
  'signal1',
  'signal2',
  'signal3',
  'digest0',
  'digest1',
  'digest2',
  'digest3',
] as const;
const orderFields = [
  'timeMs',
  'rank',
  'coin',
  'targetSide',
  'side',
  'notional',
  'quantity',
  'stop',
  'target',
  'hold',
  'score',
  'market',
  'leverage',
  'limit',
  'trail',
] as const;
const fillFields = [
  'timeMs',
  'coin',
  'side',
  'quantity',
  'price',
  'rawPrice',
  'fee',
  'exitReason',
  'level',
  'decidedMs',
  'market',
  'maker',
] as const;
const eventFields = ['timeMs', 'coin', 'toCoin', 'amount'] as const;
const fundingFields = ['timeMs', 'coin', 'side', 'quantity', 'price', 'rate', 'cash'] as const;

const SIGNAL_AT = decisionFields.indexOf('signal0');
const DIGEST_AT = decisionFields.indexOf('digest0');

export interface JournalCheckpoint {
  readonly signal: readonly number[];
  readonly digest: readonly number[];
  readonly strategyHash: readonly [number, number];
  /** Decisions, orders, fills, funding, account events. */
  readonly rows: readonly Float64Array[];
  readonly events: readonly EventNames[];
  /** Rows of orders that are working, by id. */
  readonly working: readonly (readonly [string, readonly number[]])[];
  readonly outcomes: readonly OrderOutcome[];
  readonly reasons: readonly string[];
  readonly skipReasons: readonly (string | null)[];
}

type EventNames = Pick<AccountEvent, 'event' | 'from' | 'to'>;

export class RunJournal implements Journal {
  readonly #signal = new RunningDigest();
  readonly #digest = new RunningDigest();
  readonly #decisions = new GrowingRows(decisionFields);
  #skipReasons: (string | null)[] = [];
  readonly #orders = new GrowingRows(orderFields);
  /** What order ids derive from beside the row itself; ids are spelled out only when the table is built. */
  #strategyHash: readonly [number, number] = [0, 0];
  #outcomes: OrderOutcome[] = [];
  #reasons: string[] = [];
  readonly #fills = new GrowingRows(fillFields);
  readonly #funding = new GrowingRows(fundingFields);
  readonly #events = new GrowingRows(eventFields);
  #eventNames: EventNames[] = [];
  /** Rows of orders that are working, by order; by id where the order was made before a pause. */
  #working = new Map<Order | string, readonly number[]>();
  /** The newest decision row still lacks its digest. */
  #pending = false;
  #sealed = false;

  append(record: JournalRecord): void {
    assertInvariant(!this.#sealed, 'nothing is appended to a sealed journal');
    if (record.kind === 'decision') this.#appendDecision(record);
    else if (record.kind === 'order') this.#appendOrder(record);
    else if (record.kind === 'fill') this.#appendFill(record);
    else if (record.kind === 'funding') this.#appendFunding(record);
    else if (record.kind === 'resolution') this.#resolve(record);
    else if (record.kind === 'account-event') this.#appendEvent(record);
    else if (record.kind === 'skip') this.#appendSkip(record);
    // Intents matter where orders can be lost between here and a venue; a simulated one loses none.
  }

  seal(): void {
    this.#settleDigest();
    this.#sealed = true;
  }

  #appendDecision(record: DecisionRecord): void {
    this.#settleDigest();
    const { slice, account, targets } = record;
    const signal = this.#signal;
    signal.number(slice.timeMs);
    for (const word of slice.hashWords()) signal.word(word);
    const digest = this.#digest;
    for (const word of signal.state()) digest.word(word);
    digest.number(account.cash);
    digest.number(account.equity);
    account.absorbPositions(digest);
    for (const target of targets) absorbTarget(digest, target, slice.symbols[target.coin]!);
    this.#startRow(slice.timeMs, account.equity, account.cash, account.positionCount, targets.length, null);
  }

  #appendSkip(record: SkipRecord): void {
    this.#settleDigest();
    for (const digest of [this.#signal, this.#digest]) {
      digest.number(record.timeMs);
      digest.name(record.reason);
    }
    this.#startRow(record.timeMs, Number.NaN, Number.NaN, 0, 0, record.reason);
  }

  #startRow(
    timeMs: number,
    equity: number,
    cash: number,
    positions: number,
    targets: number,
    skipped: string | null,
  ): void {
    const at = this.#decisions.add();
    const row = this.#decisions.values();
    row[at] = timeMs;
    row[at + 1] = equity;
    row[at + 2] = cash;
    row[at + 3] = positions;
    row[at + 4] = targets;
    row.set(this.#signal.state(), at + SIGNAL_AT);
    this.#skipReasons.push(skipped);
    this.#pending = true;
  }

  #settleDigest(): void {
    if (!this.#pending) return;
    this.#pending = false;
    const at = (this.#decisions.rows - 1) * decisionFields.length;
    this.#decisions.values().set(this.#digest.state(), at + DIGEST_AT);
  }

  #appendOrder(record: OrderRecord): void {
    const { order, target } = record;
    this.#digest.name(order.symbol);
    this.#digest.number(order.quantity);
    this.#digest.name(record.outcome);
    const at = this.#orders.add();
    const row = this.#orders.values();
    row[at] = record.timeMs;
    row[at + 1] = record.rank;
    row[at + 2] = order.coin;
    row[at + 3] = target.side;
    row[at + 4] = order.side;
    row[at + 5] = order.notional;
    row[at + 6] = order.quantity;
    row[at + 7] = order.target.stopLossFraction ?? Number.NaN;
    row[at + 8] = order.target.takeProfitFraction ?? Number.NaN;
    row[at + 9] = order.target.holdHoursMax ?? Number.NaN;
    row[at + 10] = order.score;
    row[at + 11] = order.market === 'spot' ? 1 : 0;
    row[at + 12] = target.leverage ?? Number.NaN;
    row[at + 13] = target.limitPrice ?? Number.NaN;
    row[at + 14] = target.trailingStopFraction ?? Number.NaN;
    if (record.outcome === 'working') {
      this.#working.set(order, [...(this.#working.get(order) ?? []), this.#orders.rows - 1]);
    }
    this.#strategyHash = order.strategyHash;
    this.#outcomes.push(record.outcome);
    this.#reasons.push(order.reason);
  }

  /** The end of an order that was working takes the place of `working` in its row. */
  #resolve({ timeMs, order, outcome }: ResolutionRecord): void {
    const key = this.#working.has(order) ? order : order.id;
    const [row, ...others] = this.#working.get(key) ?? [];
    assertInvariant(row !== undefined, 'only a working order is resolved later');
    if (others.length > 0) this.#working.set(key, others);
    else this.#working.delete(key);
    this.#outcomes[row] = outcome;
    this.#digest.number(timeMs);
    this.#digest.name(order.symbol);
    this.#digest.name(outcome);
  }

  #appendEvent(record: AccountEvent): void {
    const at = this.#events.add();
    const row = this.#events.values();
    row[at] = record.timeMs;
    row[at + 1] = record.coin;
    row[at + 2] = record.toCoin;
    row[at + 3] = record.amount;
    this.#eventNames.push({ event: record.event, from: record.from, to: record.to });
  }

  #appendFill(fill: Fill): void {
    const at = this.#fills.add();
    const row = this.#fills.values();
    row[at] = fill.timeMs;
    row[at + 1] = fill.coin;
    row[at + 2] = fill.side;
    row[at + 3] = fill.quantity;
    row[at + 4] = fill.price;
    row[at + 5] = fill.rawPrice;
    row[at + 6] = fill.fee;
    row[at + 7] = fill.exitReason === null ? -1 : exitReasons.indexOf(fill.exitReason);
    row[at + 8] = fill.level;
    row[at + 9] = fill.decidedMs;
    row[at + 10] = fill.market === 'spot' ? 1 : 0;
    row[at + 11] = fill.maker ? 1 : 0;
  }

  #appendFunding(record: FundingRecord): void {
    const at = this.#funding.add();
    const row = this.#funding.values();
    row[at] = record.timeMs;
    row[at + 1] = record.coin;
    row[at + 2] = record.side;
    row[at + 3] = record.quantity;
    row[at + 4] = record.price;
    row[at + 5] = record.rate;
    row[at + 6] = record.cash;
  }

  /** The signal digest of the whole run so far, 32 hex digits. */
  get signalDigest(): string {
    return this.#signal.hex();
  }

  /** The decision digest of the whole run: every decision, every trade, equity at every hour of the run. */
  runDigest(ledger: Ledger, panel: Pick<Panel, 'symbols'>): string {
    const digest = new RunningDigest();
    digest.restore(this.#digest.state());
    absorbTrades(digest, ledger.trades(), panel);
    for (const equity of ledger.equity) if (equity === equity) digest.number(equity);
    return digest.hex();
  }

  checkpoint(): JournalCheckpoint {
    this.#settleDigest();
    return {
      signal: this.#signal.state(),
      digest: this.#digest.state(),
      strategyHash: this.#strategyHash,
      rows: this.#rows().map((rows) => rows.checkpoint()),
      events: [...this.#eventNames],
      working: [...this.#workingById()],
      outcomes: [...this.#outcomes],
      reasons: [...this.#reasons],
      skipReasons: [...this.#skipReasons],
    };
  }

  /** Two orders of one decision for one coin have one id: their rows stand together, the older first. */
  #workingById(): ReadonlyMap<string, readonly number[]> {
    const byId = new Map<string, readonly number[]>();
    for (const [key, rows] of this.#working) {
      const id = typeof key === 'string' ? key : key.id;
      byId.set(
        id,
        [...(byId.get(id) ?? []), ...rows].sort((a, b) => a - b),
      );
    }
    return byId;
  }

  restore(checkpoint: JournalCheckpoint): void {
    this.#signal.restore(checkpoint.signal);
    this.#digest.restore(checkpoint.digest);
    this.#strategyHash = checkpoint.strategyHash;
    for (const [index, rows] of this.#rows().entries()) rows.restore(checkpoint.rows[index]!);
    this.#eventNames = [...checkpoint.events];
    this.#working = new Map(checkpoint.working);
    this.#outcomes = [...checkpoint.outcomes];
    this.#reasons = [...checkpoint.reasons];
    this.#skipReasons = [...checkpoint.skipReasons];
  }

  #rows(): readonly GrowingRows<string>[] {
    return [this.#decisions, this.#orders, this.#fills, this.#funding, this.#events];
  }

  /** The tables of a run folder that hold what was decided, ordered, filled and charged. */
  tables(
    symbols: readonly string[],
  ): Readonly<
    Record<'decisions' | 'targets' | 'refusals' | 'orders' | 'fills' | 'funding' | 'account_events', Table>
  > {
    return {
      decisions: this.#decisionTable(),
      targets: this.#targetTable(symbols),
      refusals: this.#refusalTable(symbols),
      orders: this.#orderTable(symbols),
      fills: this.#fillTable(symbols),
      funding: this.#fundingTable(symbols),
      account_events: this.#eventTable(symbols),
    };
  }

  #decisionTable(): Table {
    const row = (field: (typeof decisionFields)[number]) => this.#decisions.column(field);
    return table({
      time: time(row('timeMs')),
      signal_digest: text(hexStates(row('signal0'), row('signal1'), row('signal2'), row('signal3'))),
      digest: text(hexStates(row('digest0'), row('digest1'), row('digest2'), row('digest3'))),
      equity: real(row('equity')),
      cash: real(row('cash')),
      positions: whole(row('positions')),
      targets: whole(row('targets')),
      skipped: text(this.#skipReasons),
    });
  }

  #targetTable(symbols: readonly string[]): Table {
    const row = (field: (typeof orderFields)[number]) => this.#orders.column(field);
    return table({
      time: time(row('timeMs')),
      symbol: named(row('coin'), symbols),
      market: markets(row('market')),
      rank: whole(row('rank')),
      side: whole(row('targetSide')),
      notional: real(row('notional')),
      score: real(row('score')),
      outcome: text(this.#outcomes.map((outcome) => (isRefusal(outcome) ? 'refused' : outcome))),
      refusal: text(this.#outcomes.map((outcome) => (isRefusal(outcome) ? outcome : null))),
    });
  }

  #refusalTable(symbols: readonly string[]): Table {
    const row = (field: (typeof orderFields)[number]) => this.#orders.column(field);
    const kept = indices(this.#outcomes, isRefusal);
    return table({
      time: time(row('timeMs'), kept),
      symbol: named(row('coin'), symbols, kept),
      side: whole(row('targetSide'), kept),
      notional: real(row('notional'), kept),
      score: real(row('score'), kept),
      reason: text(kept.map((index) => this.#outcomes[index]!)),
    });
  }

  #orderTable(symbols: readonly string[]): Table {
    const row = (field: (typeof orderFields)[number]) => this.#orders.column(field);
    const kept = indices(this.#outcomes, (outcome) => !isRefusal(outcome));
    const [coins, times, sides] = [row('coin'), row('timeMs'), row('targetSide')];
    const leg = (index: number) => (sides[index] === 0 ? 'exit' : 'entry');
    const spot = row('market');
    const id = (index: number) =>
      orderId(
        this.#strategyHash,
        times[index]!,
        symbols[coins[index]!]!,
        leg(index),
        spot[index] === 1 ? 'spot' : 'usdm',
      );
    return table({
      id: text(kept.map(id)),
      time: time(row('timeMs'), kept),
      symbol: text(kept.map((index) => symbols[coins[index]!]!)),
      market: markets(row('market'), kept),
      side: whole(row('side'), kept),
      leg: text(kept.map(leg)),
      quantity: real(row('quantity'), kept),
      stop_loss_fraction: real(row('stop'), kept),
      take_profit_fraction: real(row('target'), kept),
      trailing_stop_fraction: real(row('trail'), kept),
      hold_hours_max: real(row('hold'), kept),
      leverage: real(row('leverage'), kept),
      limit_price: real(row('limit'), kept),
      outcome: text(kept.map((index) => this.#outcomes[index]!)),
      score: real(row('score'), kept),
      reason: text(kept.map((index) => this.#reasons[index]!)),
    });
  }

  #fillTable(symbols: readonly string[]): Table {
    const row = (field: (typeof fillFields)[number]) => this.#fills.column(field);
    const exits = Array.from(row('exitReason'), (code) => (code < 0 ? null : exitReasons[code]!));
    return table({
      time: time(row('timeMs')),
      symbol: named(row('coin'), symbols),
      market: markets(row('market')),
      side: whole(row('side')),
      leg: text(exits.map((reason) => (reason === null ? 'entry' : 'exit'))),
      quantity: real(row('quantity')),
      price: real(row('price')),
      raw_price: real(row('rawPrice')),
      fee: real(row('fee')),
      liquidity: text(Array.from(row('maker'), (maker) => (maker === 1 ? 'maker' : 'taker'))),
      exit_reason: text(exits),
      level: real(row('level')),
      decided_time: real(row('decidedMs')),
    });
  }

  #eventTable(symbols: readonly string[]): Table {
    const row = (field: (typeof eventFields)[number]) => this.#events.column(field);
    const coin = (field: 'coin' | 'toCoin') =>
      text(Array.from(row(field), (index) => (index < 0 ? null : symbols[index]!)));
    return table({
      time: time(row('timeMs')),
      event: text(this.#eventNames.map(({ event }) => event)),
      symbol: coin('coin'),
      to_symbol: coin('toCoin'),
      from_wallet: text(this.#eventNames.map(({ from }) => from)),
      to_wallet: text(this.#eventNames.map(({ to }) => to)),
      amount: real(row('amount')),
    });
  }

  #fundingTable(symbols: readonly string[]): Table {
    const row = (field: (typeof fundingFields)[number]) => this.#funding.column(field);
    return table({
      time: time(row('timeMs')),
      symbol: named(row('coin'), symbols),
      side: whole(row('side')),
      quantity: real(row('quantity')),
      price: real(row('price')),
      rate: real(row('rate')),
      cash: real(row('cash')),
    });
  }
}

/** What few targets name; an absent field leaves no trace. */
function absorbSpecials(digest: RunningDigest, target: Target): void {
  const { market, leverage, trailingStopFraction, limitPrice, orderHoursMax, reduceFraction } = target;
  if (market !== undefined) digest.name(market);
  if (target.stopOn !== undefined) digest.name(target.stopOn);
  if (target.takeProfitKind !== undefined) digest.name(target.takeProfitKind);
  if (target.postOnly === true) digest.name('post-only');
  const numbers = [leverage, trailingStopFraction, limitPrice, orderHoursMax, reduceFraction];
  for (const [index, value] of numbers.entries()) {
    if (value === undefined) continue;
    digest.word(index);
    digest.number(value);
  }
}

function absorbTarget(digest: RunningDigest, target: Target, symbol: string): void {
  digest.name(symbol);
  digest.word(target.side);
  digest.number(target.notional ?? Number.NaN);
  digest.number(target.score ?? Number.NaN);
  digest.number(target.stopLossFraction ?? Number.NaN);
  digest.number(target.takeProfitFraction ?? Number.NaN);
  digest.number(target.holdHoursMax ?? Number.NaN);
  digest.name(target.reason ?? '');
  if (isSpecial(target)) absorbSpecials(digest, target);
}

function isSpecial(target: Target): boolean {
  return (
    target.market !== undefined ||
    target.leverage !== undefined ||
    target.trailingStopFraction !== undefined ||
    target.stopOn !== undefined ||
    target.takeProfitKind !== undefined ||
    target.limitPrice !== undefined ||
    target.reduceFraction !== undefined
  );
}

/** Coins by name and hours by the epoch: the shape of the panel around a run leaves no trace. */
function absorbTrades(digest: RunningDigest, trades: TradeColumns, panel: Pick<Panel, 'symbols'>): void {
  const lanes = panel.symbols.map(textLanes);
  for (let row = 0; row < trades.count; row += 1) {
    const [high, low] = lanes[trades.coin[row]!]!;
    digest.word(high);
    digest.word(low);
    digest.word(trades.side[row]!);
    if (trades.market[row] === 1) digest.word(1);
    digest.number(trades.entryMs[row]!);
    digest.number(trades.exitMs[row]!);
    digest.word(trades.exitReason[row]!);
    digest.number(trades.quantity[row]!);
    digest.number(trades.entryPrice[row]!);
    digest.number(trades.exitPrice[row]!);
    digest.number(trades.fees[row]!);
    digest.number(trades.funding[row]!);
    digest.number(trades.pnl[row]!);
  }
}

function table(columnsByName: Record<string, TableColumn>): Table {
  const rows = Object.values(columnsByName)[0]?.values.length ?? 0;
  for (const [name, column] of Object.entries(columnsByName)) {
    assertInvariant(column.values.length === rows, `column ${name} is as long as its table`);
  }
  return { rows, columns: columnsByName };
}

function picked(values: Float64Array, kept: readonly number[] | undefined): Float64Array {
  return kept === undefined ? values : Float64Array.from(kept, (index) => values[index]!);
}

function time(column: Float64Array, kept?: readonly number[]): TableColumn {
  return { type: 'time', values: picked(column, kept) };
}

function real(column: Float64Array, kept?: readonly number[]): TableColumn {
  return { type: 'double', values: picked(column, kept) };
}

function whole(column: Float64Array, kept?: readonly number[]): TableColumn {
  return { type: 'integer', values: Int32Array.from(picked(column, kept)) };
}

function text(values: readonly (string | null)[]): TableColumn {
  return { type: 'text', values };
}

function named(column: Float64Array, symbols: readonly string[], kept?: readonly number[]): TableColumn {
  return text(Array.from(picked(column, kept), (coin) => symbols[coin]!));
}

function markets(column: Float64Array, kept?: readonly number[]): TableColumn {
  return text(Array.from(picked(column, kept), (code) => (code === 1 ? 'spot' : 'usdm')));
}

function indices<T>(list: readonly T[], keep: (item: T) => boolean): number[] {
  return list.flatMap((item, index) => (keep(item) ? [index] : []));
}

function hexStates(a: Float64Array, b: Float64Array, c: Float64Array, d: Float64Array): string[] {
  return Array.from(
    a,
    (word, row) => idHex(mix32(word, 1), mix32(b[row]!, 2)) + idHex(mix32(c[row]!, 3), mix32(d[row]!, 4)),
  );
}
