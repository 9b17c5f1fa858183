import { beforeAll, describe, expect, it } from 'vitest';
import { computeColumns } from '../../../../../engine/columns/compute.ts';
import type { FeatureDefinition } from '../../../../../engine/columns/features/feature.ts';
import type { ColumnInputs } from '../../../../../engine/columns/features/inputs.ts';
import { calendarFeatures } from '../../../../../engine/columns/features/s2/calendar.ts';
import { newsFeatures } from '../../../../../engine/columns/features/s2/news.ts';
import { sentimentFeatures } from '../../../../../engine/columns/features/s2/sentiment.ts';
import { type NewsRecords, newsClasses } from '../../../../../engine/columns/records.ts';
import { dayMs, hourMs } from '../../../../../engine/panel/hours.ts';
import {
  byCoin,
  draws,
  inputsOf,
  medianDailyVolume,
  randomNews,
  randomPanel,
  randomValues,
  withoutHistory,
} from './random-inputs.ts';

const startMs = Date.UTC(2024, 2, 7, 5);
const HOURS = 1000;
const symbols = ['AAAUSDT', 'BBBUSDT', 'CCCUSDT', 'DDDUSDT', 'EEEUSDT'];
const coins = symbols.length + 1;
const panel = randomPanel({
  ...{ seed: 1, symbols, startMs, hours: HOURS, holes: 0.1 },
  firstHour: (symbol) => (symbol === 'DDDUSDT' ? 130 : 0),
});
const endMs = startMs + HOURS * hourMs;
const early = { fromMs: startMs - 20 * dayMs, toMs: endMs };
/** The source is silent for three days. */
const isSilent = (timeMs: number) => timeMs > endMs - 15 * dayMs && timeMs < endMs - 12 * dayMs;
const caps = Array.from({ length: coins }, (_, coin) =>
  randomValues(
    2,
    `cap ${coin}`,
    { ...early, everyMs: [1, 6, 9, 1, 40, 3][coin]! * dayMs },
    (draw) => 20e6 * draw,
  ),
);
const next = draws(5, 'instruments');
const inputs: ColumnInputs = inputsOf(panel, {
  records: {
    fearGreed: randomValues(3, 'greed', { ...early, everyMs: 40 * hourMs }, (draw) => Math.floor(101 * draw)),
    news: randomNews(4, coins, early.fromMs, endMs, 700, isSilent, 0.01),
    marketCap: byCoin(caps),
    instruments: {
      kind: new Uint8Array(coins),
      onboardMs: Float64Array.from({ length: coins }, (_, coin) =>
        coin === 2 ? Number.NaN : startMs + Math.floor((next() * 800 - 600) * dayMs * (coin === 1 ? 0 : 0.5)),
      ),
      delistedMs: new Float64Array(coins).fill(Number.NaN),
    },
  },
});
const definitions: readonly FeatureDefinition[] = [
  ...newsFeatures,
  ...sentimentFeatures,
  ...calendarFeatures,
];
const names = definitions.map(({ name }) => name);
let batch: ReadonlyMap<string, Float64Array>;

async function valuesOf(given: ColumnInputs, fromHour = 0, toHour = given.panel.hours) {
  const rows = await computeColumns(given, names, { definitions, fromHour, toHour });
  return new Map(rows.map(({ name, values }) => [name, values]));
}

beforeAll(async () => {
  batch = await valuesOf(inputs);
});

// --- plain references, straight from the formulas ---------------------------------------------------------------------

type Reference = (coin: number, timeMs: number, hour: number) => number;

function articlesIn(
  news: NewsRecords,
  coin: number | null,
  timeMs: number,
  hours: number,
): readonly number[] {
  return [...news.availableMs.keys()].filter((article) => {
    const links = [...news.coins.subarray(news.start[article], news.start[article + 1])];
    return (
      (coin === null || links.includes(coin)) &&
      news.availableMs[article]! <= timeMs &&
      news.publishedMs[article]! <= timeMs &&
      news.publishedMs[article]! > timeMs - hours * hourMs
    );
  });
}

function probability(news: NewsRecords, article: number, name: string): number {
  return news.classes[article * newsClasses.length + (newsClasses as readonly string[]).indexOf(name)]!;
}

function classOf(news: NewsRecords, article: number): string {
  const most = Math.max(...newsClasses.map((name) => probability(news, article, name)));
  return Number.isNaN(most)
    ? 'unknown'
    : newsClasses.find((name) => probability(news, article, name) === most)!;
}

function newsReference(
  hours: number,
  everyone: boolean,
  needsClass: boolean,
  read: (articles: readonly number[], timeMs: number, news: NewsRecords) => number,
): Reference {
  const news = inputs.records.news!;
  return (coin, timeMs) => {
    if (!news.availableMs.some((each) => each <= timeMs && each > timeMs - 24 * hourMs)) return Number.NaN;
    const articles = articlesIn(news, everyone ? null : coin, timeMs, hours);
    if (needsClass && articles.some((article) => classOf(news, article) === 'unknown')) return Number.NaN;
    return read(articles, timeMs, news);
  };
}

const expected = (name: string) =>
  newsReference(168, false, true, (articles, _timeMs, news) =>
    articles.reduce((sum, article) => sum + probability(news, article, name), 0),
  );
const since = (name: string) =>
  newsReference(168, false, true, (articles, timeMs, news) => {
    const events = articles.filter((article) => classOf(news, article) === name);
    const latest = Math.max(...events.map((article) => news.publishedMs[article]!));
    return events.length === 0 ? 168 : Math.min(168, (timeMs - latest) / hourMs);
  });
const weights: Record<string, number> = { listing: 1, partnership: 0.5, regulatory: -0.5, hack: -1 };

function asOf(times: Float64Array, values: Float64Array, timeMs: number, ageMaxMs: number): number {
  let newest = Number.NaN;
  for (const [row, each] of times.entries()) {
    if (each <= timeMs) newest = timeMs - each <= ageMaxMs ? values[row]! : Number.NaN;
  }
  return newest;
}

const greed = (timeMs: number) =>
  asOf(inputs.records.fearGreed!.availableMs, inputs.records.fearGreed!.values, timeMs, 72 * hourMs);

function lowCap(coin: number, timeMs: number, hour: number): number {
  const cap = asOf(caps[coin]!.availableMs, caps[coin]!.values, timeMs, 7 * dayMs);
  if (!Number.isNaN(cap)) return cap < 10e6 ? 1 : 0;
  const median = medianDailyVolume(panel, coin, hour);
  return Number.isNaN(median) ? Number.NaN : median < 1e6 ? 1 : 0;
}

const references: Record<string, Reference> = {
  news_cnt_24h: newsReference(24, false, false, ({ length }) => Math.log(1 + length)),
  news_cnt_7d: newsReference(168, false, false, ({ length }) => Math.log(1 + length)),
  news_listing_7d: expected('listing'),
  news_regulatory_7d: expected('regulatory'),
  news_partnership_7d: expected('partnership'),
  news_tokenomics_7d: expected('tokenomics'),
  news_macro_24h: newsReference(24, true, true, (articles, _timeMs, news) =>
    Math.log(1 + articles.filter((article) => classOf(news, article) === 'macro').length),
  ),
  news_sent_decay: newsReference(168, false, true, (articles, timeMs, news) =>
    articles.reduce((sum, article) => {
      const age = (timeMs - news.publishedMs[article]!) / hourMs;
      return sum + (weights[classOf(news, article)] ?? 0) * Math.exp(-age / 24);
    }, 0),
  ),
  hours_since_listing: since('listing'),
  hours_since_hack: since('hack'),
  fear_greed: (_coin, timeMs) => greed(timeMs),
  fear_greed_chg_7d: (_coin, timeMs) => greed(timeMs) - greed(timeMs - 168 * hourMs),
  dow_sin: (_coin, timeMs) => Math.sin((2 * Math.PI * ((new Date(timeMs).getUTCDay() + 6) % 7)) / 7),
  dow_cos: (_coin, timeMs) => Math.cos((2 * Math.PI * ((new Date(timeMs).getUTCDay() + 6) % 7)) / 7),
  log_age_days: (coin, timeMs) => {
    const days = (timeMs - inputs.records.instruments!.onboardMs[coin]!) / dayMs;
    return days >= 0 ? Math.log(1 + Math.min(365, days)) : Number.NaN;
  },
  low_cap_flag: lowCap,
};

function wanted({ name, scope, warmupHours }: FeatureDefinition, coin: number, hour: number): number {
  const born = panel.firstHour[scope === 'market' ? 0 : coin]!;
  if (warmupHours > 0 && hour < born + warmupHours) return Number.NaN;
  return references[name]!(coin, startMs + (hour + 1) * hourMs, hour);
}

describe('every row that is joined as of a time', () => {
  it.each(definitions)('$name is its formula', (feature) => {
    const values = batch.get(feature.name)!;
    const faults: string[] = [];
    let filled = 0;
    for (let hour = 0; hour < HOURS; hour += hour > 160 && hour % 3 === 0 ? 2 : 1) {
      for (let coin = 0; coin < coins; coin += 1) {
        const [got, want] = [values[hour * coins + coin]!, wanted(feature, coin, hour)];
        if (!Number.isNaN(want)) filled += 1;
        const isSame = Number.isNaN(want)
          ? Number.isNaN(got)
          : Math.abs(got - want) <= 1e-9 * Math.max(1, Math.abs(want));
        if (!isSame) faults.push(`coin ${coin}, hour ${hour}: ${got} for ${want}`);
      }
    }
    expect(faults.slice(0, 5)).toEqual([]);
    expect(filled).toBeGreaterThan(feature.name === 'low_cap_flag' ? 500 : 1000);
  });

  it('has the same bits in one go, in blocks, hour by hour, and from a history of its own reach', async () => {
    for (const [from, to] of [
      [0, 333],
      [333, 334],
      [334, HOURS],
    ] as const) {
      const part = await valuesOf(inputs, from, to);
      for (const [name, values] of part) {
        expect(values, name).toEqual(batch.get(name)!.subarray(from * coins, to * coins));
      }
    }
    const skip = HOURS - 721;
    const late = { ...inputs, panel: withoutHistory(panel, skip) };
    for (const [name, values] of await valuesOf(late, 720, 721)) {
      const whole = batch.get(name)!.subarray((HOURS - 1) * coins);
      expect(values, name).toEqual(whole);
    }
  });

  it('sees nothing that became available later', async () => {
    const hour = 700;
    const nowMs = startMs + (hour + 1) * hourMs;
    const { fearGreed, news } = inputs.records;
    const known = news!.availableMs.findLastIndex((each) => each <= nowMs) + 1;
    const links = news!.start[known]!;
    const changed: ColumnInputs = {
      ...inputs,
      records: {
        ...inputs.records,
        fearGreed: {
          ...fearGreed!,
          values: fearGreed!.values.map((value, row) => (fearGreed!.availableMs[row]! <= nowMs ? value : 0)),
        },
        news: {
          ...news!,
          coins: news!.coins.map((coin, at) => (at < links ? coin : (coin + 1) % coins)),
          classes: news!.classes.map((value, at) => (at < known * newsClasses.length ? value : 1 - value)),
        },
        marketCap: byCoin(
          caps.map(({ availableMs, values }) => ({
            availableMs,
            values: values.map((value, row) => (availableMs[row]! <= nowMs ? value : 1)),
          })),
        ),
      },
    };
    const other = await valuesOf(changed);
    let differing = 0;
    for (const [name, values] of other) {
      const whole = batch.get(name)!;
      expect(values.subarray(0, (hour + 1) * coins), name).toEqual(whole.subarray(0, (hour + 1) * coins));
      if (values.some((value, cell) => !Object.is(value, whole[cell]))) differing += 1;
    }
    expect(differing).toBeGreaterThan(10);
  });

  it('an article that arrived late counts from its arrival on, at its age since publication', async () => {
    const publishedMs = startMs + 300 * hourMs;
    const news: NewsRecords = {
      availableMs: Float64Array.of(publishedMs + 30 * hourMs),
      publishedMs: Float64Array.of(publishedMs),
      start: Int32Array.of(0, 1),
      coins: Int32Array.of(1),
      classes: Float64Array.of(0.1, 0.6, 0, 0, 0, 0, 0.3),
    };
    const values = await valuesOf({ ...inputs, records: { ...inputs.records, news } });
    const since = values.get('hours_since_hack')!;
    const at = (hoursLater: number) => (299 + hoursLater) * coins + 1;
    // Nothing else keeps the source alive.
    expect(since[at(29)]).toBeNaN();
    expect(since[at(30)]).toBe(30);
    expect(values.get('news_cnt_24h')![at(30)]).toBe(0);
    expect(values.get('news_cnt_7d')![at(30)]).toBeCloseTo(Math.log(2), 12);
    expect(since[at(53)]).toBe(53);
    expect(since[at(54)]).toBeNaN();
  });

  it('without records there is nothing, and nothing breaks', async () => {
    for (const [name, values] of await valuesOf(inputsOf(panel))) {
      const hasAny = values.some((value) => !Number.isNaN(value));
      expect(hasAny, name).toBe(['dow_sin', 'dow_cos', 'low_cap_flag'].includes(name));
    }
    const news = { ...inputs.records.news!, classes: new Float64Array(0) };
    const unread = await valuesOf({ ...inputs, records: { ...inputs.records, news } });
    expect(unread.get('news_cnt_7d')).toEqual(batch.get('news_cnt_7d'));
    const quiet = unread.get('news_listing_7d')!;
    expect(quiet.some((value) => value > 0)).toBe(false);
  });
});
