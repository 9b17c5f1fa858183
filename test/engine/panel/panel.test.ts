import { describe, expect, it } from 'vitest';
import { hourMs } from '../../../engine/panel/hours.ts';
import {
  closeAt,
  fundingHour,
  isListed,
  isPresent,
  panelFromBars,
  settlementsOf,
} from '../../../engine/panel/panel.ts';

const at = (hour: number) => Date.UTC(2025, 0, 1) + hour * hourMs;
const bar = (symbol: string, hour: number, close = 10) => ({
  symbol,
  timeMs: at(hour),
  open: 10,
  high: Math.max(10, close) + 1,
  low: Math.min(10, close) - 1,
  close,
});

describe('panelFromBars', () => {
  it('given two coins of different lives, keeps gaps absent and lives apart', () => {
    const panel = panelFromBars([
      bar('BTCUSDT', 0),
      bar('BTCUSDT', 1),
      bar('BTCUSDT', 3),
      bar('4', 1, 11),
      bar('4', 2),
    ]);
    expect(panel.symbols).toEqual(['BTCUSDT', '4']);
    expect(panel.hours).toBe(4);
    expect([...panel.firstHour]).toEqual([0, 1]);
    expect([...panel.endHour]).toEqual([4, 3]);
    expect(isPresent(panel, 0, 2)).toBe(false);
    expect(isListed(panel, 0, 2)).toBe(true);
    expect(isListed(panel, 1, 3)).toBe(false);
    expect(closeAt(panel, 1, 1)).toBe(11);
  });

  it('given bad rows, names every one of them', () => {
    const rows = [
      { ...bar('A', 0), timeMs: at(0) + 5 },
      { ...bar('A', 1), low: 10.5 },
      { ...bar('A', 2), close: Number.NaN },
      { ...bar('A', 3), open: -1 },
      { ...bar('A', 4), high: 9 },
    ];
    expect(() => panelFromBars(rows)).toThrowError(
      /bar 0.*on the hour.*bar 1.*low.*bar 2.*NaN.*bar 3.*-1.*bar 4.*high/s,
    );
  });

  it('given a bar twice, refuses', () => {
    expect(() => panelFromBars([bar('A', 0), bar('A', 0)])).toThrowError(/given twice/);
  });

  it('given funding, keeps rows by coin and stamp, and leaves out what lies outside', () => {
    const bars = [0, 1, 2, 3].flatMap((hour) => [bar('A', hour), bar('B', hour)]);
    const panel = panelFromBars(bars, [
      { symbol: 'B', timeMs: at(2) + 13, rate: 0.0002, mark: 9 },
      { symbol: 'A', timeMs: at(1), rate: 0.0001 },
      { symbol: 'A', timeMs: at(9), rate: 0.5 },
      { symbol: 'C', timeMs: at(1), rate: 0.5 },
    ]);
    expect(settlementsOf(panel, 0)).toEqual([{ hour: 1, rate: 0.0001, mark: Number.NaN }]);
    expect(settlementsOf(panel, 1)).toEqual([{ hour: 2, rate: 0.0002, mark: 9 }]);
    expect([...panel.funding.rowOf]).toEqual([-1, 0, 1, -1]);
  });
});

describe('fundingHour', () => {
  it('gives jitter of up to a minute to the hour before it, and anything later to the next stamp', () => {
    expect(fundingHour(at(8), at(0))).toBe(8);
    expect(fundingHour(at(8) + 13, at(0))).toBe(8);
    expect(fundingHour(at(8) + 60_000, at(0))).toBe(8);
    expect(fundingHour(at(8) + 60_001, at(0))).toBe(9);
    expect(fundingHour(at(8) - 1, at(0))).toBe(8);
  });
});
