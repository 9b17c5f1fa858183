/** Coins as the tables show them: under the name of the time, and without the hours in which they stand still. */
import { type Entity, entitiesOf } from './entities.ts';
import { lifeOf, namesOf, tradesAt } from './life.ts';
import type { Market, PlantedCoin } from './market.ts';
import { burnInDays, type MarketSettings } from './settings.ts';

/** One name of an entity, with the generated hours that bear it. */
export interface Listing {
  readonly entity: Entity;
  readonly symbol: string;
  readonly fromHour: number;
  readonly toHour: number;
}

/** All names of all entities, in the order in which bars are stored: by symbol, in the byte order of UTF-8. */
export function listingsOf(settings: MarketSettings): readonly Listing[] {
  return entitiesOf(settings)
    .flatMap((entity) => {
      const life = lifeOf(settings.seed, entity, settings.switches);
      return namesOf(entity, life).map((name) => ({ entity, ...name }));
    })
    .sort((a, b) => Buffer.compare(Buffer.from(a.symbol), Buffer.from(b.symbol)));
}

/** The rows of a coin that stand under one of its names. */
export interface Piece {
  readonly coin: PlantedCoin;
  readonly symbol: string;
  /** Rows [from, to) of the coin's hourly columns, ascending. */
  readonly spans: readonly RowSpan[];
}

export interface RowSpan {
  readonly from: number;
  readonly to: number;
}

/** Null where the coin has no bar under that name. */
export function pieceOf(coin: PlantedCoin, listing: Listing): Piece | null {
  const spans: { from: number; to: number }[] = [];
  const to = Math.min(coin.toHour, listing.toHour);
  for (let hour = Math.max(coin.fromHour, listing.fromHour); hour < to; hour += 1) {
    if (!tradesAt(coin.life, hour)) continue;
    const row = hour - coin.fromHour;
    const last = spans.at(-1);
    if (last?.to === row) last.to = row + 1;
    else spans.push({ from: row, to: row + 1 });
  }
  return spans.length === 0 ? null : { coin, symbol: listing.symbol, spans };
}

export function rowsOf(pieces: readonly Piece[]): number {
  return pieces.reduce(
    (sum, { spans }) => sum + spans.reduce((rows, { from, to }) => rows + to - from, 0),
    0,
  );
}

/** Whether a row of the coin's hourly columns is in the piece. */
export function holdsRow({ spans }: Piece, row: number): boolean {
  return spans.some(({ from, to }) => row >= from && row < to);
}

/** Generated days at whose end the coin traded under the piece's name. */
export function tradedDays(market: Market, piece: Piece): readonly number[] {
  return Array.from({ length: market.days - burnInDays }, (_, index) => burnInDays + index).filter((day) =>
    holdsRow(piece, day * 24 + 23 - piece.coin.fromHour),
  );
}
