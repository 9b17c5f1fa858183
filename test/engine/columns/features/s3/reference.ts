/**
 * Every row of set s3 the long way: one value from its own window of bars, by plain loops over the formula and over the
 * recursions as they are written down, without any kernel.
 */

export interface HourBar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** NaN where unknown; so is the quote volume. */
  readonly volume: number;
  readonly quoteVolume: number;
}

/** What a formula sees: the row's window of bars, oldest first, null where a bar is absent or invalid. */
type Window = readonly (HourBar | null)[];

const EPS = 1e-12;
const NONE = Number.NaN;
const known = (value: number) => Number.isFinite(value);
const present = (bars: Window) => bars.filter((bar) => bar !== null);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
/** The mean of equal numbers need not be that number: variation is told by comparing. */
const isConstant = (values: readonly number[]) => values.every((value) => value === values[0]);

function deviation(values: readonly number[], ddof: number): number {
  if (isConstant(values)) return 0;
  const centre = mean(values);
  return Math.sqrt(sum(values.map((value) => (value - centre) ** 2)) / (values.length - ddof));
}

function pastBar(bars: Window, back: number): HourBar | null {
  return bars[bars.length - 1 - back] ?? null;
}

// --- recursions ------------------------------------------------------------------------------------------------------

function ema(values: readonly number[], span: number): number[] {
  const smooth: number[] = [];
  for (const [index, value] of values.entries()) {
    const last = smooth[index - 1];
    smooth.push(last === undefined ? value : last + (2 / (span + 1)) * (value - last));
  }
  return smooth;
}

/** All means from the first full one on. */
function wilder(values: readonly number[], n: number): number[] {
  const means = [mean(values.slice(0, n))];
  for (const value of values.slice(n)) means.push(means.at(-1)! + (value - means.at(-1)!) / n);
  return means;
}

function rsi(bars: Window, n: number): number {
  const closes = present(bars).map(({ close }) => close);
  const changes = closes.slice(1).map((close, index) => close - closes[index]!);
  const rise = wilder(
    changes.map((change) => Math.max(change, 0)),
    n,
  ).at(-1)!;
  const fall = wilder(
    changes.map((change) => Math.max(-change, 0)),
    n,
  ).at(-1)!;
  return rise + fall === 0 ? 0.5 : rise / (rise + fall);
}

function trueRanges(bars: readonly HourBar[]): number[] {
  return bars.slice(1).map(({ high, low }, index) => {
    const { close } = bars[index]!;
    return Math.max(high - low, Math.abs(high - close), Math.abs(low - close));
  });
}

function adx(bars: readonly HourBar[], n: number): number {
  const plus: number[] = [];
  const minus: number[] = [];
  for (let index = 1; index < bars.length; index += 1) {
    const up = bars[index]!.high - bars[index - 1]!.high;
    const down = bars[index - 1]!.low - bars[index]!.low;
    plus.push(up > down && up > 0 ? up : 0);
    minus.push(down > up && down > 0 ? down : 0);
  }
  const ranges = wilder(trueRanges(bars), n);
  const falls = wilder(minus, n);
  const directional = wilder(plus, n).map((rise, index) => {
    const range = ranges[index]!;
    const [above, below] = range === 0 ? [0, 0] : [(100 * rise) / range, (100 * falls[index]!) / range];
    return above + below === 0 ? 0 : (100 * Math.abs(above - below)) / (above + below);
  });
  return wilder(directional, n).at(-1)! / 100;
}

function macd(bars: Window): { readonly line: number; readonly signal: number; readonly close: number } {
  const closes = present(bars).map(({ close }) => close);
  const slow = ema(closes, 26);
  const lines = ema(closes, 12).map((fast, index) => fast - slow[index]!);
  return { line: lines.at(-1)!, signal: ema(lines, 9).at(-1)!, close: closes.at(-1)! };
}

// --- windows of prices -----------------------------------------------------------------------------------------------

const highest = (bars: Window) => Math.max(...present(bars).map(({ high }) => high));
const lowest = (bars: Window) => Math.min(...present(bars).map(({ low }) => low));

function stochastic(bars: Window): number {
  const newest = pastBar(bars, 0);
  if (newest === null || present(bars).length < 13) return NONE;
  return (newest.close - lowest(bars)) / (highest(bars) - lowest(bars) + EPS);
}

function cci(bars: Window): number {
  const typical = present(bars).map(({ high, low, close }) => (high + low + close) / 3);
  const centre = mean(typical);
  const spread = isConstant(typical) ? 0 : mean(typical.map((value) => Math.abs(value - centre)));
  return spread < EPS ? 0 : (typical.at(-1)! - centre) / (0.015 * spread) / 200;
}

function bands(bars: Window) {
  const closes = present(bars).map(({ close }) => close);
  const centre = isConstant(closes) ? closes[0]! : mean(closes);
  return { centre, spread: deviation(closes, 0), close: closes.at(-1)! };
}

function realized(bars: Window): number {
  let squares = 0;
  for (let index = 1; index < bars.length; index += 1) {
    const [last, bar] = [bars[index - 1], bars[index]];
    if (last && bar) squares += Math.log(bar.close / last.close) ** 2;
  }
  return Math.sqrt(squares);
}

// --- windows of volumes ----------------------------------------------------------------------------------------------

function mfi(bars: Window): number {
  const typical = (bar: HourBar) => (bar.high + bar.low + bar.close) / 3;
  let [rising, falling] = [0, 0];
  for (let index = 1; index < bars.length; index += 1) {
    const [last, bar] = [bars[index - 1], bars[index]];
    if (!last || !bar || !known(bar.volume)) continue;
    if (typical(bar) > typical(last)) rising += typical(bar) * bar.volume;
    if (typical(bar) < typical(last)) falling += typical(bar) * bar.volume;
  }
  return rising + falling === 0 ? 0.5 : rising / (rising + falling);
}

function balanceSlope(bars: Window): number {
  const n = bars.length - 1;
  const centre = mean(
    present(bars.slice(1))
      .map(({ volume }) => volume)
      .filter(known),
  );
  if (centre === 0) return 0;
  let balance = 0;
  let [cross, square] = [0, 0];
  for (let index = 0; index < n; index += 1) {
    const [last, bar] = [bars[index], bars[index + 1]];
    if (last && bar && known(bar.volume)) balance += Math.sign(bar.close - last.close) * bar.volume;
    cross += (index - (n - 1) / 2) * (balance / centre);
    square += (index - (n - 1) / 2) ** 2;
  }
  return cross / square;
}

function volumeRatio(bars: Window): number {
  const volumes = present(bars)
    .map(({ volume }) => volume)
    .filter(known);
  return mean(volumes) === 0 ? NONE : volumes.at(-1)! / mean(volumes);
}

function volumeScore(bars: Window): number {
  const x = present(bars)
    .filter(({ volume }) => known(volume))
    .map(({ volume }) => Math.log(1 + volume));
  const spread = deviation(x, 1);
  return spread < 1e-9 ? NONE : (x.at(-1)! - mean(x)) / spread;
}

function vwapDistance(bars: Window): number {
  const both = present(bars).filter(({ volume, quoteVolume }) => known(volume) && known(quoteVolume));
  const base = sum(both.map(({ volume }) => volume));
  if (base === 0) return NONE;
  const value = both.at(-1)!.close / (sum(both.map(({ quoteVolume }) => quoteVolume)) / base) - 1;
  return known(value) ? value : NONE;
}

function priceVolume(bars: Window): number {
  const pairs = present(bars).filter(({ volume }) => known(volume));
  const [x, y] = [pairs.map(({ close }) => close), pairs.map(({ volume }) => Math.log(1 + volume))];
  if (isConstant(x) || isConstant(y)) return NONE;
  const cross = sum(x.map((value, index) => (value - mean(x)) * (y[index]! - mean(y))));
  return cross / (pairs.length * deviation(x, 0) * deviation(y, 0));
}

// --- rows ------------------------------------------------------------------------------------------------------------

interface Row {
  readonly bars: number;
  /** What a bar must have to count; a look-up of single bars counts none. */
  readonly counts: 'bars' | 'volumes' | 'both volumes' | 'nothing';
  readonly value: (bars: Window) => number;
}

function rowOf(name: string): Row {
  const n = Number(/_(\d+)$/.exec(name)?.[1]);
  const window = (bars: number, value: Row['value']): Row => ({ bars, counts: 'bars', value });
  const flow = (bars: number, value: Row['value']): Row => ({ bars, counts: 'volumes', value });
  const shape = (value: (bar: HourBar) => number): Row => ({
    bars: 1,
    counts: 'nothing',
    value: ([bar]) => (bar ? value(bar) : NONE),
  });
  const change = (value: (newest: HourBar, past: HourBar) => number): Row => ({
    bars: n + 1,
    counts: 'nothing',
    value: (bars) => {
      const [newest, past] = [pastBar(bars, 0), pastBar(bars, n)];
      return newest && past ? value(newest, past) : NONE;
    },
  });
  const ratio = /^ema_ratio_(\d+)_(\d+)$/.exec(name);
  if (ratio !== null) {
    const [fast, slow] = [Number(ratio[1]), Number(ratio[2])];
    const closes = (bars: Window) => present(bars).map(({ close }) => close);
    return window({ 21: 148, 50: 351, 200: 1401 }[slow]!, (bars) => {
      return ema(closes(bars), fast).at(-1)! / ema(closes(bars), slow).at(-1)! - 1;
    });
  }
  const width = ({ high, low }: HourBar) => high - low + EPS;
  const rows: Record<string, () => Row> = {
    ret: () => change((newest, past) => Math.log(newest.close / past.close)),
    roc: () => change((newest, past) => newest.close / past.close - 1),
    log_range: () => shape(({ high, low }) => Math.log(high / low)),
    body_ratio: () => shape((bar) => (bar.close - bar.open) / width(bar)),
    upper_wick: () => shape((bar) => (bar.high - Math.max(bar.open, bar.close)) / width(bar)),
    lower_wick: () => shape((bar) => (Math.min(bar.open, bar.close) - bar.low) / width(bar)),
    rsi: () => window(10 * n + 1, (bars) => rsi(bars, n)),
    stoch_k: () => window(14, stochastic),
    stoch_d: () => ({
      bars: 16,
      counts: 'nothing',
      value: (bars) => mean([0, 1, 2].map((back) => stochastic(bars.slice(2 - back, 16 - back)))),
    }),
    macd_line: () => window(121, (bars) => macd(bars).line / macd(bars).close),
    macd_signal: () => window(121, (bars) => macd(bars).signal / macd(bars).close),
    macd_hist: () => window(121, (bars) => (macd(bars).line - macd(bars).signal) / macd(bars).close),
    bb_pctb: () =>
      window(20, (bars) => {
        const { centre, spread, close } = bands(bars);
        return (close - (centre - 2 * spread)) / (4 * spread + EPS);
      }),
    bb_width: () => window(20, (bars) => (4 * bands(bars).spread) / bands(bars).centre),
    atr_14_pct: () =>
      window(141, (bars) => wilder(trueRanges(present(bars)), 14).at(-1)! / pastBar(bars, 0)!.close),
    rv: () => window(n + 1, realized),
    adx: () => window(141, (bars) => adx(present(bars), 14)),
    cci: () => window(20, cci),
    willr: () =>
      window(14, (bars) => {
        const top = highest(bars);
        return -(top - pastBar(bars, 0)!.close) / (top - lowest(bars) + EPS);
      }),
    mfi: () => flow(15, mfi),
    obv_slope: () => flow(n + 1, balanceSlope),
    vol_ratio: () => flow(n, volumeRatio),
    vol_z: () => flow(n, volumeScore),
    vwap_dist: () => ({ bars: n, counts: 'both volumes', value: vwapDistance }),
    corr_pv: () => flow(n, priceVolume),
    dist_high: () => window(n, (bars) => pastBar(bars, 0)!.close / highest(bars) - 1),
    dist_low: () => window(n, (bars) => pastBar(bars, 0)!.close / lowest(bars) - 1),
  };
  return (rows[name] ?? rows[name.replace(/_\d+$/, '')])!();
}

/** The value at absolute hour `t` (since the epoch), where the row's whole window lies in the history. */
export function valueAt(feature: string, t: number, barAt: (hour: number) => HourBar | null): number {
  const [timeframe, name] = [feature.slice(0, 2), feature.slice(3)];
  const hours = { '1h': 1, '4h': 4, '1d': 24 }[timeframe]!;
  const row = rowOf(name);
  const newest = Math.floor((t + 1) / hours) - 1;
  const bars = Array.from({ length: row.bars }, (_, index) =>
    longBar((newest - row.bars + 1 + index) * hours, hours, barAt),
  );
  if (row.counts === 'nothing') return row.value(bars);
  const counted = bars.map(
    (bar) =>
      bar !== null &&
      (row.counts === 'bars' || known(bar.volume)) &&
      (row.counts !== 'both volumes' || known(bar.quoteVolume)),
  );
  const enough = counted.filter(Boolean).length >= 0.9 * row.bars - 1e-9;
  return enough && counted.at(-1) === true ? row.value(bars) : NONE;
}

function longBar(first: number, hours: number, barAt: (hour: number) => HourBar | null): HourBar | null {
  const hourly = present(Array.from({ length: hours }, (_, index) => barAt(first + index)));
  const countMin = Math.ceil(0.75 * hours);
  if (hourly.length < countMin) return null;
  const volumes = (of: (bar: HourBar) => number) => {
    const values = hourly.map(of).filter(known);
    return values.length < countMin ? NONE : sum(values);
  };
  return {
    open: hourly[0]!.open,
    high: highest(hourly),
    low: lowest(hourly),
    close: hourly.at(-1)!.close,
    volume: volumes(({ volume }) => volume),
    quoteVolume: volumes(({ quoteVolume }) => quoteVolume),
  };
}
