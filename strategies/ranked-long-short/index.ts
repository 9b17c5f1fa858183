/**
 * Once a day: the highest stored scores long, the lowest short, the same notional each; held for a fixed time behind a
 * stop. The smallest complete cross-sectional strategy over somebody else's scores.
 */
import { choice, integer, number, text } from '../../engine/config.ts';
import { defineStrategy } from '../../engine/strategy.ts';
import { longShort, symbolSet } from '../long-short.ts';
import { extremes } from '../select.ts';

export default defineStrategy({
  name: 'ranked-long-short',
  config: {
    column: text({ default: 'score', doc: 'stored column that ranks the coins, higher is better' }),
    count: integer({ default: 10, min: 1, max: 1000, doc: 'coins picked on each side' }),
    notionalFraction: number({
      default: 1 / 60,
      min: 1e-6,
      max: 1,
      doc: 'notional of one entry, as a fraction of the sizing base',
    }),
    sizing: choice({
      default: 'equity',
      values: ['equity', 'capital'],
      doc: 'sizing base: equity at the decision (profits compound), or the capital at the start (they do not)',
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
    at: text({ default: '12:00', doc: 'local time of the daily decision, HH:MM' }),
    timeZone: text({ default: 'UTC', doc: 'time zone of `at`, such as Europe/Berlin' }),
    excluded: text({ default: 'BTCUSDT', doc: 'symbols never traded, separated by commas' }),
  },
  columns: ({ column }) => [column],
  schedule: ({ at, timeZone }) => ({ kind: 'daily', at, timeZone }),
  limits: () => ({}),

  decide(slice, account, config) {
    const scores = slice.column(config.column);
    const excluded = symbolSet(config.excluded);
    const picks = extremes(scores, config.count, (coin) => !excluded.has(slice.symbols[coin]!));
    return longShort(picks, scores, account[config.sizing] * config.notionalFraction, config);
  },
});
