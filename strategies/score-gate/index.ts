/**
 * Every hour: whatever the model is sure enough about goes long, best first, as far as the slots reach; out at a small
 * profit, an equal loss, or after a fixed time.
 */
import { integer, number, text } from '../../engine/config.ts';
import { defineStrategy } from '../../engine/strategy.ts';
import { levels } from '../levels.ts';
import { reaching } from '../select.ts';

export default defineStrategy({
  name: 'score-gate',
  config: {
    column: text({ default: 'logit', doc: 'stored column with the raw logit of each coin' }),
    probabilityMin: number({ default: 0.8, min: 0.01, max: 0.99, doc: 'least probability that passes' }),
    slotsMax: integer({ default: 10, min: 0, doc: 'most positions open at once; 0 for no limit' }),
    notionalFraction: number({
      default: 0.01,
      min: 1e-6,
      max: 1,
      doc: 'notional of one entry, as a fraction of the starting capital',
    }),
    stopLossFraction: number({
      default: 0.02,
      min: 0,
      max: 0.99,
      doc: 'stop, as a fraction of the entry price; 0 for none',
    }),
    takeProfitFraction: number({
      default: 0.02,
      min: 0,
      max: 0.99,
      doc: 'take-profit, as a fraction of the entry price; 0 for none',
    }),
    holdHours: integer({ default: 72, min: 1, doc: 'hours after which a position is closed' }),
  },
  columns: ({ column }) => [column],
  schedule: () => ({ kind: 'hourly' }),
  limits: ({ slotsMax }) => (slotsMax > 0 ? { slotsMax } : {}),

  decide(slice, account, config) {
    const logits = slice.column(config.column);
    const candidates = reaching(logits, logitOf(config.probabilityMin));
    const notional = account.capital * config.notionalFraction;
    // A ruined account wants nothing.
    if (candidates.length === 0 || !(notional > 0)) return [];
    const { stopLossFraction, takeProfitFraction, holdHoursMax } = levels(config);
    return candidates.map((coin) => ({
      coin,
      side: 1,
      notional,
      score: logits[coin]!,
      stopLossFraction,
      takeProfitFraction,
      holdHoursMax,
      reason: 'gate-passed',
    }));
  },
});

/**
 * The logit at which the sigmoid reaches `probability`: gating there saves a sigmoid per coin. Written with one division
 * less than log(p / (1 - p)), whose rounding puts 0.8 a bit above log 4; this form gives the double `Math.log(4)`.
 */
export function logitOf(probability: number): number {
  return -Math.log(1 / probability - 1);
}
