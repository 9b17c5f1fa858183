/** Panels and records drawn at random, with holes in everything, for plain references to be held against. */
import { fillNormal, openStream, uniformAt } from '../../../../../datasets/planted/streams.ts';
import type { ColumnInputs } from '../../../../../engine/columns/features/inputs.ts';
import {
  type DatedValues,
  type DatedValuesByCoin,
  type NewsRecords,
  newsClasses,
  noRecords,
} from '../../../../../engine/columns/records.ts';
import { hourMs } from '../../../../../engine/panel/hours.ts';
import { type BarRow, type Panel, panelFromBars } from '../../../../../engine/panel/panel.ts';

/** Uniform draws by name, one after another. */
export function draws(seed: number, name: string): () => number {
  const stream = openStream(seed, 'random-inputs', name);
  let place = 0;
  return () => {
    place += 1;
    return uniformAt(stream, place);
  };
}

export interface PanelShape {
  readonly seed: number;
  /** Symbols besides BTCUSDT, which comes first. */
  readonly symbols: readonly string[];
  readonly startMs: number;
  readonly hours: number;
  /** Share of bars that are missing. */
  readonly holes?: number;
  /** First hour of a coin; 0 if absent. */
  readonly firstHour?: (symbol: string) => number;
  /** Close of a coin instead of its random walk. */
  readonly closeOf?: (symbol: string, hour: number, btc: number, draw: number) => number | null;
}

export function randomPanel(shape: PanelShape): Panel {
  const { seed, symbols, startMs, hours, holes = 0.02 } = shape;
  const bars: BarRow[] = [];
  const btc = walk(seed, 'BTCUSDT', hours, 40_000);
  for (const symbol of ['BTCUSDT', ...symbols]) {
    const own = symbol === 'BTCUSDT' ? btc : walk(seed, symbol, hours, 3);
    const next = draws(seed, `${symbol} bars`);
    for (let hour = 0; hour < hours; hour += 1) {
      const [gap, volume, noise] = [next(), next(), next()];
      if (hour < (shape.firstHour?.(symbol) ?? 0) || (gap < holes && hour < hours - 1)) continue;
      const close = shape.closeOf?.(symbol, hour, btc[hour]!, noise) ?? own[hour]!;
      bars.push({
        ...{
          symbol,
          timeMs: startMs + hour * hourMs,
          open: close,
          high: close * 1.01,
          low: close / 1.01,
          close,
        },
        ...(volume < 0.05 ? {} : { volume: volume * 1000, quoteVolume: 90_000 * volume }),
      });
    }
  }
  return panelFromBars(bars);
}

function walk(seed: number, symbol: string, hours: number, start: number): Float64Array {
  const steps = fillNormal(new Float64Array(hours), openStream(seed, symbol, 'walk'));
  let level = Math.log(start);
  return steps.map((step) => {
    level += 0.01 * step;
    return Math.exp(level);
  });
}

export function inputsOf(panel: Panel, rest: Partial<ColumnInputs> = {}): ColumnInputs {
  return {
    ...{ panel, records: noRecords, regimes: [], approximateQuoteVolume: false, dailyVolumeMin: 0 },
    ...rest,
  };
}

/** Values at random times over [fromMs, toMs), about one in `everyMs`. */
export function randomValues(
  seed: number,
  name: string,
  span: { readonly fromMs: number; readonly toMs: number; readonly everyMs: number },
  read: (draw: number) => number,
): DatedValues {
  const next = draws(seed, name);
  const times: number[] = [];
  for (let timeMs = span.fromMs; timeMs < span.toMs; timeMs += 1 + Math.floor(2 * span.everyMs * next()))
    times.push(timeMs);
  return { availableMs: Float64Array.from(times), values: Float64Array.from(times, () => read(next())) };
}

/** One list after another. */
export function byCoin(lists: readonly DatedValues[]): DatedValuesByCoin {
  const start = new Int32Array(lists.length + 1);
  for (const [coin, { values }] of lists.entries()) start[coin + 1] = start[coin]! + values.length;
  return {
    start,
    availableMs: Float64Array.from(lists.flatMap(({ availableMs }) => [...availableMs])),
    values: Float64Array.from(lists.flatMap(({ values }) => [...values])),
  };
}

/** Articles over [fromMs, toMs), some late by up to two days, some of no coin, of several, or of one coin named twice. */
export function randomNews(
  seed: number,
  coins: number,
  fromMs: number,
  toMs: number,
  count: number,
  isSilent: (timeMs: number) => boolean = () => false,
  unclassifiedShare = 0,
): NewsRecords {
  const next = draws(seed, 'news');
  const articles = Array.from({ length: count }, () => {
    const publishedMs = Math.floor(fromMs + (toMs - fromMs) * next());
    const late = next() < 0.3 ? Math.floor(next() * 48 * hourMs) : 0;
    const links = Array.from({ length: Math.floor(next() * 4) }, () => Math.floor(next() * coins));
    const weights = newsClasses.map(() => next() ** 4);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const probabilities = weights.map((weight) => weight / total);
    const classes = next() < unclassifiedShare ? probabilities.map(() => Number.NaN) : probabilities;
    return { publishedMs, availableMs: publishedMs + late, links, classes };
  })
    .filter(({ availableMs }) => !isSilent(availableMs))
    .sort((a, b) => a.availableMs - b.availableMs || a.publishedMs - b.publishedMs);
  const start = new Int32Array(articles.length + 1);
  for (const [row, { links }] of articles.entries()) start[row + 1] = start[row]! + links.length;
  return {
    start,
    availableMs: Float64Array.from(articles, (article) => article.availableMs),
    publishedMs: Float64Array.from(articles, (article) => article.publishedMs),
    coins: Int32Array.from(articles.flatMap(({ links }) => links)),
    classes: Float64Array.from(articles.flatMap(({ classes }) => classes)),
  };
}

/** Over blocks 0..29 that end at the hour; NaN with fewer than 24 of them. Written from the formula, without kernels. */
export function medianDailyVolume({ quoteVolume, hours }: Panel, coin: number, hour: number): number {
  const sums: number[] = [];
  for (let block = 0; block < 30; block += 1) {
    const part = Array.from({ length: 24 }, (_, back) => hour - 24 * block - back)
      .filter((each) => each >= 0)
      .map((each) => quoteVolume![coin * hours + each]!)
      .filter((each) => !Number.isNaN(each));
    if (part.length >= 18) sums.push(part.reduce((sum, each) => sum + each, 0));
  }
  sums.sort((a, b) => a - b);
  const half = sums.length / 2;
  return sums.length < 24 ? Number.NaN : (sums[Math.ceil(half) - 1]! + sums[Math.floor(half)]!) / 2;
}

/** The same panel without its first hours. */
export function withoutHistory(whole: Panel, skip: number): Panel {
  const hours = whole.hours - skip;
  const cut = (values: Float64Array, stride: number) =>
    Float64Array.from({ length: whole.symbols.length * hours * stride }, (_, at) => {
      const coin = Math.floor(at / (hours * stride));
      return values[(coin * whole.hours + skip) * stride + (at % (hours * stride))]!;
    });
  return {
    ...whole,
    ...{ startMs: whole.startMs + skip * hourMs, hours, bars: cut(whole.bars, 4) },
    volume: cut(whole.volume!, 1),
    quoteVolume: cut(whole.quoteVolume!, 1),
    firstHour: whole.firstHour.map((hour) => Math.max(0, hour - skip)),
    endHour: whole.endHour.map((hour) => hour - skip),
  };
}
