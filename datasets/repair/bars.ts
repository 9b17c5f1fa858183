/** Bars as they lie in their file, in a table of the database, and what each repair does to them there. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { hourMs } from '../../engine/panel/hours.ts';
import type { Repair } from '../dataset.ts';
import { type DenseSource, relationOf } from '../dense-span.ts';
import { allRows, copyToParquet, describeRelation, firstRow, loadTable, sqlName } from '../duck.ts';
import { tableFileName } from '../manifest.ts';
import { type RepairJob, repairNote } from './job.ts';

type Source = Pick<DenseSource, 'dir' | 'tables'>;

/** `repaired_bars`: the columns of the file, the place of each row in it, and whether its stamp was moved. */
export async function loadBars(duck: DuckDBConnection, source: Source): Promise<void> {
  const file = relationOf(source, 'bars').replace(/\)$/, ', file_row_number = true)');
  await duck.run(
    `CREATE TABLE repaired_bars AS SELECT * EXCLUDE (file_row_number), file_row_number AS place, false AS moved FROM ${file}`,
  );
}

export async function writeBars(duck: DuckDBConnection, dir: string): Promise<void> {
  await copyToParquet(
    duck,
    'SELECT * EXCLUDE (place, moved) FROM repaired_bars ORDER BY place',
    join(dir, tableFileName('bars')),
  );
}

/** Every repair but that of units. */
export async function mendBars(
  duck: DuckDBConnection,
  job: RepairJob,
  source: Source,
  dir: string,
): Promise<readonly Repair[]> {
  await loadSpans(duck, job);
  try {
    switch (job.rule) {
      case 'sort':
        return await sort(duck, job);
      case 'drop-duplicates':
        return await drop(duck, job, 'copy > 1');
      case 'drop-off-the-hour':
        return await drop(duck, job, `ts % ${hourMs} <> 0 OR NOT ts BETWEEN ${earliestMs} AND ${latestMs}`);
      case 'shift-clock':
        return await shiftClock(duck, job);
      case 'take-revisions':
        return await takeRevisions(duck, job, source, dir);
      default:
        return await drop(duck, job, 'true');
    }
  } finally {
    await duck.run('DROP TABLE spans');
  }
}

const earliestMs = Date.UTC(2009, 0, 1);
const latestMs = Date.UTC(2100, 0, 1) - 1;

/** `spans`: a row for each finding and symbol; those of the whole market stand for every symbol that was asked for. */
async function loadSpans(duck: DuckDBConnection, { findings, symbols }: RepairJob): Promise<void> {
  const rows = findings.flatMap((finding, index) =>
    (finding.symbol === null ? symbols : [finding.symbol]).map((symbol) => ({ index, symbol, finding })),
  );
  await loadTable(duck, 'spans', {
    rows: rows.length,
    columns: {
      finding: { type: 'integer', values: Int32Array.from(rows, ({ index }) => index) },
      symbol: { type: 'text', values: rows.map(({ symbol }) => symbol) },
      from_ms: { type: 'time', values: Float64Array.from(rows, ({ finding }) => finding.fromMs) },
      to_ms: { type: 'time', values: Float64Array.from(rows, ({ finding }) => finding.toMs) },
      value: {
        type: 'double',
        values: Float64Array.from(rows, ({ finding }) => finding.value ?? Number.NaN),
      },
    },
  });
}

const inSpans = 'JOIN spans s ON s.symbol = b.symbol AND b.ts BETWEEN s.from_ms::BIGINT AND s.to_ms::BIGINT';

/** Rows concerned, by finding. */
async function countsOf(duck: DuckDBConnection, query: string): Promise<ReadonlyMap<number, number>> {
  const rows = await allRows(duck, `SELECT finding, count(*) AS rows FROM (${query}) GROUP BY finding`);
  return new Map(rows.map((row) => [Number(row['finding']), Number(row['rows'])]));
}

/** One entry a finding; those under which no row was left to mend are left out. */
function told(
  { rule, findings }: RepairJob,
  rowsOf: (index: number) => number,
  besides: (index: number) => string = () => '',
): readonly Repair[] {
  return findings.flatMap(({ symbol, fromMs, toMs }, index) => {
    const rows = rowsOf(index);
    const note = repairNote(rule, besides(index));
    return rows === 0 ? [] : [{ rule, symbol, fromMs, toMs, rows, note }];
  });
}

async function drop(duck: DuckDBConnection, job: RepairJob, condition: string): Promise<readonly Repair[]> {
  await duck.run(
    `CREATE TABLE dropped AS SELECT finding, place FROM (
       SELECT s.finding, b.place, b.ts, row_number() OVER (PARTITION BY s.finding, b.symbol, b.ts ORDER BY b.place) AS copy
       FROM repaired_bars b ${inSpans}) WHERE ${condition}`,
  );
  const counts = await countsOf(duck, 'SELECT finding FROM dropped');
  await duck.run('DELETE FROM repaired_bars WHERE place IN (SELECT place FROM dropped)');
  await duck.run('DROP TABLE dropped');
  return told(job, (index) => counts.get(index) ?? 0);
}

/** A table is sorted as a whole, whichever symbols were asked for. */
async function sort(duck: DuckDBConnection, job: RepairJob): Promise<readonly Repair[]> {
  await duck.run(
    `CREATE OR REPLACE TABLE repaired_bars AS SELECT * EXCLUDE (place, moved),
       row_number() OVER (ORDER BY symbol, ts, place) AS place, moved FROM repaired_bars`,
  );
  return told(job, (index) => job.findings[index]!.count);
}

async function shiftClock(duck: DuckDBConnection, job: RepairJob): Promise<readonly Repair[]> {
  await duck.run(
    `CREATE TABLE shifted AS SELECT s.finding, b.place, b.ts - (s.value * ${hourMs})::BIGINT AS ts FROM repaired_bars b ${inSpans}`,
  );
  const counts = await countsOf(duck, 'SELECT finding FROM shifted');
  await duck.run(
    'UPDATE repaired_bars SET ts = shifted.ts, moved = true FROM shifted WHERE repaired_bars.place = shifted.place',
  );
  await duck.run(
    `CREATE TABLE met AS SELECT finding, a.place FROM repaired_bars a JOIN shifted USING (place)
     WHERE EXISTS (SELECT 1 FROM repaired_bars b WHERE NOT b.moved AND b.symbol = a.symbol AND b.ts = a.ts)`,
  );
  const met = await countsOf(duck, 'SELECT finding FROM met');
  await duck.run('DELETE FROM repaired_bars WHERE place IN (SELECT place FROM met)');
  await duck.run('UPDATE repaired_bars SET moved = false');
  for (const table of ['shifted', 'met']) await duck.run(`DROP TABLE ${table}`);
  return told(
    job,
    (index) => counts.get(index) ?? 0,
    (index) =>
      `moved by ${-(job.findings[index]!.value ?? 0)} h, ${met.get(index) ?? 0} of the bars met others and were dropped`,
  );
}

/** The newest version of each bar becomes the bar; its later versions are no longer told beside it. */
async function takeRevisions(
  duck: DuckDBConnection,
  job: RepairJob,
  source: Source,
  dir: string,
): Promise<readonly Repair[]> {
  const revisions = relationOf(source, 'revisions');
  const columns = (await describeRelation(duck, revisions)).map(({ name }) => name);
  const own = new Set((await describeRelation(duck, 'repaired_bars')).map(({ name }) => name));
  const values = columns.filter((name) => own.has(name) && name !== 'ts' && name !== 'symbol');
  const newest = values.map((name) => `arg_max(${sqlName(name)}, ingested_ms) AS ${sqlName(name)}`);
  await duck.run(
    `CREATE TABLE newest AS SELECT finding, b.symbol, b.ts, ${newest.join(', ')} FROM ${revisions} b ${inSpans} GROUP BY finding, b.symbol, b.ts`,
  );
  const counts = await countsOf(duck, 'SELECT n.finding FROM newest n JOIN repaired_bars USING (symbol, ts)');
  const set = values.map(
    (name) => `${sqlName(name)} = coalesce(newest.${sqlName(name)}, repaired_bars.${sqlName(name)})`,
  );
  await duck.run(
    `UPDATE repaired_bars SET ${set.join(', ')} FROM newest WHERE repaired_bars.symbol = newest.symbol AND repaired_bars.ts = newest.ts`,
  );
  const path = join(dir, tableFileName('revisions'));
  const left = `SELECT * FROM ${revisions} ANTI JOIN newest USING (symbol, ts)`;
  const { rows } = await firstRow(duck, `SELECT count(*) AS rows FROM (${left})`);
  if (Number(rows) === 0) await rm(path);
  else await copyToParquet(duck, `${left} ORDER BY symbol, ts, ingested_ms`, path);
  await duck.run('DROP TABLE newest');
  return told(job, (index) => counts.get(index) ?? 0);
}
