/** The venue's own list of instruments, `GET /fapi/v1/exchangeInfo`: filters, states, and when a contract is delivered. */
import { describe, type Fault } from '../../engine/config.ts';
import type { Filters } from '../../engine/exchange/filters.ts';
import type { Instrument } from '../exchange-tables.ts';

export interface ExchangeInfo {
  /** When the venue answered, epoch ms UTC; null where the file does not say. */
  readonly serverMs: number | null;
  readonly instruments: readonly Omit<Instrument, 'effectiveMs'>[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Perpetuals carry a delivery in the year 2100: never. */
const neverMs = Date.UTC(2100, 0, 1);

/** Null where the file is of another kind; numbers that cannot be read are added to `faults`. */
export function parseExchangeInfo(path: string, parsed: unknown, faults: Fault[]): ExchangeInfo | null {
  const listed = isFields(parsed) ? parsed['symbols'] : undefined;
  if (!isFields(parsed) || !Array.isArray(listed) || listed.length === 0) {
    faults.push({
      path,
      message: `must be an answer of exchangeInfo with a list of symbols, was ${describe(parsed)}.`,
    });
    return null;
  }
  const seen = new Set<string>();
  const instruments: Omit<Instrument, 'effectiveMs'>[] = [];
  for (const [index, entry] of listed.entries()) {
    const symbol: unknown = isFields(entry) ? entry['symbol'] : undefined;
    if (!isFields(entry) || typeof symbol !== 'string' || symbol === '') {
      faults.push({
        path: `${path}, symbols[${index}]`,
        message: `must be an instrument with a symbol, was ${describe(entry)}.`,
      });
      continue;
    }
    if (seen.has(symbol))
      faults.push({ path: `${path}, ${symbol}`, message: 'stands twice. Keep one of the two.' });
    seen.add(symbol);
    const before = faults.length;
    const instrument = instrumentOf(path, symbol, entry, faults);
    // What could not be read has been told; that it is missing is no further news.
    if (faults.length === before) instruments.push(instrument);
  }
  const serverTime = parsed['serverTime'];
  return { serverMs: typeof serverTime === 'number' && serverTime > 0 ? serverTime : null, instruments };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function instrumentOf(
  path: string,
  symbol: string,
  entry: Fields,
  faults: Fault[],
): Omit<Instrument, 'effectiveMs'> {
  const text = (name: string) => (typeof entry[name] === 'string' ? entry[name] : '');
  const number = (fields: Fields, name: string, absent: number) =>
    numberOf(fields[name], absent, `${path}, ${symbol} ${name}`, faults);
  const delivery = number(entry, 'deliveryDate', Number.NaN);
  return {
    symbol,
    contractType: text('contractType'),
    underlyingType: text('underlyingType'),
    status: text('status'),
    onboardMs: number(entry, 'onboardDate', Number.NaN),
    deliveryMs: delivery > 0 && delivery < neverMs ? delivery : Number.NaN,
    filters: filtersOf(entry, number),
  };
}

/** What the venue does not ask for is neutral: no minimum, no maximum, any price. */
function filtersOf(entry: Fields, number: (fields: Fields, name: string, absent: number) => number): Filters {
  const listed: readonly unknown[] = Array.isArray(entry['filters']) ? entry['filters'] : [];
  const filter = (type: string): Fields =>
    listed.find((one): one is Fields => isFields(one) && one['filterType'] === type) ?? {};
  const lot = filter('LOT_SIZE');
  const percent = filter('PERCENT_PRICE');
  const lotMax = number(lot, 'maxQty', Number.POSITIVE_INFINITY);
  return {
    tickSize: number(filter('PRICE_FILTER'), 'tickSize', Number.NaN),
    stepSize: number(lot, 'stepSize', Number.NaN),
    quantityMin: number(lot, 'minQty', 0),
    marketQuantityMax: number(filter('MARKET_LOT_SIZE'), 'maxQty', lotMax),
    notionalMin: number(filter('MIN_NOTIONAL'), 'notional', 0),
    percentUp: number(percent, 'multiplierUp', Number.POSITIVE_INFINITY),
    percentDown: number(percent, 'multiplierDown', 0),
    liquidationFee: number(entry, 'liquidationFee', Number.NaN),
  };
}

function numberOf(value: unknown, absent: number, path: string, faults: Fault[]): number {
  if (value === undefined || value === null) return absent;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  faults.push({ path, message: `must be a number, was ${describe(value)}.` });
  return absent;
}
