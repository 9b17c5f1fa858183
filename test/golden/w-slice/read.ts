/** Reads the slice of workload W that lies in this folder (its README says what it is). */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type BarRow, type FundingRow, panelFromBars } from '../../../engine/panel/panel.ts';
import { emptyRows } from '../../../engine/panel/rows.ts';
import { doubles, parseTrades, type Task, type WorkloadMarket, type WorkloadTrade } from '../workload-w.ts';

const hourMs = 3_600_000;

interface SliceMeta {
  readonly startMs: number;
  readonly hours: number;
  readonly symbols: readonly string[];
}

export interface SliceRow {
  readonly coin: number;
  readonly hour: number;
  /** open, high, low, close, score, logit; or a funding rate alone. */
  readonly values: readonly number[];
}

export interface WorkloadSlice extends WorkloadMarket {
  readonly meta: SliceMeta;
  readonly bars: readonly SliceRow[];
  readonly funding: readonly SliceRow[];
}

export function readSlice(): WorkloadSlice {
  const meta = JSON.parse(bytes('meta.json').toString()) as SliceMeta;
  const bars = rows('bars.csv.gz');
  const funding = rows('funding.csv.gz');
  const score = emptyRows('score', meta.symbols.length, meta.hours);
  const logit = emptyRows('logit', meta.symbols.length, meta.hours);
  for (const { coin, hour, values } of bars) {
    score.values[hour * meta.symbols.length + coin] = values[4]!;
    logit.values[hour * meta.symbols.length + coin] = values[5]!;
  }
  const panel = panelFromBars(
    bars.map((row) => barRow(meta, row)),
    funding.map((row) => fundingRow(meta, row)),
  );
  return { meta, bars, funding, panel, columns: [score, logit] };
}

export function expectedTrades(task: Task): WorkloadTrade[] {
  return parseTrades(gunzipSync(bytes(`trades_${task}.csv.gz`)).toString());
}

export function expectedEquity(task: Task): Float64Array {
  return doubles(bytes(`equity_${task}.f64`));
}

function barRow(meta: SliceMeta, { coin, hour, values }: SliceRow): BarRow {
  const [open, high, low, close] = values as [number, number, number, number];
  return { symbol: meta.symbols[coin]!, timeMs: meta.startMs + hour * hourMs, open, high, low, close };
}

function fundingRow(meta: SliceMeta, { coin, hour, values }: SliceRow): FundingRow {
  return { symbol: meta.symbols[coin]!, timeMs: meta.startMs + hour * hourMs, rate: values[0]! };
}

function rows(name: string): SliceRow[] {
  const [, ...lines] = gunzipSync(bytes(name)).toString().trimEnd().split('\n');
  return lines.map((line) => {
    const [coin, hour, ...values] = line.split(',').map(Number);
    return { coin: coin!, hour: hour!, values };
  });
}

function bytes(name: string): Buffer {
  return readFileSync(new URL(name, import.meta.url));
}
