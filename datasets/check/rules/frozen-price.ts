/** The same price for hours on end: a halted coin, or a feed that repeats its last answer. */
import { hourMs } from '../../../engine/panel/hours.ts';
import type { Bars } from '../bars.ts';
import type { Finding, Rule } from '../finding.ts';
import { runsWhere } from '../runs.ts';

/** A thin coin can go without a trade for some hours; half a day's worth of quiet is not quiet. */
const frozenHours = 6;

export const frozenPrice: Rule = ({ bars }) => {
  const findings: Finding[] = [];
  for (const [coin, symbol] of bars.symbols.entries()) {
    const runs = runsWhere(bars.start[coin]! + 1, bars.start[coin + 1]!, (row) => isFlat(bars, row)).filter(
      ({ from, to }) => to - from >= frozenHours,
    );
    const first = runs[0];
    const last = runs.at(-1);
    if (first === undefined || last === undefined) continue;
    const count = runs.reduce((sum, run) => sum + run.to - run.from, 0);
    findings.push({
      rule: 'frozen-price',
      severity: 'warning',
      symbol,
      fromMs: bars.timeMs[first.from]!,
      toMs: bars.timeMs[last.to - 1]!,
      count,
      message: `The price stands still for ${count} hours in ${runs.length} stretches of ${frozenHours} h or more: no order would have filled there. Drop these bars, so that they count as a halt.`,
    });
  }
  return findings;
};

function isFlat(bars: Bars, row: number): boolean {
  return (
    bars.high[row] === bars.low[row] &&
    bars.close[row] === bars.close[row - 1] &&
    bars.timeMs[row]! - bars.timeMs[row - 1]! === hourMs
  );
}
