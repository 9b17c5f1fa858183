/**
 * Profit by delay: a strategy whose orders act 0, 1 and 2 bars after the decision. Alarm where more than half of the profit per trade goes
 * with the first bar, if there was a profit to lose: its mean over three standard errors, and the loss over three of its own.
 */

import { timeAt } from '../../panel/panel.ts';
import type { TradeColumns } from '../../portfolio/ledger.ts';
import { plainRules } from '../../simulator/rules.ts';
import { mean } from '../../stats/mean.ts';
import type { HourSpan } from './cut.ts';
import type { Leak } from './findings.ts';
import type { Findings } from './look-ahead.ts';
import { type AuditedStrategy, runStrategy } from './strategy-run.ts';
import type { AuditWorld } from './world.ts';

const DELAYS_BARS = [0, 1, 2] as const;
const BAR_MINUTES = 60;
const LOST_MAX = 0.5;
const ERRORS_MIN = 3;

interface Profit {
  /** Mean return of a trade before costs, a fraction, and its standard error. */
  readonly mean: number;
  readonly error: number;
}

/** Dc for strategies. */
export async function delayAudit(
  world: AuditWorld,
  audited: AuditedStrategy,
  span: HourSpan,
): Promise<Findings> {
  const profits: Profit[] = [];
  const rules = audited.rules ?? plainRules;
  for (const bars of DELAYS_BARS) {
    const fills = { ...rules.fills, delayMinutes: rules.fills.delayMinutes + bars * BAR_MINUTES };
    const { result } = await runStrategy(world, { ...audited, rules: { ...rules, fills } }, span);
    profits.push(profitOf(result.trades));
  }
  const [now, later, last] = profits as [Profit, Profit, Profit];
  const lost = now.mean - later.mean;
  const alarm =
    now.mean > ERRORS_MIN * now.error &&
    lost > LOST_MAX * now.mean &&
    lost > ERRORS_MIN * Math.hypot(now.error, later.error);
  const { name } = audited.strategy;
  const leak: Leak = {
    ...{ detector: 'Dc', kind: 'strategy', subject: name, field: 'profit by delay', symbol: '' },
    ...{ timeMs: timeAt(world.inputs.panel, span.fromHour), before: now.mean, after: later.mean },
    hint: 'decided on the bar it is filled in',
    message: `${name} earns ${basisPoints(now)} a trade, ${basisPoints(later)} with its orders one bar later and ${basisPoints(last)} two bars later: it knows the bar it enters`,
  };
  return { leaks: alarm ? [leak] : [], count: DELAYS_BARS.length };
}

function profitOf({ count, side, entryPrice, exitPrice }: TradeColumns): Profit {
  const returns = Float64Array.from(
    { length: count },
    (_, row) => side[row]! * (exitPrice[row]! / entryPrice[row]! - 1),
  );
  if (count < 2) return { mean: 0, error: Number.POSITIVE_INFINITY };
  const average = mean(returns);
  const squares = returns.reduce((sum, each) => sum + (each - average) ** 2, 0);
  return { mean: average, error: Math.sqrt(squares / (count - 1) / count) };
}

function basisPoints({ mean: fraction }: Profit): string {
  return `${(fraction * 1e4).toFixed(1)} bps`;
}
