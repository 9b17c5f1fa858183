/**
 * Binance's public market data through ccxt, page by page: the raw rows, because the unified ones leave out quote volume and
 * number of trades. ccxt keeps the rate limit and names the errors; its addresses are never changed.
 */
import { hourMs } from '../../engine/panel/hours.ts';
import { DownloadFault } from './fault.ts';
import { type Patience, patiently, type Trouble } from './patience.ts';

export type DownloadTable = 'bars' | 'spot' | 'mark' | 'funding';

/** Columns of a table's rows, by name, in the order in which the venue's public files have them. */
export const tableColumns: Readonly<Record<DownloadTable, readonly string[]>> = {
  bars: ['open_time', 'open', 'high', 'low', 'close', 'volume', 'close_time', 'quote_volume', 'count'],
  spot: ['open_time', 'open', 'high', 'low', 'close', 'volume', 'close_time', 'quote_volume', 'count'],
  mark: ['open_time', 'open', 'high', 'low', 'close'],
  funding: ['calc_time', 'last_funding_rate', 'mark_price'],
};

/** One row: texts as the venue sent them, the time first, epoch ms. */
export type Row = readonly string[];

export interface PublicVenue {
  serverTimeMs(): Promise<number>;
  /** The list of instruments of a market, as the venue sent it. */
  exchangeInfo(market: 'usdm' | 'spot'): Promise<Readonly<Record<string, unknown>>>;
  /** Rows of [fromMs, toMs), at most as many as one answer holds, oldest first. */
  rows(table: DownloadTable, symbol: string, fromMs: number, toMs: number): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export interface VenueOptions extends Patience {
  /** HTTP proxy for all requests, such as http://127.0.0.1:3128. */
  readonly proxy?: string;
}

/** Rows of one answer. */
const ROWS_MAX = 1000;

type Call = (parameters?: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** What we use of a ccxt exchange: its implicit methods, which carry the venue's own parameters and answers. */
interface Client {
  httpsProxy: string | undefined;
  readonly last_response_headers: Readonly<Record<string, string>> | undefined;
  readonly fapiPublicGetTime: Call;
  readonly fapiPublicGetExchangeInfo: Call;
  readonly fapiPublicGetKlines: Call;
  readonly fapiPublicGetMarkPriceKlines: Call;
  readonly fapiPublicGetFundingRate: Call;
  readonly publicGetKlines: Call;
  readonly publicGetExchangeInfo: Call;
  close(): Promise<unknown>;
}

type Errors = Readonly<
  Record<'RateLimitExceeded' | 'DDoSProtection' | 'NetworkError' | 'BaseError', typeof Error>
>;

/** Loads ccxt, which takes a third of a second: only who downloads pays for it. */
export async function publicVenue(options: VenueOptions = {}): Promise<PublicVenue> {
  const { default: ccxt } = await import('ccxt');
  const settings = { enableRateLimit: true, timeout: 20_000 };
  const client = new ccxt.binanceusdm(settings) as unknown as Client;
  if (options.proxy !== undefined) client.httpsProxy = options.proxy;
  const judge = (cause: unknown) => judged(cause, ccxt as unknown as Errors, client);
  const ask = async <Answer>(
    what: string,
    call: Call,
    parameters: object,
    read: (answer: unknown) => Answer,
  ) => await patiently(what, async () => read(await call.call(client, { ...parameters })), judge, options);
  const calls: Readonly<Record<DownloadTable, Call>> = {
    bars: client.fapiPublicGetKlines,
    spot: client.publicGetKlines,
    mark: client.fapiPublicGetMarkPriceKlines,
    funding: client.fapiPublicGetFundingRate,
  };
  return {
    serverTimeMs: () =>
      ask('the time of the venue', client.fapiPublicGetTime, {}, (answer) => numberIn(answer, 'serverTime')),
    exchangeInfo: (market) =>
      ask(
        `exchangeInfo of ${market}`,
        market === 'spot' ? client.publicGetExchangeInfo : client.fapiPublicGetExchangeInfo,
        {},
        readExchangeInfo,
      ),
    rows: (table, symbol, fromMs, toMs) =>
      ask(
        `${table} of ${symbol} from ${new Date(fromMs).toISOString().slice(0, 10)}`,
        calls[table],
        {
          symbol,
          startTime: fromMs,
          endTime: toMs - 1,
          // The venue charges by how many rows were asked for, not by how many there are.
          limit: Math.min(ROWS_MAX, Math.ceil((toMs - fromMs) / hourMs)),
          ...(table === 'funding' ? {} : { interval: '1h' }),
        },
        (answer) => readRows(table, symbol, answer, fromMs, toMs),
      ),
    close: async () => {
      await client.close();
    },
  };
}

class Unreadable extends Error {}

function judged(cause: unknown, errors: Errors, client: Client): Trouble {
  if (cause instanceof errors.RateLimitExceeded || cause instanceof errors.DDoSProtection) {
    const headers = client.last_response_headers ?? {};
    const name = Object.keys(headers).find((key) => key.toLowerCase() === 'retry-after');
    const seconds = Number(name === undefined ? Number.NaN : headers[name]);
    return { kind: 'slow-down', waitMs: Number.isFinite(seconds) ? seconds * 1000 : null };
  }
  if (cause instanceof errors.NetworkError || cause instanceof Unreadable) return { kind: 'again' };
  // What is not of ccxt's own making broke on the way: a body that ended too early.
  return cause instanceof errors.BaseError || cause instanceof DownloadFault
    ? { kind: 'final' }
    : { kind: 'again' };
}

function numberIn(answer: unknown, field: string): number {
  const value = Number((answer as Readonly<Record<string, unknown>> | null)?.[field]);
  if (!Number.isFinite(value)) throw new Unreadable(`the answer has no ${field}`);
  return value;
}

function readExchangeInfo(answer: unknown): Readonly<Record<string, unknown>> {
  const info = answer as Readonly<Record<string, unknown>> | null;
  if (!Array.isArray(info?.['symbols'])) throw new Unreadable('the answer is no list of symbols');
  return info;
}

/** The rows of an answer, if they can be the ones that were asked for: whole, in order, inside the span. */
function readRows(
  table: DownloadTable,
  symbol: string,
  answer: unknown,
  fromMs: number,
  toMs: number,
): readonly Row[] {
  if (!Array.isArray(answer)) throw new Unreadable('the answer is no list of rows');
  const rows = answer.map((item: unknown) =>
    table === 'funding' ? fundingRow(item, symbol) : klineRow(item, table),
  );
  let beforeMs = fromMs - 1;
  for (const [index, row] of rows.entries()) {
    const timeMs = Number(row[0]);
    if (table !== 'funding' && timeMs % hourMs !== 0)
      throw new Unreadable(`row ${index} of the answer, at ${row[0]}, is no hourly bar`);
    if (!(timeMs > beforeMs && timeMs < toMs))
      throw new Unreadable(
        `row ${index} of the answer, at ${row[0]}, is out of order or outside what was asked for`,
      );
    beforeMs = timeMs;
  }
  return rows;
}

function klineRow(item: unknown, table: DownloadTable): Row {
  const wanted = tableColumns[table].length;
  if (!Array.isArray(item) || item.length < wanted) throw new Unreadable('a row of the answer is too short');
  return item.slice(0, wanted).map(String);
}

function fundingRow(item: unknown, symbol: string): Row {
  const row = item as Readonly<Record<string, unknown>> | null;
  if (row?.['symbol'] !== symbol) throw new Unreadable(`a settlement is not of ${symbol}`);
  return ['fundingTime', 'fundingRate', 'markPrice'].map((field) => String(row[field] ?? ''));
}
