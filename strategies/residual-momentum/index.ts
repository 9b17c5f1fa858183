/**
 * Once a day: long the coins that rose most in a week beyond what their beta to BTC explains, short those that fell most;
 * three days, behind a stop. Its signal comes from bars alone, so it runs on any dataset.
 */
import { integer, number } from '../../engine/config.ts';
import { defineStrategy } from '../../engine/strategy.ts';
import { longShort, longShortFields, symbolSet } from '../long-short.ts';
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
    ...longShortFields,
    historyHoursMin: integer({ default: 1440, min: 0, doc: 'hours that a coin must have been listed' }),
    returnSdMin: number({
      default: 0.0005,
      min: 0,
      doc: 'least standard deviation of hourly returns: what moves less is a stablecoin',
    }),
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
    return longShort(picks, residuals, account, config);
  },
});
