/** Rows are not sorted by symbol (byte order of UTF-8) and time. Everything that reads the table in one pass relies on it. */
import type { Rule } from '../finding.ts';

export const outOfOrder: Rule = ({ bars }) =>
  bars.misplaced.map(({ coin, count, fromMs, toMs }) => ({
    rule: 'out-of-order',
    severity: 'error',
    symbol: bars.symbols[coin]!,
    fromMs,
    toMs,
    count,
    message: `${count} rows come after a later one: sort the file by symbol and time, or import it again, which sorts.`,
  }));
