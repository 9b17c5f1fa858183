/**
 * The universe against dated truth. A coin belongs to it by what was known on the day: not before it is listed, not after it has left, and
 * not because it is still there at the end of the data. What leaves is counted to its end: every position in a coin that goes has a trade.
 */
import { dayMs } from '../../panel/hours.ts';
import { closeAt, type Panel, timeAt } from '../../panel/panel.ts';
import { closeMsOf, Room, truncated } from './cut.ts';
import { type Leak, placeText } from './findings.ts';
import type { Findings } from './look-ahead.ts';
import type { AuditSubject, ObservedColumn } from './subject.ts';
import { type AuditWorld, type DatedTable, rowAvailableMs } from './world.ts';

/** What a batch sees beyond the hour that is looked at. */
const AHEAD_HOURS = 48;

export interface UniverseOptions {
  /** Numbers of bars known at the times that are looked at. */
  readonly cuts: readonly number[];
  /** What the mask must be (1, 0, NaN where nobody knows), from a source of its own; what was known at each time itself if absent. */
  readonly expected?: ObservedColumn;
}

/** Df for masks of eligible coins: the set, its size and its next return at every cut, and membership outside a coin's life. */
export async function universeAudit(
  world: AuditWorld,
  subject: AuditSubject,
  { cuts, expected }: UniverseOptions,
): Promise<Findings> {
  const leaks: Leak[] = [];
  const room = new Room();
  for (const hours of cuts) {
    const span = { fromHour: hours - 1, toHour: hours };
    const toHour = Math.min(world.inputs.panel.hours, hours + AHEAD_HOURS);
    const [mask] = await subject.observe(world, { ...span, toHour });
    if (mask === undefined) continue;
    const [known] =
      expected === undefined ? await subject.observe(truncated(world, hours, room), span) : [expected];
    leaks.push(...setLeaks(world.inputs.panel, subject, mask, known!, hours - 1));
    leaks.push(...strayMembers(world, subject, mask, hours - 1));
  }
  return { leaks, count: cuts.length };
}

function setLeaks(
  panel: Panel,
  { name, kind }: AuditSubject,
  mask: ObservedColumn,
  known: ObservedColumn,
  hour: number,
): readonly Leak[] {
  const [shown, dated] = [rowAt(mask, hour), rowAt(known, hour)];
  const wrong = [...shown.keys()].filter(
    (coin) => !Number.isNaN(dated[coin]!) && (shown[coin] === 1) !== (dated[coin] === 1),
  );
  const first = wrong[0];
  if (first === undefined) return [];
  const timeMs = closeMsOf(panel, hour);
  const missing = wrong.filter((coin) => dated[coin] === 1);
  const leaving = missing.filter((coin) => panel.endHour[coin]! < panel.hours);
  const sizes = `${countOf(shown)} coins instead of ${countOf(dated)}`;
  const returns = `next return ${percent(nextReturn(panel, shown, hour))} instead of ${percent(nextReturn(panel, dated, hour))}`;
  return [
    {
      ...{ detector: 'Df', kind, subject: name, field: mask.name, timeMs, symbol: mask.symbols[first]! },
      ...{ before: shown[first]!, after: dated[first]! },
      hint:
        missing.length > 0 && leaving.length === missing.length
          ? 'survivors only'
          : 'a universe of another day',
      message: `${mask.name} of ${placeText(mask.symbols[first]!, timeMs)}: ${sizes}, ${returns}; ${missing.length} are missing, ${leaving.length} of them leave later: choose by what was known on the day`,
    },
  ];
}

/** Coins that are members before they are listed or after they have left. */
function strayMembers(
  { inputs: { panel, records } }: AuditWorld,
  { name, kind }: AuditSubject,
  mask: ObservedColumn,
  hour: number,
): readonly Leak[] {
  const shown = rowAt(mask, hour);
  const timeMs = closeMsOf(panel, hour);
  return [...shown.keys()].flatMap((coin): Leak[] => {
    if (shown[coin] !== 1) return [];
    const delistedMs = records.instruments?.delistedMs[coin] ?? Number.NaN;
    const lives =
      hour >= panel.firstHour[coin]! && hour < panel.endHour[coin]! && !(timeMs > delistedMs + dayMs);
    if (lives) return [];
    const symbol = mask.symbols[coin]!;
    return [
      {
        ...{ detector: 'Df', kind, subject: name, field: mask.name, timeMs, symbol, before: 1, after: 0 },
        hint: 'a member outside its life',
        message: `${mask.name} of ${placeText(symbol, timeMs)} is 1, but the coin is not listed then`,
      },
    ];
  });
}

function rowAt({ values, symbols, fromHour }: ObservedColumn, hour: number): Float64Array {
  const at = (hour - fromHour) * symbols.length;
  return values.subarray(at, at + symbols.length);
}

function countOf(mask: Float64Array): number {
  return mask.reduce((count, value) => count + (value === 1 ? 1 : 0), 0);
}

/** Mean return of the members over the next bar, a fraction; NaN without any. */
function nextReturn(panel: Panel, mask: Float64Array, hour: number): number {
  let [sum, count] = [0, 0];
  for (const [coin, member] of mask.entries()) {
    if (member !== 1 || hour + 1 >= panel.hours) continue;
    const change = closeAt(panel, coin, hour + 1) / closeAt(panel, coin, hour) - 1;
    if (Number.isNaN(change)) continue;
    sum += change;
    count += 1;
  }
  return sum / count;
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(3)} %`;
}

export interface CapFlagOptions {
  /** Rows of market capitalisation as delivered, US dollars. */
  readonly table: DatedTable;
  /** Column under audit: 1 below the limit. */
  readonly field: string;
  readonly cuts: readonly number[];
  /** US dollars; ten million if absent. */
  readonly capMax?: number;
  /** Age up to which a row counts; seven days if absent. */
  readonly ageMaxMs?: number;
}

/** Df for a flag of small coins, against the newest row that was available at each time. Coins without such a row are passed over. */
export async function capFlagAudit(
  world: AuditWorld,
  subject: AuditSubject,
  { table, field, cuts, capMax = 10e6, ageMaxMs = 7 * dayMs }: CapFlagOptions,
): Promise<Findings> {
  const { panel } = world.inputs;
  const leaks: Leak[] = [];
  for (const hours of cuts) {
    const span = { fromHour: hours - 1, toHour: hours };
    const flag = (await subject.observe(world, span)).find(({ name }) => name === field);
    if (flag === undefined) continue;
    const timeMs = timeAt(panel, hours);
    const caps = capsAt(table, panel.symbols.length, timeMs, ageMaxMs);
    const wrong = [...caps.keys()].find(
      (coin) =>
        !Number.isNaN(caps[coin]!) &&
        !Number.isNaN(flag.values[coin]!) &&
        flag.values[coin] !== (caps[coin]! < capMax ? 1 : 0),
    );
    if (wrong === undefined) continue;
    const symbol = flag.symbols[wrong]!;
    const expected = caps[wrong]! < capMax ? 1 : 0;
    leaks.push({
      ...{ detector: 'Df', kind: subject.kind, subject: subject.name, field, timeMs, symbol },
      ...{ before: flag.values[wrong]!, after: expected, hint: 'market capitalisation of another day' },
      message: `${field} of ${placeText(symbol, timeMs)} is ${flag.values[wrong]}, but the capitalisation published by then is ${caps[wrong]} US dollars`,
    });
  }
  return { leaks, count: cuts.length };
}

/** By coin, the row published last among those available; NaN where there is none, or only an old one. */
function capsAt(table: DatedTable, coins: number, timeMs: number, ageMaxMs: number): Float64Array {
  const newest = new Int32Array(coins).fill(-1);
  for (const [row, coin] of table.coins.entries()) {
    if (coin < 0 || rowAvailableMs(table, row) > timeMs) continue;
    const former = newest[coin]!;
    const order = former < 0 ? 1 : table.publishedMs[row]! - table.publishedMs[former]!;
    if (order > 0 || (order === 0 && rowAvailableMs(table, row) >= rowAvailableMs(table, former)))
      newest[coin] = row;
  }
  return Float64Array.from(newest, (row) =>
    row >= 0 && timeMs - rowAvailableMs(table, row) <= ageMaxMs ? table.values[row]! : Number.NaN,
  );
}
