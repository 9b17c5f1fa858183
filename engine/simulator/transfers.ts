/** Money between the two wallets: listed moves, and the daily return to the shares of the start. */
import { hourMs } from '../panel/hours.ts';
import { timeAt } from '../panel/panel.ts';
import type { Desk } from './desk.ts';
import type { Market } from './rules.ts';

const HOURS_A_DAY = 24;

/** Makes the transfers of the stamp that begins `hour`, after the marks of the hour before; what resting purchases hold back stays. */
export function transferDue(desk: Desk, hour: number, spotHeldBack: number): void {
  const { transfers, spotCapital } = desk.rules.account;
  const stampMs = timeAt(desk.panel, hour);
  if (transfers === 'fixed') return;
  if (transfers !== 'rebalance-daily') {
    for (const { atMs, from, to, amount } of transfers)
      if (atMs === stampMs) move(desk, hour, spotHeldBack, from, to, amount);
    return;
  }
  if ((stampMs / hourMs) % HOURS_A_DAY !== 0) return;
  const { book } = desk;
  const wanted = (book.equity * spotCapital) / book.capital;
  const short = wanted - book.walletEquity('spot');
  if (short > 0) move(desk, hour, spotHeldBack, 'usdm', 'spot', short);
  else if (short < 0) move(desk, hour, spotHeldBack, 'spot', 'usdm', -short);
}

/** Moves what the wallet can give. */
function move(
  desk: Desk,
  hour: number,
  spotHeldBack: number,
  from: Market,
  to: Market,
  wanted: number,
): void {
  const { book, margin } = desk;
  const usdm = margin === null ? book.walletCash('usdm') : margin.availableAtMarks(hour - 1);
  const free = from === 'spot' ? book.walletCash('spot') - spotHeldBack : usdm;
  const amount = Math.min(wanted, Math.max(0, free));
  if (!(amount > 0)) return;
  book.transfer(amount, from, to);
  desk.journal?.append({
    kind: 'account-event',
    timeMs: timeAt(desk.panel, hour),
    event: 'transfer',
    coin: -1,
    toCoin: -1,
    from,
    to,
    amount,
  });
}
