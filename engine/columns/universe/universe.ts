/**
 * The universe by date: which coins could be chosen at the close of an hour, from what was known then. A coin that is
 * delisted tomorrow belongs to it today.
 */
import { medianVolumeBelow } from '../daily-volume.ts';
import type { CoinWindow } from '../features/coin-window.ts';
import { defineFeature } from '../features/feature.ts';
import { rollingCorrelation } from '../kernels/pairs.ts';
import { rollingMean, rollingStandardDeviation } from '../kernels/spread.ts';
import { type InstrumentKind, instrumentKinds } from '../records.ts';

/** Why a coin is not eligible, the first that applies; `eligible` is number 0. */
export const universeReasons = [
  'eligible',
  'not-listed',
  'benchmark',
  'non-crypto',
  'stablecoin',
  'wrapped',
  'absent',
  'short-history',
  'thin-volume',
] as const;
export type UniverseReason = (typeof universeReasons)[number];

const code = Object.fromEntries(universeReasons.map((reason, index) => [reason, index])) as Readonly<
  Record<UniverseReason, number>
>;

const reasonOfKind: Readonly<Record<InstrumentKind, UniverseReason>> = {
  ...{ coin: 'eligible', benchmark: 'benchmark', stablecoin: 'stablecoin', wrapped: 'wrapped' },
  ...{ index: 'non-crypto', 'non-crypto': 'non-crypto' },
};

const HISTORY_HOURS = 720;
const PRESENT_MIN = 540;
/** A price pegged to 1: its mean lies so close to it, and it varies by less than this share of its mean. */
const PEG_MEAN_OFF_MAX = 0.03;
const PEG_VARIATION_MAX = 0.005;
/** A copy of the benchmark: its return explains this share of the variance, at a slope this close to 1. */
const WRAPPED_R2_MIN = 0.99;
const WRAPPED_SLOPE_OFF_MAX = 0.02;

/**
 * Reason code of every local hour of [from, to), an index into `universeReasons`. What an instrument is comes from its
 * metadata and, for pegs and copies of the benchmark, from its behaviour over 720 hours; its name means nothing. An hour is
 * a function of the 720 hours before it, of itself and of the metadata, and is written however little history there is: a
 * coin needs 540 bars in its last 720 hours, wherever they lie.
 */
export function writeUniverseReasons(coin: CoinWindow, from: number, to: number, out: Uint8Array): void {
  const fixed = fixedReason(coin);
  if (fixed !== code.eligible) out.fill(fixed, from, to);
  else writeBehaviour(coin, from, to, out);
  const { close, market } = coin;
  const { instruments } = market.inputs.records;
  const onboardMs = instruments?.onboardMs[coin.coin] ?? Number.NaN;
  const delistedMs = instruments?.delistedMs[coin.coin] ?? Number.NaN;
  for (let index = from; index < to; index += 1) {
    const timeMs = market.closeTimeMs(index);
    const notYet = index < coin.firstBar || onboardMs > timeMs;
    if (notYet || delistedMs <= timeMs) out[index] = code['not-listed'];
    else if (fixed === code.eligible && Number.isNaN(close[index]!)) out[index] = code.absent;
  }
}

function fixedReason(coin: CoinWindow): number {
  if (coin.coin === coin.market.benchmark) return code.benchmark;
  const kind = instrumentKinds[coin.market.inputs.records.instruments?.kind[coin.coin] ?? 0]!;
  return code[reasonOfKind[kind]];
}

function writeBehaviour(coin: CoinWindow, from: number, to: number, out: Uint8Array): void {
  const range = coin.range(HISTORY_HOURS, from, to, PRESENT_MIN);
  const mean = new Float64Array(coin.hours);
  rollingMean(coin.close, range, mean);
  let nearOne = false;
  for (let index = from; index < to; index += 1) {
    const isShort = Number.isNaN(mean[index]!);
    nearOne ||= Math.abs(mean[index]! - 1) <= PEG_MEAN_OFF_MAX;
    out[index] = isShort ? code['short-history'] : code.eligible;
  }
  const { dailyVolumeMin } = coin.market.inputs;
  if (dailyVolumeMin > 0) {
    const thin = new Float64Array(coin.hours);
    medianVolumeBelow(coin, dailyVolumeMin, from, to, thin);
    mark(out, code['thin-volume'], from, to, (index) => thin[index] !== 0);
  }
  markCopies(coin, from, to, out);
  if (!nearOne) return;
  const deviation = new Float64Array(coin.hours);
  rollingStandardDeviation(coin.close, range, deviation);
  mark(out, code.stablecoin, from, to, (index) => {
    const isNear = Math.abs(mean[index]! - 1) <= PEG_MEAN_OFF_MAX;
    return isNear && deviation[index]! < PEG_VARIATION_MAX * mean[index]!;
  });
}

function markCopies(coin: CoinWindow, from: number, to: number, out: Uint8Array): void {
  const { beta } = coin;
  const hasSlope = (index: number) => Math.abs(beta[index]! - 1) < WRAPPED_SLOPE_OFF_MAX;
  let somewhere = false;
  for (let index = from; index < to && !somewhere; index += 1) somewhere = hasSlope(index);
  if (!somewhere) return;
  const correlation = new Float64Array(coin.hours);
  const range = coin.range(HISTORY_HOURS, from, to, PRESENT_MIN);
  rollingCorrelation(coin.market.btc.returns, coin.returns, range, correlation);
  mark(out, code.wrapped, from, to, (index) => hasSlope(index) && correlation[index]! ** 2 > WRAPPED_R2_MIN);
}

/** A short history is told as such: what it looks like says nothing. */
function mark(
  out: Uint8Array,
  reason: number,
  from: number,
  to: number,
  applies: (index: number) => boolean,
): void {
  for (let index = from; index < to; index += 1) {
    if (out[index] !== code['short-history'] && applies(index)) out[index] = reason;
  }
}

/** The mask of the universe: 1 or 0 at every hour, never NaN. */
export const eligible = defineFeature({
  name: 'eligible',
  group: 'universe',
  scope: 'coin',
  formula:
    '1 where the coin is listed, on a crypto underlying, neither BTC nor a stablecoin nor wrapped, bar t is present, at least 540 of bars t-719..t are, and the median daily quote volume of 30 days is large enough; else 0',
  unit: '0 or 1',
  lookbackHours: HISTORY_HOURS,
  warmupHours: 0,
  reachHours: HISTORY_HOURS,
  needs: [],
  compute(coin, from, to, out) {
    const reasons = new Uint8Array(coin.hours);
    writeUniverseReasons(coin, from, to, reasons);
    for (let index = from; index < to; index += 1) out[index] = reasons[index] === code.eligible ? 1 : 0;
  },
});
