/** What strategies that hold the best against the worst have in common: whom they leave out, and how a pick becomes a target. */
import type { Target } from '../engine/strategy.ts';
import { levels } from './levels.ts';
import type { Extremes } from './select.ts';

/** Symbols of a configuration text, separated by commas. */
export function symbolSet(text: string): ReadonlySet<string> {
  return new Set(text.split(',').map((symbol) => symbol.trim()));
}

/** The picks as targets of equal size: the best long, then the worst short, each in rank order. */
export function longShort(
  picks: Extremes,
  scores: Float64Array,
  notional: number,
  config: Parameters<typeof levels>[0],
): readonly Target[] {
  // A ruined account wants nothing.
  if (!(notional > 0)) return [];
  const { stopLossFraction, takeProfitFraction, holdHoursMax } = levels(config);
  const target = (coin: number, side: 1 | -1): Target => ({
    coin,
    side,
    notional,
    score: scores[coin]!,
    stopLossFraction,
    takeProfitFraction,
    holdHoursMax,
    reason: 'ranked',
  });
  return [...picks.best.map((coin) => target(coin, 1)), ...picks.worst.map((coin) => target(coin, -1))];
}
