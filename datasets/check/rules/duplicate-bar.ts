/** A symbol has the same hour more than once. Which of the two counts would depend on who reads the file. */
import type { Rule } from '../finding.ts';

export const duplicateBar: Rule = ({ bars }) =>
  bars.duplicates.map(({ coin, count, differing, fromMs, toMs }) => ({
    rule: 'duplicate-bar',
    severity: 'error',
    symbol: bars.symbols[coin]!,
    fromMs,
    toMs,
    count,
    message:
      differing > 0
        ? `${count} bars stand twice and ${differing} of them with different prices: find out which source is right, drop the other, and import again.`
        : `${count} bars stand twice with equal prices: import again, which drops the repetition.`,
  }));
