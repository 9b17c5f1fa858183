/**
 * What has been fetched, a file a month: downloads/<dataset>/<table>/<symbol>/<month>.csv. A month is written under another
 * name and renamed, so a file that is there is whole; its last line tells how many rows it holds and their hash, so that a file
 * that was damaged since is fetched again. A month that is not over yet is never kept.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asStoreFault } from '../faults.ts';
import type { DownloadTable, Row } from './venue.ts';

/** A month of one table and symbol, cut to what was asked for. */
export interface Part {
  readonly table: DownloadTable;
  readonly symbol: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Every month between the two times, oldest first, symbol by symbol. */
export function partsOf(
  tables: readonly DownloadTable[],
  symbols: readonly string[],
  fromMs: number,
  toMs: number,
): readonly Part[] {
  const months: { readonly fromMs: number; readonly toMs: number }[] = [];
  for (let start = fromMs; start < toMs; ) {
    const date = new Date(start);
    const end = Math.min(toMs, Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
    months.push({ fromMs: start, toMs: end });
    start = end;
  }
  return tables.flatMap((table) =>
    symbols.flatMap((symbol) => months.map((month) => ({ table, symbol, ...month }))),
  );
}

function partPath(folder: string, { table, symbol, fromMs, toMs }: Part): string {
  const stamp = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 13);
  // Symbols are letters and digits of any script; anything else must not become a path.
  return join(folder, table, encodeURIComponent(symbol), `${stamp(fromMs)}_${stamp(toMs)}.csv`);
}

/** The rows of a part; null where there is none, or none that is whole. */
export async function readPart(folder: string, part: Part): Promise<readonly Row[] | null> {
  const text = await readFile(partPath(folder, part), 'utf8').catch(() => null);
  if (text === null) return null;
  const end = text.lastIndexOf('\n#');
  const body = end === -1 ? '' : text.slice(0, end + 1);
  if (end === -1 || text.slice(end + 1) !== sealOf(body)) return null;
  return body === '\n'
    ? []
    : body
        .slice(0, -1)
        .split('\n')
        .map((line) => line.split(','));
}

export async function writePart(folder: string, part: Part, rows: readonly Row[]): Promise<void> {
  const path = partPath(folder, part);
  const body = rows.length === 0 ? '\n' : rows.map((row) => `${row.join(',')}\n`).join('');
  try {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(`${path}.new`, `${body}${sealOf(body)}`);
    await rename(`${path}.new`, path);
  } catch (cause) {
    throw asStoreFault(cause, `Keeping ${part.table} of ${part.symbol}`);
  }
}

function sealOf(body: string): string {
  const rows = body === '\n' ? 0 : body.split('\n').length - 1;
  return `# ${rows} rows, sha256 ${createHash('sha256').update(body).digest('hex')}\n`;
}
