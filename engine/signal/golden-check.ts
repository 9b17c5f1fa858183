/** Golden rows: what the graph gives must be what the native library gave, for each row alone and for all of them at once. */
import type { ModelContract } from './contract.ts';
import type { ModelSession } from './session.ts';

const goldenRowsMin = 32;
export const toleranceMax = 1e-4;

export interface GoldenRows {
  readonly rows: number;
  /** Shape of one row: `[features]`, or `[steps, features]`. */
  readonly shape: readonly number[];
  /** `[rows][…shape]`. */
  readonly inputs: Float32Array;
  /** `[rows][outputs]`, as the native library gave them. */
  readonly native: Float64Array;
}

/** Numbers that a graph gives for a row. */
export function outputsOf({ output }: ModelContract): number {
  return output.kind === 'class-logits' ? output.classes.length : 1;
}

/**
 * @param inputs numbers of one step of a row; of a text model its terms
 * @returns a sentence where the bytes are not what the contract implies
 */
export function readGolden(bytes: Uint8Array, contract: ModelContract, inputs: number): GoldenRows | string {
  const { rows } = contract.golden;
  const { kind, steps } = contract.input;
  const outputs = outputsOf(contract);
  if (rows < goldenRowsMin) return `${rows} rows: there must be ${goldenRowsMin} or more`;
  const split = rows * steps * inputs * 4;
  const expected = split + rows * outputs * 8;
  if (bytes.length !== expected)
    return `${bytes.length} bytes: ${rows} rows of ${steps} x ${inputs} inputs and ${outputs} outputs take ${expected}`;
  return {
    ...{ rows, shape: kind === 'sequence' ? [steps, inputs] : [inputs] },
    inputs: new Float32Array(new Uint8Array(bytes.subarray(0, split)).buffer),
    native: new Float64Array(new Uint8Array(bytes.subarray(split)).buffer),
  };
}

/** What is wrong with the rows themselves, in sentences. */
export function goldenRowFaults(golden: GoldenRows, contract: ModelContract): readonly string[] {
  const faults: string[] = [];
  const outputs = golden.native.length / golden.rows;
  const stray = golden.native.findIndex((value) => !Number.isFinite(value));
  if (stray >= 0) faults.push(`the native output of row ${Math.floor(stray / outputs)} is not finite`);
  if (golden.inputs.some((value) => value === Infinity || value === -Infinity))
    faults.push('an input is infinite');
  if (contract.input.nan === 'refused' && golden.inputs.some(Number.isNaN))
    faults.push('an input is NaN, and rows with NaN get no output: draw the rows from those that do');
  return faults;
}

/** Sums of classes this close to 1 are taken for probabilities. */
const SUM_OFF_MAX = 1e-4;

/** True where every output lies as only a probability would. */
export function looksLikeProbability({ native, rows }: GoldenRows, contract: ModelContract): boolean {
  if (contract.output.kind === 'expected-value') return false;
  if (!native.every((value) => value >= 0 && value <= 1)) return false;
  if (contract.output.kind === 'logit') return true;
  const classes = native.length / rows;
  return Array.from({ length: rows }, (_, row) => native.subarray(row * classes, (row + 1) * classes)).every(
    (values) => Math.abs(values.reduce((sum, value) => sum + value, 0) - 1) <= SUM_OFF_MAX,
  );
}

export interface Deviation {
  /** Largest distance of the graph from the native library, in units of the output; infinite where the graph gives NaN. */
  readonly max: number;
  readonly row: number;
  /** First row that has other bits alone than among the others; -1 for none. */
  readonly unlikeAlone: number;
}

/** @throws what the runtime throws, and RangeError where the graph gives another number of outputs */
export async function deviationOf(session: ModelSession, golden: GoldenRows): Promise<Deviation> {
  const { rows, shape, inputs, native } = golden;
  const width = inputs.length / rows;
  const outputs = native.length / rows;
  const together = await session.run(inputs, rows, shape);
  if (together.length !== native.length)
    throw new RangeError(`the graph gives ${together.length / rows} outputs for a row, and not ${outputs}`);
  let deviation: Deviation = { max: 0, row: 0, unlikeAlone: -1 };
  const take = (value: number, place: number) => {
    const distance = Math.abs(value - native[place]!);
    // Not `distance > max`: NaN must count.
    if (distance <= deviation.max) return;
    const row = Math.floor(place / outputs);
    deviation = { ...deviation, max: Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance, row };
  };
  for (let row = 0; row < rows; row += 1) {
    const alone = await session.run(inputs.slice(row * width, (row + 1) * width), 1, shape);
    for (let output = 0; output < outputs; output += 1) {
      const place = row * outputs + output;
      take(together[place]!, place);
      take(alone[output]!, place);
      if (!Object.is(alone[output], together[place]) && deviation.unlikeAlone < 0)
        deviation = { ...deviation, unlikeAlone: row };
    }
  }
  return deviation;
}
