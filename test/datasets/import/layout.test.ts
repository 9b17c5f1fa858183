import { describe, expect, it } from 'vitest';
import { columnFor, layoutOf, symbolOfFile, venueSymbol } from '../../../datasets/import/layout.ts';

describe('the symbol a file name speaks of', () => {
  it.each([
    ['BTCUSDT-1h-2024-01.csv', 'BTCUSDT'],
    ['BTCUSDT-1h-2024-01-05.csv.gz', 'BTCUSDT'],
    ['BTC_USDT_USDT-1h.json', 'BTCUSDT'],
    ['BTC_USDT_USDT-1h-futures.json.gz', 'BTCUSDT'],
    ['BTC_USDT-1h.json', 'BTCUSDT'],
    ['BTCUSDT_1h.csv', 'BTCUSDT'],
    ['BTCUSDT.json', 'BTCUSDT'],
    ['4USDT-1h.csv', '4USDT'],
    ['4.csv', '4'],
    ['1INCH_USDT_USDT-1h.json', '1INCHUSDT'],
    ['1000SHIBUSDT-1h-2024-01.csv', '1000SHIBUSDT'],
    ['币安人生USDT-1h.csv', '币安人生USDT'],
    ['BTCUSDT_240628-1h-2024-01.csv', 'BTCUSDT_240628'],
    ['ETHUSDT-fundingRate-2024-01.csv', 'ETHUSDT'],
  ])('%s is %s', (file, symbol) => {
    expect(symbolOfFile(file)).toBe(symbol);
  });

  it('is none where the name begins with nothing', () => {
    expect(symbolOfFile('-1h.csv')).toBeNull();
  });
});

describe('ccxt symbols', () => {
  it.each([
    ['BTC/USDT:USDT', 'BTCUSDT'],
    ['BTC/USDT', 'BTCUSDT'],
    ['BTC/USDT:USDT-240628', 'BTCUSDT_240628'],
    ['币安人生/USDT:USDT', '币安人生USDT'],
    ['BTCUSDT', 'BTCUSDT'],
  ])('%s is %s at the venue', (text, symbol) => {
    expect(venueSymbol(text)).toBe(symbol);
  });
});

describe('columns by the names they go under', () => {
  const [open, , , , , quoteVolume, trades] = layoutOf('bars').numbers;

  it.each([
    [layoutOf('bars').time, ['date', 'open_time'], 'open_time'],
    [layoutOf('bars').time, ['openTime', 'closeTime'], 'openTime'],
    [layoutOf('bars').time, ['Open time', 'Close time'], 'Open time'],
    [open!, ['Open', 'high'], 'Open'],
    [quoteVolume!, ['volume', 'quoteAssetVolume'], 'quoteAssetVolume'],
    [trades!, ['count'], 'count'],
    [layoutOf('funding').numbers[0]!, ['fundingRate'], 'fundingRate'],
  ] as const)('%o in %j is %s', (field, columns, found) => {
    expect(columnFor(field, columns)).toBe(found);
  });

  it('a column of another name is not guessed at', () => {
    expect(columnFor(open!, ['opening', 'price'])).toBeNull();
  });
});
