/** Planted coins as the tables a dataset stores. */
import type { Table } from '../../engine/journal/tables.ts';
import { double, gathered, hourlyTable, integer, tableOf, text, time } from './columns.ts';
import type { InstrumentRow } from './exchange.ts';
import type { BarColumns } from './faults/bars.ts';
import type { FaultedCoin } from './faults/plant.ts';
import type { FearGreedRow } from './fear-greed.ts';
import { lifeOf, tradesAt } from './life.ts';
import type { Market, PlantedCoin } from './market.ts';
import { plantMarketCap } from './market-cap.ts';
import { holdsRow, type Listing, type Piece, rowsOf, tradedDays } from './pieces.ts';
import { hourTimeMs } from './settings.ts';

export function barsTable(pieces: readonly Piece[]): Table {
  const table = hourlyTable(pieces, {
    open: (coin) => coin.open,
    high: (coin) => coin.high,
    low: (coin) => coin.low,
    close: (coin) => coin.close,
    volume: (coin) => coin.volume,
    quote_volume: (coin) => coin.quoteVolume,
  });
  const rows = rowsOf(pieces);
  const trades = gathered(pieces, rows, (coin) => coin.trades, new Int32Array(rows));
  return { ...table, columns: { ...table.columns, trades: { type: 'integer', values: trades } } };
}

/** A piece as the data show it: with faults. */
export interface FaultyPiece {
  readonly piece: Piece;
  readonly listing: Listing;
  readonly faulted: FaultedCoin;
}

/** Rows in the order of the faulty data, each under the name of the hour that it claims. */
export function faultyBarsTable(faulty: readonly FaultyPiece[]): Table {
  const rows = faulty.flatMap(({ listing, faulted: { bars } }) =>
    [...bars.hour.keys()]
      .filter((row) => bars.hour[row]! >= listing.fromHour && bars.hour[row]! < listing.toHour)
      .map((row) => ({ symbol: listing.symbol, bars, row })),
  );
  return tableOf(rows, {
    ts: time(({ bars, row }) => hourTimeMs(bars.hour[row]!)),
    symbol: text(({ symbol }) => symbol),
    open: double(({ bars, row }) => bars.open[row]!),
    high: double(({ bars, row }) => bars.high[row]!),
    low: double(({ bars, row }) => bars.low[row]!),
    close: double(({ bars, row }) => bars.close[row]!),
    volume: double(({ bars, row }) => bars.volume[row]!),
    quote_volume: double(({ bars, row }) => bars.quoteVolume[row]!),
    trades: integer(({ bars, row }) => bars.trades[row]!),
  });
}

/** All bars of a coin under whatever name, without the hours in which it stands still. */
export function barColumnsOf(coin: PlantedCoin): BarColumns {
  const rows = [...coin.close.keys()].filter((row) => tradesAt(coin.life, coin.fromHour + row));
  const picked = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]!);
  return {
    hour: Int32Array.from(rows, (row) => coin.fromHour + row),
    open: picked(coin.open),
    high: picked(coin.high),
    low: picked(coin.low),
    close: picked(coin.close),
    volume: picked(coin.volume),
    quoteVolume: picked(coin.quoteVolume),
    trades: Int32Array.from(rows, (row) => coin.trades[row]!),
  };
}

export function spotTable(pieces: readonly Piece[]): Table {
  return pricesTable(pieces, ({ spot }) => spot);
}

export function markTable(pieces: readonly Piece[]): Table {
  return pricesTable(pieces, ({ mark }) => mark);
}

function pricesTable(pieces: readonly Piece[], pick: (coin: PlantedCoin) => PlantedCoin['spot']): Table {
  const priced = pieces.filter(({ coin }) => pick(coin) !== null);
  return hourlyTable(priced, {
    open: (coin) => pick(coin)!.open,
    high: (coin) => pick(coin)!.high,
    low: (coin) => pick(coin)!.low,
    close: (coin) => pick(coin)!.close,
  });
}

export function scoresTable(pieces: readonly Piece[]): Table {
  return hourlyTable(
    pieces.filter(({ coin }) => coin.scores !== null),
    { score: (coin) => coin.scores!.score, logit: (coin) => coin.scores!.logit },
  );
}

/** One row per settlement, under the name of that hour. */
export function fundingTable(pieces: readonly Piece[]): Table {
  const rows = pieces.flatMap((piece) => {
    const { coin, symbol } = piece;
    if (coin.funding === null) return [];
    const { hour, rate, mark } = coin.funding;
    return Array.from(hour, (at, index) => ({ at, symbol, rate: rate[index]!, mark: mark[index]! })).filter(
      ({ at }) => holdsRow(piece, at - coin.fromHour),
    );
  });
  return tableOf(rows, {
    ts: time(({ at }) => hourTimeMs(at)),
    symbol: text(({ symbol }) => symbol),
    rate: double(({ rate }) => rate),
    mark: double(({ mark }) => mark),
  });
}

/** One row per name, as the venue would tell it on the market's last day. */
export function instrumentsTable(rows: readonly InstrumentRow[]): Table {
  return tableOf(rows, {
    symbol: text(({ symbol }) => symbol),
    listed_ms: time(({ listedMs }) => listedMs),
    delisted_ms: time(({ delistedMs }) => delistedMs),
    kind: text(({ kind }) => kind),
    onboard_ms: time(({ onboardMs }) => onboardMs),
    announced_ms: time(({ announcedMs }) => announcedMs),
  });
}

/** Changes of name that have come by the market's end. */
export function renamesTable(market: Market, listings: readonly Listing[]): Table {
  const { seed, switches } = market.settings;
  const rows = listings.flatMap(({ entity, symbol }) => {
    const { rename } = lifeOf(seed, entity, switches);
    const happens = rename !== null && symbol === entity.symbol && rename.hour < market.hours;
    return happens ? [{ from: symbol, to: rename.symbol, hour: rename.hour }] : [];
  });
  return tableOf(rows, {
    from_symbol: text(({ from }) => from),
    to_symbol: text(({ to }) => to),
    factor: double(() => 1),
    effective_ms: time(({ hour }) => hourTimeMs(hour)),
  });
}

/** One row per coin and day that it traded to the end of, known then: `ts` opens the day's last bar. */
export function proxiesTable(market: Market, pieces: readonly Piece[]): Table {
  const seen = pieces.filter(({ coin }) => coin.proxies !== null);
  const rows = seen.flatMap((piece) =>
    tradedDays(market, piece).map((day) => ({ symbol: piece.symbol, proxies: piece.coin.proxies!, day })),
  );
  const names = [...(seen[0]?.coin.proxies?.keys() ?? [])];
  return tableOf(rows, {
    ts: time(({ day }) => hourTimeMs(day * 24 + 23)),
    symbol: text(({ symbol }) => symbol),
    ...Object.fromEntries(
      names.map((name) => [
        name,
        double<(typeof rows)[number]>(({ proxies, day }) => proxies.get(name)![day]!),
      ]),
    ),
  });
}

/** Under the name at publication. */
export function marketCapTable(market: Market, pieces: readonly Piece[]): Table {
  const rows = pieces.flatMap(({ coin, symbol }) => {
    const { seed } = market.settings;
    const { entity, traits, life, logClose } = coin;
    const { rename } = life;
    const renamedMs = rename === null ? null : hourTimeMs(rename.hour);
    const all = plantMarketCap({ seed, entity, traits, life, logClose, days: market.days });
    return all
      .filter(
        ({ publishedMs }) => renamedMs === null || publishedMs >= renamedMs === (rename!.symbol === symbol),
      )
      .map((row) => ({ symbol, ...row }));
  });
  return tableOf(rows, {
    symbol: text(({ symbol }) => symbol),
    published_ms: time(({ publishedMs }) => publishedMs),
    ingested_ms: time(({ ingestedMs }) => ingestedMs),
    value: double(({ value }) => value),
  });
}

export function fearGreedTable(rows: readonly FearGreedRow[]): Table {
  return tableOf(rows, {
    day_ms: time(({ dayMs }) => dayMs),
    published_ms: time(({ publishedMs }) => publishedMs),
    ingested_ms: time(({ ingestedMs }) => ingestedMs),
    value: double(({ value }) => value),
  });
}
