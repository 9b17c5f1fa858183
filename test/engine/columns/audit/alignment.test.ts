/** Stored columns that are figures of the bars: those of closed bars pass, those of bars to come are named with their shift. */
import { describe, expect, it } from 'vitest';
import { alignmentAudit } from '../../../../engine/columns/audit/alignment.ts';
import { normalAt } from '../../../../engine/columns/audit/chance.ts';
import { closeAt, timeAt } from '../../../../engine/panel/panel.ts';
import { emptyRows } from '../../../../engine/panel/rows.ts';
import { smallMarket } from '../../../leakage/market.ts';

const market = smallMarket(12, 900);
const { panel } = market.inputs;
const coins = panel.symbols.length;

/** A value for every hour and coin. */
function stored(valueAt: (coin: number, hour: number) => number) {
  const rows = emptyRows('figure', coins, panel.hours);
  for (let hour = 0; hour < panel.hours; hour += 1) {
    for (let coin = 0; coin < coins; coin += 1) rows.values[hour * coins + coin] = valueAt(coin, hour);
  }
  return rows;
}

/** Return of the newest closed day, whose border lies `shift` hours after 00:00 UTC; read as if it lay at it. */
function dailyReturn(shift: number) {
  const first = Math.round((panel.startMs / 3_600_000) % 24);
  return stored((coin, hour) => {
    const end = hour - ((hour + 1 + first) % 24) + shift;
    return Math.fround(closeAt(panel, coin, end) / closeAt(panel, coin, end - 24) - 1);
  });
}

const leaksOf = (rows: ReturnType<typeof stored>) =>
  alignmentAudit({ ...market, stored: [rows] }, [300, 420, 560, 800]).leaks;

describe('alignment', () => {
  it.each([
    ['closes', stored((coin, hour) => closeAt(panel, coin, hour))],
    ['closes of an hour ago', stored((coin, hour) => closeAt(panel, coin, hour - 1))],
    ['returns of whole days', dailyReturn(0)],
    ['returns of days that ended before', dailyReturn(-5)],
    ['noise', stored((coin, hour) => normalAt(3, hour * coins + coin))],
  ])('passes %s', (_, rows) => {
    expect(leaksOf(rows)).toEqual([]);
  });

  it.each([
    [3, 'the return over 24 h', dailyReturn(3)],
    [9, 'the return over 24 h', dailyReturn(9)],
    [1, 'the close', stored((coin, hour) => closeAt(panel, coin, hour + 1))],
  ])('names a column %i h ahead: %s', (shift, figure, rows) => {
    const [leak, ...others] = leaksOf(rows);
    expect(others).toEqual([]);
    expect(leak).toMatchObject({
      detector: 'Dc',
      subject: 'stored columns',
      field: 'figure',
      hint: 'dates shifted',
    });
    expect(leak!.message).toContain(`is ${figure} of bars that end ${shift} h after its row`);
    expect(leak!.timeMs).toBeGreaterThan(timeAt(panel, 180));
  });
});
