/**
 * What only tests may know, as tables under `truth/`. Nothing in the engine, in strategies, scenarios or reports reads them.
 *
 * The residual of every hour adds up from the columns of `coin_hour`: noise `e`, one drift for each alpha that is switched on,
 * `news`, and `slide` for the last days of a coin that dies of one. All drifts are known before their hour begins.
 */
import type { Table } from '../../engine/journal/tables.ts';
import { type AlphaName, alphaNames } from './alpha/component.ts';
import { double, hourlyTable, integer, tableOf, text, time } from './columns.ts';
import { fearGreedLaws } from './fear-greed.ts';
import type { Market, PlantedCoin } from './market.ts';
import { type Piece, tradedDays } from './pieces.ts';
import { logVolatilitySpread, regimeLaws, regimeNames, stayProbability } from './regime.ts';
import { burnInDays, hourTimeMs, type Switches } from './settings.ts';

/** One row per name: what the coin is made of. */
export function truthCoinsTable(pieces: readonly Piece[]): Table {
  return tableOf(pieces, {
    symbol: text(({ symbol }) => symbol),
    entity: text(({ coin }) => coin.entity.id),
    kind: text(({ coin }) => coin.entity.kind),
    size_rank: double(({ coin }) => coin.traits.sizeRank),
    beta_mean: double(({ coin }) => coin.traits.betaMean),
    idio_volatility: double(({ coin }) => coin.traits.idioVolatility),
    low_cap: integer(({ coin }) => (coin.traits.lowCap ? 1 : 0)),
    slides: integer(({ coin }) => (coin.life.slides ? 1 : 0)),
  });
}

/** Column of an alpha's drift in `coin_hour`. */
function alphaColumn(name: AlphaName): string {
  return `alpha_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}

/** One row per bar. Components that are switched off have no column, and coins that lack one have zeros in it. */
export function truthHoursTable(switches: Switches, pieces: readonly Piece[]): Table {
  const lived = (pick: (coin: PlantedCoin) => Float64Array | null | undefined) => (coin: PlantedCoin) =>
    (pick(coin) ?? noDrift(coin)).subarray(coin.fromHour, coin.toHour);
  const alphas = alphaNames.filter((name) => switches[name] !== 0);
  return hourlyTable(pieces, {
    beta: (coin) =>
      Float64Array.from({ length: coin.toHour - coin.fromHour }, (_, row) =>
        betaAt(coin, coin.fromHour + row),
      ),
    e: lived(({ truth }) => truth.noise),
    ...Object.fromEntries(
      alphas.map((name) => [alphaColumn(name), lived(({ truth }) => truth.alphas.get(name)?.drift)]),
    ),
    ...(switches.news && switches.newsDrift !== 0 ? { news: lived(({ truth }) => truth.news?.drift) } : {}),
    ...(switches.delistings ? { slide: lived(({ truth }) => truth.slide) } : {}),
  });
}

function betaAt(coin: PlantedCoin, hour: number): number {
  return coin.truth.beta[Math.floor(hour / 24)]!;
}

function noDrift(coin: PlantedCoin): Float64Array {
  return new Float64Array(coin.toHour);
}

/** One row per coin and day that it traded to the end of: exposure, hidden states at the close, residual of the whole day. */
export function truthDaysTable(market: Market, pieces: readonly Piece[]): Table {
  const rows = pieces.flatMap((piece) =>
    tradedDays(market, piece).map((day) => ({ symbol: piece.symbol, truth: piece.coin.truth, day })),
  );
  return tableOf(rows, {
    ts: time(({ day }) => hourTimeMs(day * 24)),
    symbol: text(({ symbol }) => symbol),
    beta: double(({ truth, day }) => truth.beta[day]!),
    state: double(({ truth, day }) => truth.states?.first[day] ?? Number.NaN),
    second_state: double(({ truth, day }) => truth.states?.second[day] ?? Number.NaN),
    drift: double(({ truth, day }) => {
      let sum = 0;
      for (const { drift } of truth.alphas.values()) sum += dayOf(drift, day);
      return sum;
    }),
    residual: double(({ truth, day }) => dayOf(truth.residual, day)),
  });
}

function dayOf(hourly: Float64Array, day: number): number {
  let sum = 0;
  for (let hour = day * 24; hour < day * 24 + 24; hour += 1) sum += hourly[hour]!;
  return sum;
}

/** One row per day: state of the market, and the factor's drift and volatility in it. */
export function truthRegimeTable(market: Market): Table {
  const days = Array.from({ length: market.settings.days }, (_, index) => burnInDays + index);
  const { regimes, dailyVolatility } = market.factor;
  return tableOf(days, {
    ts: time((day) => hourTimeMs(day * 24)),
    regime: text((day) => regimeNames[regimes[day]!] ?? null),
    drift: double((day) => regimeLaws[regimes[day]!]!.dailyDrift),
    daily_volatility: double((day) => dailyVolatility[day]!),
  });
}

/** One row per state: its transition probabilities and what it makes of each day. */
export function truthRegimeLawTable(): Table {
  const rows = regimeNames.map((name, index) => ({ name, law: regimeLaws[index]!, index }));
  type Row = (typeof rows)[number];
  const toward = regimeNames.map((name, target): [string, ReturnType<typeof double<Row>>] => [
    `to_${name.replace('-', '_')}`,
    double(({ law, index }) =>
      target === index ? stayProbability(law) : (1 - stayProbability(law)) * law.leaves[target]!,
    ),
  ]);
  return tableOf(rows, {
    regime: text(({ name }) => name),
    ...Object.fromEntries(toward),
    daily_drift: double(({ law }) => law.dailyDrift),
    log_volatility_mean: double(({ law }) => law.logVolatility),
    log_volatility_deviation: double(() => logVolatilitySpread),
    fear_greed_mean: double(({ index }) => fearGreedLaws[index]!.mean),
    fear_greed_deviation: double(({ index }) => fearGreedLaws[index]!.spread),
  });
}
