/**
 * Once a day: long the coins that rose most in a week beyond what their beta to BTC explains, short those that fell most;
 * three days, behind a stop. Its signal comes from bars alone, so it runs on any dataset.
 */
import { integer, number, text } from '../../engine/config.ts';
import { defineStrategy } from '../../engine/strategy.ts';
import { longShort, symbolSet } from '../long-short.ts';
import { extremes } from '../select.ts';

/** Sum of 168 hourly returns, each less the beta known before it times BTC's return. */
const RESIDUAL = 'residual_return_168h';
/** Hours since the coin's first bar. */
const HISTORY = 'history_hours';
/** Standard deviation of hourly returns over 720 h. */
const RETURN_SD = 'return_sd_720h';

export default defineStrategy({
  name: 'residual-momentum',
  config: {
    count: integer({ default: 10, min: 1, max: 1000, doc: 'coins picked on each side' }),
    notionalFraction: number({
      default: 1 / 60,
      min: 1e-6,
      max: 1,
      doc: 'notional of one entry, as a fraction of equity',
    }),
    stopLossFraction: number({
      default: 0.08,
      min: 0,
      max: 0.99,
      doc: 'stop, as a fraction of the entry price; 0 for none',
    }),
    takeProfitFraction: number({
      default: 0,
      min: 0,
      max: 0.99,
      doc: 'take-profit, as a fraction of the entry price; 0 for none',
    }),
    holdHours: integer({ default: 72, min: 1, doc: 'hours after which a position is closed' }),
    historyHoursMin: integer({ default: 1440, min: 0, doc: 'hours that a coin must have been listed' }),
    returnSdMin: number({
      default: 0.0005,
      min: 0,
      doc: 'least standard deviation of hourly returns: what moves less is a stablecoin',
    }),
    at: text({ default: '12:00', doc: 'local time of the daily decision, HH:MM' }),
    timeZone: text({ default: 'UTC', doc: 'time zone of `at`, such as Europe/Berlin' }),
    excluded: text({ default: 'BTCUSDT', doc: 'symbols never traded, separated by commas' }),
  },
  columns: () => [RESIDUAL, HISTORY, RETURN_SD],
  schedule: ({ at, timeZone }) => ({ kind: 'daily', at, timeZone }),
  limits: () => ({}),

  decide(slice, account, config) {
    const residuals = slice.column(RESIDUAL);
    const history = slice.column(HISTORY);
    const returnSd = slice.column(RETURN_SD);
    const excluded = symbolSet(config.excluded);
    const eligible = (coin: number) =>
      history[coin]! >= config.historyHoursMin &&
      returnSd[coin]! >= config.returnSdMin &&
      !excluded.has(slice.symbols[coin]!);
    const picks = extremes(residuals, config.count, eligible);
    return longShort(picks, residuals, account.equity * config.notionalFraction, config);
  },
});
