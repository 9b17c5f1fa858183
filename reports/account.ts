/** What happened to the account beside its trades: margin used, money moved, orders that filled in part or not at all. */
import type { RunManifest, StoredRun } from '../datasets/runs.ts';
import type { Table } from '../engine/journal/tables.ts';
import type { Panel } from '../engine/panel/panel.ts';
import { numbers, texts } from './columns.ts';
import { type HeldHalts, type HeldSpan, heldHalts } from './halts.ts';
import type { FillRow, JoinedTrades, TradeRow } from './trades.ts';

export interface AccountParts {
  readonly manifest: RunManifest;
  readonly wallets: Wallets;
  readonly liquidations: readonly TradeRow[];
  readonly costs: readonly CostRow[];
  readonly events: readonly AccountEventRow[];
  readonly orders: OrderCounts;
  /** Null without the bars of the run. */
  readonly halts: HeldHalts | null;
}

export interface Wallets {
  /** Cash at the end, quote currency; `spot` is null where that wallet was never used. */
  readonly usdm: number;
  readonly spot: number | null;
  /** Largest and mean notional of all positions as a multiple of equity, over the hours with equity. */
  readonly grossMax: number;
  readonly grossMean: number;
  /** Largest initial margin of all futures positions as a share of equity, by the leverage of their trades. */
  readonly leverageMax: number;
}

export interface CostRow {
  readonly kind:
    | 'taker fees'
    | 'maker fees'
    | 'clearance fees'
    | 'slippage'
    | 'funding paid'
    | 'funding received';
  /** Fills or charges it came from. */
  readonly times: number;
  /** Quote currency, > 0 where it cost, < 0 where it was received. */
  readonly amount: number;
}

export interface AccountEventRow {
  readonly timeMs: number;
  readonly event: string;
  readonly symbol: string | null;
  readonly toSymbol: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly amount: number;
}

export interface OrderCounts {
  /** Entry orders with a limit, and how they ended. */
  readonly limits: number;
  readonly limitsByOutcome: Readonly<Record<string, number>>;
  readonly partial: number;
  /** Entries that went out in several fills. */
  readonly split: number;
}

export async function accountParts(
  run: StoredRun,
  joined: JoinedTrades,
  panel: Panel | null,
): Promise<AccountParts> {
  const { trades, fills } = joined;
  return {
    manifest: run.manifest,
    wallets: walletsOf(await run.table('equity'), trades),
    liquidations: trades.filter((trade) => trade.exitReason === 'liquidation'),
    costs: costsOf(fills, await run.table('funding')),
    events: eventsOf(await run.table('account_events')),
    halts: panel === null ? null : heldHalts(spansOf(joined, run.manifest.toMs), panel),
    orders: orderCounts(await run.table('orders'), await run.table('refusals'), trades),
  };
}

function walletsOf(equity: Table, trades: readonly TradeRow[]): Wallets {
  const [total, cash, spot] = [
    numbers(equity, 'equity'),
    numbers(equity, 'cash'),
    numbers(equity, 'spot_cash'),
  ];
  const [long, short] = [numbers(equity, 'long_notional'), numbers(equity, 'short_notional')];
  let grossMax = 0;
  let grossSum = 0;
  let hours = 0;
  for (let row = 0; row < equity.rows; row += 1) {
    if (!(total[row]! > 0)) continue;
    const gross = (long[row]! + Math.abs(short[row]!)) / total[row]!;
    grossMax = Math.max(grossMax, gross);
    grossSum += gross;
    hours += 1;
  }
  const usesSpot = spot.some((amount) => amount !== 0) || trades.some(({ market }) => market === 'spot');
  const last = equity.rows - 1;
  return {
    usdm: (cash[last] ?? Number.NaN) - (spot[last] ?? 0),
    spot: usesSpot ? (spot[last] ?? Number.NaN) : null,
    grossMax,
    grossMean: hours === 0 ? 0 : grossSum / hours,
    leverageMax: trades.reduce((most, { leverage }) => Math.max(most, leverage), 0),
  };
}

/** A position that is still open was held to the end. */
function spansOf({ trades, open }: JoinedTrades, endMs: number): HeldSpan[] {
  return [
    ...trades.map(({ symbol, market, entryMs, exitMs }) => ({
      symbol,
      market,
      fromMs: entryMs,
      toMs: exitMs,
    })),
    ...open.map(({ symbol, market, timeMs }) => ({ symbol, market, fromMs: timeMs, toMs: endMs })),
  ];
}

function costsOf(fills: readonly FillRow[], funding: Table): CostRow[] {
  const clearance = fills.filter((fill) => fill.exitReason === 'liquidation');
  const others = fills.filter((fill) => fill.exitReason !== 'liquidation');
  const fees = (kind: CostRow['kind'], list: readonly FillRow[]): CostRow => ({
    kind,
    times: list.length,
    amount: list.reduce((sum, fill) => sum + fill.fee, 0),
  });
  const slipped = fills.filter((fill) => fill.slippage !== 0);
  const paid = Array.from(numbers(funding, 'cash')).reduce((sum, cash) => sum - cash, 0);
  return [
    fees(
      'taker fees',
      others.filter((fill) => !fill.maker),
    ),
    fees(
      'maker fees',
      others.filter((fill) => fill.maker),
    ),
    fees('clearance fees', clearance),
    {
      kind: 'slippage',
      times: slipped.length,
      amount: slipped.reduce((sum, fill) => sum + Math.abs(fill.slippage), 0),
    },
    { kind: paid < 0 ? 'funding received' : 'funding paid', times: funding.rows, amount: paid },
  ];
}

function eventsOf(table: Table): AccountEventRow[] {
  const text = (name: string) => texts(table, name);
  const [event, symbol, toSymbol] = [text('event'), text('symbol'), text('to_symbol')];
  const [from, to] = [text('from_wallet'), text('to_wallet')];
  const [time, amount] = [numbers(table, 'time'), numbers(table, 'amount')];
  return Array.from({ length: table.rows }, (_, row) => ({
    timeMs: time[row]!,
    event: event[row] ?? '',
    symbol: symbol[row] ?? null,
    toSymbol: toSymbol[row] ?? null,
    from: from[row] ?? null,
    to: to[row] ?? null,
    amount: amount[row]!,
  }));
}

function orderCounts(orders: Table, refusals: Table, trades: readonly TradeRow[]): OrderCounts {
  const limit = numbers(orders, 'limit_price');
  const outcome = texts(orders, 'outcome');
  const byOutcome: Record<string, number> = {};
  const count = (name: string, times = 1) => {
    if (times > 0) byOutcome[name] = (byOutcome[name] ?? 0) + times;
  };
  for (let row = 0; row < orders.rows; row += 1) if (Number.isFinite(limit[row]!)) count(outcome[row] ?? '');
  // These reasons are of limit orders alone; the table of orders holds none that ended in a refusal.
  const reasons = texts(refusals, 'reason');
  for (const reason of ['expired', 'would-take', 'percent-price'])
    count(reason, reasons.filter((other) => other === reason).length);
  return {
    limits: Object.values(byOutcome).reduce((sum, times) => sum + times, 0),
    limitsByOutcome: byOutcome,
    partial: outcome.filter((name) => name === 'partial').length,
    split: new Set(trades.filter(({ entryFills }) => entryFills > 1).map(({ entryFill }) => entryFill)).size,
  };
}
