/** Times that are no full hour, or that lie outside any plausible year: most often seconds or microseconds taken for ms. */
import type { Rule } from '../finding.ts';

export const offTheHour: Rule = ({ bars }) =>
  bars.offGrid.map(({ coin, count, fromMs, toMs }) => ({
    rule: 'off-the-hour',
    severity: 'error',
    symbol: bars.symbols[coin]!,
    fromMs,
    toMs,
    count,
    message: `${count} bars do not open on a full hour between 2009 and 2100: check that times are epoch milliseconds UTC and bars are hourly. The other rules left them out.`,
  }));
