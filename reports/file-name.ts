/**
 * A file name for a symbol. Plain upper-case symbols keep their name; any other (CJK, slashes, lower case that some file
 * systems fold, names some systems reserve) carries a hash of the symbol, so that two symbols never share a file.
 */
import { idHex, textLanes } from '../engine/journal/digest.ts';

const reserved = /^(CON|PRN|AUX|NUL|COM\d|LPT\d)$/;

export function fileName(symbol: string): string {
  if (/^[A-Z0-9]{1,60}$/.test(symbol) && !reserved.test(symbol)) return symbol;
  const plain = symbol
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  const hash = idHex(...textLanes(symbol));
  return plain === '' ? hash : `${plain}-${hash}`;
}
