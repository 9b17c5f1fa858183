/**
 * `hourglass bench [DATADIR [OUTDIR]]`: workload W through the engine that users get, timed. One JSON line per task on
 * standard output; trades and equity curves go to OUTDIR, for a checker to compare with the reference.
 *
 * Every repetition computes everything anew. A task's time runs from a loaded, prepared panel to the finished equity curve
 * and all trade records in memory: once without a journal (task `A`), once with journal and digests (`A.journal`).
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type BacktestResult, runBacktestInMemory } from '../../engine/backtest.ts';
import { RunJournal } from '../../engine/journal/run-journal.ts';
import { exitReasonAt, type TradeColumns } from '../../engine/portfolio/ledger.ts';
import { siblingModule, WorkerPool } from '../../engine/signal/pool.ts';
import { runVariants } from '../variants.ts';
import { accountBench, foldAccount } from './account.ts';
import { checkNewestHour, featureInputs, runBlocks, runNewestHour } from './features.ts';
import { kernels } from './kernels.ts';
import { madeUpWorkload } from './made-up.ts';
import {
  prepareWorkload,
  readWorkload,
  type Workload,
  type WorkloadTask,
  workloadCapital,
  workloadCosts,
  workloadReasons,
  workloadStrategy,
  workloadTasks,
} from './workload.ts';

export interface BenchOptions {
  /** Folder in the workload's format; a made-up panel of the same shape if absent. */
  readonly inputDir?: string;
  /** Where trades and equity go; nowhere if absent. */
  readonly outputDir?: string;
  readonly repetitions: number;
  readonly print: (line: string) => void;
}

const SWEEP_SIZE = 100;
const FEATURE_WORKERS = 2;

/** Repetitions between the first and those that count: the compiler is done with its second thoughts by then. */
const WARM_UPS = 4;

export async function benchMain(options: BenchOptions): Promise<void> {
  const started = new Stopwatch();
  const files = options.inputDir === undefined ? madeUpWorkload() : await readWorkload(options.inputDir);
  const { coins, hours } = files;
  const report = (task: string, times: readonly Lap[], extra: Record<string, unknown> = {}) =>
    options.print(
      JSON.stringify({ impl: 'hourglass', task, N: coins, T: hours, ...timesOf(times), ...extra }),
    );
  report('load', [started.lap()]);
  const preparing = new Stopwatch();
  const workload = prepareWorkload(files);
  report('prepare', [preparing.lap()]);

  if (options.outputDir !== undefined) await mkdir(options.outputDir, { recursive: true });
  for (const task of workloadTasks) {
    for (const journaled of [false, true]) {
      const { first, times, result } = await timed(workload, task, journaled, options.repetitions);
      report(journaled ? `${task}.journal` : task, times, {
        first_s: first.wallS,
        ...figuresOf(workload, task, result),
      });
      if (!journaled && options.outputDir !== undefined)
        await writeResult(options.outputDir, task, result, hours);
    }
  }
  await benchAccount(workload, options, report);
  benchKernels(workload, options, report);
  await benchFeatures(workload, options, report);
  await benchSweeps(workload, report);
}

interface Timed {
  /** The first repetition, cold. */
  readonly first: Lap;
  readonly times: readonly Lap[];
  readonly result: BacktestResult;
}

async function timed(
  workload: Workload,
  task: WorkloadTask,
  journaled: boolean,
  repetitions: number,
): Promise<Timed> {
  const laps: Lap[] = [];
  let result: BacktestResult | undefined;
  for (let repetition = 0; repetition < 1 + WARM_UPS + repetitions; repetition += 1) {
    const watch = new Stopwatch();
    const journal = journaled ? new RunJournal() : undefined;
    result = await foldTask(workload, task, journal);
    journal?.runDigest(result.venue.book.ledger, workload.panel);
    laps.push(watch.lap());
  }
  return { first: laps[0]!, times: laps.slice(1 + WARM_UPS), result: result! };
}

/** One task of the workload through the ordinary backtest. */
export function foldTask(
  workload: Workload,
  task: WorkloadTask,
  journal?: RunJournal,
): Promise<BacktestResult> {
  const { panel, score, logit } = workload;
  return runBacktestInMemory({
    panel,
    columns: [task === 'A' || task === 'Acomp' ? score : logit],
    strategy: workloadStrategy(task, panel.symbols),
    costs: workloadCosts,
    capital: workloadCapital,
    closeAtEnd: true,
    sharedRows: true,
    ...(journal === undefined ? {} : { journal }),
  });
}

function figuresOf(workload: Workload, task: WorkloadTask, result: BacktestResult): Record<string, unknown> {
  const { trades } = result;
  // The workload counts a candidate before it looks whether there is a bar to fill it at; a ranking counts none.
  const signals = task === 'A' || task === 'Acomp' ? 0 : result.counts.targets;
  return {
    trades: trades.count,
    signals,
    fees: sum(trades.fees),
    funding: 0 - sum(trades.funding),
    pnl: sum(trades.pnl),
    final_equity: result.equity[workload.panel.hours - 1],
    refusals: result.counts.refusals,
  };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Trades in the workload's order (exit bar, coin, entry bar) and words; equity as raw doubles. */
async function writeResult(
  folder: string,
  task: WorkloadTask,
  result: BacktestResult,
  hours: number,
): Promise<void> {
  await writeFile(join(folder, `trades_${task}_hourglass.csv`), tradesCsv(result.trades));
  const bytes = new Uint8Array(result.equity.buffer, result.equity.byteOffset, hours * 8);
  await writeFile(join(folder, `equity_${task}_hourglass.f64`), bytes);
}

export function tradesCsv(trades: TradeColumns): string {
  const order = Array.from({ length: trades.count }, (_, row) => row).sort(
    (a, b) =>
      trades.exitHour[a]! - trades.exitHour[b]! ||
      trades.coin[a]! - trades.coin[b]! ||
      trades.entryHour[a]! - trades.entryHour[b]!,
  );
  const lines = order.map((row) =>
    [
      trades.coin[row],
      trades.side[row],
      trades.entryHour[row],
      trades.exitHour[row],
      trades.quantity[row],
      trades.entryPrice[row],
      trades.exitPrice[row],
      workloadReasons[exitReasonAt(trades, row)],
      trades.fees[row],
      0 - trades.funding[row]!,
      trades.pnl[row],
    ].join(','),
  );
  const header = 'coin,side,entry_bar,exit_bar,qty,entry_fill,exit_fill,reason,fees,funding,pnl';
  return `${[header, ...lines].join('\n')}\n`;
}

type Report = (task: string, times: readonly Lap[], extra?: Record<string, unknown>) => void;

/** The journaled fold with every rule of the account on beside the plain one, in turns: what the rules cost is a ratio. */
async function benchAccount(workload: Workload, options: BenchOptions, report: Report): Promise<void> {
  const bench = accountBench(workload);
  for (const task of ['A', 'B'] as const) {
    const plain: Lap[] = [];
    const whole: Lap[] = [];
    let figures: Record<string, unknown> = {};
    for (let repetition = 0; repetition < WARM_UPS + options.repetitions; repetition += 1) {
      for (const [laps, rules] of [
        [plain, null],
        [whole, bench],
      ] as const) {
        const watch = new Stopwatch();
        const { trades, finalEquity } = await foldAccount(workload, task, rules);
        if (repetition >= WARM_UPS) laps.push(watch.lap());
        if (rules !== null) figures = { trades, final_equity: finalEquity };
      }
    }
    const ratio = timesOf(whole)['wall_s']! / timesOf(plain)['wall_s']!;
    report(`${task}.account`, whole, { ...figures, times_plain: Number(ratio.toFixed(3)) });
  }
}

function benchKernels(workload: Workload, options: BenchOptions, report: Report): void {
  for (const { task, run } of kernels) {
    const times: Lap[] = [];
    let figures: Readonly<Record<string, number>> = {};
    for (let repetition = 0; repetition < Math.min(5, 1 + options.repetitions); repetition += 1) {
      const watch = new Stopwatch();
      figures = run(workload);
      times.push(watch.lap());
    }
    // The first repetition is cold.
    report(task, times.slice(times.length > 1 ? 1 : 0), { first_s: times[0]!.wallS, ...figures });
  }
}

/** All columns in blocks, threads started anew, once; then the newest hour alone, whose figures must be those of the blocks. */
async function benchFeatures(workload: Workload, options: BenchOptions, report: Report): Promise<void> {
  const inputs = featureInputs(workload.panel);
  const watch = new Stopwatch();
  const pool = new WorkerPool(FEATURE_WORKERS);
  const blocks = await runBlocks(inputs, pool);
  await pool.close();
  const lap = watch.lap();
  const laps: Lap[] = [];
  for (let repetition = 0; repetition < 1 + WARM_UPS + options.repetitions; repetition += 1) {
    const hourWatch = new Stopwatch();
    const columns = runNewestHour(inputs);
    laps.push(hourWatch.lap());
    checkNewestHour(columns, blocks);
  }
  const { present, digest } = blocks;
  report('features162', [lap], { workers: FEATURE_WORKERS, present, digest });
  report('newest_hour83', laps.slice(1 + WARM_UPS), { first_s: laps[0]!.wallS });
}

/** 100 variants over one shared panel, with one worker and with as many as there are cores. */
async function benchSweeps(workload: Workload, report: Report): Promise<void> {
  for (const workers of new Set([1, Math.max(2, availableParallelism())])) {
    const pool = new WorkerPool(workers);
    try {
      for (const [task, name] of [
        ['A', 'sweep100_A'],
        ['B', 'sweep100_B'],
      ] as const) {
        await sweep(pool, workload, task, 2 * workers); // Starts the threads and warms their code.
        const watch = new Stopwatch();
        const results = await sweep(pool, workload, task, SWEEP_SIZE);
        const lap = watch.lap();
        report(name, [lap], {
          workers,
          trades: results.reduce((total, result) => total + result.trades, 0),
          checksum: results.reduce((total, result) => total + result.finalEquity, 0),
        });
      }
    } finally {
      await pool.close();
    }
  }
}

function sweep(pool: WorkerPool, workload: Workload, task: 'A' | 'B', size: number) {
  const { panel, score, logit } = workload;
  const folder = task === 'A' ? 'ranked-long-short' : 'score-gate';
  return runVariants(pool, {
    panel,
    columns: [task === 'A' ? score : logit],
    strategyModule: siblingModule(`../../strategies/${folder}/index`, import.meta.url),
    codeHash: '',
    builtIn: true,
    costs: workloadCosts,
    capital: workloadCapital,
    closeAtEnd: true,
    digests: false,
    configs: Array.from({ length: size }, (_, index) => variantConfig(task, panel.symbols, index)),
  });
}

function variantConfig(
  task: 'A' | 'B',
  symbols: readonly string[],
  index: number,
): Readonly<Record<string, unknown>> {
  const column = index % 10;
  const row = Math.floor(index / 10);
  return task === 'A'
    ? workloadStrategy('A', symbols, { stopLossFraction: 0.04 + 0.01 * column, holdHours: 24 + 12 * row })
        .config
    : workloadStrategy('B', symbols, {
        probabilityMin: 0.7 + 0.02 * column,
        takeProfitFraction: 0.01 + 0.004 * row,
      }).config;
}

interface Lap {
  readonly wallS: number;
  readonly cpuS: number;
}

class Stopwatch {
  readonly #wall = performance.now();
  readonly #cpu = process.cpuUsage();

  lap(): Lap {
    const { user, system } = process.cpuUsage(this.#cpu);
    return { wallS: (performance.now() - this.#wall) / 1000, cpuS: (user + system) / 1e6 };
  }
}

function timesOf(laps: readonly Lap[]): Record<string, number> {
  const wall = laps.map((lap) => lap.wallS).sort((a, b) => a - b);
  const cpu = laps.map((lap) => lap.cpuS).sort((a, b) => a - b);
  return {
    reps: laps.length,
    wall_s: wall[Math.floor(wall.length / 2)]!,
    cpu_s: cpu[Math.floor(cpu.length / 2)]!,
    min_s: wall[0]!,
    first_s: laps[0]!.wallS,
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}
