/** What a download is asked for, and everything that is wrong with it. */
import type { Fault } from '../../engine/config.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { DownloadFault } from './fault.ts';
import type { DownloadTable } from './venue.ts';

export interface DownloadRequest {
  readonly name: string;
  readonly market: 'usdm' | 'spot';
  /** Venue names; `all` for every perpetual (or spot market) in USDT that trades. */
  readonly symbols: readonly string[];
  readonly fromMs: number;
  /** One past the last hour; what has closed by now if absent. */
  readonly toMs?: number;
  /** Parts to fetch beside the bars; all that the market has if absent. */
  readonly tables?: readonly ('mark' | 'funding' | 'spot')[];
  readonly proxy?: string;
  /** Fetch what is kept once more and compare, instead of fetching what is missing. */
  readonly verify?: boolean;
}

export function tablesOf({ market, tables }: DownloadRequest): readonly DownloadTable[] {
  if (market === 'spot') return ['spot'];
  return ['bars', ...(tables ?? (['mark', 'funding'] as const))];
}

/** Symbols as the venue names them, once nothing stands against the request. */
export function checkedSymbols(
  request: DownloadRequest,
  info: Readonly<Record<string, unknown>>,
  nowMs: number,
): { readonly symbols: readonly string[]; readonly fromMs: number; readonly toMs: number } {
  const listed = rowsOf(info);
  const known = new Set(marketNames(info));
  const faults: Fault[] = [];
  const closedMs = Math.floor(nowMs / hourMs) * hourMs;
  const toMs = Math.min(request.toMs ?? closedMs, closedMs);
  const fromMs = Math.ceil(request.fromMs / hourMs) * hourMs;
  if (!(fromMs < toMs)) {
    const span = `${new Date(request.fromMs).toISOString()} to ${new Date(request.toMs ?? nowMs).toISOString()}`;
    faults.push({ path: '--from', message: `no hour that has closed lies in ${span}` });
  }
  const all = request.symbols.length === 1 && request.symbols[0] === 'all';
  const symbols = all
    ? listed.filter(isTraded).map(({ symbol }) => String(symbol))
    : [...new Set(request.symbols)];
  for (const symbol of symbols) {
    if (known.has(symbol)) continue;
    const near = [...known].filter((name) => name.startsWith(symbol) || name === `${symbol}USDT`).slice(0, 3);
    const hint = near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`;
    faults.push({ path: `--symbols ${symbol}`, message: `is not a market of the venue${hint}` });
  }
  if (symbols.length === 0) faults.push({ path: '--symbols', message: 'names no market' });
  if (faults.length > 0)
    throw new DownloadFault('download-refused', 'This cannot be downloaded:', { faults });
  return { symbols: symbols.sort(), fromMs, toMs };
}

function isTraded(row: Readonly<Record<string, unknown>>): boolean {
  // Spot markets have no type of contract.
  const isPerpetual = (row['contractType'] ?? 'PERPETUAL') === 'PERPETUAL';
  return isPerpetual && row['status'] === 'TRADING' && row['quoteAsset'] === 'USDT';
}

/** Names of all markets in an exchangeInfo. */
export function marketNames(info: Readonly<Record<string, unknown>>): readonly string[] {
  return rowsOf(info).map(({ symbol }) => String(symbol));
}

function rowsOf(info: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  return info['symbols'] as readonly Readonly<Record<string, unknown>>[];
}
