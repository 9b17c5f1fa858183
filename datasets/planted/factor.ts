/** BTC: the one factor. Hourly returns with fat tails around a drift and a volatility that the day's state sets. */
import { logVolatilitySpread, plantRegimes, regimeLaws } from './regime.ts';
import { fillNormal, fillStudent4, openStream } from './streams.ts';

export interface Factor {
  /** State of each day, burn-in included. */
  readonly regimes: Uint8Array;
  /** Volatility of each day (standard deviation of its log return). */
  readonly dailyVolatility: Float64Array;
  /** Log return of each hour. */
  readonly returns: Float64Array;
}

export function plantFactor(seed: number, days: number): Factor {
  const regimes = plantRegimes(seed, days);
  const dailyVolatility = fillNormal(new Float64Array(days), openStream(seed, 'BTC', 'volatility'));
  const returns = fillStudent4(new Float64Array(days * 24), openStream(seed, 'BTC', 'returns'));
  for (let day = 0; day < days; day += 1) {
    const law = regimeLaws[regimes[day]!]!;
    dailyVolatility[day] = Math.exp(law.logVolatility + logVolatilitySpread * dailyVolatility[day]!);
    scaleDay(returns.subarray(day * 24, day * 24 + 24), law.dailyDrift, dailyVolatility[day]!);
  }
  return { regimes, dailyVolatility, returns };
}

// The day's draws are brought to mean square 1 first, so that its realised volatility is the one drawn for it.
function scaleDay(hours: Float64Array, drift: number, volatility: number): void {
  let squares = 0;
  for (const draw of hours) squares += draw * draw;
  const scale = volatility / Math.sqrt(squares);
  for (let hour = 0; hour < 24; hour += 1) hours[hour] = drift / 24 + hours[hour]! * scale;
}
