/**
 * The same price for hours on end: a feed that repeats its last answer, volume and all, or a halted coin. Where the volumes
 * repeat, the stretch is exactly that of the repetition; thin coins may stand still for an hour beside it.
 */
import { hourMs } from '../../../engine/panel/hours.ts';
import type { Bars } from '../bars.ts';
import type { Observation, Rule } from '../finding.ts';
import { type Run, runsWhere } from '../runs.ts';

/** A thin coin can go without a trade for some hours; half a day's worth of quiet is not quiet. */
const frozenHours = 6;

export const frozenPrice: Rule = ({ bars }) => {
  const observations: Observation[] = [];
  for (const [coin, symbol] of bars.symbols.entries()) {
    for (const run of frozenRuns(bars, coin)) {
      const hours = run.to - run.from;
      if (isTraded(bars, run) && isOftenFlat(bars, coin, hours)) {
        observations.push({
          rule: 'still-price',
          severity: 'note',
          symbol,
          fromMs: bars.timeMs[run.from]!,
          toMs: bars.timeMs[run.to - 1]!,
          count: hours,
          message: `The price stands at ${bars.close[run.from]} for ${hours} hours while volumes come and go, as it often does in this coin: its tick is coarse.`,
        });
        continue;
      }
      observations.push({
        rule: 'frozen-price',
        severity: 'warning',
        symbol,
        fromMs: bars.timeMs[run.from]!,
        toMs: bars.timeMs[run.to - 1]!,
        count: hours,
        message: `The price stands still at ${bars.close[run.from]} for ${hours} hours${repeats(bars, run.from) ? ', with the same volume again and again: the feed repeated its last answer' : ''}. No order would have filled there: drop these bars, so that they count as a halt.`,
      });
    }
  }
  return observations;
};

/** Rows in which the price stands still for too long. */
export function frozenRuns(bars: Bars, coin: number): readonly Run[] {
  const long = ({ from, to }: Run) => to - from >= frozenHours;
  const flat = runsWhere(bars.start[coin]! + 1, bars.start[coin + 1]!, (row) => isFlat(bars, row)).filter(
    long,
  );
  return flat.flatMap((run) => {
    const repeated = runsWhere(run.from, run.to, (row) => repeats(bars, row)).filter(long);
    return repeated.length > 0 ? repeated : [run];
  });
}

/** A coin on a coarse tick stands still in this share of its other hours too. */
const oftenFlat = 0.01;

function isOftenFlat(bars: Bars, coin: number, but: number): boolean {
  const [from, to] = [bars.start[coin]!, bars.start[coin + 1]!];
  let flat = 0;
  for (let row = from + 1; row < to; row += 1) if (isFlat(bars, row)) flat += 1;
  return flat - but > oftenFlat * (to - from);
}

/** Each hour with a volume of its own. */
function isTraded(bars: Bars, { from, to }: Run): boolean {
  for (let row = from; row < to; row += 1)
    if (!(bars.volume[row]! > 0) || bars.volume[row] === bars.volume[row - 1]) return false;
  return true;
}

function isFlat(bars: Bars, row: number): boolean {
  return (
    bars.high[row] === bars.low[row] &&
    bars.close[row] === bars.close[row - 1] &&
    bars.timeMs[row]! - bars.timeMs[row - 1]! === hourMs
  );
}

function repeats(bars: Bars, row: number): boolean {
  return bars.volume[row]! > 0 && bars.volume[row] === bars.volume[row - 1];
}
