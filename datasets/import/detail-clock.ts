/**
 * Finer bars must add up to the hourly ones: open of the first, highest high, lowest low, close of the last. Where they do
 * not, they are of another market, or of another clock, which a shift of whole hours gives away.
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
  sources: ReadonlyMap<number, SourceFile>,
): Promise<readonly Fault[]> {
  const stepMs = barMs(raw.table)!;
  const added = `added_${raw.id}`;
  const hourly = `hourly_${raw.id}`;
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE ${added} AS SELECT symbol, ts // ${hourMs} AS hour, min(file) AS file,
       arg_min(open, ts) AS open, max(high) AS high, min(low) AS low, arg_max(close, ts) AS close
     FROM (SELECT DISTINCT ON (symbol, ts) * FROM ${raw.relation} SEMI JOIN coins_${bars.id} USING (symbol))
     GROUP BY symbol, hour HAVING count(*) = ${hourMs / stepMs}`,
  );
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE ${hourly} AS SELECT symbol, ts // ${hourMs} AS hour, open, high, low, close
     FROM ${bars.relation} SEMI JOIN coins_${raw.id} USING (symbol), (SELECT min(hour) AS least, max(hour) AS most FROM ${added})
     WHERE ts // ${hourMs} BETWEEN least - ${shiftHoursMax} AND most + ${shiftHoursMax}`,
  );
  const differs = ['open', 'high', 'low', 'close']
    .map((price) => `abs(a.${price} - b.${price}) > ${priceTolerance} * b.${price}`)
    .join(' OR ');
  const rows = await allRows(
    duck,
    `SELECT a.file, count(*) AS hours, count(b.hour) AS shared, count(*) FILTER (WHERE ${differs}) AS differing,
       arg_min(a.symbol, (a.symbol, a.hour)) FILTER (WHERE ${differs}) AS symbol,
       arg_min(a.hour, (a.symbol, a.hour)) FILTER (WHERE ${differs}) AS hour
     FROM ${added} a LEFT JOIN ${hourly} b USING (symbol, hour) GROUP BY a.file ORDER BY a.file`,
  );
  const faults: Fault[] = [];
  for (const row of rows) {
    const { path } = sources.get(Number(row['file']))!;
    const [shared, differing] = [Number(row['shared']), Number(row['differing'])];
    if (shared > 0 && differing <= differingShareMax * shared) continue;
    const hours = await shiftOf(duck, { added, hourly, differs, file: Number(row['file']), of: differing });
    const clock =
      hours === 0
        ? 'They are of another market or another collection: import bars of one source.'
        : `Its clock is ${Math.abs(hours)} h ${hours > 0 ? 'ahead' : 'behind'}: ${hours > 0 ? 'subtract' : 'add'} ${Math.abs(hours)} h.`;
    const found =
      shared === 0
        ? `none of its ${row['hours']} complete hours has an hourly bar`
        : `${differing} of ${shared} complete hours do not add up to the hourly bars, the first ${row['symbol']} ${isoMinute(Number(row['hour']) * hourMs)}`;
    faults.push({ path: `${path}, ts`, message: `${found}. ${clock}` });
  }
  return faults;
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
  const wrong = `SELECT a.* FROM ${at.added} a JOIN ${at.hourly} b USING (symbol, hour) WHERE a.file = ${at.file} AND (${at.differs})`;
  const asked = at.of > 0 ? wrong : `SELECT * FROM ${at.added} WHERE file = ${at.file}`;
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
