/**
 * Trades as rows, each joined with its fills: what slippage cost, and where the stop was to hold. Every exit fill closes a
 * position or a part of it and makes one trade, in the same order; an entry may have gone out in several fills.
 */
import type { FinishedRun, StoredRun } from '../datasets/runs.ts';
import type { Table } from '../engine/journal/tables.ts';
import { numbers, texts } from './columns.ts';

export interface FillRow {
  readonly timeMs: number;
  readonly symbol: string;
  readonly market: string;
  readonly side: 1 | -1;
  readonly leg: string;
  /** Rested, and was traded with. */
  readonly maker: boolean;
  readonly quantity: number;
  readonly price: number;
  readonly rawPrice: number;
  readonly fee: number;
  readonly exitReason: string | null;
  /** The stop's level where a stop filled, the trigger mark where a liquidation did; NaN otherwise. */
  readonly level: number;
  /** NaN where a resting order filled. */
  readonly decidedMs: number;
  /** Quote currency, > 0 where the fill was worse than the raw price. */
  readonly slippage: number;
}

export interface TradeRow {
  readonly symbol: string;
  readonly market: string;
  readonly side: 1 | -1;
  readonly entryMs: number;
  readonly exitMs: number;
  readonly quantity: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  readonly entryReason: string;
  readonly exitReason: string;
  readonly fees: number;
  readonly funding: number;
  readonly pnl: number;
  /** Pnl over the notional at entry. */
  readonly netReturn: number;
  /** Worst and best excursion as fractions of the entry price: adverse <= 0 <= favourable; NaN where unknown. */
  readonly adverse: number;
  readonly favourable: number;
  readonly score: number;
  readonly leverage: number;
  /** What a liquidation lost beyond its margin and somebody else bore, >= 0. */
  readonly insurance: number;
  /** Both legs, quote currency; of an entry that closed in parts, this part's share. */
  readonly slippage: number;
  /** The first fill of the entry. */
  readonly entryFill: FillRow | null;
  /** Fills that the entry went out in. */
  readonly entryFills: number;
  readonly exitFill: FillRow | null;
}

function fillRows(table: Table): FillRow[] {
  const symbol = texts(table, 'symbol');
  const leg = texts(table, 'leg');
  const market = texts(table, 'market');
  const liquidity = texts(table, 'liquidity');
  const exitReason = texts(table, 'exit_reason');
  const [time, side, quantity, price, raw, fee, level, decided] = columnsOf(table, [
    'time',
    'side',
    'quantity',
    'price',
    'raw_price',
    'fee',
    'level',
    'decided_time',
  ] as const);
  return Array.from({ length: table.rows }, (_, row) => {
    const buys = side![row]! * (leg[row] === 'entry' ? 1 : -1);
    return {
      timeMs: time![row]!,
      symbol: symbol[row] ?? '',
      market: market[row] ?? '',
      side: side![row]! === 1 ? 1 : -1,
      leg: leg[row] ?? '',
      maker: liquidity[row] === 'maker',
      quantity: quantity![row]!,
      price: price![row]!,
      rawPrice: raw![row]!,
      fee: fee![row]!,
      exitReason: exitReason[row] ?? null,
      level: level![row]!,
      decidedMs: decided![row]!,
      slippage: buys * (price![row]! - raw![row]!) * quantity![row]!,
    };
  });
}

export interface JoinedTrades {
  readonly trades: TradeRow[];
  readonly fills: FillRow[];
  /** First entry fills of positions that no fill has closed. */
  readonly open: readonly FillRow[];
}

export async function readTrades(run: StoredRun): Promise<JoinedTrades> {
  const [fills, trades, events] = await Promise.all([
    run.table('fills'),
    run.table('trades'),
    run.table('account_events'),
  ]);
  return joinTrades({ fills, trades, account_events: events });
}

/** As `readTrades`, from the tables of a run that was not written. */
export function joinTrades(
  tables: Pick<FinishedRun['tables'], 'fills' | 'trades' | 'account_events'>,
): JoinedTrades {
  const fills = fillRows(tables.fills);
  const { closings, open } = closingsOf(fills, renamesOf(tables.account_events));
  return { trades: tradeRows(tables.trades, closings), fills, open };
}

const tradeNumbers = [
  'side',
  'entry_time',
  'exit_time',
  'quantity',
  'entry_price',
  'exit_price',
  'fees',
  'funding',
  'pnl',
  'mae',
  'mfe',
  'score',
  'leverage',
  'insurance',
] as const;

function tradeRows(table: Table, closings: readonly Closing[]): TradeRow[] {
  const symbol = texts(table, 'symbol');
  const market = texts(table, 'market');
  const entryReason = texts(table, 'entry_reason');
  const exitReason = texts(table, 'exit_reason');
  const columns = columnsOf(table, tradeNumbers);
  return Array.from({ length: table.rows }, (_, row): TradeRow => {
    const value = (name: (typeof tradeNumbers)[number]) => columns[tradeNumbers.indexOf(name)]![row]!;
    const closing = closings[row] ?? null;
    return {
      symbol: symbol[row] ?? '',
      market: market[row] ?? '',
      side: value('side') === 1 ? 1 : -1,
      entryMs: value('entry_time'),
      exitMs: value('exit_time'),
      quantity: value('quantity'),
      entryPrice: value('entry_price'),
      exitPrice: value('exit_price'),
      entryReason: entryReason[row] ?? '',
      exitReason: exitReason[row] ?? '',
      fees: value('fees'),
      funding: value('funding'),
      pnl: value('pnl'),
      netReturn: value('pnl') / (value('quantity') * value('entry_price')),
      adverse: -Math.abs(value('mae')),
      favourable: Math.abs(value('mfe')),
      score: value('score'),
      leverage: value('leverage'),
      insurance: value('insurance'),
      slippage: closing?.slippage ?? Number.NaN,
      entryFill: closing?.entry ?? null,
      entryFills: closing?.entryFills ?? 0,
      exitFill: closing?.exit ?? null,
    };
  });
}

/** What became of one position, or of a part of it. */
interface Closing {
  readonly entry: FillRow | null;
  readonly entryFills: number;
  readonly exit: FillRow;
  readonly slippage: number;
}

interface OpenPosition {
  readonly entry: FillRow;
  fills: number;
  quantity: number;
  /** Of what is still open. */
  slippage: number;
}

interface Renamed {
  readonly timeMs: number;
  readonly symbol: string;
  readonly toSymbol: string;
  readonly factor: number;
}

/** What is left of a position below this share of it is rounding. */
const REST_SHARE = 1e-9;

/** One closing per exit fill, in order. */
function closingsOf(
  fills: readonly FillRow[],
  renames: readonly Renamed[],
): { readonly closings: Closing[]; readonly open: FillRow[] } {
  const open = new Map<string, OpenPosition>();
  const closings: Closing[] = [];
  let renamed = 0;
  for (const fill of fills) {
    for (; renamed < renames.length && renames[renamed]!.timeMs <= fill.timeMs; renamed += 1)
      rename(open, renames[renamed]!);
    const key = positionKey(fill.market, fill.symbol);
    const held = open.get(key);
    if (fill.leg === 'entry') {
      if (held === undefined)
        open.set(key, { entry: fill, fills: 1, quantity: fill.quantity, slippage: fill.slippage });
      else {
        held.fills += 1;
        held.quantity += fill.quantity;
        held.slippage += fill.slippage;
      }
      continue;
    }
    const share = held === undefined ? 1 : Math.min(1, fill.quantity / held.quantity);
    const whole = 1 - share < REST_SHARE;
    closings.push({
      entry: held?.entry ?? null,
      entryFills: held?.fills ?? 0,
      exit: fill,
      slippage: (held?.slippage ?? Number.NaN) * (whole ? 1 : share) + fill.slippage,
    });
    if (held === undefined) continue;
    if (whole) open.delete(key);
    else {
      held.quantity -= fill.quantity;
      held.slippage *= 1 - share;
    }
  }
  return { closings, open: [...open.values()].map(({ entry }) => entry) };
}

function rename(open: Map<string, OpenPosition>, { symbol, toSymbol, factor }: Renamed): void {
  for (const market of ['usdm', 'spot']) {
    const held = open.get(positionKey(market, symbol));
    // Two holdings of one coin do not become one: the older ends by a fill of its own.
    if (held === undefined || (symbol !== toSymbol && open.has(positionKey(market, toSymbol)))) continue;
    open.delete(positionKey(market, symbol));
    open.set(positionKey(market, toSymbol), { ...held, quantity: held.quantity / factor });
  }
}

function positionKey(market: string, symbol: string): string {
  return `${market} ${symbol}`;
}

/** Each is told once a market that held the coin; it is one rename. */
function renamesOf(events: Table): Renamed[] {
  const event = texts(events, 'event');
  const [symbol, toSymbol] = [texts(events, 'symbol'), texts(events, 'to_symbol')];
  const [time, amount] = [numbers(events, 'time'), numbers(events, 'amount')];
  const found = new Map<string, Renamed>();
  for (let row = 0; row < events.rows; row += 1) {
    if (event[row] !== 'redenomination') continue;
    const renamed = {
      timeMs: time[row]!,
      symbol: symbol[row] ?? '',
      toSymbol: toSymbol[row] ?? '',
      factor: amount[row]!,
    };
    found.set(`${renamed.timeMs} ${renamed.symbol}`, renamed);
  }
  return [...found.values()];
}

function columnsOf(table: Table, names: readonly string[]): (Float64Array | Int32Array)[] {
  return names.map((name) => numbers(table, name));
}
