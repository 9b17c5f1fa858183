/**
 * What an instrument is, from what the exchange says of its underlying and from a short list of names that it files under
 * coins although they are none to rank. Stablecoins are not listed: they are told by how they trade.
 */
import type { InstrumentKind } from '../engine/columns/records.ts';

/** As of July 2026. Each follows something else by construction, so that its residual or its rank says nothing of a coin. */
const listed: ReadonlyMap<string, InstrumentKind> = new Map([
  // The market itself: its residual is zero by construction.
  ['BTCUSDT', 'benchmark'],
  // Tokens backed by an ounce of gold.
  ['PAXGUSDT', 'non-crypto'],
  ['XAUTUSDT', 'non-crypto'],
  // Wrapped or staked bitcoin.
  ...['WBTC', 'BTCB', 'TBTC', 'CBBTC', 'FBTC', 'LBTC', 'SOLVBTC', 'HBTC', 'RENBTC', 'KBTC'].map(
    (base): [string, InstrumentKind] => [`${base}USDT`, 'wrapped'],
  ),
]);

/** The kind of a name on the list; null for any other. */
export function listedKind(symbol: string): InstrumentKind | null {
  return listed.get(symbol) ?? null;
}

/** `underlyingType` is the venue's own: COIN, INDEX, EQUITY, COMMODITY, PREMARKET, …; empty where it does not say. */
export function instrumentKind(symbol: string, underlyingType: string): InstrumentKind {
  const byName = listedKind(symbol);
  if (byName !== null) return byName;
  if (underlyingType === 'INDEX') return 'index';
  return underlyingType === 'COIN' || underlyingType === '' ? 'coin' : 'non-crypto';
}
