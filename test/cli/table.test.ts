import { expect, it } from 'vitest';
import { tableText } from '../../cli/table.ts';

it('aligns numbers right and texts left, also where letters are two columns wide', () => {
  const text = tableText([
    { symbol: 'BTCUSDT', bars: 12_000 },
    { symbol: '币安USDT', bars: null },
    { symbol: '4', bars: 7n },
  ]);
  expect(text.split('\n')).toEqual([
    'symbol     bars',
    '────────  ─────',
    'BTCUSDT   12000',
    '币安USDT      –',
    '4             7',
  ]);
});

it('takes columns from every row, and says so when there is none', () => {
  expect(tableText([{ a: 'x' }, { b: { c: 1 } }]).split('\n')).toEqual([
    'a  b',
    '─  ───────',
    'x  –',
    '–  {"c":1}',
  ]);
  expect(tableText([], 'no runs')).toBe('no runs');
});

it('stands figures right, as it does numbers', () => {
  const rows = [
    { name: 'a', return: '+1,234.50 %', trades: '1,234' },
    { name: 'b', return: '−1.00 %', trades: null },
  ];
  expect(tableText(rows).split('\n').slice(2)).toEqual([
    'a     +1,234.50 %   1,234',
    'b         −1.00 %       –',
  ]);
});
