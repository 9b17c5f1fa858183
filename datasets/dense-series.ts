/** From stored tables to the panel's further price rows: mark and spot bars, which stand behind the coins' own. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { hourMs } from '../engine/panel/hours.ts';
import { BAR_WIDTH, type PriceSeries, sharedInt32 } from '../engine/panel/panel.ts';
import { type DenseSource, relationOf, type Span } from './dense-span.ts';
import { allRows, doublesOf, eachChunk, integersOf } from './duck.ts';

export interface Series {
  readonly rows: PriceSeries;
  /** Rows beyond one a coin. */
  readonly count: number;
}

const kinds = ['mark', 'spot'] as const;
const rowsOf = { mark: 'markRow', spot: 'spotRow' } as const;

/** A row for every coin that has mark bars inside the span, then one for every coin that has spot bars; null without either. */
export async function seriesOf(
  duck: DuckDBConnection,
  source: DenseSource,
  span: Span,
): Promise<Series | null> {
  const coins = span.symbols.length;
  const rows = { markRow: sharedInt32(coins).fill(-1), spotRow: sharedInt32(coins).fill(-1) };
  let next = coins;
  for (const kind of kinds) {
    if (source.tables[kind] === undefined) continue;
    const found = await allRows(
      duck,
      `SELECT DISTINCT coin FROM ${relationOf(source, kind)} JOIN coins USING (symbol) WHERE ${within(span)} ORDER BY coin`,
    );
    for (const { coin } of found) {
      rows[rowsOf[kind]][Number(coin)] = next;
      next += 1;
    }
  }
  return next === coins ? null : { rows, count: next - coins };
}

function within(span: Span): string {
  return `ts >= ${span.startMs} AND ts < ${span.startMs + span.hours * hourMs}`;
}

/** Moves the bars into the rows behind the coins' own. */
export async function fillSeries(
  duck: DuckDBConnection,
  source: DenseSource,
  span: Span,
  series: Series & { readonly bars: Float64Array },
): Promise<void> {
  const { bars, rows } = series;
  bars.fill(Number.NaN, span.symbols.length * span.hours * BAR_WIDTH);
  for (const kind of kinds) {
    if (source.tables[kind] === undefined) continue;
    const rowOf = rows[rowsOf[kind]];
    const prices = ['open', 'high', 'low', 'close'].map((name) => `coalesce(${name}, 'nan'::DOUBLE)`);
    const hour = `((ts - ${span.startMs}) // ${hourMs})::INTEGER`;
    await eachChunk(
      duck,
      `SELECT ${['coin', hour, ...prices].join(', ')} FROM ${relationOf(source, kind)} JOIN coins USING (symbol)
       WHERE ${within(span)}`,
      (chunk) => {
        const coin = integersOf(chunk, 0);
        const at = integersOf(chunk, 1);
        const values = [2, 3, 4, 5].map((column) => doublesOf(chunk, column));
        for (let row = 0; row < at.length; row += 1) {
          const offset = (rowOf[coin[row]!]! * span.hours + at[row]!) * BAR_WIDTH;
          for (let price = 0; price < BAR_WIDTH; price += 1) bars[offset + price] = values[price]![row]!;
        }
      },
    );
  }
}
