/**
 * Once a day: the highest stored scores long, the lowest short, the same notional each; held for a fixed time behind a
 * stop. The smallest complete cross-sectional strategy over somebody else's scores.
 */
import { text } from '../../engine/config.ts';
import { defineStrategy } from '../../engine/strategy.ts';
import { longShort, longShortFields, symbolSet } from '../long-short.ts';
import { extremes } from '../select.ts';

export default defineStrategy({
  name: 'ranked-long-short',
  config: {
    column: text({ default: 'score', doc: 'stored column that ranks the coins, higher is better' }),
    ...longShortFields,
  },
  columns: ({ column }) => [column],
  schedule: ({ at, timeZone }) => ({ kind: 'daily', at, timeZone }),
  limits: () => ({}),

  decide(slice, account, config) {
    const scores = slice.column(config.column);
    const excluded = symbolSet(config.excluded);
    const picks = extremes(scores, config.count, (coin) => !excluded.has(slice.symbols[coin]!));
    return longShort(picks, scores, account, config);
  },
});
