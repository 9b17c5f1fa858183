/**
 * Random markets under the rules of the account: a plain case (`markets.ts`) with marks, spot prices, volumes, finer bars,
 * renames and second lives laid over it. The rules themselves are drawn in `account-rules.ts`.
 */
import { below, type Case, type Random } from './markets.ts';
import { stampOf } from './reference.ts';
import type { Bar, CoinHistory, Market, Renaming, Settlement } from './types.ts';

const hourMs = 3_600_000;

/** Shares of coins (0 to 1) that have a thing. */
export interface MarketExtras {
  readonly marks: number;
  readonly spot: number;
  readonly volumes: number;
  readonly detail: number;
  readonly detailMinutes: 15 | 30;
  readonly redenominations: number;
  readonly renames: number;
  readonly gaps: number;
  readonly intervals: number;
}

type Draft = { -readonly [Key in keyof CoinHistory]: CoinHistory[Key] };

export function withExtras(plain: Case, extras: MarketExtras, random: Random): Case {
  const { hours } = plain.market;
  const coins: Draft[] = plain.market.coins.map((coin) => ({ ...coin }));
  const scores = plain.scores.map((row) => [...row]);
  const renames: Renaming[] = [];
  for (const [index, coin] of [...coins.entries()].slice(1)) {
    if (random() < extras.intervals) coin.funding = changingIntervals(random, hours);
    const lot = random();
    if (lot < extras.redenominations) redenominate(random, renames, coin, index);
    else if (lot < extras.redenominations + extras.renames) rename(random, { coins, renames, scores, index });
    else if (lot < extras.redenominations + extras.renames + extras.gaps) cutLife(random, coin);
  }
  for (const [index, coin] of coins.entries()) {
    const isRenamed = renames.some(({ from, to }) => from === index && to !== index);
    if (lastHour(coin.bars) < hours - 1 && !isRenamed) {
      const lot = random();
      coin.delisted = lot < 0.5;
      coin.dataEnds = lot >= 0.5 && lot < 0.9;
    }
    if (random() < extras.marks) coin.marks = nearby(random, coin.bars, () => random() < 0.9);
    if (random() < extras.spot) {
      const ends = lifeEnds(coin);
      coin.spot = nearby(random, coin.bars, (hour) => ends.has(hour) || random() < 0.9);
    }
    if (random() < extras.volumes) addVolumes(random, coin, plain.capital);
    if (random() < extras.detail) coin.detail = detailOf(random, coin.bars, 60 / extras.detailMinutes);
  }
  const market: Market = {
    ...{ hours, coins, renames },
    ...(extras.detail > 0 ? { detailMinutes: extras.detailMinutes } : {}),
  };
  return { ...plain, market, scores, limitPrices: limitPrices(random, market) };
}

/** Near the last close, on both sides of it. */
function limitPrices(random: Random, { hours, coins }: Market): number[][] {
  return Array.from({ length: hours }, (_, hour) =>
    coins.map(({ bars }) => (bars[hour]?.close ?? Number.NaN) * (1 + (below(random, 13) - 6) / 64)),
  );
}

function lastHour(bars: CoinHistory['bars']): number {
  return bars.findLastIndex((bar) => bar !== null);
}

/** Last hours of the coin's lives. */
function lifeEnds({ bars, gaps = [] }: CoinHistory): ReadonlySet<number> {
  return new Set([lastHour(bars), ...gaps.map(({ from }) => from - 1)]);
}

function scaled(bar: Bar | null, factor: number): Bar | null {
  if (bar === null) return null;
  const { open, high, low, close } = bar;
  return { open: open * factor, high: high * factor, low: low * factor, close: close * factor };
}

function scaledFunding(rows: readonly Settlement[], fromHour: number, factor: number): Settlement[] {
  return rows.map((row) =>
    row.mark === null || stampOf(row) < fromHour ? row : { ...row, mark: row.mark * factor },
  );
}

/** An hour at which the coin has a bar and had one before; null where there is none to be found. */
function innerHour(random: Random, bars: CoinHistory['bars']): number | null {
  const hours = bars.flatMap((bar, hour) =>
    hour > 0 && bar !== null && bars[hour - 1] !== null ? [hour] : [],
  );
  return hours.length < 6 ? null : hours[2 + below(random, hours.length - 4)]!;
}

function redenominate(random: Random, renames: Renaming[], coin: Draft, index: number): void {
  const hour = innerHour(random, coin.bars);
  if (hour === null) return;
  const factor = random() < 0.5 ? 1000 : 0.5;
  coin.bars = coin.bars.map((bar, at) => (at < hour ? bar : scaled(bar, factor)));
  coin.funding = scaledFunding(coin.funding, hour, factor);
  renames.push({ hour, from: index, to: index, factor });
}

function rename(
  random: Random,
  draft: {
    readonly coins: Draft[];
    readonly renames: Renaming[];
    readonly scores: number[][];
    readonly index: number;
  },
): void {
  const { coins, renames, scores, index } = draft;
  const coin = coins[index]!;
  const hour = innerHour(random, coin.bars);
  if (hour === null) return;
  const factor = [1, 1, 1000, 0.5][below(random, 4)]!;
  coins.push({
    symbol: `N${index.toString().padStart(2, '0')}USDT`,
    bars: coin.bars.map((bar, at) => (at < hour ? null : scaled(bar, factor))),
    funding: scaledFunding(coin.funding, hour, factor).filter((row) => stampOf(row) >= hour),
  });
  coin.bars = coin.bars.map((bar, at) => (at < hour ? bar : null));
  coin.funding = coin.funding.filter((row) => stampOf(row) < hour);
  renames.push({ hour, from: index, to: coins.length - 1, factor });
  for (const [at, row] of scores.entries()) row.push(at < hour ? Number.NaN : below(random, 11) - 5);
}

/** Takes some hours out of a life: what comes after them is another one. */
function cutLife(random: Random, coin: Draft): void {
  const from = innerHour(random, coin.bars);
  if (from === null) return;
  const to = coin.bars.findIndex((bar, hour) => bar !== null && hour >= from + 1 + below(random, 6));
  if (to < 0) return;
  coin.bars = coin.bars.map((bar, hour) => (hour >= from && hour < to ? null : bar));
  coin.gaps = [{ from, to }];
}

/** Bars of another price of the same coin. */
function nearby(
  random: Random,
  bars: CoinHistory['bars'],
  isThere: (hour: number) => boolean,
): (Bar | null)[] {
  const near = (price: number) => price * (1 + [-1, 0, 0, 0, 1][below(random, 5)]! / 64);
  return bars.map((bar, hour) => {
    if (bar === null || !isThere(hour)) return null;
    const [open, close] = [near(bar.open), near(bar.close)];
    const [high, low] = [Math.max(open, close, near(bar.high)), Math.min(open, close, near(bar.low))];
    return { open, high, low, close };
  });
}

function addVolumes(random: Random, coin: Draft, capital: number): void {
  const quote = coin.bars.map((bar) => {
    const lot = random();
    if (bar === null || lot < 0.1) return null;
    return lot < 0.2 ? 0 : capital * [1, 1, 2, 4, 8, 30, 60][below(random, 7)]!;
  });
  const lot = random();
  if (lot < 0.8) coin.quoteVolume = quote;
  if (lot >= 0.7) {
    coin.volume = quote.map((volume, hour) => (volume === null ? null : volume / coin.bars[hour]!.close));
  }
}

/** Finer bars that add up to the hourly one; some hours have none, some have a hole. */
function detailOf(random: Random, bars: CoinHistory['bars'], count: number): CoinHistory['detail'] {
  return bars.map((bar) => {
    if (bar === null || random() < 0.3) return null;
    const between = () => bar.low + (bar.high - bar.low) * (below(random, 5) / 4);
    const points = Array.from({ length: count + 1 }, between);
    points[0] = bar.open;
    points[count] = bar.close;
    const [top, bottom, hole] = [below(random, count), below(random, count), 1 + below(random, count)];
    return Array.from({ length: count }, (_, at): Bar | null => {
      const [open, close] = [points[at]!, points[at + 1]!];
      if (at === hole && at < count - 1 && at !== top && at !== bottom) return null;
      const high = at === top ? bar.high : Math.max(open, close);
      const low = at === bottom ? bar.low : Math.min(open, close);
      return { open, high, low, close };
    });
  });
}

/** Every eight hours, then every four, then every hour or so. */
function changingIntervals(random: Random, hours: number): Settlement[] {
  const rows: Settlement[] = [];
  let hour = below(random, 4);
  while (hour < hours) {
    const mark = random() < 0.3 ? 40 + below(random, 60) + 0.25 : null;
    rows.push({ offsetMs: hour * hourMs + below(random, 40), rate: (below(random, 41) - 15) / 10_000, mark });
    hour += [1, 2, 4, 4, 8][below(random, 5)]!;
  }
  return rows;
}
