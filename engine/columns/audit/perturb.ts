/**
 * The same world up to a time and another one after it. Whatever is said of the time before must not change with it:
 *
 * | what              | after the cut                                                                                     |
 * | ----------------- | ------------------------------------------------------------------------------------------------- |
 * | bars              | prices of a bar times f = exp(N(0, .5)), its volumes times f^2; stored columns shifted by N(0, 1)  |
 * | lives             | some coins end early, some that end live on; later redenominations do not happen                  |
 * | fear-greed        | other values                                                                                      |
 * | news              | other publication times within the arrival, other coins, other classes                            |
 * | market-cap        | values times exp(N(0, 3))                                                                         |
 * | tables            | rows that were not available by then: other values, other coins, later times                      |
 * | revisions         | other prices                                                                                      |
 * | fitted            | versions that become valid later do not exist; listings and delistings to come are not known      |
 */
import { sealCloses, sealRows, symbolLanes } from '../../panel/fingerprint.ts';
import { hourMs } from '../../panel/hours.ts';
import { BAR_WIDTH, type Panel, sharedFloat64, sharedInt32, timeAt } from '../../panel/panel.ts';
import type { Rows } from '../../panel/rows.ts';
import type { DatedValues, DatedValuesByCoin, MarketRecords, NewsRecords } from '../records.ts';
import { normalAt, uniformAt } from './chance.ts';
import { panelWindow, Room, recordsKnown } from './cut.ts';
import { type AuditWorld, type DatedTable, rowAvailableMs } from './world.ts';

export const perturbedSources = [
  'bars',
  'lives',
  'fear-greed',
  'news',
  'market-cap',
  'tables',
  'revisions',
  'fitted',
] as const;
export type PerturbedSource = (typeof perturbedSources)[number];

const PRICE_DEVIATION = 0.5;
const CAP_DEVIATION = 3;
/** Share of the coins alive at the cut whose end is moved. */
const MOVED_SHARE = 0.3;
/** Times of news are moved by up to so much, those of raw rows to later ones alone. */
const ROW_SHIFT_MS = 72 * hourMs;

/** Everything after the close of bar `hours - 1` made otherwise, or of it the named sources alone. */
export function perturbed(
  world: AuditWorld,
  hours: number,
  seed: number,
  sources: readonly PerturbedSource[] = perturbedSources,
  room = new Room(),
): AuditWorld {
  const { inputs } = world;
  const knownMs = timeAt(inputs.panel, hours);
  const has = (source: PerturbedSource) => sources.includes(source);
  const panel =
    has('bars') || has('lives') ? otherPanel(inputs.panel, hours, seed, sources, room) : inputs.panel;
  const known = has('fitted')
    ? recordsKnown(inputs.records, knownMs).instruments
    : inputs.records.instruments;
  return {
    inputs: {
      ...inputs,
      panel,
      records: { ...otherRecords(inputs.records, knownMs, seed, sources, panel), instruments: known },
      regimes: has('fitted')
        ? inputs.regimes.filter(({ validFromMs }) => validFromMs <= knownMs)
        : inputs.regimes,
    },
    tables: has('tables')
      ? Object.fromEntries(
          Object.entries(world.tables).map(([name, table]) => [
            name,
            otherTable(table, knownMs, seed, panel.symbols.length),
          ]),
        )
      : world.tables,
    revisions: has('revisions')
      ? world.revisions.map((revision, row) => {
          if (revision.availableMs <= knownMs) return revision;
          const factor = Math.exp(PRICE_DEVIATION * normalAt(seed, row, 11));
          const [open, high, low, close] = [revision.open, revision.high, revision.low, revision.close];
          return {
            ...revision,
            open: open * factor,
            high: high * factor,
            low: low * factor,
            close: close * factor,
          };
        })
      : world.revisions,
    stored: has('bars') ? world.stored.map((rows) => otherRows(rows, panel, hours, seed)) : world.stored,
  };
}

function otherPanel(
  panel: Panel,
  hours: number,
  seed: number,
  sources: readonly PerturbedSource[],
  room: Room,
): Panel {
  const copy = panelWindow(panel, { fromHour: 0, toHour: panel.hours }, room);
  const other = sources.includes('lives') ? withOtherLives(copy, hours, seed) : copy;
  if (sources.includes('bars')) spoilBars(other, hours, seed);
  sealCloses(other, symbolLanes(other.symbols), hours);
  return other;
}

function spoilBars(panel: Panel, fromHour: number, seed: number): void {
  const { symbols, bars, volume, quoteVolume, hours } = panel;
  const rows = Math.round(bars.length / (hours * BAR_WIDTH));
  for (let row = 0; row < rows; row += 1) {
    for (let hour = fromHour; hour < hours; hour += 1) {
      const at = (row * hours + hour) * BAR_WIDTH;
      if (Number.isNaN(bars[at]!)) continue;
      const factor = Math.exp(PRICE_DEVIATION * normalAt(seed, row * hours + hour));
      for (let field = 0; field < BAR_WIDTH; field += 1) bars[at + field] = bars[at + field]! * factor;
      if (row >= symbols.length) continue;
      for (const volumes of [volume, quoteVolume]) {
        if (volumes !== null) volumes[row * hours + hour] = volumes[row * hours + hour]! * factor * factor;
      }
    }
  }
}

/** Of the coins alive at `hours`, some end sooner, and some of those that would end live on at their last price. */
function withOtherLives(panel: Panel, hours: number, seed: number): Panel {
  const delisted = sharedFlags(panel.life?.delisted, panel);
  const dataEnds = sharedFlags(panel.life?.dataEnds, panel);
  for (let coin = 0; coin < panel.symbols.length; coin += 1) {
    const end = panel.endHour[coin]!;
    if (panel.firstHour[coin]! >= hours || end <= hours || uniformAt(seed, coin, 21) > MOVED_SHARE) continue;
    const livesOn = end < panel.hours;
    const moved = livesOn
      ? panel.hours
      : hours + 1 + Math.floor(uniformAt(seed, coin, 22) * (panel.hours - hours - 1));
    fillLife(panel, coin, Math.min(end, moved), moved);
    panel.endHour[coin] = moved;
    delisted[coin] = moved < panel.hours ? 1 : 0;
    dataEnds[coin] = 0;
  }
  const { gaps = [], renames = [] } = panel.life ?? {};
  return {
    ...panel,
    life: {
      delisted,
      dataEnds,
      gaps: gaps.filter(({ fromHour }) => fromHour < hours),
      renames: renames.filter(({ hour }) => hour < hours),
    },
  };
}

/** Bars of [from, to) as the last one before, bars from `to` on absent. */
function fillLife({ bars, volume, quoteVolume, hours }: Panel, coin: number, from: number, to: number): void {
  const cell = coin * hours;
  const bar = bars.slice((cell + from - 1) * BAR_WIDTH, (cell + from) * BAR_WIDTH);
  for (let hour = from; hour < to; hour += 1) bars.set(bar, (cell + hour) * BAR_WIDTH);
  bars.fill(Number.NaN, (cell + to) * BAR_WIDTH, (cell + hours) * BAR_WIDTH);
  for (const volumes of [volume, quoteVolume]) {
    volumes?.fill(volumes[cell + from - 1]!, cell + from, cell + to);
    volumes?.fill(Number.NaN, cell + to, cell + hours);
  }
}

function sharedFlags(flags: Uint8Array | undefined, { symbols }: Panel): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(symbols.length));
  if (flags !== undefined) copy.set(flags);
  return copy;
}

function otherRecords(
  records: MarketRecords,
  knownMs: number,
  seed: number,
  sources: readonly PerturbedSource[],
  { symbols }: Panel,
): MarketRecords {
  const { fearGreed, news, marketCap } = records;
  const index = (row: number) => Math.floor(uniformAt(seed, row, 31) * 100);
  return {
    ...records,
    fearGreed:
      fearGreed !== null && sources.includes('fear-greed')
        ? otherValues(fearGreed, knownMs, (_, row) => index(row))
        : fearGreed,
    news: news !== null && sources.includes('news') ? otherNews(news, knownMs, seed, symbols.length) : news,
    marketCap:
      marketCap !== null && sources.includes('market-cap')
        ? otherValues(
            marketCap,
            knownMs,
            (value, row) => value * Math.exp(CAP_DEVIATION * normalAt(seed, row, 41)),
          )
        : marketCap,
  };
}

function otherValues<Values extends DatedValues | DatedValuesByCoin>(
  records: Values,
  knownMs: number,
  other: (value: number, row: number) => number,
): Values {
  const values = sharedFloat64(records.values.length);
  for (const [row, value] of records.values.entries()) {
    values[row] = records.availableMs[row]! <= knownMs ? value : other(value, row);
  }
  return { ...records, values };
}

function otherNews(news: NewsRecords, knownMs: number, seed: number, coinCount: number): NewsRecords {
  const publishedMs = sharedFloat64(news.publishedMs.length);
  publishedMs.set(news.publishedMs);
  const coins = sharedInt32(news.coins.length);
  coins.set(news.coins);
  const classes = sharedFloat64(news.classes.length);
  classes.set(news.classes);
  const width = news.classes.length / Math.max(1, publishedMs.length);
  for (let row = 0; row < publishedMs.length; row += 1) {
    if (news.availableMs[row]! <= knownMs) continue;
    const shiftMs = Math.floor((uniformAt(seed, row, 51) - 0.5) * 2 * ROW_SHIFT_MS);
    publishedMs[row] = Math.min(news.availableMs[row]!, news.publishedMs[row]! + shiftMs);
    for (let link = news.start[row]!; link < news.start[row + 1]!; link += 1) {
      coins[link] = Math.floor(uniformAt(seed, link, 52) * coinCount);
    }
    const turned = 1 + Math.floor(uniformAt(seed, row, 53) * Math.max(0, width - 1));
    for (let place = 0; place < width; place += 1) {
      classes[row * width + place] = news.classes[row * width + ((place + turned) % width)]!;
    }
  }
  return { ...news, publishedMs, coins, classes };
}

/** Other values, other coins, and later times: a row that was not available stays so. */
function otherTable(table: DatedTable, knownMs: number, seed: number, coinCount: number): DatedTable {
  const copy = {
    publishedMs: table.publishedMs.slice(),
    ingestedMs: table.ingestedMs.slice(),
    aboutMs: table.aboutMs,
    coins: table.coins.slice(),
    values: table.values.slice(),
  };
  for (let row = 0; row < copy.values.length; row += 1) {
    if (rowAvailableMs(table, row) <= knownMs) continue;
    const laterMs = Math.floor(uniformAt(seed, row, 61) * ROW_SHIFT_MS);
    copy.publishedMs[row] = copy.publishedMs[row]! + laterMs;
    copy.ingestedMs[row] = copy.ingestedMs[row]! + laterMs;
    if (copy.coins[row]! >= 0) copy.coins[row] = Math.floor(uniformAt(seed, row, 62) * coinCount);
    copy.values[row] = (copy.values[row]! + 1) * Math.exp(CAP_DEVIATION * normalAt(seed, row, 63));
  }
  return copy;
}

function otherRows(rows: Rows, panel: Panel, hours: number, seed: number): Rows {
  const values = sharedFloat64(rows.values.length);
  values.set(rows.values);
  for (let cell = hours * rows.coins; cell < values.length; cell += 1) {
    values[cell] = values[cell]! + normalAt(seed, cell, 71);
  }
  const rowHash = sharedInt32(rows.rowHash.length);
  rowHash.set(rows.rowHash);
  const other = { ...rows, values, rowHash };
  sealRows(other, symbolLanes(panel.symbols), panel.startMs, hours);
  return other;
}
