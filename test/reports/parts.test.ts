import { describe, expect, it } from 'vitest';
import { monthReturns } from '../../reports/charts/monthly.ts';
import { csvText } from '../../reports/csv.ts';
import { fileName } from '../../reports/file-name.ts';
import { minute, money, percent, price } from '../../reports/format.ts';
import { html, scriptJson } from '../../reports/html.ts';
import { keptRows } from '../../reports/marks.ts';

describe('fileName', () => {
  const symbols = [
    'BTCUSDT',
    'btcusdt',
    '币安人生USDT',
    '币安USDT',
    '1000PEPE/USDT:USDT',
    'CON',
    '..',
    '',
    '0123',
    'A/B',
    'A:B',
  ];

  it('gives every symbol a name of its own, also where a file system folds case', () => {
    const names = symbols.map((symbol) => fileName(symbol).toLowerCase());
    expect(new Set(names).size).toBe(symbols.length);
  });

  it('uses nothing but letters, digits and hyphens, and no reserved name', () => {
    for (const symbol of symbols) expect(fileName(symbol)).toMatch(/^(?!CON$)[A-Za-z0-9][A-Za-z0-9-]*$/);
    expect(fileName('BTCUSDT')).toBe('BTCUSDT');
  });
});

describe('figures', () => {
  it('signs, groups, and shows undefined as a dash', () => {
    expect(money(-1234.5)).toBe('−1,234.50');
    expect(money(12, true)).toBe('+12.00');
    expect(money(-0.001, true)).toBe('0.00');
    expect(percent(0.12345)).toBe('12.35 %');
    expect(percent(null)).toBe('–');
    expect(percent(Number.NaN)).toBe('–');
    expect(price(0.000012345678)).toBe('0.0000123457');
    expect(minute(Date.UTC(2025, 9, 10, 21))).toBe('2025-10-10 21:00');
  });
});

describe('html', () => {
  it('escapes what enters, so that no symbol becomes markup', () => {
    expect(html`<p>${'<b>"&'}</p>`.markup).toBe('<p>&lt;b&gt;&quot;&amp;</p>');
    expect(scriptJson({ a: '</script><script>' })).not.toContain('<');
    expect(JSON.parse(scriptJson({ a: '</script>' }))).toEqual({ a: '</script>' });
  });
});

describe('csvText', () => {
  it('quotes fields, writes times as ISO, and leaves no-value empty', () => {
    const text = csvText({ time: [0, Number.NaN], name: ['a,"b"', null], value: [0.1, Number.NaN] }, [
      'time',
    ]);
    expect(text).toBe('time,name,value\r\n1970-01-01T00:00:00.000Z,"a,""b""",0.1\r\n,,\r\n');
  });
});

describe('keptRows', () => {
  it('keeps every hour while they are few', () => {
    expect(keptRows(new Float64Array(100), 100)).toBeNull();
  });

  it('keeps the highest and the lowest mark of every stretch when they are many', () => {
    const equity = Float64Array.from({ length: 10_000 }, (_, row) => Math.sin(row));
    equity[1234] = -50;
    equity[8765] = 70;
    const rows = keptRows(equity, 400) ?? [];
    expect(rows.length).toBeLessThanOrEqual(400);
    expect(rows).toContain(1234);
    expect(rows).toContain(8765);
    expect(rows[0]).toBe(0);
    expect(rows.at(-1)).toBe(9999);
    expect([...rows].sort((a, b) => a - b)).toEqual(rows);
  });
});

describe('monthReturns', () => {
  it('gives the mark at midnight of the 1st to the month that ended', () => {
    const time = Float64Array.of(
      Date.UTC(2025, 0, 31, 23),
      Date.UTC(2025, 1, 1),
      Date.UTC(2025, 1, 1, 1),
      Date.UTC(2025, 2, 1),
    );
    const months = monthReturns({ time, equity: Float64Array.of(105, 110, 121, 99) }, 100);
    expect(months.map((month) => [month.year, month.month, Number(month.value.toFixed(12))])).toEqual([
      [2025, 'Jan', 0.1],
      [2025, 'Feb', -0.1],
    ]);
  });
});
