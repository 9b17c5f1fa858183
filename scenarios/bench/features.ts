/**
 * Features over the workload's panel, with volumes and records made up by coin and hour alone: all 162 columns of s2 and s3 that
 * need no model, in blocks that are consumed and dropped, and the newest hour of the 83 of s2. The last hour of the blocks is the
 * newest hour, computed another way: no time counts before both agree to the bit.
 */
import { computeBlocks, type FeatureBlock } from '../../engine/columns/blocks.ts';
import { columnsAt } from '../../engine/columns/compute.ts';
import type { FeatureNeed, FeatureSet } from '../../engine/columns/features/feature.ts';
import type { ColumnInputs } from '../../engine/columns/features/inputs.ts';
import { featureSets, pendingFeatures } from '../../engine/columns/features/sets.ts';
import { instrumentKinds, type MarketRecords } from '../../engine/columns/records.ts';
import { fitMarketRegimes } from '../../engine/columns/regime/market-regimes.ts';
import { assertInvariant } from '../../engine/invariant.ts';
import { mix32 } from '../../engine/journal/digest.ts';
import { symbolLanes } from '../../engine/panel/fingerprint.ts';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import { barLayout, type Panel, sharedFloat64, sharedInt32 } from '../../engine/panel/panel.ts';
import { siblingModule, type WorkerPool } from '../../engine/signal/pool.ts';

const { CLOSE, BAR_WIDTH } = barLayout;

/** What bars and the records below provide. */
const met = new Set<FeatureNeed>([
  'benchmark',
  'volume',
  'quote-volume',
  'fear-greed',
  'news',
  'instruments',
  'regime',
]);

function namesOf(set: FeatureSet): readonly string[] {
  const pending = new Set(pendingFeatures(set, met));
  return set.features.filter((feature) => !pending.has(feature)).map(({ name }) => name);
}

const hourNames = namesOf(featureSets.get('s2')!);
const blockNames = [...hourNames, ...namesOf(featureSets.get('s3')!)];

export function featureInputs(panel: Panel): ColumnInputs {
  const cells = panel.symbols.length * panel.hours;
  const volume = sharedFloat64(cells);
  const quoteVolume = sharedFloat64(cells);
  for (let cell = 0; cell < cells; cell += 1) {
    const close = panel.bars[cell * BAR_WIDTH + CLOSE]!;
    const quote = 1000 * (1 + ((mix32(0x5ca1_ab1e, cell) >>> 0) % 997));
    quoteVolume[cell] = Number.isNaN(close) ? Number.NaN : quote;
    volume[cell] = quote / close;
  }
  const inputs: ColumnInputs = {
    panel: { ...panel, volume, quoteVolume },
    records: madeUpRecords(panel),
    regimes: [],
    approximateQuoteVolume: false,
    dailyVolumeMin: 1e6,
  };
  return { ...inputs, regimes: fitMarketRegimes(inputs, { restarts: 1 }) };
}

/** Fear & Greed by the day, an article by the hour, each coin listed with its first bar. */
function madeUpRecords({ symbols, startMs, hours, firstHour }: Panel): MarketRecords {
  const days = Math.ceil(hours / 24);
  const fearGreed = { availableMs: sharedFloat64(days), values: sharedFloat64(days) };
  for (let day = 0; day < days; day += 1) {
    fearGreed.availableMs[day] = startMs + day * dayMs;
    fearGreed.values[day] = (mix32(0x0fea_6eed, day) >>> 0) % 101;
  }
  const news = {
    ...{ availableMs: sharedFloat64(hours), publishedMs: sharedFloat64(hours), classes: sharedFloat64(0) },
    ...{ start: sharedInt32(hours + 1), coins: sharedInt32(hours) },
  };
  for (let article = 0; article < hours; article += 1) {
    news.publishedMs[article] = startMs + article * hourMs;
    news.availableMs[article] = startMs + article * hourMs;
    news.start[article + 1] = article + 1;
    news.coins[article] = (mix32(0x0e55_a6e5, article) >>> 0) % symbols.length;
  }
  const onboardMs = sharedFloat64(symbols.length);
  const kind = new Uint8Array(new SharedArrayBuffer(symbols.length));
  kind[0] = instrumentKinds.indexOf('benchmark');
  for (const [coin, hour] of firstHour.entries()) onboardMs[coin] = startMs + hour * hourMs;
  const delistedMs = sharedFloat64(symbols.length).fill(Number.NaN);
  return { fearGreed, news, marketCap: null, instruments: { kind, onboardMs, delistedMs } };
}

export interface BlockFigures {
  /** Values that are there. */
  readonly present: number;
  /** Of every value, whatever the size of blocks. */
  readonly digest: number;
  /** `[coin][feature]` at the last hour. */
  readonly newest: Float32Array;
}

/** Computes all columns anew; blocks are looked at by `digestBlock` and dropped. */
export async function runBlocks(inputs: ColumnInputs, pool: WorkerPool): Promise<BlockFigures> {
  const consumer = { module: siblingModule('features', import.meta.url), functionName: 'digestBlock' };
  const parts = await computeBlocks<BlockFigures>(inputs, blockNames, { pool, consumer });
  const newest = new Float32Array(inputs.panel.symbols.length * blockNames.length);
  let at = 0;
  for (const part of parts) {
    newest.set(part.newest, at);
    at += part.newest.length;
  }
  return {
    present: parts.reduce((sum, part) => sum + part.present, 0),
    digest: parts.reduce((sum, part) => (sum + part.digest) | 0, 0) >>> 0,
    newest,
  };
}

/** Runs in a worker: reads every value once. */
export function digestBlock({
  values,
  features,
  fromCoin,
  toCoin,
  fromHour,
  toHour,
}: FeatureBlock): BlockFigures {
  const width = features.length;
  const cells = (toHour - fromHour) * width;
  const words = new Int32Array(values.buffer, values.byteOffset, values.length);
  const newest = new Float32Array((toCoin - fromCoin) * width);
  let present = 0;
  let digest = 0;
  for (let coin = fromCoin; coin < toCoin; coin += 1) {
    const from = (coin - fromCoin) * cells;
    let own = coin;
    for (let cell = from; cell < from + cells; cell += 1) {
      // A missing value has many bit patterns.
      if (values[cell] !== values[cell]) {
        own = Math.imul(own, 0x01000193);
      } else {
        present += 1;
        own = Math.imul(own ^ words[cell]!, 0x01000193);
      }
    }
    digest = (digest + mix32(own, coin)) | 0;
    newest.set(values.subarray(from + cells - width, from + cells), (coin - fromCoin) * width);
  }
  return { present, digest, newest };
}

/** The 83 columns of s2 for all coins at the last hour: `[feature]` arrays by coin. */
export function runNewestHour(inputs: ColumnInputs): readonly Float64Array[] {
  const { panel } = inputs;
  return columnsAt(inputs, hourNames, symbolLanes(panel.symbols), panel.hours - 1).map(
    ({ values }) => values,
  );
}

/** @throws InvariantError where a column of the hour is not what stands in the blocks' last row. */
export function checkNewestHour(columns: readonly Float64Array[], { newest }: BlockFigures): void {
  for (const [place, values] of columns.entries()) {
    const isSame = values.every((value, coin) =>
      Object.is(Math.fround(value), newest[coin * blockNames.length + place]!),
    );
    assertInvariant(isSame, `${hourNames[place]} of the newest hour is that of the blocks`);
  }
}
