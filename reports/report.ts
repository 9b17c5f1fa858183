/**
 * A run's report, written into its folder:
 *
 * 1. `chartsOf` turns the tables into charts; each is written as SVG, PNG and CSV (`charts/`).
 * 2. `writeCoinPages` writes a page per traded coin (`coins/`), the largest profit or loss first.
 * 3. `reportPage` puts it all on one page (`report.html`), last, so that it links only what is there.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { AssumptionLedger } from '../datasets/assumption-ledger.ts';
import type { Progress } from '../datasets/progress.ts';
import type { StoredRun } from '../datasets/runs.ts';
import type { Table } from '../engine/journal/tables.ts';
import type { Panel } from '../engine/panel/panel.ts';
import { dailyReturns } from '../engine/stats/daily-returns.ts';
import { sharpeInterval } from '../engine/stats/sharpe-interval.ts';
import { spearman } from '../engine/stats/spearman.ts';
import { accountParts } from './account.ts';
import { ledgerChart, readLedger } from './assumption-ledger.ts';
import { cautionFacts } from './caution-facts.ts';
import type { Chart } from './chart.ts';
import { bookCharts } from './charts/book.ts';
import { costBridgeChart, costGrowthChart } from './charts/costs.ts';
import { equityCharts } from './charts/equity.ts';
import { exitReasonsChart } from './charts/exits.ts';
import { monthlyChart } from './charts/monthly.ts';
import { pnlByCoinChart, pnlBySideChart } from './charts/pnl.ts';
import { runUniverse, runUniverseCharts } from './charts/run-universe.ts';
import { stopSlippageChart } from './charts/stops.ts';
import { excursionCharts, tradeReturnsChart } from './charts/trades.ts';
import { coinPage, coinPageParts } from './coin-page.ts';
import { numbers } from './columns.ts';
import { csvText } from './csv.ts';
import { fileName } from './file-name.ts';
import { correlation, plural } from './format.ts';
import { groupTrades } from './groups.ts';
import { type Marks, readMarks } from './marks.ts';
import { libraryText } from './page.ts';
import { groupRefusals } from './refusals.ts';
import { reportPage } from './report-page.ts';
import { still } from './still.ts';
import { type StopRow, stopRows } from './stops.ts';
import { type FillRow, readTrades, type TradeRow } from './trades.ts';
import { writeWhole } from './write-file.ts';

export const COIN_PAGES_MAX = 100;

export interface ReportRequest {
  readonly run: StoredRun;
  /** The bars the run read; without them no coin pages are written. */
  readonly panel: Panel | null;
  /** Where to write; the run's own folder if absent. */
  readonly out?: string;
  /** Coins that get a page: named ones, all, or (if absent) the hundred traded coins with the largest |pnl|. */
  readonly coins?: readonly string[] | 'all';
  /** The universe by hour, as a set of columns that was built over the same bars stores it. */
  readonly universe?: Table | null;
  /** Ends the writing between two files. */
  readonly signal?: AbortSignal;
}

export interface WrittenReport {
  /** Paths of all files written; the main page is the last. */
  readonly files: readonly string[];
  /** Symbols asked for by name that this run never traded. */
  readonly untraded: readonly string[];
}

/**
 * Writes the report; every file appears whole or not at all, so it may be interrupted and repeated.
 *
 * @throws ReportError `report-not-written` where a file cannot be written; the signal's reason where it was stopped.
 */
export async function writeReport(request: ReportRequest, progress?: Progress): Promise<WrittenReport> {
  const { run } = request;
  const out = request.out ?? run.dir;
  const marks = await readMarks(run);
  const joined = await readTrades(run);
  const { trades, fills } = joined;
  const stops = stopRows(trades, request.panel);
  const ledger = await readLedger(run.dir);
  const charts = [
    ...(await chartsOf({ run, marks, trades, fills, stops, ledger })),
    ...(request.panel === null
      ? []
      : runUniverseCharts(runUniverse(marks.all.time, request.panel, request.universe ?? null))),
  ];
  const chosen = chooseCoins(trades, request);
  const total = charts.length + chosen.symbols.length + 1;
  const files: string[] = [];
  let done = 0;
  const step = () => {
    done += 1;
    progress?.('writing the report', done / total);
  };

  for (const chart of charts) {
    request.signal?.throwIfAborted();
    files.push(...(await writeChart(chart, join(out, 'charts'))));
    step();
  }
  if (request.panel !== null && chosen.symbols.length > 0) {
    const parts = await coinPageParts(run, request.panel, trades);
    for (const symbol of chosen.symbols) {
      request.signal?.throwIfAborted();
      const path = join(out, 'coins', `${fileName(symbol)}.html`);
      await writeWhole(path, coinPage(parts, symbol));
      files.push(path);
      step();
    }
  }
  const path = join(out, 'report.html');
  await writeWhole(
    path,
    reportPage({
      manifest: run.manifest,
      charts,
      trades,
      stops,
      account: await accountParts(run, joined, request.panel),
      ledger,
      cautionFacts: await cautionFacts(run),
      refusals: groupRefusals(await run.table('refusals')),
      sharpeInterval: sharpeIntervalOf(run, marks),
      coinPages: await existingCoinPages(out, trades),
      scoreText: scoreText(trades),
      libraries: [await libraryText('vega'), await libraryText('vega-lite'), await libraryText('vega-embed')],
    }),
  );
  files.push(path);
  step();
  return { files, untraded: chosen.untraded };
}

/** All charts a run has something to show for. */
export async function chartsOf(parts: {
  readonly run: StoredRun;
  readonly marks: Marks;
  readonly trades: readonly TradeRow[];
  readonly fills: readonly FillRow[];
  /** Stops and liquidations. */
  readonly stops: readonly StopRow[];
  readonly ledger: AssumptionLedger | null;
}): Promise<Chart[]> {
  const { run, marks, trades, fills } = parts;
  const { headline } = run.manifest;
  const charts: Chart[] = [];
  if (marks.hours > 0) {
    charts.push(
      ...equityCharts(marks, headline),
      monthlyChart(marks.all, headline.startEquity),
      ...bookCharts(marks),
    );
  }
  if (trades.length > 0) {
    charts.push(
      pnlByCoinChart(trades),
      pnlBySideChart(trades),
      tradeReturnsChart(trades),
      ...excursionCharts(trades),
      exitReasonsChart(trades),
    );
  }
  const stops = parts.stops.filter(({ kind }) => kind === 'stop');
  if (stops.length > 0) charts.push(stopSlippageChart(stops));
  if (fills.length > 0) {
    const table = await run.table('funding');
    const cash = numbers(table, 'cash');
    const funding = Array.from(numbers(table, 'time'), (timeMs, row) => ({ timeMs, cash: cash[row]! }));
    charts.push(costBridgeChart(headline), costGrowthChart(fills, funding));
  }
  if (parts.ledger !== null) charts.push(ledgerChart(parts.ledger));
  return charts;
}

/** SVG, PNG and CSV of a chart; their paths. @throws ReportError `report-not-written` */
export async function writeChart(chart: Chart, folder: string): Promise<string[]> {
  const { svg, png } = await still(chart);
  const base = join(folder, chart.id);
  await writeWhole(`${base}.svg`, svg);
  await writeWhole(`${base}.png`, png);
  await writeWhole(`${base}.csv`, csvText(chart.csv ?? chart.columns, chart.times));
  return [`${base}.svg`, `${base}.png`, `${base}.csv`];
}

function chooseCoins(
  trades: readonly TradeRow[],
  request: ReportRequest,
): { readonly symbols: readonly string[]; readonly untraded: readonly string[] } {
  if (request.panel === null) return { symbols: [], untraded: [] };
  const known = new Set(request.panel.symbols);
  const bySize = groupTrades(trades, (trade) => trade.symbol)
    .filter((coin) => known.has(coin.key))
    .sort((a, b) => Math.abs(b.pnl) - Math.abs(a.pnl))
    .map((coin) => coin.key);
  if (request.coins === 'all') return { symbols: bySize, untraded: [] };
  if (request.coins === undefined) return { symbols: bySize.slice(0, COIN_PAGES_MAX), untraded: [] };
  const traded = new Set(bySize);
  return {
    symbols: request.coins.filter((symbol) => traded.has(symbol)),
    untraded: request.coins.filter((symbol) => !traded.has(symbol)),
  };
}

async function existingCoinPages(out: string, trades: readonly TradeRow[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const symbol of new Set(trades.map((trade) => trade.symbol))) {
    const exists = await access(join(out, 'coins', `${fileName(symbol)}.html`)).then(
      () => true,
      () => false,
    );
    if (exists) found.add(symbol);
  }
  return found;
}

function sharpeIntervalOf(
  run: StoredRun,
  marks: Marks,
): { readonly low: number; readonly high: number } | null {
  const { headline, fromMs } = run.manifest;
  if (headline.sharpe === null) return null;
  const { time, equity } = marks.all;
  return sharpeInterval(
    dailyReturns({ timeMs: time, equity, startMs: fromMs, startEquity: headline.startEquity }),
  );
}

const SCORED_MIN = 20;

/** Whether better scores made better trades. A short is entered on a low score, so its return is turned to the coin's. */
function scoreText(trades: readonly TradeRow[]): string {
  const scored = trades.filter((trade) => Number.isFinite(trade.score));
  if (scored.length < SCORED_MIN) return '';
  const rho = spearman(
    scored.map((trade) => trade.score),
    scored.map((trade) => trade.side * trade.netReturn),
  );
  if (Number.isNaN(rho)) return '';
  return `Rank correlation between a trade's score and its coin's return over the holding time: ${correlation(rho)} over ${plural(scored.length, 'trade')} (0 is a coin toss; both sides pooled, costs included).`;
}
