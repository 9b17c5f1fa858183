/**
 * Dated tables as they were delivered, row by row and joined with nothing: what the look-ahead audit holds a dataset's records and bars
 * against.
 */
import { join } from 'node:path';
import type { AuditWorld, BarRevision, DatedTable } from '../engine/columns/audit/world.ts';
import type { Table } from '../engine/journal/tables.ts';
import { hourMs } from '../engine/panel/hours.ts';
import { hourAt, type Panel } from '../engine/panel/panel.ts';
import type { Dataset, TableName } from './dataset.ts';
import { readTable } from './duck.ts';
import { StoreFault } from './faults.ts';
import { numbersOf, textsOf } from './records.ts';
import type { Store } from './store.ts';

/**
 * News as a row for each article and coin, those of no coin with coin -1; rows of symbols without bars are left out.
 * @throws StoreFault `dataset-damaged`
 */
export async function readDatedRows(
  store: Store,
  { name, manifest, panel }: Dataset,
): Promise<Pick<AuditWorld, 'tables' | 'revisions'>> {
  const read = async (table: TableName): Promise<Table | null> => {
    const file = manifest.tables[table]?.file;
    if (file === undefined) return null;
    return await readTable(join(store.datasetDir(name), file)).catch((cause: unknown) => {
      const message = `Table ${table} of dataset ${name} cannot be read. Import it again.`;
      throw new StoreFault('dataset-damaged', message, { cause });
    });
  };
  const [fearGreed, marketCap, news, revisions] = await Promise.all([
    read('fear_greed'),
    read('market_cap'),
    read('news'),
    read('revisions'),
  ]);
  const coinOf = new Map(panel.symbols.map((symbol, coin) => [symbol, coin]));
  return {
    tables: {
      ...(fearGreed === null ? {} : { fearGreed: dailyRows(fearGreed, () => -1) }),
      ...(marketCap === null ? {} : { marketCap: capRows(marketCap, coinOf) }),
      ...(news === null ? {} : { news: newsRows(news, coinOf) }),
    },
    revisions: revisions === null ? [] : revisionRows(revisions, coinOf, panel),
  };
}

/** Rows to which `coinOf` gives a coin, -1 for the whole market; without one, a row is left out. */
function dailyRows(table: Table, coinOf: (row: number) => number | undefined): DatedTable {
  const kept = Array.from({ length: table.rows }, (_, row) => row).filter((row) => coinOf(row) !== undefined);
  const column = (name: string) => {
    const values = numbersOf(table, name);
    return Float64Array.from(kept, (row) => values[row]!);
  };
  return {
    publishedMs: column('published_ms'),
    ingestedMs: column('ingested_ms'),
    aboutMs: column('day_ms'),
    coins: Int32Array.from(kept, (row) => coinOf(row)!),
    values: column('value'),
  };
}

function capRows(table: Table, coinOf: ReadonlyMap<string, number>): DatedTable {
  const symbols = textsOf(table, 'symbol');
  return dailyRows(table, (row) => coinOf.get(symbols[row] ?? ''));
}

function newsRows(table: Table, coinOf: ReadonlyMap<string, number>): DatedTable {
  const linked = textsOf(table, 'symbols');
  const [published, ingested] = [numbersOf(table, 'published_ms'), numbersOf(table, 'ingested_ms')];
  const [rows, coins]: [number[], number[]] = [[], []];
  for (let row = 0; row < table.rows; row += 1) {
    const own = new Set((linked[row] ?? '').split(' ').flatMap((symbol) => coinOf.get(symbol) ?? []));
    for (const coin of own.size === 0 ? [-1] : own) {
      rows.push(row);
      coins.push(coin);
    }
  }
  const publishedMs = Float64Array.from(rows, (row) => published[row]!);
  return {
    ...{ publishedMs, aboutMs: publishedMs, coins: Int32Array.from(coins) },
    ingestedMs: Float64Array.from(rows, (row) => ingested[row]!),
    values: new Float64Array(rows.length).fill(1),
  };
}

function revisionRows(
  table: Table,
  coinOf: ReadonlyMap<string, number>,
  panel: Panel,
): readonly BarRevision[] {
  const symbols = textsOf(table, 'symbol');
  const [ts, ingested] = [numbersOf(table, 'ts'), numbersOf(table, 'ingested_ms')];
  const fields = ['open', 'high', 'low', 'close', 'volume', 'quote_volume'].map((name) =>
    numbersOf(table, name),
  );
  return Array.from({ length: table.rows }, (_, row) => row).flatMap((row): BarRevision[] => {
    const coin = coinOf.get(symbols[row] ?? '');
    const hour = hourAt(panel, ts[row]!);
    if (coin === undefined || hour < 0 || hour >= panel.hours || !Number.isInteger(hour)) return [];
    const [open, high, low, close, volume, quoteVolume] = fields.map((values) => values[row]!) as [
      ...[number, number, number, number, number, number],
    ];
    const arrivedMs = ingested[row]!;
    const availableMs = Number.isNaN(arrivedMs) ? ts[row]! + hourMs : arrivedMs;
    return [{ coin, hour, availableMs, open, high, low, close, volume, quoteVolume }];
  });
}
