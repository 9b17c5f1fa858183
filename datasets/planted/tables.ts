/** Planted coins as the tables a dataset stores, and what only tests may know as tables of their own. */
import type { Table, TableColumn } from '../../engine/journal/tables.ts';
import { dayMs } from '../../engine/panel/hours.ts';
import type { Market, PlantedCoin } from './market.ts';
import { regimeNames } from './regime.ts';
import { burnInDays, burnInHours, hourTimeMs, marketStartMs } from './settings.ts';

export function barsTable(coins: readonly PlantedCoin[]): Table {
  const doubles = (pick: (coin: PlantedCoin) => Float64Array): TableColumn => ({
    type: 'double',
    values: joined(coins.map(pick)),
  });
  const trades = new Int32Array(rowsOf(coins));
  let at = 0;
  for (const coin of coins) {
    trades.set(coin.trades, at);
    at += coin.trades.length;
  }
  return {
    rows: trades.length,
    columns: {
      ts: { type: 'time', values: joined(coins.map(barTimes)) },
      symbol: {
        type: 'text',
        values: coins.flatMap((coin) => repeated(coin.entity.symbol, coin.close.length)),
      },
      open: doubles((coin) => coin.open),
      high: doubles((coin) => coin.high),
      low: doubles((coin) => coin.low),
      close: doubles((coin) => coin.close),
      volume: doubles((coin) => coin.volume),
      quote_volume: doubles((coin) => coin.quoteVolume),
      trades: { type: 'integer', values: trades },
    },
  };
}

export function fundingTable(coins: readonly PlantedCoin[]): Table {
  const settled = coins.flatMap(({ entity, funding }) => (funding === null ? [] : [{ entity, funding }]));
  const rate = joined(settled.map(({ funding }) => funding.rate));
  return {
    rows: rate.length,
    columns: {
      ts: {
        type: 'time',
        values: joined(settled.map(({ funding }) => Float64Array.from(funding.hour, hourTimeMs))),
      },
      symbol: {
        type: 'text',
        values: settled.flatMap(({ entity, funding }) => repeated(entity.symbol, funding.rate.length)),
      },
      rate: { type: 'double', values: rate },
      mark: { type: 'double', values: joined(settled.map(({ funding }) => funding.mark)) },
    },
  };
}

export function scoresTable(coins: readonly PlantedCoin[]): Table {
  const scored = coins.flatMap((coin) =>
    coin.scores === null ? [] : [{ coin, symbol: coin.entity.symbol, scores: coin.scores }],
  );
  const score = joined(scored.map(({ scores }) => scores.score));
  return {
    rows: score.length,
    columns: {
      ts: { type: 'time', values: joined(scored.map(({ coin }) => barTimes(coin))) },
      symbol: {
        type: 'text',
        values: scored.flatMap(({ symbol, scores }) => repeated(symbol, scores.score.length)),
      },
      score: { type: 'double', values: score },
      logit: { type: 'double', values: joined(scored.map(({ scores }) => scores.logit)) },
    },
  };
}

/** Listing and end as a venue would tell them on the market's last day: ends that are still to come are not in it. */
export function instrumentsTable(market: Market, coins: readonly PlantedCoin[]): Table {
  const listed = (coin: PlantedCoin) =>
    coin.life.listHour < burnInHours ? Number.NaN : hourTimeMs(coin.life.listHour);
  const ended = (coin: PlantedCoin) =>
    coin.life.endHour < market.hours ? hourTimeMs(coin.life.endHour) : Number.NaN;
  return {
    rows: coins.length,
    columns: {
      symbol: { type: 'text', values: coins.map((coin) => coin.entity.symbol) },
      listed_ms: { type: 'time', values: Float64Array.from(coins, listed) },
      delisted_ms: { type: 'time', values: Float64Array.from(coins, ended) },
      kind: {
        type: 'text',
        values: coins.map((coin) => (coin.entity.kind === 'stablecoin' ? 'stablecoin' : 'coin')),
      },
    },
  };
}

/** Truth, one row per coin: what it is made of. */
export function truthCoinsTable(coins: readonly PlantedCoin[]): Table {
  const doubles = (pick: (coin: PlantedCoin) => number): TableColumn => ({
    type: 'double',
    values: Float64Array.from(coins, pick),
  });
  return {
    rows: coins.length,
    columns: {
      symbol: { type: 'text', values: coins.map((coin) => coin.entity.symbol) },
      entity: { type: 'text', values: coins.map((coin) => coin.entity.id) },
      kind: { type: 'text', values: coins.map((coin) => coin.entity.kind) },
      size_rank: doubles((coin) => coin.traits.sizeRank),
      beta_mean: doubles((coin) => coin.traits.betaMean),
      idio_volatility: doubles((coin) => coin.traits.idioVolatility),
      slides: { type: 'integer', values: Int32Array.from(coins, (coin) => (coin.life.slides ? 1 : 0)) },
    },
  };
}

/**
 * Truth, one row per coin and day that it has bars in: exposure, hidden state at the day's close, drift planted into the
 * day's hours, and the residual log return of the whole day. The exposure holds for all hours of its day.
 */
export function truthDaysTable(coins: readonly PlantedCoin[]): Table {
  const rows = coins.flatMap((coin) => {
    const first = Math.floor(coin.fromHour / 24);
    const last = Math.floor((coin.toHour - 1) / 24);
    return Array.from({ length: last - first + 1 }, (_, index) => ({ coin, day: first + index }));
  });
  type Row = (typeof rows)[number];
  const doubles = (pick: (row: Row) => number): TableColumn => ({
    type: 'double',
    values: Float64Array.from(rows, pick),
  });
  return {
    rows: rows.length,
    columns: {
      ts: { type: 'time', values: Float64Array.from(rows, ({ day }) => hourTimeMs(day * 24)) },
      symbol: { type: 'text', values: rows.map(({ coin }) => coin.entity.symbol) },
      beta: doubles(({ coin, day }) => coin.truth.beta[day]!),
      state: doubles(({ coin, day }) => coin.truth.state[day]!),
      drift: doubles(({ coin, day }) => coin.truth.drift[day]!),
      residual: doubles(({ coin, day }) => sumOf(coin.truth.residual.subarray(day * 24, day * 24 + 24))),
    },
  };
}

/** Truth, one row per day: state of the market and the factor's volatility. */
export function truthRegimeTable(market: Market): Table {
  const days = market.settings.days;
  const { regimes, dailyVolatility } = market.factor;
  return {
    rows: days,
    columns: {
      ts: {
        type: 'time',
        values: Float64Array.from({ length: days }, (_, day) => marketStartMs + day * dayMs),
      },
      regime: {
        type: 'text',
        values: Array.from(regimes.subarray(burnInDays), (regime) => regimeNames[regime] ?? null),
      },
      daily_volatility: { type: 'double', values: dailyVolatility.slice(burnInDays) },
    },
  };
}

function rowsOf(coins: readonly PlantedCoin[]): number {
  return coins.reduce((sum, coin) => sum + coin.close.length, 0);
}

function barTimes(coin: PlantedCoin): Float64Array {
  return Float64Array.from({ length: coin.close.length }, (_, row) => hourTimeMs(coin.fromHour + row));
}

function repeated(text: string, count: number): string[] {
  return new Array<string>(count).fill(text);
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
