/** What the tables hold, and under which names files in the wild carry it. */
import { hourMs } from '../../engine/panel/hours.ts';
import { type DetailTable, detailLength } from '../detail-tables.ts';

/** Tables of one row a coin and time, which files of rows fill. */
export type ImportTable = 'bars' | 'funding' | 'mark' | 'scores' | 'spot' | DetailTable;

/** Length of a table's bars, ms; null for a table that holds none. */
export function barMs(table: ImportTable): number | null {
  if (table === 'funding' || table === 'scores') return null;
  return (detailLength(table) ?? 60) * (hourMs / 60);
}

export interface Field {
  readonly name: string;
  readonly required: boolean;
  /** Names that mean this field, most telling first; compared without case, blanks and underscores. */
  readonly aliases: readonly string[];
}

const time: Field = {
  name: 'ts',
  required: true,
  aliases: ['ts', 'timestamp', 'open_time', 'time', 'funding_time', 'calc_time', 'datetime', 'date', 't'],
};
const symbol: Field = { name: 'symbol', required: true, aliases: ['symbol', 'ticker', 'instrument', 'pair'] };
const prices: readonly Field[] = [
  { name: 'open', required: true, aliases: ['open', 'o'] },
  { name: 'high', required: true, aliases: ['high', 'h'] },
  { name: 'low', required: true, aliases: ['low', 'l'] },
  { name: 'close', required: true, aliases: ['close', 'c'] },
];
const volumes: readonly Field[] = [
  { name: 'volume', required: false, aliases: ['volume', 'base_volume', 'vol', 'v'] },
  { name: 'quote_volume', required: false, aliases: ['quote_volume', 'quote_asset_volume', 'quote_vol'] },
  {
    name: 'trades',
    required: false,
    aliases: ['trades', 'count', 'number_of_trades', 'trade_count', 'num_trades'],
  },
];
/** Read to find bars that were still open when the file was made; not stored. */
const closing: readonly Field[] = [
  { name: 'close_time', required: false, aliases: ['close_time'] },
  { name: 'closed', required: false, aliases: ['closed', 'is_closed', 'is_final', 'final'] },
];
/** When a row came in: of a bar given in several versions the first known is stored as the bar. */
const arrival: Field = { name: 'ingested_ms', required: false, aliases: ['ingested_ms', 'ingested_at'] };

/** Fields that are read and are no part of the row's values. */
export const asideFields: ReadonlySet<string> = new Set(['close_time', 'closed', 'ingested_ms']);
/** Fields besides `ts` that hold times. */
export const timeFields: ReadonlySet<string> = new Set(['close_time', 'ingested_ms']);

export interface Layout {
  readonly table: ImportTable;
  readonly time: Field;
  readonly symbol: Field;
  /** Numbers that are stored. */
  readonly numbers: readonly Field[];
  /** Numbers that are only looked at. */
  readonly aside: readonly Field[];
  /** True where every further numeric column is stored as well. */
  readonly open: boolean;
}

export function layoutOf(table: ImportTable): Layout {
  switch (table) {
    case 'funding':
      return {
        table,
        time: { ...time, aliases: ['funding_time', 'calc_time', ...time.aliases] },
        symbol,
        numbers: [
          { name: 'rate', required: true, aliases: ['rate', 'funding_rate', 'last_funding_rate'] },
          { name: 'mark', required: false, aliases: ['mark', 'mark_price'] },
        ],
        aside: [],
        open: false,
      };
    case 'scores':
      return { table, time, symbol, numbers: [], aside: [], open: true };
    case 'bars':
      return {
        ...{ table, time, symbol, open: false },
        numbers: [...prices, ...volumes],
        aside: [...closing, arrival],
      };
    case 'spot':
      return { table, time, symbol, numbers: [...prices, ...volumes], aside: closing, open: false };
    default:
      return { table, time, symbol, numbers: prices, aside: closing, open: false };
  }
}

/** Column order of Binance's public kline files, which carry no header before 2025 and these names after. */
export const klineColumns = [
  'open_time',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'close_time',
  'quote_volume',
  'count',
  'taker_buy_volume',
  'taker_buy_quote_volume',
  'ignore',
] as const;

/** The column of a file that means a field, or null. */
export function columnFor(field: Field, columns: readonly string[]): string | null {
  for (const alias of field.aliases) {
    const found = columns.find((column) => plainName(column) === plainName(alias));
    if (found !== undefined) return found;
  }
  return null;
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_]/g, '');
}

/**
 * The symbol a file speaks of, by its name: `BTCUSDT-1h-2024-01.csv`, `BTC_USDT_USDT-1h.json`, `BTCUSDT.json.gz`. Delivery
 * contracts keep their date: `BTCUSDT_240628-1h.csv`. Null where the name begins with nothing of the kind.
 */
export function symbolOfFile(fileName: string): string | null {
  const stem = fileName.replace(/(\.(csv|json|txt|gz|parquet))+$/i, '');
  const [head = ''] = stem.split(
    /-(?=\d+[smhdwM]\b)|-(?=(?:klines|mark|futures|spot|funding|fundingRate)\b)/,
  );
  const parts = head.replace(/_\d+[smhdwM]$/, '').split('_');
  const [base = '', quote, settle] = parts;
  if (base === '') return null;
  if (quote === undefined) return base;
  if (/^\d{6}$/.test(quote)) return `${base}_${quote}`;
  return settle !== undefined && /^\d{6}$/.test(settle) ? `${base}${quote}_${settle}` : `${base}${quote}`;
}

/** Venue name of a ccxt symbol (`BTC/USDT:USDT` is BTCUSDT); any other text is a venue name already. */
export function venueSymbol(text: string): string {
  const match = /^([^/]+)\/([^:/]+)(?::[^-]+)?(?:-(\d+))?$/.exec(text);
  if (match === null) return text;
  const [, base, quote, delivery] = match;
  return delivery === undefined ? `${base}${quote}` : `${base}${quote}_${delivery}`;
}
