/**
 * Barrier world: coins whose decision points win with a known probability, and models that know a known part of it. A coin's
 * points follow each other without overlap; BUY and SELL points are drawn from streams of their own.
 */
import type { Table, TableColumn } from '../../../engine/journal/tables.ts';
import { logitOf, sigmoid } from '../../../engine/signal/probability.ts';
import { type PricePath, roundPrice } from '../path.ts';
import { hourTimeMs } from '../settings.ts';
import { type Episode, plantBarrierPath } from './path.ts';
import { type BarrierPoint, drawPoint, memberCount, pointSource, proxyCount } from './points.ts';
import { type BarrierSettings, barrierDefaults } from './settings.ts';

export interface BarrierSpan {
  readonly seed: number;
  readonly id: string;
  /** Generated hours [fromHour, toHour). The first decision falls one hour after `fromHour`. */
  readonly fromHour: number;
  readonly toHour: number;
  readonly priceStart: number;
}

export interface BarrierCoin {
  /** One bar for each hour of the span. */
  readonly path: PricePath;
  /** Price at the end of each minute of the span; the bars hold these and their own opens, nothing else. */
  readonly minuteClose: Float64Array;
  readonly episodes: readonly Episode<BarrierPoint>[];
}

/** Pure by coin: a longer span has the shorter one's bars and points in it. */
export function plantBarrierCoin(
  span: BarrierSpan,
  settings: BarrierSettings = barrierDefaults,
): BarrierCoin {
  const source = pointSource(span.seed, span.id, settings);
  const { minuteClose, episodes } = plantBarrierPath({
    ...span,
    decide: (slot, hour) => drawPoint(source, slot, hour),
  });
  return { path: hourlyBars(minuteClose, roundPrice(span.priceStart)), minuteClose, episodes };
}

function hourlyBars(minuteClose: Float64Array, firstOpen: number): PricePath {
  const hours = minuteClose.length / 60;
  const path: PricePath = {
    open: new Float64Array(hours),
    high: new Float64Array(hours),
    low: new Float64Array(hours),
    close: new Float64Array(hours),
  };
  let before = firstOpen;
  for (let hour = 0; hour < hours; hour += 1) {
    let [high, low, close] = [before, before, before];
    for (let minute = hour * 60; minute < hour * 60 + 60; minute += 1) {
      close = minuteClose[minute]!;
      if (close > high) high = close;
      else if (close < low) low = close;
    }
    path.open[hour] = before;
    path.high[hour] = high;
    path.low[hour] = low;
    path.close[hour] = before = close;
  }
  return path;
}

/** A coin's episodes under the symbol they are stored by. */
export interface NamedEpisodes {
  readonly symbol: string;
  readonly episodes: readonly Episode<BarrierPoint>[];
}

interface Row {
  readonly symbol: string;
  readonly episode: Episode<BarrierPoint>;
}

/**
 * What anybody may know of the decision points: `ts` is the open time of the bar at whose close the point is decided. `score` is
 * the logit of the probability that the model states, `logit_1` … those of its members, `logit_twice` what a system stores that takes the
 * first member's probability for its logit; `ev` is the expected return as stated, before costs, a fraction.
 */
export function barrierScoresTable(coins: readonly NamedEpisodes[]): Table {
  const rows = rowsOf(coins);
  const doubles = (pick: (point: BarrierPoint) => number) => doubleColumn(rows, pick);
  return {
    rows: rows.length,
    columns: {
      ...keyColumns(rows),
      score: doubles(({ score }) => logitOf(score)),
      ...numbered('logit', memberCount, (index) => doubles((point) => point.memberLogits[index]!)),
      logit_twice: doubles(({ memberLogits }) => sigmoid(memberLogits[0]!)),
      ev: doubles((point) => point.expectedReturn),
      ...numbered('proxy', proxyCount, (index) => doubles((point) => point.proxies[index]!)),
    },
  };
}

/** Truth, one row per decision point: state, probability of a win, outcome (1 the profit barrier comes first), and how it ran. */
export function truthBarrierTable(coins: readonly NamedEpisodes[]): Table {
  const scores = barrierScoresTable(coins);
  const rows = rowsOf(coins);
  const doubles = (pick: (point: BarrierPoint) => number) => doubleColumn(rows, pick);
  return {
    rows: rows.length,
    columns: {
      ...scores.columns,
      g: doubles(({ state }) => state),
      p: doubles(({ winProbability }) => winProbability),
      outcome: { type: 'integer', values: Int32Array.from(rows, ({ episode }) => episode.point.outcome) },
      entry_price: { type: 'double', values: Float64Array.from(rows, ({ episode }) => episode.entryPrice) },
      exit_ts: {
        type: 'time',
        values: Float64Array.from(rows, ({ episode }) => hourTimeMs(episode.exitHour)),
      },
      window: {
        type: 'text',
        values: rows.map(({ episode }) => (episode.point.inverted ? 'inverted' : 'ordinary')),
      },
    },
  };
}

function rowsOf(coins: readonly NamedEpisodes[]): readonly Row[] {
  return coins.flatMap(({ symbol, episodes }) => episodes.map((episode) => ({ symbol, episode })));
}

function keyColumns(rows: readonly Row[]): Readonly<Record<string, TableColumn>> {
  return {
    ts: {
      type: 'time',
      values: Float64Array.from(rows, ({ episode }) => hourTimeMs(episode.entryHour - 1)),
    },
    symbol: { type: 'text', values: rows.map(({ symbol }) => symbol) },
    side: { type: 'text', values: rows.map(({ episode }) => (episode.point.side === 1 ? 'BUY' : 'SELL')) },
  };
}

function doubleColumn(rows: readonly Row[], pick: (point: BarrierPoint) => number): TableColumn {
  return { type: 'double', values: Float64Array.from(rows, ({ episode }) => pick(episode.point)) };
}

function numbered(
  name: string,
  count: number,
  column: (index: number) => TableColumn,
): Readonly<Record<string, TableColumn>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${name}_${index + 1}`, column(index)]),
  );
}
