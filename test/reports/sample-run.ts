/**
 * A small market with a crash in it and a book that trades it, written from the order of events alone: tables that agree
 * with each other, for the report's tests. One seed, one run.
 *
 * 1. `walk` draws hourly bars: a market factor, coins on it, one crash hour with gaps, a late listing and a delisting.
 * 2. `trade` replays a daily book over them: score, targets, refusals, next-open fills, funding, stops, time exits, marks.
 * 3. `manifestOf` adds up the headline from the tables.
 */
import type { RunManifest, RunTable, StoredRun } from '../../datasets/runs.ts';
import type { Table, TableColumn } from '../../engine/journal/tables.ts';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import { type BarRow, barOffset, isPresent, type Panel, panelFromBars } from '../../engine/panel/panel.ts';
import { cagr } from '../../engine/stats/cagr.ts';
import { calmar } from '../../engine/stats/calmar.ts';
import { dailyReturns } from '../../engine/stats/daily-returns.ts';
import { maxDrawdown } from '../../engine/stats/max-drawdown.ts';
import { sharpe } from '../../engine/stats/sharpe.ts';
import { sortino } from '../../engine/stats/sortino.ts';

type Cell = number | string | null;
type Row = Readonly<Record<string, Cell>>;
type Kinds = Readonly<Record<string, TableColumn['type']>>;

const startMs = Date.UTC(2025, 7, 1);
const feeBps = 5;
const slippageBps = 2;
const stopLossFraction = 0.08;
const holdHoursMax = 72;
const startEquity = 10_000;

/** Symbols as venues have them, and some that would trip a file name. */
const oddSymbols = [
  'BTCUSDT',
  'ETHUSDT',
  '币安人生USDT',
  '1000PEPE/USDT:USDT',
  'CON',
  '0123',
  '..',
  'aixbtUSDT',
];

export interface SampleOptions {
  readonly seed?: number;
  readonly coins?: number;
  readonly days?: number;
  /** How much of tomorrow's return the score knows: 0 is a coin toss, below 0 a losing strategy. */
  readonly foresight?: number;
  readonly slotsMax?: number;
}

export interface SampleRun {
  readonly run: StoredRun;
  readonly panel: Panel;
}

export function sampleRun(dir: string, options: SampleOptions = {}): SampleRun {
  const days = options.days ?? 120;
  const random = mulberry(options.seed ?? 7);
  const symbols = Array.from(
    { length: options.coins ?? 30 },
    (_, coin) => oddSymbols[coin] ?? `C${String(coin).padStart(2, '0')}USDT`,
  );
  const panel = panelFromBars(walk(symbols, days * 24, random));
  const tables = trade(panel, random, options.foresight ?? 0.03, options.slotsMax ?? 24);
  return {
    panel,
    run: {
      dir,
      manifest: manifestOf(tables, days, options),
      table: (name) => Promise.resolve(tables[name]),
    },
  };
}

function walk(symbols: readonly string[], hours: number, random: () => number): BarRow[] {
  const bars: BarRow[] = [];
  const crashHour = Math.floor(hours * 0.6);
  const factor = Array.from({ length: hours }, (_, hour) =>
    hour === crashHour ? -0.09 : normal(random) * 0.004,
  );
  for (const [coin, symbol] of symbols.entries()) {
    const first = coin % 9 === 8 ? Math.floor(hours * 0.3) : 0;
    const end = coin % 7 === 6 ? Math.floor(hours * 0.8) : hours;
    const beta = 0.6 + random() * 1.2;
    let last = 10 ** (random() * 5 - 2);
    for (let hour = first; hour < end; hour += 1) {
      const jump =
        hour === crashHour ? -0.05 - random() * 0.15 : random() < 0.002 ? normal(random) * 0.12 : 0;
      const open = round(last * Math.exp(jump));
      const close = round(open * Math.exp(beta * factor[hour]! + normal(random) * 0.007));
      const high = round(Math.max(open, close) * (1 + random() * 0.006));
      const low = round(Math.min(open, close) * (1 - random() * 0.006));
      bars.push({ symbol, timeMs: startMs + hour * hourMs, open, high, low, close });
      last = close;
    }
  }
  return bars;
}

interface Open {
  readonly coin: number;
  readonly side: 1 | -1;
  readonly quantity: number;
  readonly entryPrice: number;
  readonly entryHour: number;
  readonly entryFee: number;
  readonly stop: number;
  readonly score: number;
  funding: number;
  best: number;
  worst: number;
}

function trade(
  panel: Panel,
  random: () => number,
  foresight: number,
  slotsMax: number,
): Readonly<Record<RunTable, Table>> {
  const out: Record<RunTable, Row[]> = {
    decisions: [],
    targets: [],
    refusals: [],
    orders: [],
    fills: [],
    trades: [],
    equity: [],
    funding: [],
    account_events: [],
  };
  let open: Open[] = [];
  let cash = startEquity;
  let equity = startEquity;
  let pending: { coin: number; side: 1 | -1; quantity: number; score: number; decidedMs: number }[] = [];
  const price = (coin: number, hour: number, field: number) =>
    panel.bars[barOffset(panel, coin, hour) + field]!;
  const symbolOf = (coin: number) => panel.symbols[coin]!;

  const close = (held: Open, hour: number, raw: number, exitReason: string) => {
    const exitPrice = raw * (1 - (held.side * slippageBps) / 1e4);
    const fee = (held.quantity * exitPrice * feeBps) / 1e4;
    const realised = held.side * held.quantity * (exitPrice - held.entryPrice);
    cash += realised - fee;
    const time = panel.startMs + hour * hourMs;
    out.fills.push({
      time,
      symbol: symbolOf(held.coin),
      market: 'usdm',
      liquidity: 'taker',
      side: held.side,
      leg: 'exit',
      quantity: held.quantity,
      price: exitPrice,
      raw_price: raw,
      fee,
      exit_reason: exitReason,
      level: exitReason === 'stop' ? held.stop : Number.NaN,
      decided_time: Number.NaN,
    });
    out.trades.push({
      symbol: symbolOf(held.coin),
      market: 'usdm',
      side: held.side,
      entry_time: panel.startMs + held.entryHour * hourMs,
      exit_time: time,
      quantity: held.quantity,
      entry_price: held.entryPrice,
      exit_price: exitPrice,
      entry_reason: held.side === 1 ? 'top-rank' : 'bottom-rank',
      exit_reason: exitReason,
      fees: held.entryFee + fee,
      funding: held.funding,
      pnl: realised - held.entryFee - fee + held.funding,
      mae: held.worst,
      mfe: held.best,
      score: held.score,
      leverage: 1,
      insurance: 0,
      logits: null,
      probability: Number.NaN,
      ev: Number.NaN,
      model_set: null,
    });
    open = open.filter((other) => other !== held);
  };

  for (let hour = 0; hour < panel.hours; hour += 1) {
    const time = panel.startMs + hour * hourMs;
    if (hour % 8 === 0) {
      for (const held of open) {
        const rate = 0.0001 + normal(random) * 0.0002;
        const mark = price(held.coin, hour, 0);
        const received = -held.side * held.quantity * mark * rate;
        cash += received;
        held.funding += received;
        const symbol = symbolOf(held.coin);
        const { side, quantity } = held;
        out.funding.push({ time, symbol, side, quantity, price: mark, rate, cash: received });
      }
    }
    for (const held of [...open]) {
      if (hour - held.entryHour >= holdHoursMax) close(held, hour, price(held.coin, hour, 0), 'time');
    }
    for (const order of pending) {
      const { coin, side, quantity, score } = order;
      if (!isPresent(panel, coin, hour) || open.some((held) => held.coin === coin)) continue;
      const raw = price(coin, hour, 0);
      const entryPrice = raw * (1 + (side * slippageBps) / 1e4);
      const fee = (quantity * entryPrice * feeBps) / 1e4;
      cash -= fee;
      out.fills.push({
        time,
        symbol: symbolOf(coin),
        market: 'usdm',
        liquidity: 'taker',
        side,
        leg: 'entry',
        quantity,
        price: entryPrice,
        raw_price: raw,
        fee,
        exit_reason: null,
        level: Number.NaN,
        decided_time: order.decidedMs,
      });
      open.push({
        coin,
        side,
        quantity,
        entryPrice,
        entryHour: hour,
        entryFee: fee,
        stop: entryPrice * (1 - side * stopLossFraction),
        score,
        funding: 0,
        best: 0,
        worst: 0,
      });
    }
    pending = [];
    for (const held of [...open]) {
      const [barOpen, high, low, last] = [0, 1, 2, 3].map((field) => price(held.coin, hour, field)) as [
        number,
        number,
        number,
        number,
      ];
      const extreme = held.side === 1 ? low : high;
      const favour = held.side === 1 ? high : low;
      held.worst = Math.min(held.worst, held.side * (extreme / held.entryPrice - 1));
      held.best = Math.max(held.best, held.side * (favour / held.entryPrice - 1));
      if (held.side * (barOpen - held.stop) <= 0) close(held, hour, barOpen, 'stop');
      else if (held.side * (extreme - held.stop) <= 0) close(held, hour, held.stop, 'stop');
      else if (hour + 1 === panel.endHour[held.coin]!) {
        close(held, hour, last, hour + 1 === panel.hours ? 'end-of-data' : 'delist');
      }
    }
    const notional = (side: number) =>
      open
        .filter((held) => held.side === side)
        .reduce((sum, held) => sum + held.quantity * price(held.coin, hour, 3), 0);
    equity = open.reduce(
      (sum, held) => sum + held.side * held.quantity * (price(held.coin, hour, 3) - held.entryPrice),
      cash,
    );
    const stamp = time + hourMs;
    out.equity.push({
      time: stamp,
      equity,
      cash,
      spot_cash: 0,
      long_notional: notional(1),
      short_notional: notional(-1),
      positions: open.length,
    });
    if (stamp % dayMs !== 12 * hourMs || hour + 1 === panel.hours) continue;
    pending = decide(stamp, hour);
  }
  return Object.fromEntries(
    Object.entries(out).map(([name, rows]) => [name, tableOf(rows, kinds[name as RunTable])]),
  ) as Record<RunTable, Table>;

  function decide(decidedMs: number, hour: number) {
    const scored = panel.symbols
      .map((_, coin) => coin)
      .filter((coin) => coin !== 0 && isPresent(panel, coin, hour))
      .map((coin) => {
        const later = Math.min(hour + 24, panel.endHour[coin]! - 1);
        const ahead = price(coin, later, 3) / price(coin, hour, 3) - 1;
        return { coin, score: Number((foresight * ahead * 25 + normal(random)).toFixed(4)) };
      })
      .sort((a, b) => b.score - a.score);
    const longs = scored.slice(0, 5).map((entry) => ({ ...entry, side: 1 as const }));
    const shorts = scored
      .slice(-5)
      .reverse()
      .map((entry) => ({ ...entry, side: -1 as const }));
    const orders: typeof pending = [];
    for (const [rank, target] of [...longs, ...shorts].entries()) {
      const symbol = symbolOf(target.coin);
      const size = equity / 12;
      const refusal = open.some((held) => held.coin === target.coin)
        ? 'already-held'
        : open.length + orders.length >= slotsMax
          ? 'slots-full'
          : null;
      const stated = { time: decidedMs, symbol, side: target.side, notional: size, score: target.score };
      out.targets.push({
        ...stated,
        market: 'usdm',
        rank,
        outcome: refusal === null ? 'filled' : 'refused',
        refusal,
      });
      if (refusal !== null) {
        out.refusals.push({ ...stated, reason: refusal });
        continue;
      }
      const quantity = size / price(target.coin, hour, 3);
      orders.push({ coin: target.coin, side: target.side, quantity, score: target.score, decidedMs });
      out.orders.push({
        id: `${decidedMs}-${symbol}`,
        time: decidedMs,
        symbol,
        market: 'usdm',
        side: target.side,
        leg: 'entry',
        leverage: Number.NaN,
        limit_price: Number.NaN,
        outcome: 'filled',
        quantity,
        stop_loss_fraction: stopLossFraction,
        take_profit_fraction: Number.NaN,
        hold_hours_max: holdHoursMax,
        score: target.score,
        reason: target.side === 1 ? 'top-rank' : 'bottom-rank',
      });
    }
    out.decisions.push({
      time: decidedMs,
      signal_digest: 'a'.repeat(32),
      digest: 'b'.repeat(32),
      equity,
      cash,
      positions: open.length,
      targets: longs.length + shorts.length,
      skipped: null,
    });
    return orders;
  }
}

const kinds: Readonly<Record<RunTable, Kinds>> = {
  decisions: {
    time: 'time',
    signal_digest: 'text',
    digest: 'text',
    equity: 'double',
    cash: 'double',
    positions: 'integer',
    targets: 'integer',
    skipped: 'text',
  },
  targets: {
    time: 'time',
    symbol: 'text',
    market: 'text',
    rank: 'integer',
    side: 'integer',
    notional: 'double',
    score: 'double',
    outcome: 'text',
    refusal: 'text',
  },
  refusals: {
    time: 'time',
    symbol: 'text',
    side: 'integer',
    notional: 'double',
    score: 'double',
    reason: 'text',
  },
  orders: {
    id: 'text',
    time: 'time',
    symbol: 'text',
    side: 'integer',
    leg: 'text',
    market: 'text',
    leverage: 'double',
    limit_price: 'double',
    outcome: 'text',
    quantity: 'double',
    stop_loss_fraction: 'double',
    take_profit_fraction: 'double',
    hold_hours_max: 'double',
    score: 'double',
    reason: 'text',
  },
  fills: {
    time: 'time',
    symbol: 'text',
    market: 'text',
    liquidity: 'text',
    side: 'integer',
    leg: 'text',
    quantity: 'double',
    price: 'double',
    raw_price: 'double',
    fee: 'double',
    exit_reason: 'text',
    level: 'double',
    decided_time: 'time',
  },
  trades: {
    symbol: 'text',
    market: 'text',
    side: 'integer',
    entry_time: 'time',
    exit_time: 'time',
    quantity: 'double',
    entry_price: 'double',
    exit_price: 'double',
    entry_reason: 'text',
    exit_reason: 'text',
    fees: 'double',
    funding: 'double',
    pnl: 'double',
    mae: 'double',
    mfe: 'double',
    score: 'double',
    leverage: 'double',
    insurance: 'double',
    logits: 'text',
    probability: 'double',
    ev: 'double',
    model_set: 'text',
  },
  equity: {
    time: 'time',
    equity: 'double',
    cash: 'double',
    spot_cash: 'double',
    long_notional: 'double',
    short_notional: 'double',
    positions: 'integer',
  },
  funding: {
    time: 'time',
    symbol: 'text',
    side: 'integer',
    quantity: 'double',
    price: 'double',
    rate: 'double',
    cash: 'double',
  },
  account_events: {
    time: 'time',
    event: 'text',
    symbol: 'text',
    to_symbol: 'text',
    from_wallet: 'text',
    to_wallet: 'text',
    amount: 'double',
  },
};

function tableOf(rows: readonly Row[], columnKinds: Kinds): Table {
  const columns = Object.entries(columnKinds).map(([name, type]): [string, TableColumn] => {
    if (type === 'text') return [name, { type, values: rows.map((row) => row[name] as string | null) }];
    const numbers = rows.map((row) => row[name] as number);
    return [
      name,
      type === 'integer'
        ? { type, values: Int32Array.from(numbers) }
        : { type, values: Float64Array.from(numbers) },
    ];
  });
  return { rows: rows.length, columns: Object.fromEntries(columns) };
}

function manifestOf(
  tables: Readonly<Record<RunTable, Table>>,
  days: number,
  options: SampleOptions,
): RunManifest {
  const real = (name: RunTable, column: string) => tables[name].columns[column]!.values as Float64Array;
  const words = (name: RunTable, column: string) => tables[name].columns[column]!.values as readonly string[];
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const equity = real('equity', 'equity');
  const finalEquity = equity.at(-1) ?? startEquity;
  const returns = dailyReturns({ timeMs: real('equity', 'time'), equity, startMs, startEquity });
  const depth = maxDrawdown(equity, startEquity);
  const pnl = real('trades', 'pnl');
  const slippage = Array.from(real('fills', 'price')).reduce((total, price, row) => {
    const side = real('fills', 'side')[row]! * (words('fills', 'leg')[row] === 'entry' ? 1 : -1);
    return total + side * (price - real('fills', 'raw_price')[row]!) * real('fills', 'quantity')[row]!;
  }, 0);
  return {
    formatVersion: 1,
    runId: `sample-${options.seed ?? 7}`,
    kind: 'backtest',
    engineVersion: '0.1.0',
    scenario: { name: 'sample', capital: { usdm: startEquity }, costs: { feeBps, slippageBps } },
    strategy: {
      name: 'sample-book',
      codeHash: 'c'.repeat(64),
      config: { count: 5, stopLossFraction, holdHoursMax },
    },
    dataset: { name: 'sample-market', hash: 'd'.repeat(64) },
    models: [],
    seed: options.seed ?? 7,
    parentRunId: null,
    fromMs: startMs,
    toMs: startMs + days * dayMs,
    signalDigest: 'e'.repeat(32),
    digest: 'f'.repeat(32),
    headline: {
      trades: pnl.length,
      startEquity,
      finalEquity,
      totalReturn: finalEquity / startEquity - 1,
      sharpe: defined(sharpe(returns)),
      sortino: defined(sortino(returns)),
      calmar: defined(calmar(cagr({ startEquity, finalEquity, years: days / 365 }), depth)),
      maxDrawdown: depth || 0,
      winRate: pnl.length === 0 ? null : pnl.filter((value) => value > 0).length / pnl.length,
      fees: sum(real('fills', 'fee')),
      funding: sum(real('funding', 'cash')),
      slippage,
      liquidations: 0,
      clearanceFees: 0,
      insurance: 0,
      makerFees: 0,
      partialFills: 0,
      droppedRests: 0,
      transfers: 0,
      margin: 'none',
      spot: 'none',
      mark: 'trade',
      markShare: 0,
      detailMinutes: null,
      detailHours: 0,
      bracketsUndatedDays: 0,
      filtersUndatedDays: 0,
      fundingHoles: 0,
      fundingInterpolated: 0,
      refusals: tables.refusals.rows,
      refusalsByReason: counted(words('refusals', 'reason')),
      exitsByReason: counted(words('trades', 'exit_reason')),
      accountingError: 0,
      ambiguousBars: 0,
      openAtEnd: 0,
      fundingUncoveredNotionalHours: 0,
      fundingUncoveredShare: 0,
      decisions: tables.decisions.rows,
      hours: tables.equity.rows,
    },
    assumptions: [
      'Orders fill at the open of the bar after the decision, whole, at 2 bps of slippage.',
      'A bar that touches both stop and take-profit is taken to have touched the stop first.',
    ],
    tables: Object.fromEntries(
      Object.entries(tables).map(([name, table]) => [name, { rows: table.rows, sha256: '0'.repeat(64) }]),
    ),
  };
}

function counted(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function defined(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function round(price: number): number {
  return Number(price.toPrecision(6));
}

/** The generator known as mulberry32 (T. Ettinger, public domain). */
function mulberry(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
