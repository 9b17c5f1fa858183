/**
 * The page of one coin: its candles around the trades, with entries, exits, stops and scores. The page carries only the
 * bars within a week of a trade, and the drawing library packed; it unpacks both itself, without any request.
 */
import { gzipSync } from 'node:zlib';
import type { Spec as VegaSpec } from 'vega';
import type { RunManifest, StoredRun } from '../datasets/runs.ts';
import { dayMs, hourMs } from '../engine/panel/hours.ts';
import { barOffset, isPresent, type Panel, timeAt } from '../engine/panel/panel.ts';
import { colour, type Spec, stampAxis, theme } from './chart.ts';
import { numbers, texts } from './columns.ts';
import { minute, money, percent, plural, price, ratio } from './format.ts';
import { sideName } from './groups.ts';
import { Html, html, tableHtml } from './html.ts';
import { libraryText, pageText } from './page.ts';
import { compileSpec } from './still.ts';
import type { TradeRow } from './trades.ts';

const PADDING_HOURS = 7 * 24;

interface ScorePoint {
  readonly time: number;
  readonly score: number;
  readonly side: number;
  readonly outcome: string;
  readonly refused: boolean;
}

/** What all coin pages of a run share, read once. */
export interface CoinPageParts {
  readonly manifest: RunManifest;
  readonly panel: Panel;
  readonly coinOf: ReadonlyMap<string, number>;
  readonly trades: ReadonlyMap<string, readonly TradeRow[]>;
  readonly scores: ReadonlyMap<string, readonly ScorePoint[]>;
  /** Stop distance of an entry order by `symbol@decision time`. */
  readonly stopFractions: ReadonlyMap<string, number>;
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
    stopFractions: await readStopFractions(run),
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
  const rows = trades.map((trade) => tradeRow(parts, trade));
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

/**
 * Ties the time scale to the signal that zooming moves. As compiled, it hangs on the selection's store, which lags a run
 * behind when a button sets the signal.
 */
function zoomable(spec: VegaSpec): VegaSpec {
  const scales = spec.scales?.map((scale) =>
    scale.name === 'x' ? { ...scale, domainRaw: { signal: 'zoom_mid' } } : scale,
  );
  return { ...spec, scales: scales ?? [] };
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
  readonly stop: number | null;
  readonly pnl: number;
  readonly net_return: number;
  readonly exit_reason: string;
  readonly score: number | null;
}

function tradeRow(parts: CoinPageParts, trade: TradeRow): DrawnTrade {
  return {
    entry: trade.entryMs,
    exit: trade.exitMs,
    side: sideName(trade.side),
    entry_price: trade.entryPrice,
    exit_price: trade.exitPrice,
    stop: stopLevel(parts, trade),
    pnl: trade.pnl,
    net_return: trade.netReturn,
    exit_reason: trade.exitReason,
    score: Number.isFinite(trade.score) ? trade.score : null,
  };
}

/** The level as it filled, or as the order asked for it; null where the trade had no stop. */
function stopLevel(parts: CoinPageParts, trade: TradeRow): number | null {
  if (trade.exitFill !== null && Number.isFinite(trade.exitFill.level)) return trade.exitFill.level;
  const fraction = parts.stopFractions.get(`${trade.symbol}@${trade.entryFill?.decidedMs ?? ''}`);
  return fraction === undefined ? null : trade.entryPrice * (1 - trade.side * fraction);
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
      outcome: refusal[row] == null ? (outcome[row] ?? '') : `refused: ${refusal[row]}`,
      refused: refusal[row] != null,
    });
  }
  const bySymbol = grouped(points, (point) => point.symbol);
  return new Map([...bySymbol].map(([key, list]) => [key, list.map(({ symbol: _, ...point }) => point)]));
}

async function readStopFractions(run: StoredRun): Promise<Map<string, number>> {
  const table = await run.table('orders');
  const symbol = texts(table, 'symbol');
  const leg = texts(table, 'leg');
  const time = numbers(table, 'time');
  const fraction = numbers(table, 'stop_loss_fraction');
  const found = new Map<string, number>();
  for (let row = 0; row < table.rows; row += 1) {
    if (leg[row] === 'entry' && Number.isFinite(fraction[row]!))
      found.set(`${symbol[row]}@${time[row]}`, fraction[row]!);
  }
  return found;
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
  return html`<header class="top">
<p class="meta"><a href="../report.html">Report of run ${parts.manifest.runId}</a></p>
<h1>${symbol}</h1>
<p class="verdict">${plural(trades.length, 'trade')}, ${wins} won, ${plural(stops, 'stop')}; net <b class="${pnl < 0 ? 'loss' : 'gain'}">${money(pnl, true)}</b>.</p>
</header>
<main>
<figure>
<h3>Price with entries, exits and stops</h3>
<div class="tools"><button type="button" data-show="previous">‹ Earlier trade</button><button type="button" data-show="next">Later trade ›</button><button type="button" data-show="all">All trades</button><button type="button" data-save="svg">Save SVG</button><button type="button" data-save="png">Save PNG</button></div>
<div class="chart" data-chart="candles"></div>
<figcaption><span id="shown">The chart is being drawn.</span> Wheel or pinch zooms, dragging moves. ▲ enters long, ▼ enters short, ■ exits; the dashed line is the stop. Only bars within seven days of a trade are drawn; elsewhere the chart stays empty.</figcaption>
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
        sideName(trade.side),
        minute(trade.entryMs),
        { text: percent(trade.netReturn, { signed: true }), tone: trade.netReturn },
        { text: money(trade.pnl, true), tone: trade.pnl },
        trade.exitReason,
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

const time = (field: string, more: Spec = {}) => ({
  field,
  type: 'temporal',
  title: null,
  scale: { type: 'utc', ...more },
  axis: { ...stampAxis, labelBound: true },
});
const axisWidth = { minExtent: 58, maxExtent: 58 };
const level = (field: string) => ({
  field,
  type: 'quantitative',
  title: null,
  scale: { zero: false },
  axis: { format: '.6~g', tickCount: 6, ...axisWidth },
});
const rising = { condition: { test: 'datum.close >= datum.open', value: colour.gain }, value: colour.loss };
const outcome = { condition: { test: 'datum.pnl < 0', value: colour.loss }, value: colour.gain };
const tradeTip = [
  { field: 'side', type: 'nominal', title: 'side' },
  { field: 'entry_price', type: 'quantitative', title: 'entry', format: '.6~g' },
  { field: 'exit_price', type: 'quantitative', title: 'exit', format: '.6~g' },
  { field: 'stop', type: 'quantitative', title: 'stop', format: '.6~g' },
  { field: 'exit_reason', type: 'nominal', title: 'exit by' },
  { field: 'score', type: 'quantitative', title: 'score', format: '.4~f' },
  { field: 'net_return', type: 'quantitative', title: 'net return', format: '+.2%' },
  { field: 'pnl', type: 'quantitative', title: 'net pnl', format: '+,.2f' },
];
const barTip = [
  { field: 'from', type: 'temporal', title: 'opens, UTC', format: '%Y-%m-%d %H:%M' },
  ...['open', 'high', 'low', 'close'].map((field) => ({
    field,
    type: 'quantitative',
    title: field,
    format: '.6~g',
  })),
];

const candleSpec: Spec = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  width: 'container',
  height: 420,
  autosize: { type: 'fit-x', contains: 'padding' },
  background: 'transparent',
  config: theme,
  layer: [
    {
      data: { name: 'bars' },
      params: [{ name: 'zoom', select: { type: 'interval', encodings: ['x'] }, bind: 'scales' }],
      mark: { type: 'rule', clip: true },
      encoding: { x: time('mid'), y: level('low'), y2: { field: 'high' }, color: rising, tooltip: barTip },
    },
    {
      data: { name: 'bars' },
      mark: { type: 'rect', clip: true, strokeWidth: 0.8 },
      encoding: {
        x: time('left'),
        x2: { field: 'right' },
        y: level('open'),
        y2: { field: 'close' },
        color: rising,
        stroke: rising,
        tooltip: barTip,
      },
    },
    {
      data: { name: 'trades' },
      transform: [{ filter: 'isValid(datum.stop)' }],
      mark: { type: 'rule', clip: true, strokeDash: [5, 3], strokeWidth: 1.2, color: colour.loss },
      encoding: { x: time('entry'), x2: { field: 'exit' }, y: level('stop') },
    },
    {
      data: { name: 'trades' },
      mark: { type: 'rule', clip: true, strokeWidth: 1.2 },
      encoding: {
        x: time('entry'),
        x2: { field: 'exit' },
        y: level('entry_price'),
        y2: { field: 'exit_price' },
        color: { value: colour.ink },
      },
    },
    {
      data: { name: 'trades' },
      mark: {
        type: 'point',
        filled: true,
        clip: true,
        size: 150,
        opacity: 1,
        stroke: colour.paper,
        strokeWidth: 1.2,
      },
      encoding: {
        x: time('entry'),
        y: level('entry_price'),
        shape: { condition: { test: "datum.side === 'long'", value: 'triangle-up' }, value: 'triangle-down' },
        color: { condition: { test: "datum.side === 'long'", value: colour.main }, value: colour.second },
        tooltip: tradeTip,
      },
    },
    {
      data: { name: 'trades' },
      mark: {
        type: 'point',
        filled: true,
        clip: true,
        shape: 'square',
        size: 80,
        opacity: 1,
        stroke: colour.paper,
        strokeWidth: 1.2,
      },
      encoding: { x: time('exit'), y: level('exit_price'), color: outcome, tooltip: tradeTip },
    },
  ],
};

const scoreSpec: Spec = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  width: 'container',
  height: 110,
  autosize: { type: 'fit-x', contains: 'padding' },
  background: 'transparent',
  config: theme,
  params: [
    { name: 'from', value: 0 },
    { name: 'to', value: dayMs },
  ],
  data: { name: 'scores' },
  mark: { type: 'point', clip: true, size: 36, strokeWidth: 1.4 },
  encoding: {
    x: time('time', { domainMin: { expr: 'from' }, domainMax: { expr: 'to' } }),
    y: {
      field: 'score',
      type: 'quantitative',
      title: null,
      scale: { zero: false },
      axis: { tickCount: 4, ...axisWidth },
    },
    color: { condition: { test: 'datum.side === 1', value: colour.main }, value: colour.second },
    fill: {
      condition: [
        { test: '!datum.refused && datum.side === 1', value: colour.main },
        { test: '!datum.refused', value: colour.second },
      ],
      value: 'transparent',
    },
    tooltip: [
      { field: 'time', type: 'temporal', title: 'decided, UTC', format: '%Y-%m-%d %H:%M' },
      { field: 'score', type: 'quantitative', title: 'score', format: '.4~f' },
      { field: 'outcome', type: 'nominal', title: 'outcome' },
    ],
  },
};

/** Runs in the browser: unpacks, draws, and keeps only as many candles in the picture as it can show. */
const coinScript = `
(async () => {
  const shown = document.getElementById('shown');
  if (typeof DecompressionStream === 'undefined') {
    shown.textContent = 'This browser cannot unpack the page (it lacks DecompressionStream); the table below is complete.';
    return;
  }
  const unpack = async (id) => {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
  };
  const library = document.createElement('script');
  library.textContent = await unpack('library');
  document.head.append(library);
  const market = JSON.parse(await unpack('market'));
  const HOUR = 3600000;
  const stamps = market.hour.map((hour) => market.startMs + hour * HOUR);
  const steps = [1, 2, 4, 12, 24, 72, 168];

  function candles(from, to, widest) {
    const step = steps.find((hours) => (to - from) / HOUR / hours <= widest) || 168;
    const size = step * HOUR;
    const out = [];
    let last = null;
    for (let row = 0; row < stamps.length; row += 1) {
      const opens = Math.floor(stamps[row] / size) * size;
      if (opens + size < from || opens > to) continue;
      if (last === null || last.from !== opens) {
        last = { from: opens, mid: opens + size / 2, left: opens + size * 0.14, right: opens + size * 0.86,
          open: market.open[row], high: market.high[row], low: market.low[row], close: market.close[row] };
        out.push(last);
      } else {
        last.high = Math.max(last.high, market.high[row]);
        last.low = Math.min(last.low, market.low[row]);
        last.close = market.close[row];
      }
    }
    return { rows: out, step };
  }

  const tip = document.createElement('div');
  tip.className = 'tip';
  document.body.append(tip);
  function showTip(handler, event, item, value) {
    tip.replaceChildren();
    if (value === null || value === undefined || value === '') { tip.classList.remove('visible'); return; }
    const table = tip.appendChild(document.createElement('table'));
    for (const [name, text] of Object.entries(value)) {
      const line = table.insertRow();
      line.insertCell().textContent = name;
      line.insertCell().textContent = String(text);
    }
    tip.classList.add('visible');
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 6)) + 'px';
    tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - box.height - 6)) + 'px';
  }
  const place = document.querySelector('[data-chart="candles"]');
  const view = new vega.View(vega.parse(market.specs.candles), { renderer: 'svg', container: place, hover: true }).tooltip(showTip);
  const scorePlace = document.querySelector('[data-chart="scores"]');
  const scores = market.specs.scores === null ? null
    : new vega.View(vega.parse(market.specs.scores), { renderer: 'svg', container: scorePlace, hover: true }).tooltip(showTip);

  let drawn = '';
  function fill(from, to) {
    const picked = candles(from, to, Math.max(60, place.clientWidth / 3.5));
    const trades = market.trades.filter((trade) => trade.exit >= from && trade.entry <= to);
    const key = [picked.step, picked.rows.length, picked.rows[0]?.from, trades.length].join();
    if (key !== drawn) {
      drawn = key;
      view.change('bars', vega.changeset().remove(() => true).insert(picked.rows));
      view.change('trades', vega.changeset().remove(() => true).insert(trades.map((trade) => ({ ...trade }))));
    }
    const day = (time) => new Date(time).toISOString().slice(0, 10);
    shown.textContent = day(from) + ' to ' + day(to) + ', each candle is ' + (picked.step < 24 ? picked.step + ' h.' : picked.step / 24 + (picked.step === 24 ? ' day.' : ' days.'));
    if (scores !== null) scores.signal('from', from).signal('to', to).runAsync();
  }
  function show(from, to) {
    fill(from, to);
    view.signal('zoom_mid', [from, to]).runAsync();
  }
  const first = stamps[0] ?? market.startMs;
  const last = (stamps.at(-1) ?? market.startMs) + HOUR;
  let current = market.trades.reduce((best, trade, index) => Math.abs(trade.pnl) > Math.abs(market.trades[best].pnl) ? index : best, 0);
  function showTrade(index) {
    current = Math.max(0, Math.min(market.trades.length - 1, index));
    const trade = market.trades[current];
    const around = Math.max(48 * HOUR, (trade.exit - trade.entry) * 0.4);
    show(trade.entry - around, trade.exit + around);
  }
  if (scores !== null) scores.insert('scores', market.scores);
  showTrade(current);
  await view.runAsync();
  if (scores !== null) await scores.runAsync();
  let waiting = 0;
  view.addSignalListener('zoom_mid', (name, domain) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const [from, to] = domain === null ? [first, last] : [Number(domain[0]), Number(domain[1])];
      fill(from, to);
      view.runAsync();
    }, 40);
  });
  const resized = () => { view.resize().runAsync(); if (scores !== null) scores.resize().runAsync(); };
  addEventListener('resize', resized);

  async function save(kind) {
    const inks = getComputedStyle(document.documentElement);
    const text = (await view.toSVG()).replace(/var\\((--[a-z]+)\\)/g, (whole, name) => inks.getPropertyValue(name).trim());
    const link = document.createElement('a');
    link.download = document.querySelector('h1').textContent.replace(/[^A-Za-z0-9]+/g, '-') + '.' + kind;
    const source = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(text);
    if (kind === 'svg') { link.href = source; link.click(); return; }
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width * 2;
    canvas.height = image.height * 2;
    const context = canvas.getContext('2d');
    context.fillStyle = inks.getPropertyValue('--paper').trim();
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    link.href = canvas.toDataURL('image/png');
    link.click();
  }
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button === null) return;
    const { show: which, trade, save: kind } = button.dataset;
    if (trade !== undefined) { showTrade(Number(trade)); place.scrollIntoView({ block: 'center' }); }
    if (which === 'next') showTrade(current + 1);
    if (which === 'previous') showTrade(current - 1);
    if (which === 'all') show(first, last);
    if (kind !== undefined) save(kind);
  });
  document.body.dataset.drawn = 'yes';
})().catch((error) => {
  document.getElementById('shown').textContent = 'The chart could not be drawn: ' + error.message;
  console.error(error);
});
`;
