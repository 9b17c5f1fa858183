/** One hour of a run: what its equity did, and what became of every position that was held into it. */
import type { FinishedRun } from '../datasets/runs.ts';
import type { Table } from '../engine/journal/tables.ts';
import { hourMs } from '../engine/panel/hours.ts';
import { BAR_WIDTH, barOffset, HIGH, hourAt, LOW, type Panel } from '../engine/panel/panel.ts';
import type { DetailSource } from '../engine/simulator/rules.ts';
import { numbers, texts } from '../reports/columns.ts';
import { GAP_MIN, stopRows } from '../reports/stops.ts';
import type { StressCase, StressCurve, StressEnd, StressFigures, StressPosition } from '../reports/stress.ts';
import { joinTrades, type TradeRow } from '../reports/trades.ts';

/** Hours of equity drawn on either side. */
const HOURS_AROUND = 48;

/** The bars that a run lived through in the hour: hourly ones, and finer ones where there are any. */
export class HourBars {
  readonly #panel: Panel;
  readonly #detail: DetailSource | null;
  readonly #coins: ReadonlyMap<string, number>;
  readonly #atMs: number;

  constructor(panel: Panel, detail: DetailSource | null, atMs: number) {
    this.#panel = panel;
    this.#detail = detail;
    this.#coins = new Map(panel.symbols.map((symbol, coin) => [symbol, coin]));
    this.#atMs = atMs;
  }

  hasDetail(symbol: string): boolean {
    return this.#finer(symbol) !== null;
  }

  /** Low (long) or high (short) of the futures bar that opens at `timeMs`; NaN where there is none. */
  worst(symbol: string, side: 1 | -1, timeMs: number): number {
    const field = side === 1 ? LOW : HIGH;
    const finer = this.#finer(symbol);
    if (finer !== null && this.#detail !== null) {
      const bar = Math.floor((timeMs - this.#atMs) / (this.#detail.minutes * 60_000));
      const extreme = finer[bar * BAR_WIDTH + field];
      if (extreme !== undefined && Number.isFinite(extreme)) return extreme;
    }
    const coin = this.#coins.get(symbol);
    if (coin === undefined) return Number.NaN;
    return this.#panel.bars[barOffset(this.#panel, coin, hourAt(this.#panel, this.#atMs)) + field]!;
  }

  #finer(symbol: string): Float64Array | null {
    const coin = this.#coins.get(symbol);
    if (coin === undefined || this.#detail === null) return null;
    return this.#detail.bars(coin, hourAt(this.#panel, this.#atMs));
  }
}

/** Figures of the run and of its hour that opens at `atMs`. */
export function figuresOf(run: FinishedRun, atMs: number, bars: HourBars): StressFigures {
  const { headline } = run.manifest;
  const { before, after } = equityAround(run, atMs);
  const stays = staysIn(run, atMs);
  const ended = stays.flatMap(({ ended: parts }) => parts);
  const stops = stopRows(ended, null).filter(({ kind }) => kind === 'stop');
  const atWorst = ended.reduce((sum, trade) => sum + costAtWorst(trade, bars), 0);
  const liquidated = ended.filter(({ exitReason }) => exitReason === 'liquidation');
  return {
    totalReturn: headline.totalReturn,
    maxDrawdown: headline.maxDrawdown,
    trades: headline.trades,
    runLiquidations: headline.liquidations,
    runInsurance: headline.insurance,
    equityBefore: before,
    equityAfter: after,
    hourReturn: before > 0 ? after / before - 1 : null,
    // No account loses more than it has.
    hourReturnAtWorst: before > 0 ? Math.max(-1, (after - atWorst) / before - 1) : null,
    held: stays.length,
    heldWithDetail: stays.filter(({ symbol, market }) => market === 'usdm' && bars.hasDetail(symbol)).length,
    stops: stops.length,
    gappedStops: stops.filter(({ gap }) => gap > GAP_MIN).length,
    liquidations: liquidated.length,
    clearanceFees: liquidated.reduce((sum, { exitFill }) => sum + (exitFill?.fee ?? 0), 0),
    insurance: ended.reduce((sum, { insurance }) => sum + insurance, 0),
  };
}

/** What a stop would have lost on top of its fill at the worst price of its bar, quote currency >= 0. */
function costAtWorst(trade: TradeRow, bars: HourBars): number {
  if (trade.exitReason !== 'stop' || trade.market !== 'usdm') return 0;
  const worst = bars.worst(trade.symbol, trade.side, trade.exitMs);
  const more = trade.side * (trade.exitPrice - worst) * trade.quantity;
  return Number.isFinite(more) ? Math.max(0, more) : 0;
}

/** By how much the hourly run's hour was worse; null without a second run, or without equity to lose. */
export function differenceOf(hourly: StressFigures, detail: StressFigures | null): number | null {
  if (detail === null || hourly.hourReturn === null || detail.hourReturn === null) return null;
  return detail.hourReturn - hourly.hourReturn;
}

function equityAround(run: FinishedRun, atMs: number): { readonly before: number; readonly after: number } {
  const row = numbers(run.tables.equity, 'time').indexOf(atMs + hourMs);
  const equity = numbers(run.tables.equity, 'equity');
  return {
    before: row > 0 ? equity[row - 1]! : run.manifest.headline.startEquity,
    after: equity[row] ?? Number.NaN,
  };
}

/** Opening of the hour in which the run lost the largest share of its equity. */
export function worstHour(run: FinishedRun): number {
  const time = numbers(run.tables.equity, 'time');
  const equity = numbers(run.tables.equity, 'equity');
  let before = run.manifest.headline.startEquity;
  let worst = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < equity.length && before > 0; row += 1) {
    const kept = equity[row]! / before;
    before = equity[row]!;
    if (kept >= least) continue;
    least = kept;
    worst = row;
  }
  return time[worst]! - hourMs;
}

/** The equity of 48 hours on either side of the hour that opens at `atMs`. */
export function curveOf(
  one: StressCase,
  resolution: StressCurve['resolution'],
  run: FinishedRun,
  atMs: number,
): StressCurve {
  const time = numbers(run.tables.equity, 'time');
  const equity = numbers(run.tables.equity, 'equity');
  const rows = Array.from(time.keys()).filter((row) => Math.abs(time[row]! - atMs) <= HOURS_AROUND * hourMs);
  return {
    ...one,
    resolution,
    timeMs: rows.map((row) => time[row]!),
    equity: rows.map((row) => equity[row]!),
  };
}

/** Every position of the hour, the two runs of a case side by side: longs first, then by name. */
export function positionsOf(
  one: StressCase,
  runs: { readonly hourly: FinishedRun; readonly detail: FinishedRun | null },
  bars: { readonly hourly: HourBars; readonly detail: HourBars },
  atMs: number,
): StressPosition[] {
  const { hourly, detail } = runs;
  const coarse = new Map(staysIn(hourly, atMs).map((stay) => [keyOf(stay), stay]));
  const fine = new Map(detail === null ? [] : staysIn(detail, atMs).map((stay) => [keyOf(stay), stay]));
  return [...new Set([...coarse.keys(), ...fine.keys()])]
    .map((key): StressPosition => {
      const [a, b] = [coarse.get(key), fine.get(key)];
      const { symbol, market, side, entryMs, entryPrice, stopLevel } = (a ?? b)!;
      const position = { symbol, market, side, entryMs, entryPrice, stopLevel };
      const ends = {
        hourly: a === undefined ? null : endOf(a, bars.hourly),
        detail: b === undefined ? null : endOf(b, bars.detail),
      };
      return { ...one, ...position, ...ends, hourlyWorseBy: fillsApart(ends, side, entryPrice) };
    })
    .sort((a, b) => b.side - a.side || (a.symbol < b.symbol ? -1 : 1));
}

function fillsApart(
  { hourly, detail }: Pick<StressPosition, 'hourly' | 'detail'>,
  side: 1 | -1,
  entryPrice: number,
): number | null {
  if (hourly?.price == null || detail?.price == null) return null;
  return (side * (detail.price - hourly.price)) / entryPrice;
}

/** A position that was open in the hour. */
interface Stay {
  readonly symbol: string;
  readonly market: string;
  readonly side: 1 | -1;
  readonly entryMs: number;
  readonly entryPrice: number;
  readonly stopLevel: number | null;
  /** What ended inside the hour: the position, or parts of it; none where it lived on whole. */
  readonly ended: readonly TradeRow[];
}

function keyOf({ market, symbol, side, entryMs }: Omit<Stay, 'stopLevel' | 'ended'>): string {
  return `${market} ${symbol} ${side} ${entryMs}`;
}

function endOf({ ended, market }: Stay, bars: HourBars): StressEnd {
  const last = ended.at(-1);
  if (last === undefined) {
    return { outcome: 'survived', timeMs: null, price: null, level: null, worst: null };
  }
  const worst = market === 'usdm' ? bars.worst(last.symbol, last.side, last.exitMs) : Number.NaN;
  return {
    outcome: last.exitReason,
    timeMs: last.exitMs,
    price: last.exitPrice,
    level: known(last.exitFill?.level),
    worst: known(worst),
  };
}

function known(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

function staysIn({ tables }: FinishedRun, atMs: number): Stay[] {
  const toMs = atMs + hourMs;
  const { trades, open } = joinTrades(tables);
  const closed = trades
    .filter((trade) => trade.entryMs < toMs && trade.exitMs >= atMs)
    .map((trade) => ({ ...trade, ended: trade.exitMs < toMs ? [trade] : [] }));
  const held = open
    .filter((fill) => fill.timeMs < toMs)
    .map((fill) => ({ ...fill, entryMs: fill.timeMs, entryPrice: fill.price, ended: [] }));
  const stopOf = stopLevels(tables.orders);
  const stays = new Map<string, Stay>();
  for (const { symbol, market, side, entryMs, entryPrice, ended } of [...closed, ...held]) {
    const place = { symbol, market, side, entryMs, entryPrice };
    const known = stays.get(keyOf(place));
    stays.set(keyOf(place), {
      ...place,
      stopLevel: known === undefined ? stopOf(place) : known.stopLevel,
      ended: [...(known?.ended ?? []), ...ended],
    });
  }
  return [...stays.values()];
}

/** Where the stop of a position stood by the newest entry order before it; trailing stops have moved since. */
function stopLevels(orders: Table): (position: Omit<Stay, 'stopLevel' | 'ended'>) => number | null {
  const [symbol, market, leg] = [texts(orders, 'symbol'), texts(orders, 'market'), texts(orders, 'leg')];
  const [time, fraction] = [numbers(orders, 'time'), numbers(orders, 'stop_loss_fraction')];
  const byCoin = new Map<string, number[]>();
  for (let row = 0; row < orders.rows; row += 1) {
    if (leg[row] !== 'entry') continue;
    const key = `${market[row]} ${symbol[row]}`;
    const rows = byCoin.get(key);
    if (rows === undefined) byCoin.set(key, [row]);
    else rows.push(row);
  }
  return ({ market: ofMarket, symbol: ofCoin, side, entryMs, entryPrice }) => {
    const row = byCoin.get(`${ofMarket} ${ofCoin}`)?.findLast((at) => time[at]! <= entryMs);
    const distance = row === undefined ? Number.NaN : fraction[row]!;
    return Number.isFinite(distance) ? entryPrice * (1 - side * distance) : null;
  };
}
