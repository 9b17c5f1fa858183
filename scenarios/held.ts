/** Where the prices of what a run held came from. */
import { BAR_WIDTH, CLOSE, type Panel } from '../engine/panel/panel.ts';
import { type Holding, unitFactor } from '../engine/portfolio/holdings.ts';

/** Where the prices of a run came from. */
export interface PriceSources {
  /** Spot positions: none, all in coins with spot bars, or some at the perpetual's prices. */
  readonly spot: 'none' | 'bars' | 'proxy';
  /** Share of the futures notional-hours that had a mark bar of their own; null without any. */
  readonly markShare: number | null;
}

export function priceSourcesOf(panel: Panel, stays: readonly Holding[]): PriceSources {
  const { bars, hours, series } = panel;
  let spot: PriceSources['spot'] = 'none';
  let notionalHours = 0;
  let marked = 0;
  for (const { coin, market, quantity, entryHour, exitHour } of stays) {
    if (market === 'spot') {
      const own = (series?.spotRow[coin] ?? -1) >= 0;
      if (spot !== 'proxy') spot = own ? 'bars' : 'proxy';
      continue;
    }
    const markRow = series?.markRow[coin] ?? -1;
    // A position that lived within one bar was marked in it as well.
    for (let hour = entryHour; hour < Math.max(exitHour, entryHour + 1); hour += 1) {
      const close =
        bars[(coin * hours + hour) * BAR_WIDTH + CLOSE]! * unitFactor(panel, coin, hour, exitHour);
      if (Number.isNaN(close)) continue;
      notionalHours += quantity * close;
      const mark = markRow < 0 ? Number.NaN : bars[(markRow * hours + hour) * BAR_WIDTH + CLOSE]!;
      if (!Number.isNaN(mark)) marked += quantity * close;
    }
  }
  return { spot, markShare: notionalHours === 0 ? null : marked / notionalHours };
}
