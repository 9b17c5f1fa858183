import { BAR_WIDTH } from '../../panel/bar.ts';
import { type BarrierOutcome, BarrierWalk, barrierLabel, barrierOutcomes } from './barrier-walk.ts';

/** Prices in quote currency. */
export interface TripleBarrierInput {
  readonly entryPrice: number;
  /** [open, high, low, close] of the bars after the entry, oldest first; the entry's own bar first where it is entered at its open. */
  readonly bars: readonly (readonly [number, number, number, number])[];
  /** +1 BUY, -1 SELL; +1 if absent. */
  readonly side?: 1 | -1;
  /** Distances of the barriers from the entry price, in (0, 1); 0.02 if absent. */
  readonly profitFraction?: number;
  readonly lossFraction?: number;
  /** Bars until the timeout; 72 if absent. */
  readonly timeoutBars?: number;
  /** Label of a timeout: 0, or NaN (if absent), which leaves it out of training. */
  readonly timeoutLabel?: number;
  /** Why bars may end before the timeout: `unresolved` (the data end there; label NaN) if absent, or the coin was delisted. */
  readonly end?: 'unresolved' | 'delisted';
}

export interface TripleBarrier {
  /** 1 profit barrier first, 0 loss barrier first, `timeoutLabel` at the timeout, NaN where unresolved. */
  readonly label: number;
  readonly outcome: BarrierOutcome;
  /** Before costs; NaN where unresolved. */
  readonly exitPrice: number;
  /** Index into `bars`. */
  readonly exitBar: number;
  /** The exit bar held both barriers: adverse first. */
  readonly isAmbiguous: boolean;
}

/**
 * The triple-barrier label of one entry: which of profit barrier, loss barrier and timeout comes first. A bar that opens beyond a
 * barrier exits at its open; within one bar the adverse extreme comes first; bars of NaN are absent. The bars are read by the
 * function that the simulator reads stops and targets with. Source: Lopez de Prado, Advances in Financial Machine Learning, 3.4.
 *
 * @throws RangeError listing every argument that cannot stand.
 */
export function tripleBarrier(input: TripleBarrierInput): TripleBarrier {
  const { entryPrice, side = 1, profitFraction = 0.02, lossFraction = 0.02, timeoutBars = 72 } = input;
  const { timeoutLabel = Number.NaN, end = 'unresolved' } = input;
  refuseFaults({ entryPrice, profitFraction, lossFraction, timeoutBars, bars: input.bars });
  const count = Math.min(input.bars.length, timeoutBars);
  const bars = Float64Array.from(input.bars.slice(0, count).flat());
  const walk = new BarrierWalk({ side, profitFraction, lossFraction, gaps: 'open' });
  const otherwise = barrierOutcomes.indexOf(count === timeoutBars ? 'timeout' : end);
  walk.walk(bars, entryPrice, 0, count, otherwise, []);
  const { outcome, exitPrice, exitBar, isAmbiguous } = walk;
  const label = barrierLabel(walk.outcomePlace, walk.exitReturn(entryPrice), timeoutLabel);
  return { label, outcome, exitPrice, exitBar, isAmbiguous };
}

function refuseFaults(
  input: Required<Pick<TripleBarrierInput, 'entryPrice' | 'bars' | 'timeoutBars'>> & {
    readonly profitFraction: number;
    readonly lossFraction: number;
  },
): void {
  const faults: string[] = [];
  const { entryPrice, timeoutBars } = input;
  if (!(entryPrice > 0 && entryPrice < Number.POSITIVE_INFINITY))
    faults.push(`entryPrice ${entryPrice} must be positive and finite`);
  for (const name of ['profitFraction', 'lossFraction'] as const)
    if (!(input[name] > 0 && input[name] < 1)) faults.push(`${name} ${input[name]} must lie in (0, 1)`);
  if (!Number.isInteger(timeoutBars) || timeoutBars < 1)
    faults.push(`timeoutBars ${timeoutBars} must be a whole number from 1 up`);
  for (const [index, bar] of input.bars.entries()) {
    const [open, high, low, close] = bar;
    if (bar.length !== BAR_WIDTH) faults.push(`bar ${index} must be [open, high, low, close]`);
    else if (bar.some(Number.isNaN) && !bar.every(Number.isNaN))
      faults.push(`bar ${index} must have all four prices, or four NaN where it is absent`);
    else if (high < Math.max(open, close)) faults.push(`bar ${index}: high lies below open or close`);
    else if (low > Math.min(open, close)) faults.push(`bar ${index}: low lies above open or close`);
  }
  if (faults.length > 0) throw new RangeError(`tripleBarrier: ${faults.join('; ')}`);
}
