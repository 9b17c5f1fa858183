/** Coins of the other tables against the coins that have bars: who is unknown, and which spot market is whose. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Fault } from '../../engine/config.ts';
import { isoMinute } from '../../engine/panel/hours.ts';
import type { Rejection } from '../dataset.ts';
import { allRows, sqlText } from '../duck.ts';
import type { RawTable } from './rules.ts';
import type { SourceFile } from './source.ts';

/**
 * Leaves out the rows of coins that have no bars, counted by file: nothing could ever read them. A table none of whose coins
 * has bars was named in another style, or belongs to another dataset: a fault.
 *
 * Works on `coins_<id>`, through which the rows of a table are joined when it is written.
 */
export async function keepKnownSymbols(
  duck: DuckDBConnection,
  raw: RawTable,
  bars: RawTable,
  sources: ReadonlyMap<number, SourceFile>,
  faults: Fault[],
): Promise<readonly Rejection[]> {
  const known = `SELECT symbol FROM coins_${bars.id}`;
  const mapped = raw.table === 'spot' ? await mapSpot(duck, raw, bars) : [];
  if (raw.table !== 'spot') await duck.run(`DELETE FROM coins_${raw.id} WHERE symbol NOT IN (${known})`);
  const rows = await allRows(
    duck,
    `SELECT file, symbol, count(*) AS rows, min("row") AS first, arg_min(ts, "row") AS ts
     FROM ${raw.relation} ANTI JOIN coins_${raw.id} USING (symbol) GROUP BY file, symbol ORDER BY file, first`,
  );
  const [left] = await allRows(
    duck,
    `SELECT (SELECT count(*) FROM coins_${raw.id}) AS shared, (SELECT min(symbol) FROM coins_${bars.id}) AS wanted`,
  );
  if (Number(left?.['shared']) === 0) {
    const files = [...new Set(rows.map(({ file }) => sources.get(Number(file))!.path))];
    faults.push({
      path: `${files.join(' ')}, symbol`,
      message: `none of its symbols has bars (${rows[0]?.['symbol']} here, ${left?.['wanted']} there). Name the coins alike.`,
    });
    return [];
  }
  const rejected = new Map<string, Rejection>();
  for (const row of rows) {
    const symbol = String(row['symbol']);
    const rule = mapped.includes(symbol) ? 'ambiguous-symbol' : 'unknown-symbol';
    const { fileName: file } = sources.get(Number(row['file']))!;
    const former = rejected.get(`${row['file']} ${rule}`);
    const example = `row ${row['first']}: ${symbol} ${isoMinute(Number(row['ts']))}`;
    rejected.set(`${row['file']} ${rule}`, {
      file,
      rule,
      rows: Number(row['rows']) + (former?.rows ?? 0),
      example: former?.example ?? example,
    });
  }
  return [...rejected.values()];
}

/** Gives every coin of a spot table the name of its perpetual and its multiplier; returns the names that could mean two. */
async function mapSpot(duck: DuckDBConnection, raw: RawTable, bars: RawTable): Promise<readonly string[]> {
  const namesOf = async (table: RawTable) =>
    (await allRows(duck, `SELECT symbol FROM coins_${table.id} ORDER BY symbol`)).map(({ symbol }) =>
      String(symbol),
    );
  const { perpetualOf, ambiguous } = spotMap(await namesOf(raw), await namesOf(bars));
  const values = [...perpetualOf].map(
    ([symbol, { perpetual, multiplier }]) =>
      `(${sqlText(symbol)}, ${sqlText(perpetual)}, ${multiplier}::DOUBLE)`,
  );
  const rows = values.length === 0 ? "('', '', 1::DOUBLE)" : values.join(', ');
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE coins_${raw.id} AS SELECT symbol, perpetual, multiplier,
       (row_number() OVER (ORDER BY perpetual) - 1)::INTEGER AS coin
     FROM (VALUES ${rows}) named(symbol, perpetual, multiplier) WHERE symbol <> ''`,
  );
  return ambiguous;
}

export interface SpotMap {
  /** Perpetual of a spot symbol, and how many spot coins its unit holds. */
  readonly perpetualOf: ReadonlyMap<string, { readonly perpetual: string; readonly multiplier: number }>;
  /** Spot symbols that could belong to two perpetuals. */
  readonly ambiguous: readonly string[];
}

const multiplied = /^(1000000|1000|1M)(\p{L}.*)$/u;
const unitsOf: Readonly<Record<string, number>> = { 1000: 1_000, 1000000: 1_000_000, '1M': 1_000_000 };

/**
 * A spot market belongs to the perpetual of its name, or else to the one perpetual named 1000…, 1000000… or 1M… after it.
 * Where several could be meant (BOBUSDT beside 1000000BOBUSDT), nobody guesses.
 */
export function spotMap(spot: readonly string[], perpetuals: readonly string[]): SpotMap {
  const perpetualOf = new Map<string, { perpetual: string; multiplier: number }>();
  const ambiguous: string[] = [];
  const taken = new Set(spot.filter((symbol) => perpetuals.includes(symbol)));
  for (const symbol of spot) {
    const candidates = perpetuals.flatMap((perpetual) => {
      if (perpetual === symbol) return [{ perpetual, multiplier: 1 }];
      const match = multiplied.exec(perpetual);
      // A perpetual whose own name is a spot market has found it.
      if (match?.[2] !== symbol || taken.has(perpetual)) return [];
      return [{ perpetual, multiplier: unitsOf[match[1]!]! }];
    });
    if (candidates.length === 1) perpetualOf.set(symbol, candidates[0]!);
    else if (candidates.length > 1) ambiguous.push(symbol);
  }
  return { perpetualOf, ambiguous };
}
