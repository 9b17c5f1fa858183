/** Finer bars of one piece as a table, on request or where a fault asks for them. */
import type { Table } from '../../engine/journal/tables.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import type { DetailLength } from '../detail-tables.ts';
import { double, tableOf, text, time } from './columns.ts';
import { cutDetail } from './detail.ts';
import { type FaultedCoin, showWicks } from './faults/plant.ts';
import type { HourSpan } from './life.ts';
import type { Piece } from './pieces.ts';
import { hourTimeMs } from './settings.ts';

/** Finer bars to cut: their length, and the symbols; null for all. */
export interface DetailRequest {
  readonly minutes: DetailLength;
  readonly symbols: readonly string[] | null;
}

/** Days with a wick are shown in bars of this length, where nothing else is asked for. */
const wickDetailMinutes = 15;

/** Null where nothing of this piece is to be shown. */
export function detailOf(
  piece: Piece,
  request: DetailRequest | null,
  faulted: FaultedCoin | null,
): { readonly minutes: DetailLength; readonly table: Table } | null {
  const whole = request !== null && (request.symbols === null || request.symbols.includes(piece.symbol));
  const minutes = request?.minutes ?? wickDetailMinutes;
  const hours = hoursOf(piece, whole ? null : (faulted?.detail ?? []));
  if (hours.length === 0) return null;
  const cut = cutDetail({ ...piece.coin, length: minutes, hours });
  const bars = faulted === null ? cut : showWicks(cut, minutes, faulted.wicks);
  const table = tableOf([...bars.minute.keys()], {
    ts: time((row) => hourTimeMs(0) + bars.minute[row]! * (hourMs / 60)),
    symbol: text(() => piece.symbol),
    open: double((row) => bars.open[row]!),
    high: double((row) => bars.high[row]!),
    low: double((row) => bars.low[row]!),
    close: double((row) => bars.close[row]!),
    volume: double((row) => bars.volume[row]!),
    quote_volume: double((row) => bars.quoteVolume[row]!),
  });
  return { minutes, table };
}

/** Generated hours of the piece, within the spans where there are any given. */
function hoursOf({ coin, spans }: Piece, within: readonly HourSpan[] | null): readonly number[] {
  if (within?.length === 0) return [];
  const hours = spans.flatMap(({ from, to }) =>
    Array.from({ length: to - from }, (_, index) => coin.fromHour + from + index),
  );
  if (within === null) return hours;
  return hours.filter((hour) => within.some(({ fromHour, toHour }) => hour >= fromHour && hour < toHour));
}
