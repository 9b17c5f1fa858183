/**
 * The page of one coin: its candles around the trades, with entries, exits, stops and scores. The page carries only the
 * bars within a week of a trade, and the drawing library packed; it unpacks both itself, without any request.
 */
import { gzipSync } from 'node:zlib';
import type { RunManifest, StoredRun } from '../datasets/runs.ts';
import { hourMs } from '../engine/panel/hours.ts';
import { barOffset, isPresent, type Panel, timeAt } from '../engine/panel/panel.ts';
import { candleSpec, scoreSpec, zoomable } from './coin-chart.ts';
import { coinScript } from './coin-script.ts';
import { numbers, numbersIfAny, texts } from './columns.ts';
import { minute, money, percent, plural, price, ratio } from './format.ts';
import { positionName, sideName } from './groups.ts';
import { Html, html, tableHtml } from './html.ts';
import { libraryText, pageText } from './page.ts';
import { exitClause, refusalClause } from './reasons.ts';
import { compileSpec } from './still.ts';
import type { TradeRow } from './trades.ts';
import { trailOf } from './trail.ts';

const PADDING_HOURS = 7 * 24;

interface ScorePoint {
  readonly time: number;
  readonly score: number;
  readonly side: number;
  readonly outcome: string;
  readonly refused: boolean;
}

interface StopOrder {
  /** Decision time. */
  readonly timeMs: number;
  /** Distances; NaN where the order asked for none. */
  readonly stopLossFraction: number;
  readonly trailingStopFraction: number;
}

/** What all coin pages of a run share, read once. */
export interface CoinPageParts {
  readonly manifest: RunManifest;
  readonly panel: Panel;
  readonly coinOf: ReadonlyMap<string, number>;
  readonly trades: ReadonlyMap<string, readonly TradeRow[]>;
  readonly scores: ReadonlyMap<string, readonly ScorePoint[]>;
  /** Stop distances that entry orders asked for, in time order. */
  readonly stops: ReadonlyMap<string, readonly StopOrder[]>;
  /** gzip, base64. */
  readonly library: string;
  readonly candleSpec: unknown;
  readonly scoreSpec: unknown;
}

export async function coinPageParts(
  run: StoredRun,
  panel: Panel,
  trades: readonly TradeRow[],
): Promise<CoinPageParts> {
  return {
    manifest: run.manifest,
    panel,
    coinOf: new Map(panel.symbols.map((symbol, coin) => [symbol, coin])),
    trades: grouped(trades, (trade) => trade.symbol),
    scores: await readScores(run),
    stops: await readStops(run),
    library: packed(await libraryText('vega')),
    candleSpec: zoomable(compileSpec(candleSpec)),
    scoreSpec: compileSpec(scoreSpec),
  };
}

/** @throws RangeError where the panel lacks the coin. */
export function coinPage(parts: CoinPageParts, symbol: string): string {
  const coin = parts.coinOf.get(symbol);
  if (coin === undefined) throw new RangeError(`the panel has no coin ${symbol}`);
  const trades = parts.trades.get(symbol) ?? [];
  const rows = trades.map((trade) => tradeRow(parts, coin, trade));
  const scores = parts.scores.get(symbol) ?? [];
  const market = { ...barsAround(parts.panel, coin, trades), trades: rows, scores };
  return pageText({
    title: `${symbol} · ${parts.manifest.strategy.name} · Hourglass`,
    body: bodyHtml(parts, symbol, trades, rows, scores.length > 0),
    blocks: {
      library: { type: 'application/gzip', text: parts.library },
      market: {
        type: 'application/gzip',
        text: packed(JSON.stringify({ ...market, specs: specsOf(parts, scores) })),
      },
    },
    scripts: [coinScript],
  });
}

function specsOf(parts: CoinPageParts, scores: readonly ScorePoint[]) {
  return { candles: parts.candleSpec, scores: scores.length > 0 ? parts.scoreSpec : null };
}

function packed(text: string): string {
  return gzipSync(text, { level: 9 }).toString('base64');
}

interface DrawnTrade {
  readonly entry: number;
  readonly exit: number;
  readonly side: string;
  readonly entry_price: number;
  readonly exit_price: number;
  /** A trailing stop's where it stood last. */
  readonly stop: number | null;
  /** `[time, level]` of a trailing stop, each until the next, the last at the exit; null for a stop that stood still. */
  readonly trail: readonly (readonly [number, number])[] | null;
  readonly pnl: number;
  readonly net_return: number;
  readonly exit_reason: string;
  readonly score: number | null;
}

function tradeRow(parts: CoinPageParts, coin: number, trade: TradeRow): DrawnTrade {
  const order = stopOrder(parts, trade);
  const trail = order === undefined ? null : trailPoints(parts.panel, coin, trade, order);
  return {
    entry: trade.entryMs,
    exit: trade.exitMs,
    side: sideName(trade.side),
    entry_price: trade.entryPrice,
    exit_price: trade.exitPrice,
    stop: stopLevel(trade, order, trail?.at(-1)?.[1]),
    trail,
    pnl: trade.pnl,
    net_return: trade.netReturn,
    exit_reason: trade.exitReason,
    score: Number.isFinite(trade.score) ? trade.score : null,
  };
}

/** The level as it filled, or as it stood last, or as the order asked for it; null where the trade had no stop. */
function stopLevel(
  trade: TradeRow,
  order: StopOrder | undefined,
  trailed: number | undefined,
): number | null {
  const exit = trade.exitFill;
  if (exit?.exitReason === 'stop' && Number.isFinite(exit.level)) return exit.level;
  if (trailed !== undefined) return trailed;
  return order === undefined ? null : trade.entryPrice * (1 - trade.side * order.stopLossFraction);
}

function stopOrder(parts: CoinPageParts, trade: TradeRow): StopOrder | undefined {
  // A position that was renamed was ordered under its former name.
  const orders = parts.stops.get(trade.entryFill?.symbol ?? trade.symbol) ?? [];
  const decided = trade.entryFill?.decidedMs ?? Number.NaN;
  // A resting order names no decision where it fills: it is the newest one before.
  return Number.isFinite(decided)
    ? orders.find(({ timeMs }) => timeMs === decided)
    : orders.findLast(({ timeMs }) => timeMs <= trade.entryMs);
}

function trailPoints(
  panel: Panel,
  coin: number,
  trade: TradeRow,
  { stopLossFraction, trailingStopFraction }: StopOrder,
): (readonly [number, number])[] | null {
  if (Number.isNaN(trailingStopFraction)) return null;
  const rested = trade.entryFill?.maker === true;
  const points = trailOf(panel, coin, { ...trade, rested, stopLossFraction, trailingStopFraction });
  const drawn = points.map(({ timeMs, level }) => [timeMs, level] as const);
  return [...drawn, [trade.exitMs, points.at(-1)!.level]];
}

function barsAround(panel: Panel, coin: number, trades: readonly TradeRow[]) {
  const wanted = new Uint8Array(panel.hours);
  for (const trade of trades) {
    const from = Math.floor((trade.entryMs - panel.startMs) / hourMs) - PADDING_HOURS;
    const to = Math.ceil((trade.exitMs - panel.startMs) / hourMs) + PADDING_HOURS;
    wanted.fill(1, Math.max(0, from), Math.min(panel.hours, to));
  }
  const hour: number[] = [];
  const prices: number[][] = [[], [], [], []];
  for (let index = 0; index < panel.hours; index += 1) {
    if (wanted[index] !== 1 || !isPresent(panel, coin, index)) continue;
    hour.push(index);
    const offset = barOffset(panel, coin, index);
    for (const [field, column] of prices.entries()) column.push(panel.bars[offset + field]!);
  }
  return {
    startMs: timeAt(panel, 0),
    hour,
    open: prices[0],
    high: prices[1],
    low: prices[2],
    close: prices[3],
  };
}

async function readScores(run: StoredRun): Promise<Map<string, ScorePoint[]>> {
  const table = await run.table('targets');
  const symbol = texts(table, 'symbol');
  const outcome = texts(table, 'outcome');
  const refusal = texts(table, 'refusal');
  const [time, score, side] = [numbers(table, 'time'), numbers(table, 'score'), numbers(table, 'side')];
  const points: (ScorePoint & { readonly symbol: string })[] = [];
  for (let row = 0; row < table.rows; row += 1) {
    if (!Number.isFinite(score[row]!)) continue;
    points.push({
      symbol: symbol[row] ?? '',
      time: time[row]!,
      score: score[row]!,
      side: side[row]!,
      outcome: refusal[row] == null ? (outcome[row] ?? '') : `refused: ${refusalClause(refusal[row]!)}`,
      refused: refusal[row] != null,
    });
  }
  const bySymbol = grouped(points, (point) => point.symbol);
  return new Map([...bySymbol].map(([key, list]) => [key, list.map(({ symbol: _, ...point }) => point)]));
}

async function readStops(run: StoredRun): Promise<Map<string, StopOrder[]>> {
  const table = await run.table('orders');
  const symbol = texts(table, 'symbol');
  const leg = texts(table, 'leg');
  const time = numbers(table, 'time');
  const fixed = numbers(table, 'stop_loss_fraction');
  const trailing = numbersIfAny(table, 'trailing_stop_fraction');
  const trail = (row: number) => trailing?.[row] ?? Number.NaN;
  const rows = Array.from({ length: table.rows }, (_, row) => row).filter(
    (row) => leg[row] === 'entry' && (Number.isFinite(fixed[row]!) || Number.isFinite(trail(row))),
  );
  const orders = rows.map((row) => ({
    symbol: symbol[row] ?? '',
    timeMs: time[row]!,
    stopLossFraction: fixed[row]!,
    trailingStopFraction: trail(row),
  }));
  return grouped(orders, (order) => order.symbol);
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const list = groups.get(keyOf(item));
    if (list === undefined) groups.set(keyOf(item), [item]);
    else list.push(item);
  }
  return groups;
}

function bodyHtml(
  parts: CoinPageParts,
  symbol: string,
  trades: readonly TradeRow[],
  rows: readonly DrawnTrade[],
  hasScores: boolean,
): Html {
  const pnl = trades.reduce((sum, trade) => sum + trade.pnl, 0);
  const wins = trades.filter((trade) => trade.pnl > 0).length;
  const stops = trades.filter((trade) => trade.exitReason === 'stop').length;
  const liquidations = trades.filter((trade) => trade.exitReason === 'liquidation').length;
  return html`<header class="top">
<p class="meta"><a href="../report.html">Report of run ${parts.manifest.runId}</a></p>
<h1>${symbol}</h1>
<p class="verdict">${plural(trades.length, 'trade')}, ${wins} won, ${plural(stops, 'stop')}${liquidations === 0 ? '' : `, ${plural(liquidations, 'liquidation')}`}; net <b class="${pnl < 0 ? 'loss' : 'gain'}">${money(pnl, true)}</b>.</p>
</header>
<main>
<figure>
<h3>Price with entries, exits and stops</h3>
<div class="tools"><button type="button" data-show="previous">‹ Earlier trade</button><button type="button" data-show="next">Later trade ›</button><button type="button" data-show="all">All trades</button><button type="button" data-save="svg">Save SVG</button><button type="button" data-save="png">Save PNG</button></div>
<div class="chart" data-chart="candles"></div>
<figcaption><span id="shown">The chart is being drawn.</span> Wheel or pinch zooms, dragging moves. ▲ enters long, ▼ enters short, ■ exits; the dashed line is the stop, in steps where it trails. Only bars within seven days of a trade are drawn; elsewhere the chart stays empty.</figcaption>
${hasScores ? new Html('<h3 style="margin-top:14px">Score where the coin was a target (hollow: refused)</h3><div class="chart" data-chart="scores"></div>') : ''}
</figure>
<div class="panel"><h3>Trades</h3>${tradesTable(trades, rows)}</div>
</main>
<footer>Prices as in the dataset, fills with slippage. Times are UTC. Written by Hourglass ${parts.manifest.engineVersion}.</footer>`;
}

function tradesTable(trades: readonly TradeRow[], rows: readonly DrawnTrade[]): Html {
  return tableHtml(
    [
      { title: '' },
      { title: 'side' },
      { title: 'entry' },
      { title: 'return', numeric: true },
      { title: 'net pnl', numeric: true },
      { title: 'exit by' },
      { title: 'exit' },
      { title: 'in at', numeric: true },
      { title: 'stop', numeric: true },
      { title: 'out at', numeric: true },
      { title: 'score', numeric: true },
      { title: 'fees', numeric: true },
      { title: 'funding', numeric: true },
    ],
    trades.map((trade, index) => {
      const stop = rows[index]?.stop ?? null;
      return [
        html`<button type="button" data-trade="${index}">show</button>`,
        positionName(trade),
        minute(trade.entryMs),
        { text: percent(trade.netReturn, { signed: true }), tone: trade.netReturn },
        { text: money(trade.pnl, true), tone: trade.pnl },
        html`<span title="${exitClause(trade.exitReason)}">${trade.exitReason}</span>`,
        minute(trade.exitMs),
        price(trade.entryPrice),
        stop === null ? '–' : price(stop),
        price(trade.exitPrice),
        ratio(Number.isFinite(trade.score) ? trade.score : null),
        money(trade.fees),
        { text: money(trade.funding, true), tone: trade.funding },
      ];
    }),
  );
}
