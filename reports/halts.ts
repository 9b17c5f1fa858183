/** Hours in which a position was held whose coin was halted: nothing could be filled and the last mark stood. */
import { hourMs } from '../engine/panel/hours.ts';
import { isListed, isPresent, type Panel } from '../engine/panel/panel.ts';

export interface HeldSpan {
  readonly symbol: string;
  readonly market: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface HeldHalts {
  /** Each (coin, hour) once. */
  readonly hours: number;
  readonly coins: number;
}

/** Futures alone: the bars of the spot market are not among the panel's own. */
export function heldHalts(spans: readonly HeldSpan[], panel: Panel): HeldHalts {
  const coinOf = new Map(panel.symbols.map((symbol, coin) => [symbol, coin]));
  const halted = new Map<number, Set<number>>();
  for (const { symbol, market, fromMs, toMs } of spans) {
    const coin = coinOf.get(symbol);
    if (coin === undefined || market !== 'usdm') continue;
    const from = Math.max(0, Math.floor((fromMs - panel.startMs) / hourMs));
    const to = Math.min(panel.hours, Math.ceil((toMs - panel.startMs) / hourMs));
    for (let hour = from; hour < to; hour += 1) {
      if (!isListed(panel, coin, hour) || isPresent(panel, coin, hour)) continue;
      const hours = halted.get(coin) ?? new Set<number>();
      halted.set(coin, hours.add(hour));
    }
  }
  const hours = [...halted.values()].reduce((sum, { size }) => sum + size, 0);
  return { hours, coins: halted.size };
}
