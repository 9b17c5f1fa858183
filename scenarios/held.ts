/** What a run held and when, read back from its books. */
import { BAR_WIDTH, CLOSE, hourAt, type Panel } from '../engine/panel/panel.ts';
import type { PositionView } from '../engine/portfolio/account.ts';
import type { TradeColumns } from '../engine/portfolio/ledger.ts';
import type { Market } from '../engine/simulator/rules.ts';

/** One stay in a coin: open at the closes of hours [entryHour, exitHour); what is stamped at exitHour still meets it. */
export interface Stay {
  readonly coin: number;
  readonly market: Market;
  readonly quantity: number;
  readonly entryHour: number;
  readonly exitHour: number;
}

/** Closed trades and open positions; `toHour` is one past the last hour of the run. */
export function staysOf(
  panel: Panel,
  trades: TradeColumns,
  open: readonly PositionView[],
  toHour: number,
): readonly Stay[] {
  const closed = Array.from({ length: trades.count }, (_, row) => ({
    coin: trades.coin[row]!,
    market: trades.market[row] === 1 ? ('spot' as const) : ('usdm' as const),
    quantity: trades.quantity[row]!,
    entryHour: trades.entryHour[row]!,
    exitHour: trades.exitHour[row]!,
  }));
  const held = open.map(({ coin, market, quantity, entryMs }) => {
    const entryHour = Math.floor(hourAt(panel, entryMs));
    return { coin, market, quantity, entryHour, exitHour: toHour };
  });
  return [...closed, ...held];
}

/** Where the prices of a run came from. */
export interface PriceSources {
  /** Spot positions: none, all in coins with spot bars, or some at the perpetual's prices. */
  readonly spot: 'none' | 'bars' | 'proxy';
  /** Share of the futures notional-hours that had a mark bar of their own; null without any. */
  readonly markShare: number | null;
}

export function priceSourcesOf(panel: Panel, stays: readonly Stay[]): PriceSources {
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
      const close = bars[(coin * hours + hour) * BAR_WIDTH + CLOSE]!;
      if (Number.isNaN(close)) continue;
      notionalHours += quantity * close;
      const mark = markRow < 0 ? Number.NaN : bars[(markRow * hours + hour) * BAR_WIDTH + CLOSE]!;
      if (!Number.isNaN(mark)) marked += quantity * close;
    }
  }
  return { spot, markShare: notionalHours === 0 ? null : marked / notionalHours };
}
