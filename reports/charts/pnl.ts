/** Where the profit and loss came from: coins, and the two sides. */
import { dayMs } from '../../engine/panel/hours.ts';
import { type Chart, colour, timeAxis } from '../chart.ts';
import { money, percent, plural } from '../format.ts';
import { groupTrades, sideName, type TradeGroup } from '../groups.ts';
import type { TradeRow } from '../trades.ts';

const COINS_DRAWN_PER_END = 12;

export function pnlByCoinChart(trades: readonly TradeRow[]): Chart {
  const coins = groupTrades(trades, (trade) => trade.symbol);
  const drawn =
    coins.length <= 2 * COINS_DRAWN_PER_END
      ? coins
      : [...coins.slice(0, COINS_DRAWN_PER_END), ...coins.slice(-COINS_DRAWN_PER_END)];
  const gains = coins.filter((coin) => coin.pnl > 0).length;
  const best = coins[0]!;
  const worst = coins.at(-1)!;
  const left = coins.length - drawn.length;
  return {
    id: 'pnl-by-coin',
    title:
      left > 0 ? `Profit and loss by coin: best and worst ${COINS_DRAWN_PER_END}` : 'Profit and loss by coin',
    reading: `${gains} of ${plural(coins.length, 'traded coin')} made money. ${best.key} brought ${money(best.pnl, true)}, ${worst.key} ${money(worst.pnl, true)}.${left > 0 ? ` ${plural(left, 'coin')} between them ${left === 1 ? 'is' : 'are'} in the CSV.` : ''}`,
    columns: groupColumns(drawn, 'symbol'),
    csv: groupColumns(coins, 'symbol'),
    times: [],
    spec: {
      height: { step: 17 },
      mark: { type: 'bar', cornerRadius: 1 },
      encoding: {
        y: { field: 'symbol', type: 'nominal', sort: null, title: null, axis: { labelLimit: 170 } },
        x: {
          field: 'pnl',
          type: 'quantitative',
          title: 'net pnl, quote currency',
          axis: { grid: true, tickCount: 5 },
        },
        color: { condition: { test: 'datum.pnl < 0', value: colour.loss }, value: colour.gain },
        tooltip: [
          { field: 'symbol', type: 'nominal', title: 'coin' },
          { field: 'pnl', type: 'quantitative', title: 'net pnl', format: '+,.2f' },
          { field: 'trades', type: 'quantitative', title: 'trades' },
          { field: 'fees', type: 'quantitative', title: 'fees', format: ',.2f' },
          { field: 'funding', type: 'quantitative', title: 'funding', format: '+,.2f' },
        ],
      },
    },
  };
}

function groupColumns(groups: readonly TradeGroup[], key: string) {
  return {
    [key]: groups.map((group) => group.key),
    pnl: groups.map((group) => group.pnl),
    trades: groups.map((group) => group.trades),
    wins: groups.map((group) => group.wins),
    fees: groups.map((group) => group.fees),
    funding: groups.map((group) => group.funding),
    slippage: groups.map((group) => group.slippage),
  };
}

/** Closed pnl of each side, added up to the end of every UTC day. */
export function pnlBySideChart(trades: readonly TradeRow[]): Chart {
  const days = [...new Set(trades.map((trade) => Math.floor(trade.exitMs / dayMs)))].sort((a, b) => a - b);
  const first = (days[0] ?? 0) - 1;
  const last = days.at(-1) ?? 0;
  const daily = { 1: new Float64Array(last - first + 1), [-1]: new Float64Array(last - first + 1) };
  for (const trade of trades) daily[trade.side]![Math.floor(trade.exitMs / dayMs) - first]! += trade.pnl;
  const time: number[] = [];
  const side: string[] = [];
  const pnl: number[] = [];
  for (const which of [1, -1] as const) {
    let sum = 0;
    for (const [index, value] of daily[which]!.entries()) {
      sum += value;
      time.push((first + index + 1) * dayMs);
      side.push(sideName(which));
      pnl.push(sum);
    }
  }
  const said = groupTrades(trades, (trade) => sideName(trade.side)).map(
    (group) =>
      `${group.key}s ${money(group.pnl, true)} in ${plural(group.trades, 'trade')} (${percent(group.wins / group.trades, { digits: 1 })} won)`,
  );
  return {
    id: 'pnl-by-side',
    title: 'Profit and loss by side, closed trades',
    reading: `Net of costs: ${said.join(', ')}.`,
    columns: { time, side, pnl },
    times: ['time'],
    spec: {
      height: 412,
      mark: { type: 'line', interpolate: 'step-after', point: { size: 14, filled: true, opacity: 0.6 } },
      encoding: {
        x: timeAxis,
        y: {
          field: 'pnl',
          type: 'quantitative',
          title: 'net pnl so far, quote currency',
          axis: { tickCount: 5 },
        },
        color: {
          field: 'side',
          type: 'nominal',
          scale: { domain: ['long', 'short'], range: [colour.main, colour.second] },
        },
        tooltip: [
          { field: 'time', type: 'temporal', title: 'end of day, UTC', format: '%Y-%m-%d' },
          { field: 'side', type: 'nominal', title: 'side' },
          { field: 'pnl', type: 'quantitative', title: 'pnl so far', format: '+,.2f' },
        ],
      },
    },
  };
}
