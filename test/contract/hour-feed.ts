/** A stored panel told hour by hour: what a venue would have said when each hour ended. */
import { BAR_WIDTH, OPEN, type Panel, settlementsOf } from '../../engine/panel/panel.ts';
import type { Rows } from '../../engine/panel/rows.ts';
import type { HourFeed } from '../../engine/panel/streaming-market.ts';

export function hourFeed(panel: Panel, columns: readonly Rows[], hour: number): HourFeed {
  const coins = panel.symbols.length;
  const closed = new Float64Array(coins * BAR_WIDTH);
  const opens = new Float64Array(coins).fill(Number.NaN);
  const funding: { coin: number; rate: number; mark: number }[] = [];
  for (let coin = 0; coin < coins; coin += 1) {
    const bar = (coin * panel.hours + hour) * BAR_WIDTH;
    closed.set(panel.bars.subarray(bar, bar + BAR_WIDTH), coin * BAR_WIDTH);
    if (hour + 1 < panel.hours) opens[coin] = panel.bars[bar + BAR_WIDTH + OPEN]!;
    const settled = settlementsOf(panel, coin).find(({ hour: stamp }) => stamp === hour + 1);
    if (settled !== undefined) funding.push({ coin, rate: settled.rate, mark: settled.mark });
  }
  const scores = Object.fromEntries(
    columns.map(({ name, values }) => [name, values.slice(hour * coins, (hour + 1) * coins)]),
  );
  return { closed, opens, funding, scores };
}
