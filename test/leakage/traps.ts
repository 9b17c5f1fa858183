/** Thirteen ways to look ahead, each beside the honest thing it stands for, with a switch. */
import type { AuditPlan } from '../../engine/columns/audit/audit.ts';
import { columnSubject } from '../../engine/columns/audit/column-subjects.ts';
import type { HourSpan } from '../../engine/columns/audit/cut.ts';
import type { Detector } from '../../engine/columns/audit/findings.ts';
import { labelSubject } from '../../engine/columns/audit/label-subject.ts';
import type { AuditedStrategy } from '../../engine/columns/audit/strategy-run.ts';
import type { AuditSubject } from '../../engine/columns/audit/subject.ts';
import { type AuditWorld, type DatedTable, rowAvailableMs } from '../../engine/columns/audit/world.ts';
import type { CoinWindow } from '../../engine/columns/features/coin-window.ts';
import { type CoinFeature, defineFeature } from '../../engine/columns/features/feature.ts';
import type { ColumnInputs } from '../../engine/columns/features/inputs.ts';
import {
  barrierLabelDefaults,
  emptyBarrierLabels,
  labelBarriers,
} from '../../engine/columns/labels/barrier-labels.ts';
import type { MarketRecords } from '../../engine/columns/records.ts';
import { backwardPass, forwardPass } from '../../engine/columns/regime/chain.ts';
import { exitReasons } from '../../engine/journal/records.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { barOffset, closeAt, type Panel, sharedFloat64 } from '../../engine/panel/panel.ts';
import type { Rows } from '../../engine/panel/rows.ts';
import { StoredMarket } from '../../engine/panel/stored-market.ts';
import type { TradeColumns } from '../../engine/portfolio/ledger.ts';
import type { MarketData } from '../../engine/ports.ts';
import type { Strategy } from '../../engine/strategy.ts';

/** What each trap sits in, and which detectors have to find it there. */
export const traps = {
  T1: { subject: 'features', field: 'average_gap', detectors: ['Da', 'Db'] },
  T2: { subject: 'features', field: 'close_z', detectors: ['Da', 'Db'] },
  T3: { subject: 'features', field: 'return_1h', detectors: ['Db', 'Dc'] },
  T4: { subject: 'hourly-winners', field: '', detectors: ['Db', 'Dc'] },
  T5: { subject: 'features', field: 'return_4h_bar', detectors: ['Db', 'Dg'] },
  T8: { subject: 'regime', field: 'p_calm', detectors: ['Da', 'Db'] },
  T9: { subject: 'news join', field: 'news_count', detectors: ['Db', 'Dg'] },
  T10: { subject: 'sentiment join', field: 'fear_greed', detectors: ['Db', 'Dg'] },
  T11: { subject: 'universe', field: 'eligible', detectors: ['Df'] },
  T12: { subject: 'capitalisation join', field: 'low_cap_flag', detectors: ['Db', 'Df'] },
  T17: { subject: 'bars join', field: 'range_1h', detectors: ['Dg'] },
  T18: { subject: 'everything-held', field: 'trades', detectors: ['Df'] },
  T19: { subject: 'features', field: 'return_1d_bar', detectors: ['Db', 'Dg'] },
} as const satisfies Readonly<
  Record<string, { subject: string; field: string; detectors: readonly Detector[] }>
>;
export type Trap = keyof typeof traps;

/** Everything that is audited, with the named traps sprung. */
export function auditedWith(
  world: AuditWorld,
  sprung: ReadonlySet<Trap>,
): Pick<AuditPlan, 'subjects' | 'strategies' | 'ledgers' | 'capFlag'> {
  const has = (trap: Trap) => sprung.has(trap);
  const definitions = [
    averageGap(has('T1')),
    closeZ(has('T2')),
    return1h(has('T3')),
    barReturn('return_4h_bar', 4, 0, has('T5')),
    barReturn('return_1d_bar', 24, has('T19') ? -3 : 0, false),
  ];
  const features = columnSubject({
    name: 'features',
    columns: definitions.map(({ name }) => name),
    definitions,
  });
  const capitalisation = columnSubject({
    ...{ name: 'capitalisation join', columns: ['low_cap_flag'] },
    inputsOf: (from) => withRecords(from, { marketCap: joinedCaps(from, has('T12')) }),
  });
  return {
    subjects: [
      features,
      regimeSubject(has('T8')),
      columnSubject({
        ...{ name: 'news join', columns: ['news_count'], definitions: [newsCount] },
        inputsOf: (from) => withRecords(from, { news: joinedNews(from, has('T9')) }),
      }),
      columnSubject({
        ...{ name: 'sentiment join', columns: ['fear_greed'] },
        inputsOf: (from) => withRecords(from, { fearGreed: joinedSentiment(from, has('T10')) }),
      }),
      universeSubject(has('T11')),
      capitalisation,
      columnSubject({
        ...{ name: 'bars join', columns: ['range_1h'], definitions: [range1h] },
        inputsOf: (from) => (has('T17') ? withRevisedBars(from) : from.inputs),
      }),
      labelSubject({ name: 'barriers', horizonHours: 24, labels: barriers }),
    ],
    strategies: [hourlyWinners(has('T4')), everythingHeld],
    ledgers: has('T18') ? { [everythingHeld.strategy.name]: withoutDelistings } : {},
    capFlag: { subject: capitalisation, field: 'low_cap_flag', table: world.tables['marketCap']! },
  };
}

// --- features ------------------------------------------------------------------------------------------------------

function coinFeature(
  name: string,
  warmupHours: number,
  compute: (coin: CoinWindow, from: number, to: number, out: Float64Array) => void,
): CoinFeature {
  return defineFeature({
    ...{ name, group: 'leakage', scope: 'coin', formula: name, unit: 'fraction', needs: [] },
    ...{ lookbackHours: warmupHours, warmupHours, compute },
  });
}

/** T1: the mean stands around t instead of before it. */
function averageGap(trap: boolean): CoinFeature {
  return coinFeature('average_gap', 4, ({ close }, from, to, out) => {
    const last = trap ? 2 : 0;
    for (let index = from; index < to; index += 1) {
      let sum = 0;
      for (let place = index - 4 + last; place <= index + last; place += 1) sum += close[place] ?? Number.NaN;
      out[index] = sum / 5 / close[index]! - 1;
    }
  });
}

/** T2: mean and deviation of all there is instead of the last day. */
function closeZ(trap: boolean): CoinFeature {
  return coinFeature('close_z', 24, ({ close }, from, to, out) => {
    const present = close.filter((value) => !Number.isNaN(value));
    for (let index = from; index < to; index += 1) {
      const values = trap ? present : close.subarray(index - 23, index + 1);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      out[index] = (close[index]! - mean) / Math.sqrt(square);
    }
  });
}

/** T3: the next return under the name of this one. */
function return1h(trap: boolean): CoinFeature {
  return coinFeature('return_1h', 1, ({ returns }, from, to, out) => {
    for (let index = from; index < to; index += 1) out[index] = returns[index + (trap ? 1 : 0)] ?? Number.NaN;
  });
}

/**
 * Return of the newest closed bar of `hours`, on UTC borders. T5: joined by its opening time, an hour sees the bar it lies in. T19:
 * days of another place, three hours behind, read as if they were days of UTC.
 */
function barReturn(name: string, hours: number, shiftHours: number, byOpen: boolean): CoinFeature {
  return coinFeature(name, 3 * hours, ({ close, market }, from, to, out) => {
    for (let index = from; index < to; index += 1) {
      const closed = Math.floor((market.firstStamp + index + 1) / hours) * hours;
      const end = closed - market.firstStamp - 1 - shiftHours + (byOpen ? hours : 0);
      out[index] = (close[end] ?? Number.NaN) / (close[end - hours] ?? Number.NaN) - 1;
    }
  });
}

const range1h = coinFeature('range_1h', 0, ({ high, low }, from, to, out) => {
  for (let index = from; index < to; index += 1) out[index] = high[index]! / low[index]! - 1;
});

const newsCount = coinFeature('news_count', 24, ({ coin, market }, from, to, out) => {
  const news = market.inputs.records.news!;
  const own = news.availableMs.filter((_, row) => news.coins[row] === coin);
  for (let index = from; index < to; index += 1) {
    const timeMs = market.closeTimeMs(index);
    let count = 0;
    for (const availableMs of own) {
      if (availableMs <= timeMs && availableMs > timeMs - 24 * hourMs) count += 1;
    }
    out[index] = count;
  }
});

// --- joins ---------------------------------------------------------------------------------------------------------

function withRecords({ inputs }: AuditWorld, records: Partial<MarketRecords>): ColumnInputs {
  return { ...inputs, records: { ...inputs.records, ...records } };
}

function sortedRows({ values }: DatedTable, timeOf: (row: number) => number): readonly number[] {
  return [...values.keys()].sort((a, b) => timeOf(a) - timeOf(b));
}

/** T9: an article counts from the moment it was in our hands, published or not. */
export function joinedNews({ tables }: AuditWorld, trap: boolean): MarketRecords['news'] {
  const table = tables['news']!;
  const timeOf = (row: number) => (trap ? table.ingestedMs[row]! : rowAvailableMs(table, row));
  const rows = sortedRows(table, timeOf);
  return {
    availableMs: Float64Array.from(rows, timeOf),
    publishedMs: Float64Array.from(rows, (row) => table.publishedMs[row]!),
    start: Int32Array.from({ length: rows.length + 1 }, (_, row) => row),
    coins: Int32Array.from(rows, (row) => table.coins[row]!),
    classes: new Float64Array(0),
  };
}

/** T10: the value of a day from the day's first hour on. */
export function joinedSentiment({ tables }: AuditWorld, trap: boolean): MarketRecords['fearGreed'] {
  const table = tables['fearGreed']!;
  const timeOf = (row: number) => (trap ? table.aboutMs[row]! : rowAvailableMs(table, row));
  const rows = sortedRows(table, timeOf);
  return {
    availableMs: Float64Array.from(rows, timeOf),
    values: Float64Array.from(rows, (row) => table.values[row]!),
  };
}

/** T12: what a coin is worth at the end stands at every date. */
export function joinedCaps({ inputs, tables }: AuditWorld, trap: boolean): MarketRecords['marketCap'] {
  const table = tables['marketCap']!;
  const rows = sortedRows(table, (row) => rowAvailableMs(table, row));
  const start = [0];
  const [availableMs, values]: [number[], number[]] = [[], []];
  for (const coin of inputs.panel.symbols.keys()) {
    const own = rows.filter((row) => table.coins[row] === coin);
    availableMs.push(...own.map((row) => rowAvailableMs(table, row)));
    values.push(...own.map((row) => table.values[trap ? own.at(-1)! : row]!));
    start.push(values.length);
  }
  return {
    start: Int32Array.from(start),
    availableMs: Float64Array.from(availableMs),
    values: Float64Array.from(values),
  };
}

/** T17: the bars as they read today. */
function withRevisedBars({ inputs, revisions }: AuditWorld): ColumnInputs {
  const bars = sharedFloat64(inputs.panel.bars.length);
  bars.set(inputs.panel.bars);
  for (const { coin, hour, open, high, low, close } of revisions) {
    const at = barOffset(inputs.panel, coin, hour);
    if (!Number.isNaN(bars[at]!)) bars.set([open, high, low, close], at);
  }
  return { ...inputs, panel: { ...inputs.panel, bars } };
}

// --- regime, universe, labels --------------------------------------------------------------------------------------

const CALM_DEVIATION = 0.006;
const WILD_DEVIATION = 0.014;

/** P(calm) of the benchmark, a chain of two states over its last 60 hourly returns. T8: with the future, smoothed. */
function regimeSubject(trap: boolean): AuditSubject {
  return {
    kind: 'regime',
    name: 'regime',
    observe: ({ inputs: { panel } }, { fromHour, toHour }) => {
      const first = Math.max(1, fromHour - 61);
      const densities = new Float64Array((toHour - first) * 2);
      for (let hour = first; hour < toHour; hour += 1) {
        const change = Math.log(closeAt(panel, 0, hour) / closeAt(panel, 0, hour - 1));
        for (const [state, deviation] of [CALM_DEVIATION, WILD_DEVIATION].entries()) {
          densities[(hour - first) * 2 + state] = -0.5 * (change / deviation) ** 2 - Math.log(deviation);
        }
      }
      const chain = {
        states: 2,
        initial: Float64Array.of(0.5, 0.5),
        transition: Float64Array.of(0.97, 0.03, 0.03, 0.97),
      };
      // A window of its own for every hour, so that a probability does not hang on where the span begins.
      const values = Float64Array.from({ length: toHour - fromHour }, (_, row) => {
        const hour = fromHour + row;
        const from = Math.max(first, hour - 60) - first;
        const known = densities.subarray(from * 2, (hour - first + 1) * 2);
        const pass = forwardPass(chain, trap ? densities.subarray(from * 2) : known);
        return (trap ? backwardPass(chain, pass) : pass.filtered)[(hour - first - from) * 2]!;
      });
      return [{ name: 'p_calm', fromHour, symbols: [''], values }];
    },
  };
}

/** T11: coins with a bar at the end of the data. */
function universeSubject(trap: boolean): AuditSubject {
  const honest = columnSubject({ kind: 'universe', name: 'universe', columns: ['eligible'] });
  if (!trap) return honest;
  return {
    ...{ kind: 'universe', name: 'universe' },
    observe: async (world: AuditWorld, span: HourSpan) => {
      const { panel } = world.inputs;
      return (await honest.observe(world, span)).map((mask) => ({
        ...mask,
        values: mask.values.map((value, cell) =>
          panel.endHour[cell % panel.symbols.length] === panel.hours ? value : 0,
        ),
      }));
    },
  };
}

function barriers({ inputs: { panel } }: AuditWorld): readonly Rows[] {
  const labels = emptyBarrierLabels(panel, 'barrier');
  labelBarriers(panel, { ...barrierLabelDefaults, horizonHours: 24, timeoutLabel: 0 }, labels);
  return [labels.label];
}

// --- strategies ----------------------------------------------------------------------------------------------------

const costs = { takerFeeBps: 5, makerFeeBps: 2, slippageBps: 1 };

/** The winners of the hour, held for one bar. T4: a market that already holds the bar the orders fill in. */
function hourlyWinners(trap: boolean): AuditedStrategy {
  const feature = coinFeature('return_of_the_hour', 1, ({ returns }, from, to, out) => {
    for (let index = from; index < to; index += 1) out[index] = returns[index]!;
  });
  const strategy: Strategy = {
    ...{ name: 'hourly-winners', config: {}, columns: [feature.name] },
    ...{ schedule: { kind: 'every', minutes: 180 }, limits: { slotsMax: 5 } },
    decide: (slice, account) => {
      const row = slice.column(feature.name);
      const ranked = [...row.keys()].filter((coin) => row[coin]! > 0).sort((a, b) => row[b]! - row[a]!);
      const notional = account.equity / 50;
      return ranked
        .slice(0, 5)
        .map((coin) => ({ coin, side: 1, notional, score: row[coin]!, holdHoursMax: 1 }));
    },
  };
  return {
    ...{ strategy, costs, capital: 100_000, definitions: [feature] },
    ...(trap ? { market: withBarOfTheHour } : {}),
  };
}

function withBarOfTheHour(panel: Panel, columns: readonly Rows[]): MarketData {
  const honest = new StoredMarket(panel, columns);
  return {
    slice: (timeMs) => {
      const next = honest.slice(timeMs + hourMs);
      if (next === null) return null;
      return {
        ...{ timeMs, symbols: next.symbols, close: (coin) => next.close(coin) },
        ...{ column: (name) => next.column(name), hashWords: () => next.hashWords() },
      };
    },
    detail: () => null,
  };
}

/** Every coin that trades, for three days at a time. */
const everythingHeld: AuditedStrategy = {
  strategy: {
    ...{ name: 'everything-held', config: {}, columns: [] },
    ...{ schedule: { kind: 'every', minutes: 360 }, limits: {} },
    decide: (slice, account) =>
      slice.symbols.flatMap((_, coin) =>
        Number.isNaN(slice.close(coin)) || account.position(coin) !== null
          ? []
          : [{ coin, side: 1 as const, notional: 1000, holdHoursMax: 72 }],
      ),
  },
  ...{ costs, capital: 100_000 },
};

/** T18: the coin is gone, and with it what was lost in it. */
function withoutDelistings({ result: { trades } }: { readonly result: { readonly trades: TradeColumns } }) {
  const gone = [exitReasons.indexOf('delist'), exitReasons.indexOf('end-of-data')];
  const kept = [...trades.exitReason.keys()].filter((row) => !gone.includes(trades.exitReason[row]!));
  const picked = Object.entries(trades).map(([name, column]) => {
    if (typeof column === 'number') return [name, kept.length];
    return [
      name,
      Array.isArray(column) ? column : (column as Float64Array).filter((_, row) => kept.includes(row)),
    ];
  });
  return Object.fromEntries(picked) as TradeColumns;
}
