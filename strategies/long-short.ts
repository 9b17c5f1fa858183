/** What strategies that hold the best against the worst have in common: their settings, their sizes, and how a pick becomes a target. */
import { type ConfigOf, choice, integer, number, text } from '../engine/config.ts';
import type { AccountView } from '../engine/portfolio/account.ts';
import type { Target } from '../engine/strategy.ts';
import { levels } from './levels.ts';
import type { Extremes } from './select.ts';

export const longShortFields = {
  count: integer({ default: 10, min: 1, max: 1000, doc: 'coins picked on each side' }),
  notionalFraction: number({
    default: 1 / 60,
    min: 1e-6,
    max: 1,
    doc: 'notional of one entry at leverage 1, as a fraction of the sizing base',
  }),
  sizing: choice({
    default: 'equity',
    values: ['equity', 'capital', 'equal-notional'],
    doc: 'sizing base: equity at the decision (profits compound), or the capital at the start (they do not); equal-notional sizes both sides alike by what the wallets can carry',
  }),
  sideFraction: number({
    default: 0.8,
    min: 1e-6,
    max: 1,
    doc: 'equal-notional: notional of the picks of one side, as a fraction of what its wallet can carry',
  }),
  longMarket: choice({
    default: 'usdm',
    values: ['usdm', 'spot'],
    doc: "market of the longs: futures with the account's leverage, or spot without any",
  }),
  stopLossFraction: number({
    default: 0.08,
    min: 0,
    max: 0.99,
    doc: 'stop, as a fraction of the entry price; 0 for none',
  }),
  trailingStopFraction: number({
    default: 0,
    min: 0,
    max: 0.99,
    doc: 'stop that follows the best price since the entry, as a fraction of it; 0 for none',
  }),
  takeProfitFraction: number({
    default: 0,
    min: 0,
    max: 0.99,
    doc: 'take-profit, as a fraction of the entry price; 0 for none',
  }),
  holdHours: integer({ default: 72, min: 1, doc: 'hours after which a position is closed' }),
  at: text({ default: '12:00', doc: 'local time of the daily decision, HH:MM' }),
  timeZone: text({ default: 'UTC', doc: 'time zone of `at`, such as Europe/Berlin' }),
  excluded: text({ default: 'BTCUSDT', doc: 'symbols never traded, separated by commas' }),
};

type LongShortSettings = ConfigOf<typeof longShortFields>;

/** Symbols of a configuration text, separated by commas. */
export function symbolSet(text: string): ReadonlySet<string> {
  return new Set(text.split(',').map((symbol) => symbol.trim()));
}

/** The picks as targets: the best long, then the worst short, each in rank order. */
export function longShort(
  picks: Extremes,
  scores: Float64Array,
  account: AccountView,
  config: LongShortSettings,
): readonly Target[] {
  const notional = notionals(account, config);
  // A ruined account wants nothing.
  if (!(notional.long > 0 && notional.short > 0)) return [];
  const { stopLossFraction, takeProfitFraction, holdHoursMax } = levels(config);
  const trailingStopFraction = config.trailingStopFraction > 0 ? config.trailingStopFraction : undefined;
  const longMarket = config.longMarket === 'spot' ? 'spot' : undefined;
  const target = (coin: number, side: 1 | -1): Target => ({
    coin,
    side,
    notional: side === 1 ? notional.long : notional.short,
    score: scores[coin]!,
    stopLossFraction,
    takeProfitFraction,
    holdHoursMax,
    market: side === 1 ? longMarket : undefined,
    trailingStopFraction,
    reason: 'ranked',
  });
  return [...picks.best.map((coin) => target(coin, 1)), ...picks.worst.map((coin) => target(coin, -1))];
}

/**
 * Notional of one entry on each side, quote currency. Futures are scaled by the account's leverage, spot is not. Equal notional is
 * min(fraction * spot equity, fraction * futures equity * leverage) / count; without spot both sides share the futures wallet, and
 * each gets half of what it carries.
 */
function notionals(
  account: AccountView,
  config: LongShortSettings,
): { readonly long: number; readonly short: number } {
  const { sizing, sideFraction, longMarket, count } = config;
  if (sizing === 'equal-notional') {
    const futures = sideFraction * account.walletEquity('usdm') * account.leverage;
    const side =
      longMarket === 'spot' ? Math.min(sideFraction * account.walletEquity('spot'), futures) : futures / 2;
    return { long: side / count, short: side / count };
  }
  const plain = account[sizing] * config.notionalFraction;
  const leveraged = plain * account.leverage;
  return { long: longMarket === 'spot' ? plain : leveraged, short: leveraged };
}
