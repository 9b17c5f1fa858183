/** Runs a case through the reference. */
import { choose } from './choice.ts';
import { type Case, decisionHours } from './markets.ts';
import { type ReferenceRun, simulate } from './reference.ts';

export function runReference(drawn: Case): ReferenceRun {
  const { market, scores, choice, capital } = drawn;
  return simulate(market, {
    ...drawn,
    decisionHours: decisionHours(drawn),
    decide: (stamp, book) =>
      choose(choice, scores[stamp - 1]!, { capital, equity: book.equity, isOpen: book.isOpen }),
  });
}
