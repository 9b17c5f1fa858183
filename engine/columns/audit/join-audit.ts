/**
 * Joins against the rows they were made from. Rows are told in the order of arrival, each from the later of publication and arrival on, and
 * at every hour at which something arrives, or is joined, both must say the same. Of a bar that was revised the panel must show the version
 * known first. Nothing here calls the code that joins.
 */
import { hourMs } from '../../panel/hours.ts';
import { closeAt, hourAt, type Panel } from '../../panel/panel.ts';
import { type Leak, placeText } from './findings.ts';
import { lateBars } from './late-bars.ts';
import type { Findings } from './look-ahead.ts';
import { type AuditWorld, type DatedTable, rowAvailableMs } from './world.ts';

/** A value from each time on, for one coin or the market. Times ascend. */
interface Steps {
  readonly timeMs: readonly number[];
  readonly values: readonly number[];
}

interface Join {
  readonly subject: string;
  /** Key of the record type in the joined records, and of its table. */
  readonly field: 'fearGreed' | 'news' | 'marketCap';
  readonly hint: string;
  /** By coin, the market last. */
  readonly joined: readonly Steps[];
  readonly known: readonly Steps[];
}

/** Records against `world.tables`, bars against `world.revisions`. What the world has no rows of is passed over. */
export function joinAudit(world: AuditWorld): { readonly Dg: Findings; readonly Df: Findings } {
  const { panel } = world.inputs;
  const leaks: Leak[] = [];
  let count = 0;
  for (const join of joinsOf(world)) {
    const compared = comparedJoin(panel, join);
    count += compared.count;
    leaks.push(...compared.leaks);
  }
  const bars = lateBars(world);
  return {
    Dg: { leaks: [...leaks, ...earlyDays(world), ...bars.leaks], count: count + bars.count },
    Df: frozenCaps(world),
  };
}

function joinsOf({ inputs: { panel, records }, tables }: AuditWorld): readonly Join[] {
  const coins = panel.symbols.length;
  const { fearGreed, news, marketCap } = records;
  const joins: Join[] = [];
  const sentiment = tables['fearGreed'];
  if (fearGreed !== null && sentiment !== undefined)
    joins.push({
      ...{ subject: 'sentiment join', field: 'fearGreed', hint: 'Fear & Greed before it was published' },
      joined: [{ timeMs: [...fearGreed.availableMs], values: [...fearGreed.values] }],
      known: rowsByCoin(sentiment, 0).map((rows) => newestPublished(sentiment, rows)),
    });
  const caps = tables['marketCap'];
  if (marketCap !== null && caps !== undefined)
    joins.push({
      ...{
        subject: 'capitalisation join',
        field: 'marketCap',
        hint: 'market capitalisation of the future',
      },
      joined: panel.symbols.map((_, coin) => {
        const [from, to] = [marketCap.start[coin]!, marketCap.start[coin + 1]!];
        const { availableMs, values } = marketCap;
        return { timeMs: [...availableMs.subarray(from, to)], values: [...values.subarray(from, to)] };
      }),
      known: rowsByCoin(caps, coins)
        .slice(0, coins)
        .map((rows) => newestPublished(caps, rows)),
    });
  const articles = tables['news'];
  if (news === null || articles === undefined) return joins;
  const links: [coin: number, timeMs: number, publishedMs: number][] = [];
  for (const [row, timeMs] of news.availableMs.entries()) {
    const own = [...news.coins.subarray(news.start[row]!, news.start[row + 1]!)];
    for (const coin of own.length === 0 ? [-1] : own)
      links.push([coin < 0 ? coins : coin, timeMs, news.publishedMs[row]!]);
  }
  const joined = Array.from({ length: coins + 1 }, (): [number, number][] => []);
  for (const [coin, timeMs, publishedMs] of links) joined[coin]!.push([timeMs, publishedMs]);
  const known = rowsByCoin(articles, coins).map((rows) =>
    rows.map((row): [number, number] => [rowAvailableMs(articles, row), articles.publishedMs[row]!]),
  );
  const hint = 'news before it was available';
  const named = { subject: 'news join', field: 'news' as const, hint };
  joins.push({
    ...named,
    joined: joined.map((own) => running(own, () => 1)),
    known: known.map((own) => running(own, () => 1)),
  });
  const since = (publishedMs: number) => publishedMs - panel.startMs;
  joins.push({
    ...named,
    joined: joined.map((own) => running(own, since)),
    known: known.map((own) => running(own, since)),
  });
  return joins;
}

/** Rows of each coin, and of the market behind them. */
function rowsByCoin({ coins }: DatedTable, count: number): readonly (readonly number[])[] {
  const rows = Array.from({ length: count + 1 }, (): number[] => []);
  for (const [row, coin] of coins.entries()) rows[coin < 0 ? count : coin]?.push(row);
  return rows;
}

/** At any time the row published last among those that had arrived; of equal ones that which arrived last. */
function newestPublished(table: DatedTable, rows: readonly number[]): Steps {
  const order = rows
    .map((row) => ({ row, timeMs: rowAvailableMs(table, row), publishedMs: table.publishedMs[row]! }))
    .sort((a, b) => a.timeMs - b.timeMs || a.publishedMs - b.publishedMs);
  const [timeMs, values]: [number[], number[]] = [[], []];
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const entry of order) {
    if (entry.publishedMs < newestMs) continue;
    newestMs = entry.publishedMs;
    timeMs.push(entry.timeMs);
    values.push(table.values[entry.row]!);
  }
  return { timeMs, values };
}

/** Sum so far of a figure of every article; whole numbers far below 2^53, so that no order of addition matters. */
function running(
  articles: readonly (readonly [timeMs: number, publishedMs: number])[],
  figure: (publishedMs: number) => number,
): Steps {
  const order = [...articles].sort((a, b) => a[0] - b[0]);
  let sum = 0;
  return {
    timeMs: order.map(([timeMs]) => timeMs),
    values: order.map(([, publishedMs]) => {
      sum += figure(publishedMs);
      return sum;
    }),
  };
}

function comparedJoin(panel: Panel, { subject, field, hint, joined, known }: Join): Findings {
  const leaks: Leak[] = [];
  let count = 0;
  for (const [coin, own] of joined.entries()) {
    const honest = known[coin] ?? { timeMs: [], values: [] };
    const closes = closesAfter(panel, [...own.timeMs, ...honest.timeMs]);
    count += closes.length;
    const shown = closes.map((timeMs) => stepAt(own, timeMs));
    const arrived = closes.map((timeMs) => stepAt(honest, timeMs));
    const differing = closes.flatMap((_, place) => (Object.is(shown[place], arrived[place]) ? [] : [place]));
    const first = differing[0];
    if (first === undefined) continue;
    const [timeMs, before, after] = [closes[first]!, shown[first]!, arrived[first]!];
    const symbol = panel.symbols[joined.length === 1 ? -1 : coin] ?? '';
    const isEarly = honest.values.some((value, row) => honest.timeMs[row]! > timeMs && value === before);
    leaks.push({
      ...{ detector: 'Dg', kind: 'join', subject, field, timeMs, symbol, before, after },
      hint: isEarly ? hint : null,
      message: `${field} of ${placeText(symbol, timeMs)} is ${before} as joined and ${after} by the rows that had arrived (at ${differing.length} of the ${closes.length} hours at which it changes): join on the later of publication and arrival`,
    });
  }
  return { leaks, count };
}

/** The closes inside the panel at which what happened at these times is first in view; ascending. */
function closesAfter(panel: Panel, timesMs: readonly number[]): readonly number[] {
  const [firstMs, lastMs] = [panel.startMs + hourMs, panel.startMs + panel.hours * hourMs];
  const closes = new Set(timesMs.map((timeMs) => Math.max(firstMs, Math.ceil(timeMs / hourMs) * hourMs)));
  return [...closes].filter((timeMs) => timeMs <= lastMs).sort((a, b) => a - b);
}

/** NaN before the first step. */
function stepAt({ timeMs, values }: Steps, atMs: number): number {
  let [low, high] = [0, timeMs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timeMs[middle]! <= atMs) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? Number.NaN : values[low - 1]!;
}

/** A day's figure cannot be known when the day begins: rows that claim so were dated by their day. */
function earlyDays({ inputs: { panel }, tables }: AuditWorld): readonly Leak[] {
  return (['fearGreed', 'marketCap'] as const).flatMap((field): Leak[] => {
    const table = tables[field];
    if (table === undefined) return [];
    const early = [...table.values.keys()].filter((row) => rowAvailableMs(table, row) <= table.aboutMs[row]!);
    if (early.length === 0) return [];
    const first = early.reduce((a, b) => (table.aboutMs[b]! < table.aboutMs[a]! ? b : a));
    const timeMs = rowAvailableMs(table, first);
    const symbol = panel.symbols[table.coins[first]!] ?? '';
    return [
      {
        ...{ detector: 'Dg', kind: 'join', subject: `${field} rows`, field, timeMs, symbol },
        ...{ before: table.values[first]!, after: Number.NaN, hint: 'a day joined on its date' },
        message: `${field} of ${placeText(symbol, timeMs)} speaks of the day that begins then: ${early.length} of ${table.values.length} rows are dated by their day instead of by their publication`,
      },
    ];
  });
}

const FROZEN_ROWS_MIN = 30;
/** Highest over lowest close from which on a capitalisation must have moved. */
const MOVED_MIN = 1.5;

/** The same capitalisation at all dates while prices moved, in most coins: that of some one day, joined to all of them. */
function frozenCaps({ inputs: { panel }, tables }: AuditWorld): Findings {
  const table = tables['marketCap'];
  if (table === undefined) return { leaks: [], count: 0 };
  const moved = rowsByCoin(table, panel.symbols.length)
    .slice(0, panel.symbols.length)
    .flatMap((rows, coin) => {
      const closes = rows.flatMap((row) => {
        const hour = Math.floor(hourAt(panel, rowAvailableMs(table, row) - 1));
        const close = hour < 0 || hour >= panel.hours ? Number.NaN : closeAt(panel, coin, hour);
        return Number.isNaN(close) ? [] : [close];
      });
      const hasMoved =
        closes.length >= FROZEN_ROWS_MIN &&
        closes.reduce((a, b) => Math.max(a, b)) >= MOVED_MIN * closes.reduce((a, b) => Math.min(a, b));
      return hasMoved ? [{ coin, rows }] : [];
    });
  const frozen = moved.filter(({ rows }) =>
    rows.every((row) => table.values[row] === table.values[rows[0]!]),
  );
  if (frozen.length === 0 || frozen.length * 2 <= moved.length) return { leaks: [], count: moved.length };
  const { coin, rows } = frozen[0]!;
  const [symbol, value] = [panel.symbols[coin]!, table.values[rows[0]!]!];
  const timeMs = rowAvailableMs(table, rows[0]!);
  const leak: Leak = {
    ...{ detector: 'Df', kind: 'join', subject: 'marketCap rows', field: 'marketCap', timeMs, symbol },
    ...{ before: value, after: Number.NaN, hint: 'market capitalisation of another day' },
    message: `marketCap of ${placeText(symbol, timeMs)} is ${value} at all of ${rows.length} dates while its price moved by half and more, and so for ${frozen.length} of ${moved.length} coins: join what was published on each day`,
  };
  return { leaks: [leak], count: moved.length };
}
