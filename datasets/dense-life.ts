/** From stored tables to the lives of coins: where they begin and end, why they end, where they were away, what they became. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { hourMs } from '../engine/panel/hours.ts';
import {
  type LifeEvents,
  type LifeGap,
  type Panel,
  type Rename,
  sharedInt32,
} from '../engine/panel/panel.ts';
import { type DenseSource, relationOf, type Span } from './dense-span.ts';
import { allRows } from './duck.ts';

/** A known end explains the end of the bars when it lies at most this long after them. */
const explainedHours = 48;
/** Absent for this long inside its bars, a coin had two lives. */
const gapHours = 720;

export interface Lives extends Pick<Panel, 'firstHour' | 'endHour'> {
  readonly life: LifeEvents;
}

/**
 * A coin lives from its first bar to its last. The instruments table says why bars end before the data do:
 *
 *   end on record, at most 48 h after the last bar   delisted, where its bars end
 *   end on record later, or none                     the bars end, the coin lived on
 *   coin not in the table                            nobody knows
 */
export async function livesOf(duck: DuckDBConnection, source: DenseSource, span: Span): Promise<Lives> {
  const coins = span.symbols.length;
  const firstHour = sharedInt32(coins);
  const endHour = sharedInt32(coins);
  const dataEnds = new Uint8Array(coins);
  const delisted = new Uint8Array(coins);
  firstHour.set(span.firstHour);
  endHour.set(span.lastHour.map((hour) => hour + 1));
  if (source.tables.instruments !== undefined) {
    const hourOf = (timeMs: unknown) => (Number(timeMs) - span.startMs) / hourMs;
    const rows = await allRows(
      duck,
      `SELECT coin, listed_ms, delisted_ms FROM ${relationOf(source, 'instruments')} JOIN coins USING (symbol)`,
    );
    for (const { coin, listed_ms: listed, delisted_ms: ended } of rows) {
      const at = Number(coin);
      if (listed !== null) firstHour[at] = Math.min(firstHour[at]!, Math.max(0, Math.floor(hourOf(listed))));
      const end = endHour[at]!;
      const known = ended === null ? Number.POSITIVE_INFINITY : hourOf(ended);
      if (known <= Math.min(end + explainedHours, span.hours)) delisted[at] = 1;
      else if (end < span.hours) dataEnds[at] = 1;
    }
  }
  const life = {
    dataEnds,
    delisted,
    gaps: await gapsOf(duck, source, span),
    renames: await renamesOf(duck, source, span),
  };
  return { firstHour, endHour, life };
}

async function gapsOf(duck: DuckDBConnection, source: DenseSource, span: Span): Promise<readonly LifeGap[]> {
  const absent = (coin: number) => span.lastHour[coin]! + 1 - span.firstHour[coin]! - span.bars[coin]!;
  const coins = [...span.symbols.keys()].filter((coin) => absent(coin) >= gapHours);
  if (coins.length === 0) return [];
  const rows = await allRows(
    duck,
    `SELECT * FROM (SELECT coin, ts, lag(ts) OVER (PARTITION BY coin ORDER BY ts) AS before
       FROM ${relationOf(source, 'bars')} JOIN coins USING (symbol) WHERE coin IN (${coins.join(', ')}))
     WHERE ts - before > ${gapHours * hourMs} ORDER BY coin, ts`,
  );
  return rows.map((row) => ({
    coin: Number(row['coin']),
    fromHour: (Number(row['before']) - span.startMs) / hourMs + 1,
    toHour: (Number(row['ts']) - span.startMs) / hourMs,
  }));
}

/** Renames inside the span, by time. */
async function renamesOf(
  duck: DuckDBConnection,
  source: DenseSource,
  span: Span,
): Promise<readonly Rename[]> {
  if (source.tables.renames === undefined) return [];
  const rows = await allRows(
    duck,
    `SELECT a.coin AS "from", b.coin AS "to", factor, effective_ms FROM ${relationOf(source, 'renames')} r
     JOIN coins a ON a.symbol = r.from_symbol JOIN coins b ON b.symbol = r.to_symbol
     WHERE effective_ms >= ${span.startMs} AND effective_ms < ${span.startMs + span.hours * hourMs}
     ORDER BY effective_ms, a.coin`,
  );
  return rows.map((row) => ({
    hour: (Number(row['effective_ms']) - span.startMs) / hourMs,
    from: Number(row['from']),
    to: Number(row['to']),
    factor: Number(row['factor']),
  }));
}
