/** Runs a case through the reference. */
import { choose } from './choice.ts';
import { type Case, decisionHours } from './markets.ts';
import { simulate } from './reference.ts';
import type { ReferenceRun } from './types.ts';

export function runReference(drawn: Case): ReferenceRun {
  const { market, scores, choice, capital, limitPrices } = drawn;
  return simulate(market, {
    ...drawn,
    decisionHours: decisionHours(drawn),
    decide: (stamp, book) => {
      const hour = Math.floor(stamp) - 1;
      const view = { capital, equity: book.equity, isOpen: book.isOpen };
      return choose(choice, scores[hour]!, view, limitPrices?.[hour]);
    },
  });
}
