/** How large the universe was, and what kept the other coins out of it. */
import { CoinWindow, MarketWindow, unitSpans } from '../features/coin-window.ts';
import type { ColumnInputs } from '../features/inputs.ts';
import { universeReasons, writeUniverseReasons } from './universe.ts';

const REASONS = universeReasons.length;

export interface UniverseSizes {
  /** Panel hours counted: every `stepHours` from `fromHour` on. */
  readonly fromHour: number;
  readonly stepHours: number;
  /** `[step][reason]`, coins in the order of `universeReasons`; a row sums to the coins of the panel. */
  readonly counts: Int32Array;
}

/** One count every `stepHours`; at the last hour of every day where a panel that begins at midnight is counted by days. */
export function universeSizes(inputs: ColumnInputs, stepHours = 24): UniverseSizes {
  const { panel } = inputs;
  const fromHour = Math.min(stepHours - 1, panel.hours);
  const steps = Math.ceil((panel.hours - fromHour) / stepHours);
  const counts = new Int32Array(steps * REASONS);
  const whole = new MarketWindow(inputs, 0, panel.hours);
  for (let coin = 0; coin < panel.symbols.length; coin += 1) {
    for (const span of unitSpans(panel, coin, 0, panel.hours)) {
      const market = span.to === panel.hours ? whole : new MarketWindow(inputs, 0, span.to);
      const window = new CoinWindow(market, coin);
      const reasons = new Uint8Array(span.to);
      writeUniverseReasons(window, span.from, span.to, reasons);
      const first = Math.max(0, Math.ceil((span.from - fromHour) / stepHours));
      for (let step = first; fromHour + step * stepHours < span.to; step += 1) {
        counts[step * REASONS + reasons[fromHour + step * stepHours]!]! += 1;
      }
      window.release();
    }
  }
  return { fromHour, stepHours, counts };
}
