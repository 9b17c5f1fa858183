/** The tables `trades` and `equity` of a run folder, from the account's books. */
import { exitReasons } from '../journal/records.ts';
import type { Table } from '../journal/tables.ts';
import { type Panel, timeAt } from '../panel/panel.ts';
import { type Excursions, type Exposure, excursionsOf } from './holdings.ts';
import type { TradeColumns } from './ledger.ts';

/** Times name bars by their open. `logits`, `probability`, `ev` and `model_set` are filled by strategies with models. */
export function tradeTable(panel: Panel, trades: TradeColumns): Table {
  const excursions: Excursions = excursionsOf(panel, trades);
  const absent = new Float64Array(trades.count).fill(Number.NaN);
  const none: (string | null)[] = new Array(trades.count).fill(null);
  const text = (values: (string | null)[]) => ({ type: 'text', values }) as const;
  const double = (values: Float64Array) => ({ type: 'double', values }) as const;
  return {
    rows: trades.count,
    columns: {
      symbol: text(Array.from(trades.coin, (coin) => panel.symbols[coin]!)),
      market: text(Array.from(trades.market, (code) => (code === 1 ? 'spot' : 'usdm'))),
      side: { type: 'integer', values: Int32Array.from(trades.side) },
      entry_time: { type: 'time', values: trades.entryMs },
      exit_time: { type: 'time', values: trades.exitMs },
      quantity: double(trades.quantity),
      entry_price: double(trades.entryPrice),
      exit_price: double(trades.exitPrice),
      entry_reason: text(Array.from(trades.entryReason, (code) => trades.entryReasons[code]!)),
      exit_reason: text(Array.from(trades.exitReason, (code) => exitReasons[code]!)),
      fees: double(trades.fees),
      funding: double(trades.funding),
      pnl: double(trades.pnl),
      mae: double(excursions.adverse),
      mfe: double(excursions.favourable),
      score: double(trades.score),
      leverage: double(trades.leverage),
      insurance: double(trades.insurance),
      logits: text(none),
      probability: double(absent),
      ev: double(absent),
      model_set: text(none),
    },
  };
}

/** One row per hour of [fromHour, toHour); `time` is the stamp of the mark, the close of the hour. */
export function equityTable(
  panel: Panel,
  marks: { readonly equity: Float64Array; readonly cash: Float64Array; readonly spotCash: Float64Array },
  exposure: Exposure,
  fromHour: number,
  toHour: number,
): Table {
  const part = (values: Float64Array) =>
    ({ type: 'double', values: values.slice(fromHour, toHour) }) as const;
  const rows = Math.max(0, toHour - fromHour);
  return {
    rows,
    columns: {
      time: {
        type: 'time',
        values: Float64Array.from({ length: rows }, (_, row) => timeAt(panel, fromHour + row + 1)),
      },
      equity: part(marks.equity),
      cash: part(marks.cash),
      spot_cash: part(marks.spotCash),
      long_notional: part(exposure.longNotional),
      short_notional: part(exposure.shortNotional),
      positions: { type: 'integer', values: exposure.positions.slice(fromHour, toHour) },
    },
  };
}
