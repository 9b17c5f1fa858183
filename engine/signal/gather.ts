/** From a block of features to what a graph reads: rows, or sequences of rows, cell by cell. */
import type { FeatureBlock } from '../columns/blocks.ts';
import type { ScoredModel } from './scored-version.ts';

/** What of a block a model reads, worked out once for the block. */
export interface GatherPlan {
  readonly values: Float32Array;
  /** Features of the block, and hours of one coin. */
  readonly width: number;
  readonly hours: number;
  /** `[coin][hour]`, 1 where the coin has a bar. */
  readonly present: Uint8Array;
  /** Of the model's inputs in the block's features; null where the two are the same. */
  readonly places: Int32Array | null;
  readonly inputs: number;
  readonly steps: number;
  readonly strideHours: number;
  /** Share of NaN among the inputs of a row, beyond which it gets no output. */
  readonly nanShareMax: number;
}

export function gatherPlan(
  { values, features, fromHour, toHour }: FeatureBlock,
  { features: names, steps, strideHours, nanShareMax }: ScoredModel,
  present: Uint8Array,
): GatherPlan {
  const isWhole = names.length === features.length && names.every((name, place) => features[place] === name);
  return {
    ...{ values, width: features.length, hours: toHour - fromHour, present, inputs: names.length },
    places: isWhole ? null : Int32Array.from(names, (name) => features.indexOf(name)),
    ...{ steps, strideHours },
    nanShareMax,
  };
}

/** Where a walk over cells stands: the next cell to look at, and the rows gathered so far. */
export interface Gathered {
  readonly next: number;
  readonly rows: number;
}

/**
 * Fills `into`, `[row][step][input]`, from `cells[from]` on until `rowsMax` rows stand or the cells end. A step that lies before
 * the block, or at which the coin has no bar, is NaN. `kept[row]` is the cell of a row; cells with too many NaN have none.
 *
 * @param cells indices into `[coin][hour]` of the block
 */
export function gather(
  plan: GatherPlan,
  cells: Int32Array,
  from: number,
  rowsMax: number,
  into: Float32Array,
  kept: Int32Array,
): Gathered {
  const rowWidth = plan.inputs * plan.steps;
  let rows = 0;
  let next = from;
  for (; next < cells.length && rows < rowsMax; next += 1) {
    const cell = cells[next]!;
    const at = rows * rowWidth;
    if (plan.steps === 1) copyRow(plan, cell, into, at);
    else copySteps(plan, cell, into, at);
    // A share and not a count: training divides in the same way.
    if (plan.nanShareMax < 1 && nanCount(into, at, at + rowWidth) / rowWidth > plan.nanShareMax) continue;
    kept[rows] = cell;
    rows += 1;
  }
  return { next, rows };
}

function copySteps(plan: GatherPlan, cell: number, into: Float32Array, at: number): void {
  const { inputs, steps, strideHours, hours, present } = plan;
  const first = cell - (cell % hours);
  for (let step = 0; step < steps; step += 1) {
    const source = cell - (steps - 1 - step) * strideHours;
    const to = at + step * inputs;
    if (source >= first && present[source] === 1) copyRow(plan, source, into, to);
    else into.fill(Number.NaN, to, to + inputs);
  }
}

function copyRow({ values, width, places }: GatherPlan, cell: number, into: Float32Array, at: number): void {
  const from = cell * width;
  if (places === null) {
    into.set(values.subarray(from, from + width), at);
    return;
  }
  for (let input = 0; input < places.length; input += 1) into[at + input] = values[from + places[input]!]!;
}

function nanCount(values: Float32Array, from: number, to: number): number {
  let count = 0;
  for (let index = from; index < to; index += 1) if (Number.isNaN(values[index])) count += 1;
  return count;
}
