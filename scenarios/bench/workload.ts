/**
 * Workload W: a synthetic year with fixed rules, on which any engine can be checked trade by trade and timed against a C
 * reference. This file reads its folders (format version 1) into a panel and states its four strategies as scenarios for
 * the ordinary engine; nothing here simulates.
 */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sealCloses, sealRows, symbolLanes } from '../../engine/panel/fingerprint.ts';
import { BAR_WIDTH, type Panel, sharedFloat64, sharedInt32 } from '../../engine/panel/panel.ts';
import type { Rows } from '../../engine/panel/rows.ts';
import { bindStrategy, type Strategy } from '../../engine/strategy.ts';
import rankedLongShort from '../../strategies/ranked-long-short/index.ts';
import scoreGate from '../../strategies/score-gate/index.ts';

export interface WorkloadFiles {
  readonly coins: number;
  readonly hours: number;
  readonly startMs: number;
  readonly symbols: readonly string[];
  readonly start: readonly number[];
  readonly end: readonly number[];
  /** Time-major, as stored. */
  readonly fields: Readonly<Record<'open' | 'high' | 'low' | 'close' | 'score' | 'logit', Float64Array>>;
  /** `[row][coin]`, row k applies at hour 8k. */
  readonly funding: Float64Array;
}

export interface Workload {
  readonly panel: Panel;
  readonly score: Rows;
  readonly logit: Rows;
}

const FUNDING_EVERY_HOURS = 8;
const workloadFields = ['open', 'high', 'low', 'close', 'score', 'logit'] as const;

export async function readWorkload(folder: string): Promise<WorkloadFiles> {
  const meta = JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8')) as Record<string, unknown>;
  const coins = Number(meta['N']);
  const hours = Number(meta['T']);
  const fields: Partial<Record<(typeof workloadFields)[number], Float64Array>> = {};
  for (const field of workloadFields) fields[field] = await readDoubles(join(folder, `${field}.f64`));
  return {
    coins,
    hours,
    startMs: Number(meta['t0_ms']),
    symbols: meta['symbols'] as string[],
    start: meta['start'] as number[],
    end: meta['end'] as number[],
    fields: fields as WorkloadFiles['fields'],
    funding: await readDoubles(join(folder, 'funding.f64')),
  };
}

async function readDoubles(path: string): Promise<Float64Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const values = sharedFloat64(size / 8);
    const bytes = new Uint8Array(values.buffer);
    for (let at = 0; at < size; ) at += (await file.read(bytes, at, size - at, at)).bytesRead;
    return values;
  } finally {
    await file.close();
  }
}

/** Transposes the prices to the panel's layout and indexes funding; scores are time-major already. */
export function prepareWorkload(files: WorkloadFiles): Workload {
  const { coins, hours, fields } = files;
  const bars = sharedFloat64(coins * hours * BAR_WIDTH);
  for (const [offset, field] of (['open', 'high', 'low', 'close'] as const).entries()) {
    transposeInto(bars, fields[field], coins, hours, offset);
  }
  const firstHour = sharedInt32(coins);
  const endHour = sharedInt32(coins);
  firstHour.set(files.start);
  endHour.set(files.end);
  const panel: Panel = {
    symbols: files.symbols,
    startMs: files.startMs,
    hours,
    bars,
    volume: null,
    quoteVolume: null,
    firstHour,
    endHour,
    funding: fundingRows(files),
    closeHash: sharedInt32(hours * 2),
  };
  const lanes = symbolLanes(files.symbols);
  sealCloses(panel, lanes);
  const column = (name: 'score' | 'logit'): Rows => {
    const rows: Rows = { name, coins, hours, values: fields[name], rowHash: sharedInt32(hours * 2) };
    sealRows(rows, lanes, files.startMs);
    return rows;
  };
  return { panel, score: column('score'), logit: column('logit') };
}

/** In tiles of 32 x 32, so that both sides stay in the cache. */
function transposeInto(
  bars: Float64Array,
  field: Float64Array,
  coins: number,
  hours: number,
  offset: number,
): void {
  const tile = 32;
  for (let hour0 = 0; hour0 < hours; hour0 += tile) {
    for (let coin0 = 0; coin0 < coins; coin0 += tile) {
      const hour1 = Math.min(hours, hour0 + tile);
      const coin1 = Math.min(coins, coin0 + tile);
      for (let hour = hour0; hour < hour1; hour += 1) {
        for (let coin = coin0; coin < coin1; coin += 1) {
          bars[(coin * hours + hour) * BAR_WIDTH + offset] = field[hour * coins + coin]!;
        }
      }
    }
  }
}

/** Row k of the file applies at hour 8k: the panel's own layout, but for the index. */
function fundingRows({ hours, funding }: WorkloadFiles): Panel['funding'] {
  const rowOf = sharedInt32(hours).fill(-1);
  for (let hour = 0; hour < hours; hour += FUNDING_EVERY_HOURS) rowOf[hour] = hour / FUNDING_EVERY_HOURS;
  return { rowOf, rate: funding, mark: sharedFloat64(0) };
}

export const workloadTasks = ['A', 'Acomp', 'B', 'Binf'] as const;
export type WorkloadTask = (typeof workloadTasks)[number];

export const workloadCapital = 1_000_000;
export const workloadCosts = { takerFeeBps: 5, slippageBps: 2 } as const;

const ranked = {
  column: 'score',
  count: 10,
  notionalFraction: 1 / 60,
  stopLossFraction: 0.08,
  takeProfitFraction: 0,
  holdHours: 72,
  at: '12:00',
  timeZone: 'UTC',
} as const;
const gated = {
  column: 'logit',
  probabilityMin: 0.8,
  notionalFraction: 0.01,
  stopLossFraction: 0.02,
  takeProfitFraction: 0.02,
  holdHours: 72,
} as const;

/** Settings that a sweep may vary. */
export interface WorkloadVariation {
  readonly stopLossFraction?: number;
  readonly takeProfitFraction?: number;
  readonly holdHours?: number;
  readonly probabilityMin?: number;
}

export function workloadStrategy(
  task: WorkloadTask,
  symbols: readonly string[],
  vary: WorkloadVariation = {},
): Strategy {
  switch (task) {
    case 'A':
    case 'Acomp':
      return bindStrategy(rankedLongShort, {
        ...ranked,
        sizing: task === 'A' ? 'capital' : 'equity',
        sideFraction: 0.8,
        longMarket: 'usdm',
        trailingStopFraction: 0,
        excluded: symbols[0]!,
        ...vary,
      });
    case 'B':
    case 'Binf':
      return bindStrategy(scoreGate, { ...gated, slotsMax: task === 'B' ? 10 : 0, ...vary });
  }
}

/** Our exit reasons in the words of the workload's files. */
export const workloadReasons = {
  stop: 'sl',
  target: 'tp',
  time: 'timeout',
  delist: 'delist',
  'end-of-data': 'delist',
  liquidation: 'liquidation',
  settling: 'delist',
  signal: 'signal',
} as const;
