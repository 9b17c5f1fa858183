/** Sums over trades by coin, side or exit reason. */
import { desc, op, table } from 'arquero';
import type { TradeRow } from './trades.ts';

export interface TradeGroup {
  readonly key: string;
  readonly trades: number;
  readonly wins: number;
  readonly pnl: number;
  readonly fees: number;
  readonly funding: number;
  readonly slippage: number;
  /** Mean of the trades' net returns. */
  readonly returnMean: number;
  readonly hoursMean: number;
}

/** One row per key, largest pnl first. */
export function groupTrades(trades: readonly TradeRow[], keyOf: (trade: TradeRow) => string): TradeGroup[] {
  if (trades.length === 0) return [];
  return table({
    key: trades.map(keyOf),
    win: trades.map((trade) => (trade.pnl > 0 ? 1 : 0)),
    pnl: trades.map((trade) => trade.pnl),
    fees: trades.map((trade) => trade.fees),
    funding: trades.map((trade) => trade.funding),
    slippage: trades.map((trade) => trade.slippage),
    netReturn: trades.map((trade) => trade.netReturn),
    hours: trades.map((trade) => (trade.exitMs - trade.entryMs) / 3_600_000),
  })
    .groupby('key')
    .rollup({
      trades: op.count(),
      wins: op.sum('win'),
      pnl: op.sum('pnl'),
      fees: op.sum('fees'),
      funding: op.sum('funding'),
      slippage: op.sum('slippage'),
      returnMean: op.mean('netReturn'),
      hoursMean: op.mean('hours'),
    })
    .orderby(desc('pnl'), 'key')
    .objects() as TradeGroup[];
}

export function sideName(side: number): string {
  return side === 1 ? 'long' : 'short';
}

/** `long`, `short 5×`, `spot long`: what is usual is not said. */
export function positionName(trade: Pick<TradeRow, 'side' | 'market' | 'leverage'>): string {
  const market = trade.market === 'spot' ? 'spot ' : '';
  const leverage = trade.leverage > 1 ? ` ${Number(trade.leverage.toFixed(2))}×` : '';
  return `${market}${sideName(trade.side)}${leverage}`;
}
