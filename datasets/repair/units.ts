/**
 * Changes of unit. Where the contract itself changed, its marks change with it (or there are none): the change goes into the
 * renames table, which accounts and columns follow, and no bar is touched. Where marks or spot go on as before, only the
 * source of the bars changed its unit: they are brought back to it.
 */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { hourMs, isoMinute } from '../../engine/panel/hours.ts';
import type { Finding } from '../check/finding.ts';
import type { Repair } from '../dataset.ts';
import { type DenseSource, relationOf } from '../dense-span.ts';
import { allRows, copyToParquet, describeRelation, firstRow, sqlText } from '../duck.ts';
import { tableFileName } from '../manifest.ts';
import { type RepairJob, repairNote } from './job.ts';

type Source = Pick<DenseSource, 'dir' | 'tables'>;

/** Hours on either side of the change over which a witness's price is taken, and how far it may be off, in powers of ten. */
const witnessHours = 24;
const slack = 0.5;

export async function mendUnits(
  duck: DuckDBConnection,
  job: RepairJob,
  source: Source,
  dir: string,
): Promise<readonly Repair[]> {
  const repairs: Repair[] = [];
  const renames: Finding[] = [];
  // How many times the price of the unit that marks have a coin's bars show, in spans that follow each other.
  const unitOf = new Map<string, number>();
  for (const finding of job.findings.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const symbol = finding.symbol!;
    const witness = await witnessOf(duck, source, finding);
    if (witness === null) {
      renames.push(finding);
      const note = repairNote(
        job.rule,
        `renames: ${symbol} by ${finding.value} at ${isoMinute(finding.fromMs)}`,
      );
      repairs.push({ rule: job.rule, symbol, fromMs: finding.fromMs, toMs: finding.fromMs, rows: 1, note });
      continue;
    }
    const unit = (unitOf.get(symbol) ?? 1) * finding.value!;
    unitOf.set(symbol, unit);
    const withVolume = await volumeFollows(duck, finding);
    const rows = await rescale(duck, finding, unit, withVolume);
    const note = repairNote(
      job.rule,
      `the ${witness} does not change: prices divided by ${unit}${withVolume ? ', volumes times it' : ', volumes as they were'}`,
    );
    repairs.push({ rule: job.rule, symbol, fromMs: finding.fromMs, toMs: finding.toMs, rows, note });
  }
  if (renames.length > 0) await addRenames(duck, source, dir, renames);
  return repairs;
}

/** The table whose prices go on as before; null where none says so. */
async function witnessOf(
  duck: DuckDBConnection,
  source: Source,
  { symbol, fromMs, value }: Finding,
): Promise<'mark' | 'spot' | null> {
  for (const table of ['mark', 'spot'] as const) {
    if (source.tables[table] === undefined) continue;
    const { ratio } = await firstRow(
      duck,
      `SELECT ${aroundChange('close', fromMs)} AS ratio FROM ${relationOf(source, table)} WHERE symbol = ${sqlText(symbol!)}`,
    );
    if (ratio === null) continue;
    return Math.abs(Math.log10(Number(ratio)) - Math.log10(value!)) > slack ? table : null;
  }
  return null;
}

/** What a column is after the change, in units of what it was before. */
function aroundChange(column: string, changeMs: number): string {
  const median = (from: number, to: number) =>
    `median(${column}) FILTER (WHERE ts >= ${changeMs + from * hourMs} AND ts < ${changeMs + to * hourMs})`;
  return `${median(0, witnessHours)} / nullif(${median(-witnessHours, 0)}, 0)`;
}

/** Whether volumes went the other way: a source may have changed the unit of its prices alone. */
async function volumeFollows(duck: DuckDBConnection, { symbol, fromMs, value }: Finding): Promise<boolean> {
  const columns = new Set((await describeRelation(duck, 'repaired_bars')).map(({ name }) => name));
  if (!columns.has('volume')) return false;
  const { ratio } = await firstRow(
    duck,
    `SELECT ${aroundChange('volume', fromMs)} AS ratio FROM repaired_bars WHERE symbol = ${sqlText(symbol!)}`,
  );
  return ratio !== null && Math.abs(Math.log10(Number(ratio) * value!)) < Math.abs(Math.log10(value!)) / 2;
}

async function rescale(
  duck: DuckDBConnection,
  { symbol, fromMs, toMs }: Finding,
  unit: number,
  withVolume: boolean,
): Promise<number> {
  const set = ['open', 'high', 'low', 'close'].map((name) => `${name} = ${name} / ${unit}`);
  if (withVolume) set.push(`volume = volume * ${unit}`);
  const where = `symbol = ${sqlText(symbol!)} AND ts BETWEEN ${fromMs} AND ${toMs}`;
  const [counted] = await allRows(duck, `SELECT count(*) AS rows FROM repaired_bars WHERE ${where}`);
  if (unit !== 1) await duck.run(`UPDATE repaired_bars SET ${set.join(', ')} WHERE ${where}`);
  return Number(counted?.['rows']);
}

/** Adds to the table that was carried over, or makes one. */
async function addRenames(
  duck: DuckDBConnection,
  source: Source,
  dir: string,
  findings: readonly Finding[],
): Promise<void> {
  const rows = findings.map(
    ({ symbol, fromMs, value }) =>
      `(${sqlText(symbol!)}, ${sqlText(symbol!)}, ${value}::DOUBLE, ${fromMs}::BIGINT)`,
  );
  const fresh = `SELECT * FROM (VALUES ${rows.join(', ')}) AS fresh (from_symbol, to_symbol, factor, effective_ms)`;
  const former =
    source.tables.renames === undefined
      ? ''
      : `SELECT * FROM ${relationOf(source, 'renames')} UNION ALL BY NAME `;
  await copyToParquet(
    duck,
    `${former}${fresh} ORDER BY effective_ms, from_symbol`,
    join(dir, tableFileName('renames')),
  );
}
