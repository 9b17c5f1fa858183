/**
 * Finer bars must add up to the hourly ones: open of the first, highest high, lowest low, close of the last. Where they do
 * not, they are of another market, or of another clock, which a shift of whole hours gives away. An hour that lacks some of
 * its finer bars can only be held between high and low, so every file must take part in a complete one.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Fault } from '../../engine/config.ts';
import { hourMs, isoMinute } from '../../engine/panel/hours.ts';
import { allRows } from '../duck.ts';
import { barMs } from './layout.ts';
import type { RawTable } from './rules.ts';
import type { SourceFile } from './source.ts';

/** A few hours may differ where a collection was mended later; a file of another clock differs nearly everywhere. */
const differingShareMax = 0.01;
const shiftHoursMax = 12;
/** Text and binary files round the last digit differently. */
const priceTolerance = 1e-9;

export async function checkDetailClock(
  duck: DuckDBConnection,
  raw: RawTable,
  bars: RawTable,
  sources: Sources,
): Promise<readonly Fault[]> {
  const stepMs = barMs(raw.table)!;
  const added = `added_${raw.id}`;
  const hourly = `hourly_${raw.id}`;
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE ${added} AS SELECT symbol, ts // ${hourMs} AS hour, min(file) AS file,
       count(*) = ${hourMs / stepMs} AS complete,
       arg_min(open, ts) AS open, max(high) AS high, min(low) AS low, arg_max(close, ts) AS close
     FROM (SELECT DISTINCT ON (symbol, ts) * FROM ${raw.relation} SEMI JOIN coins_${bars.id} USING (symbol))
     GROUP BY symbol, hour`,
  );
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE ${hourly} AS SELECT symbol, ts // ${hourMs} AS hour, open, high, low, close
     FROM ${bars.relation} SEMI JOIN coins_${raw.id} USING (symbol), (SELECT min(hour) AS least, max(hour) AS most FROM ${added})
     WHERE ts // ${hourMs} BETWEEN least - ${shiftHoursMax} AND most + ${shiftHoursMax}`,
  );
  return [
    ...(await incompleteFaults(duck, { raw, bars, added }, sources)),
    ...(await sumFaults(duck, { added, hourly }, sources)),
    ...(await reachFaults(duck, { added, hourly }, sources)),
  ];
}

interface Tables {
  /** What the finer bars of each hour come to. */
  readonly added: string;
  readonly hourly: string;
}

type Sources = ReadonlyMap<number, SourceFile>;

/** Files none of whose bars belongs to a complete hour: nothing could show where they come from. */
async function incompleteFaults(
  duck: DuckDBConnection,
  { raw, bars, added }: { readonly raw: RawTable; readonly bars: RawTable; readonly added: string },
  sources: Sources,
): Promise<readonly Fault[]> {
  const complete = `SELECT symbol, hour FROM ${added} WHERE complete`;
  // A complete hour goes under the first of its files, so the others are asked bar by bar.
  const rows = await allRows(
    duck,
    `SELECT r.file FROM ${raw.relation} r SEMI JOIN coins_${bars.id} c ON r.symbol = c.symbol
       LEFT JOIN (${complete}) a ON a.symbol = r.symbol AND a.hour = r.ts // ${hourMs}
     WHERE r.file NOT IN (SELECT file FROM ${added} WHERE complete)
     GROUP BY r.file HAVING count(a.hour) = 0 ORDER BY r.file`,
  );
  const perHour = hourMs / barMs(raw.table)!;
  return rows.map(({ file }) => ({
    path: `${sources.get(Number(file))!.path}, ts`,
    message: `no hour of it is complete (${perHour} bars), so nothing shows that they are of the market of the hourly bars. Fetch it again, or leave it out.`,
  }));
}

/** Complete hours that do not add up. */
async function sumFaults(
  duck: DuckDBConnection,
  { added, hourly }: Tables,
  sources: Sources,
): Promise<readonly Fault[]> {
  const differs = ['open', 'high', 'low', 'close']
    .map((price) => `abs(a.${price} - b.${price}) > ${priceTolerance} * b.${price}`)
    .join(' OR ');
  const faults: Fault[] = [];
  for (const row of await hoursThat(duck, { added, hourly, differs, asked: 'complete' })) {
    const { path } = sources.get(Number(row['file']))!;
    const [shared, differing] = [Number(row['shared']), Number(row['differing'])];
    if (shared > 0 && differing <= differingShareMax * shared) continue;
    const hours = await shiftOf(duck, { added, hourly, differs, file: Number(row['file']), of: differing });
    const clock =
      hours === 0
        ? otherMarket
        : `Its clock is ${Math.abs(hours)} h ${hours > 0 ? 'ahead' : 'behind'}: ${hours > 0 ? 'subtract' : 'add'} ${Math.abs(hours)} h.`;
    const found =
      shared === 0
        ? `none of its ${row['hours']} complete hours has an hourly bar`
        : `${differing} of ${shared} complete hours do not add up to the hourly bars, the first ${firstOf(row)}`;
    faults.push({ path: `${path}, ts`, message: `${found}. ${clock}` });
  }
  return faults;
}

/** Incomplete hours that reach beyond the hourly high or low. */
async function reachFaults(
  duck: DuckDBConnection,
  { added, hourly }: Tables,
  sources: Sources,
): Promise<readonly Fault[]> {
  const differs = 'a.high > b.high OR a.low < b.low';
  const rows = await hoursThat(duck, { added, hourly, differs, asked: 'NOT complete' });
  return rows.flatMap((row) => {
    const [shared, differing] = [Number(row['shared']), Number(row['differing'])];
    if (differing <= differingShareMax * shared) return [];
    const found = `${differing} of ${shared} incomplete hours reach beyond the high or low of the hourly bar, the first ${firstOf(row)}`;
    return [{ path: `${sources.get(Number(row['file']))!.path}, ts`, message: `${found}. ${otherMarket}` }];
  });
}

const otherMarket = 'They are of another market or another collection: import bars of one source.';

/** By file: how many of the hours asked for there are, have an hourly bar, and differ from it; and the first that does. */
async function hoursThat(
  duck: DuckDBConnection,
  { added, hourly, differs, asked }: Tables & { readonly differs: string; readonly asked: string },
): Promise<readonly Record<string, unknown>[]> {
  return await allRows(
    duck,
    `SELECT a.file, count(*) AS hours, count(b.hour) AS shared, count(*) FILTER (WHERE ${differs}) AS differing,
       arg_min(a.symbol, (a.symbol, a.hour)) FILTER (WHERE ${differs}) AS symbol,
       arg_min(a.hour, (a.symbol, a.hour)) FILTER (WHERE ${differs}) AS hour
     FROM (SELECT * FROM ${added} WHERE ${asked}) a LEFT JOIN ${hourly} b USING (symbol, hour) GROUP BY a.file ORDER BY a.file`,
  );
}

function firstOf(row: Readonly<Record<string, unknown>>): string {
  return `${row['symbol']} ${isoMinute(Number(row['hour']) * hourMs)}`;
}

/** By how many hours the file's clock is ahead (behind: negative), told by the hours that differ; 0 where no shift fits. */
async function shiftOf(
  duck: DuckDBConnection,
  at: {
    readonly added: string;
    readonly hourly: string;
    readonly differs: string;
    readonly file: number;
    readonly of: number;
  },
): Promise<number> {
  const wrong = `SELECT a.* FROM ${at.added} a JOIN ${at.hourly} b USING (symbol, hour) WHERE a.complete AND a.file = ${at.file} AND (${at.differs})`;
  const asked = at.of > 0 ? wrong : `SELECT * FROM ${at.added} WHERE complete AND file = ${at.file}`;
  const [found] = await allRows(
    duck,
    `SELECT shift FROM (SELECT s.shift, count(*) AS shared, count(*) FILTER (WHERE ${at.differs}) AS differing
       FROM (${asked}) a, range(-${shiftHoursMax}, ${shiftHoursMax + 1}) s(shift), ${at.hourly} b
       WHERE b.symbol = a.symbol AND b.hour = a.hour - s.shift AND s.shift <> 0 GROUP BY s.shift)
     WHERE shared >= 0.5 * (SELECT count(*) FROM (${asked})) AND differing <= ${differingShareMax} * shared
     ORDER BY differing / shared, abs(shift) LIMIT 1`,
  );
  return Number(found?.['shift'] ?? 0);
}
