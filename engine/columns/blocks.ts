/**
 * Features in blocks of coins, consumed and dropped: what a model, a table or a check reads without ever holding all of it.
 * The values of a block are computed in a worker and handed there to a consumer, whose results come back in the order of the
 * blocks, whichever worker was faster. What concerns all coins at once (cross-sections, series of the market) is computed
 * beforehand.
 */
import { assertInvariant } from '../invariant.ts';
import { sharedFloat64 } from '../panel/panel.ts';
import type { Rows } from '../panel/rows.ts';
import { siblingModule } from '../signal/pool.ts';
import { CoinRange, marketValues } from './coin-range.ts';
import { type NarrowRows, nextComputation } from './column-span.ts';
import { type ComputeOptions, crossSectionRows, definitionsOf } from './compute.ts';
import type { CoinFeature } from './features/feature.ts';
import type { ColumnInputs } from './features/inputs.ts';
import { featuresWith } from './features/registry.ts';
import { ELIGIBLE, planOf } from './plan.ts';

/** Which function looks at a block: `(block: FeatureBlock, argument) => result`, the result able to leave a worker. */
export interface BlockConsumer {
  /** URL of its module, as a worker can import it (see `siblingModule`). */
  readonly module: string;
  readonly functionName: string;
  readonly argument?: unknown;
}

/** Values of all features over some coins. The arrays are used again when the consumer has returned. */
export interface FeatureBlock {
  readonly inputs: ColumnInputs;
  /** Names, in the order of the values. */
  readonly features: readonly string[];
  /** Coins [fromCoin, toCoin) and panel hours [fromHour, toHour). */
  readonly fromCoin: number;
  readonly toCoin: number;
  readonly fromHour: number;
  readonly toHour: number;
  /** `[coin][hour][feature]`, computed in double precision and cast once. NaN where there is no value. */
  readonly values: Float32Array;
  /** `[coin][hour]`, 1 where the coin is in the universe; null where it was not asked for. */
  readonly eligible: Uint8Array | null;
}

export interface BlockOptions extends Omit<ComputeOptions, 'definitions'> {
  readonly consumer: BlockConsumer;
  /** Stored columns over all hours, for features without a formula; those that are missing stay NaN. */
  readonly stored?: readonly Rows[];
  /** Hand over the universe as well. */
  readonly eligible?: boolean;
  /** Coins to compute, all if absent; cross-sections are of all coins either way. */
  readonly coins?: ReadonlySet<number>;
}

const BLOCK_COINS = 8;

interface BlockTask {
  readonly inputs: ColumnInputs;
  readonly features: readonly string[];
  readonly fromCoin: number;
  readonly toCoin: number;
  readonly fromHour: number;
  readonly toHour: number;
  readonly eligible: boolean;
  /** Hour by hour, by feature: the same for all coins. */
  readonly series: ReadonlyMap<string, Float64Array>;
  /** `[hour][coin]`, row 0 being that of `fromHour`. */
  readonly rows: readonly (Pick<Rows, 'name' | 'coins' | 'values'> | NarrowRows)[];
  readonly modules: readonly string[];
  readonly computation: number;
  readonly consumer: BlockConsumer;
}

/**
 * Computes the named features block by block and hands each block to the consumer.
 *
 * @returns what the consumer returned, in the order of the coins.
 */
export async function computeBlocks<Result>(
  inputs: ColumnInputs,
  names: readonly string[],
  options: BlockOptions,
): Promise<readonly Result[]> {
  const { panel } = inputs;
  const { fromHour = 0, toHour = panel.hours, modules = [], blockCoins = BLOCK_COINS, pool } = options;
  const definitions = await definitionsOf(options);
  const plan = planOf(
    names.filter((name) => definitions.get(name)?.scope !== 'stored'),
    definitions,
  );
  const stored = (options.stored ?? []).map((rows) => ({
    ...{ name: rows.name, coins: rows.coins },
    values: rows.values.subarray(fromHour * rows.coins, toHour * rows.coins),
  }));
  const shared = {
    ...{ inputs, features: names, fromHour, toHour, modules, consumer: options.consumer },
    eligible: options.eligible ?? false,
    series: new Map(
      plan.market.map((feature) => [feature.name, shareOf(marketValues(inputs, feature, fromHour, toHour))]),
    ),
    rows: [...stored, ...(await crossSectionRows(inputs, plan, options))],
    computation: nextComputation(),
  };
  const ranges = coinRanges(panel.symbols.length, blockCoins, options.coins);
  const coins = ranges.reduce((sum, { fromCoin, toCoin }) => sum + toCoin - fromCoin, 0);
  let done = 0;
  const results: Promise<Result>[] = [];
  for (const range of ranges) {
    const task: BlockTask = { ...shared, ...range };
    const result =
      pool === undefined
        ? await blockTask(task)
        : pool.run<Result>(siblingModule('blocks', import.meta.url), 'blockTask', task);
    results.push(
      Promise.resolve(result as Result).then((value) => {
        done += task.toCoin - task.fromCoin;
        options.onBlock?.(done, coins);
        return value;
      }),
    );
  }
  return Promise.all(results);
}

/** Coins side by side, at most `blockCoins` at a time. */
function coinRanges(
  coins: number,
  blockCoins: number,
  wanted?: ReadonlySet<number>,
): readonly { readonly fromCoin: number; readonly toCoin: number }[] {
  const ranges: { fromCoin: number; toCoin: number }[] = [];
  for (let coin = 0; coin < coins; coin += 1) {
    if (wanted?.has(coin) === false) continue;
    const last = ranges.at(-1);
    if (last?.toCoin === coin && coin - last.fromCoin < blockCoins) last.toCoin = coin + 1;
    else ranges.push({ fromCoin: coin, toCoin: coin + 1 });
  }
  return ranges;
}

function shareOf(values: Float64Array): Float64Array {
  const shared = sharedFloat64(values.length);
  shared.set(values);
  return shared;
}

interface Kept {
  readonly computation: number;
  readonly inputs: ColumnInputs;
  /** Coin features of the block, each with its place in a row of values; -1 for the mask alone. */
  readonly coin: readonly CoinFeature[];
  readonly range: CoinRange;
  readonly consume: (block: FeatureBlock, argument: unknown) => unknown;
}

/** What this thread keeps from block to block of one computation. */
let kept: Kept | null = null;
/** Room for the values of a block: the next block takes the same. */
let room = new Float32Array(0);
/**
 * Features whose values are written together: sixteen are one cache line of a row. One feature at a time would fetch every
 * line of a block once for each of them.
 */
const FEATURES_PER_LINE = 16;

async function keptOf(task: BlockTask): Promise<Kept> {
  if (kept?.computation === task.computation) return kept;
  const { inputs, fromHour, toHour, computation, consumer } = task;
  const definitions = await featuresWith(task.modules);
  const names = task.eligible ? [...task.features, ELIGIBLE] : task.features;
  const coin = [...new Set(names)]
    .map((name) => definitions.get(name))
    .filter((feature) => feature?.scope === 'coin');
  const module = (await import(consumer.module)) as Record<string, Kept['consume']>;
  const consume = module[consumer.functionName];
  assertInvariant(consume !== undefined, `${consumer.module} exports ${consumer.functionName}`);
  kept = { computation, inputs, coin, range: new CoinRange(inputs, coin, fromHour, toHour), consume };
  return kept;
}

/** Runs in a worker: computes a block and hands it to the consumer. */
export async function blockTask(task: BlockTask): Promise<unknown> {
  const { features, fromCoin, toCoin, fromHour, toHour } = task;
  const { inputs, coin, range, consume } = await keptOf(task);
  const width = features.length;
  const hours = toHour - fromHour;
  const cells = (toCoin - fromCoin) * hours;
  if (room.length < cells * width) room = new Float32Array(cells * width);
  const values = room.subarray(0, cells * width).fill(Number.NaN);
  const eligible = task.eligible ? new Uint8Array(cells) : null;
  const places = coin.map(({ name }) => features.indexOf(name));
  const mask = coin.findIndex(({ name }) => name === ELIGIBLE);
  const lines = new FeatureLines(values, width, hours);
  for (let each = fromCoin; each < toCoin; each += 1) {
    const row = (each - fromCoin) * hours - fromHour;
    range.coin(each, (feature, series, base, from, to) => {
      if (eligible !== null && feature === mask)
        for (let hour = from; hour < to; hour += 1) eligible[row + hour] = series[hour - base] === 1 ? 1 : 0;
      const place = places[feature]!;
      if (place >= 0) lines.add(place, series.subarray(from - base, to - base), row + from);
    });
    lines.write();
  }
  fillShared(task, values);
  const { consumer } = task;
  return consume(
    { inputs, features, fromCoin, toCoin, fromHour, toHour, values, eligible },
    consumer.argument,
  );
}

/** Series of one coin on their way into rows of values: those of neighbouring features and the same hours are written together. */
class FeatureLines {
  readonly #values: Float32Array;
  readonly #width: number;
  /** Row by row, a line of features each. */
  readonly #waiting: Float32Array;
  #place = 0;
  #count = 0;
  #row = 0;
  #rows = 0;

  constructor(values: Float32Array, width: number, hours: number) {
    this.#values = values;
    this.#width = width;
    this.#waiting = new Float32Array(hours * FEATURES_PER_LINE);
  }

  /** The series of the feature at `place`, for rows from `row` on. */
  add(place: number, series: Float64Array, row: number): void {
    const follows = place === this.#place + this.#count && row === this.#row && series.length === this.#rows;
    if (!follows || this.#count === FEATURES_PER_LINE) {
      this.write();
      this.#place = place;
      this.#row = row;
      this.#rows = series.length;
    }
    const waiting = this.#waiting;
    let at = this.#count;
    for (let index = 0; index < series.length; index += 1, at += FEATURES_PER_LINE)
      waiting[at] = series[index]!;
    this.#count += 1;
  }

  write(): void {
    const count = this.#count;
    const waiting = this.#waiting;
    const values = this.#values;
    let to = this.#row * this.#width + this.#place;
    let from = 0;
    for (let row = 0; row < this.#rows; row += 1, to += this.#width, from += FEATURES_PER_LINE) {
      for (let index = 0; index < count; index += 1) values[to + index] = waiting[from + index]!;
    }
    this.#count = 0;
  }
}

/** Copies what was computed for all coins beforehand. */
function fillShared(
  { features, fromCoin, toCoin, fromHour, toHour, ...task }: BlockTask,
  values: Float32Array,
): void {
  const width = features.length;
  const hours = toHour - fromHour;
  for (const [place, name] of features.entries()) {
    const series = task.series.get(name);
    const rows = task.rows.find((each) => each.name === name);
    if (series === undefined && rows === undefined) continue;
    for (let coin = fromCoin; coin < toCoin; coin += 1) {
      let at = (coin - fromCoin) * hours * width + place;
      for (let hour = 0; hour < hours; hour += 1, at += width)
        values[at] = series === undefined ? rows!.values[hour * rows!.coins + coin]! : series[hour]!;
    }
  }
}
