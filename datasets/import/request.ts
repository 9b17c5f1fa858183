/** What an import is asked to take, and which files go into which table. */
import type { Fault } from '../../engine/config.ts';
import { detailLengths, detailTable } from '../detail-tables.ts';
import type { ImportTable } from './layout.ts';

export interface ImportRequest {
  readonly name: string;
  readonly bars: readonly string[];
  readonly funding?: readonly string[];
  readonly mark?: readonly string[];
  readonly scores?: readonly string[];
  /** Hourly bars of the spot market. */
  readonly spot?: readonly string[];
  /** Finer bars as `15m=FILE`; a path alone has the length of the one before it. */
  readonly detail?: readonly string[];
  /** Leverage tiers as `FILE` or `FILE@DATE`. */
  readonly brackets?: readonly string[];
  /** The exchange's own list of instruments and filters, as `FILE` or `FILE@DATE`. */
  readonly exchangeInfo?: readonly string[];
  /** Renames and redenominations: rows of from, to, factor, time. */
  readonly renames?: readonly string[];
  /** Articles: archives of one JSON object a line, JSON lists, CSV with title, time and source. */
  readonly news?: readonly string[];
  /** Fear & Greed index by day. */
  readonly fearGreed?: readonly string[];
  /** Market capitalisation by coin and day, US dollars. */
  readonly marketCap?: readonly string[];
}

export interface TableFiles {
  readonly table: ImportTable;
  readonly paths: readonly string[];
}

/** Files of rows by table, in the order they are read; entries that cannot be read are added to `faults`. */
export function tableFiles(request: ImportRequest, faults: Fault[]): readonly TableFiles[] {
  const files = (['bars', 'funding', 'mark', 'scores', 'spot'] as const).map((table) => ({
    table,
    paths: request[table] ?? [],
  }));
  return [...files, ...detailFiles(request.detail ?? [], faults)].filter(({ paths }) => paths.length > 0);
}

function detailFiles(entries: readonly string[], faults: Fault[]): readonly TableFiles[] {
  const byMinutes = new Map<number, string[]>();
  let minutes: number | undefined;
  for (const entry of entries) {
    const match = /^(\d+)m=(.+)$/.exec(entry);
    if (match !== null) minutes = Number(match[1]);
    if (minutes === undefined || !detailLengths.some((length) => length === minutes)) {
      faults.push({
        path: entry,
        message:
          minutes === undefined
            ? 'must say how long its bars are, such as 15m=FILE.'
            : `bars of ${minutes} minutes cannot be taken; the length must divide an hour: ${detailLengths.join(', ')}.`,
      });
      continue;
    }
    byMinutes.set(minutes, [...(byMinutes.get(minutes) ?? []), match?.[2] ?? entry]);
  }
  return detailLengths.map((length) => ({
    table: detailTable(length),
    paths: byMinutes.get(length) ?? [],
  }));
}
