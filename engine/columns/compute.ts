/**
 * Computes market columns over a panel, in blocks of coins, in worker threads. Workers write straight into shared
 * time-major columns; a coin belongs to exactly one block, so neither block size nor the number of workers can show.
 */
import { assertInvariant } from '../invariant.ts';
import { sealRows, symbolLanes } from '../panel/fingerprint.ts';
import type { Panel } from '../panel/panel.ts';
import { emptyRows, type Rows } from '../panel/rows.ts';
import { siblingModule, type WorkerPool } from '../signal/pool.ts';
import { BENCHMARK_SYMBOL, CoinSeries, marketColumns } from './market-columns.ts';

export interface ColumnBlock {
  readonly panel: Panel;
  readonly rows: readonly Rows[];
  readonly fromCoin: number;
  readonly toCoin: number;
  readonly fromHour: number;
  readonly toHour: number;
}

export interface ComputeOptions {
  /** Threads to use; computed in this thread if absent. */
  readonly pool?: WorkerPool;
  /** Coins per task. */
  readonly blockCoins?: number;
  readonly onBlock?: (doneCoins: number, coins: number) => void;
}

/** Coins whose values are written together: eight doubles are one cache line of a time-major row. */
const COINS_PER_LINE = 8;
const BLOCK_COINS = 32;

/** The named columns, with row hashes, in the order of the names. All names must be in `marketColumns`. */
export async function computeColumns(
  panel: Panel,
  names: readonly string[],
  options: ComputeOptions = {},
): Promise<readonly Rows[]> {
  const coins = panel.symbols.length;
  const rows = names.map((name) => emptyRows(name, coins, panel.hours));
  const blockCoins = options.blockCoins ?? BLOCK_COINS;
  let done = 0;
  const blocks: Promise<void>[] = [];
  for (let fromCoin = 0; fromCoin < coins; fromCoin += blockCoins) {
    const toCoin = Math.min(coins, fromCoin + blockCoins);
    const block = { panel, rows, fromCoin, toCoin, fromHour: 0, toHour: panel.hours };
    const computed =
      options.pool === undefined
        ? Promise.resolve(computeBlock(block))
        : options.pool.run(siblingModule('compute', import.meta.url), 'computeBlock', block);
    blocks.push(
      computed.then(() => {
        done += toCoin - fromCoin;
        options.onBlock?.(done, coins);
      }),
    );
  }
  await Promise.all(blocks);
  const lanes = symbolLanes(panel.symbols);
  for (const column of rows) sealRows(column, lanes, panel.startMs);
  return rows;
}

/** One hour of the named columns, as a live feed computes it: the same kernels over a range of one. */
export function computeHour(panel: Panel, rows: readonly Rows[], lanes: Int32Array, hour: number): void {
  computeBlock({ panel, rows, fromCoin: 0, toCoin: panel.symbols.length, fromHour: hour, toHour: hour + 1 });
  for (const column of rows) sealRows(column, lanes, panel.startMs, hour, hour + 1);
}

/** Fills the rows of a block of coins over a range of hours. */
export function computeBlock(block: ColumnBlock): void {
  const { panel, rows, fromHour, toHour } = block;
  const benchmark = panel.symbols.indexOf(BENCHMARK_SYMBOL);
  for (let coin = block.fromCoin; coin < block.toCoin; coin += COINS_PER_LINE) {
    const coins = Math.min(COINS_PER_LINE, block.toCoin - coin);
    const series = Array.from(
      { length: coins },
      (_, index) => new CoinSeries(panel, coin + index, benchmark),
    );
    for (const column of rows) {
      const definition = marketColumns.get(column.name);
      assertInvariant(definition !== undefined, `${column.name} is a market column`);
      const values = series.map((one) => {
        const out = new Float64Array(toHour).fill(Number.NaN);
        definition.compute(one, fromHour, toHour, out);
        return out;
      });
      for (let hour = fromHour; hour < toHour; hour += 1) {
        const cell = hour * column.coins + coin;
        for (let index = 0; index < coins; index += 1) column.values[cell + index] = values[index]![hour]!;
      }
    }
  }
}
