/**
 * Labels of a training's rows, and how its folds and blocks use them. A label stands on a grid of decision hours by coins, so that a
 * year of all coins takes no more room than its rows.
 */
import { computeColumns } from '../engine/columns/compute.ts';
import { BENCHMARK_SYMBOL } from '../engine/columns/features/coin-window.ts';
import type { ColumnInputs } from '../engine/columns/features/inputs.ts';
import { type SampleSpans, type Split, splitSamples } from '../engine/columns/folds/split.ts';
import {
  type BarrierLabels,
  emptyBarrierLabels,
  labelBarriers,
} from '../engine/columns/labels/barrier-labels.ts';
import { forwardResiduals, residualTerciles } from '../engine/columns/labels/forward-residual.ts';
import { type Panel, sharedFloat64, timeAt } from '../engine/panel/panel.ts';
import type { Rows } from '../engine/panel/rows.ts';
import type { LabelPlan } from '../engine/signal/model-plan.ts';
import type { WorkerPool } from '../engine/signal/pool.ts';
import { TrainingFault } from './faults.ts';

/** Rows that may be trained on: `[slot][place]`, a slot being a decision hour and a place a coin. */
export interface DecisionGrid {
  /** Panel hours whose close is the decision, ascending. */
  readonly hours: Int32Array;
  /** Panel coins, ascending. */
  readonly coins: Int32Array;
  /** 1 where the coin is in the universe, `[slot][place]`. */
  readonly eligible: Uint8Array;
}

/** A label on the grid. */
export interface GridLabel {
  readonly name: string;
  readonly kind: LabelPlan['kind'];
  /** NaN where the row has none. */
  readonly values: Float64Array;
  /** When it was known, epoch ms UTC; NaN where the row has none. */
  readonly endMs: Float64Array;
}

/** What a row is to a fold, or to a block of out-of-fold predictions. */
export const rowUses = { neither: 0, trains: 1, tests: 2 } as const;

/** @param eligible 1 or 0 of all coins, row 0 being panel hour `eligibleFromHour` */
export function decisionGrid(
  hours: Int32Array,
  coins: Int32Array,
  eligible: Rows,
  eligibleFromHour: number,
): DecisionGrid {
  const mask = new Uint8Array(new SharedArrayBuffer(hours.length * coins.length));
  for (const [slot, hour] of hours.entries()) {
    const row = (hour - eligibleFromHour) * eligible.coins;
    for (const [place, coin] of coins.entries())
      mask[slot * coins.length + place] = eligible.values[row + coin] === 1 ? 1 : 0;
  }
  return { hours, coins, eligible: mask };
}

export interface LabelSource {
  readonly inputs: ColumnInputs;
  readonly grid: DecisionGrid;
  /** Membership of all coins, whose thirds are taken at an hour. */
  readonly eligible: { readonly rows: Rows; readonly fromHour: number };
  readonly pool?: WorkerPool;
}

/** The plan's labels on the grid, in its order. @throws TrainingFault `training-refused` where a benchmark is missing */
export async function gridLabels(
  labels: readonly LabelPlan[],
  source: LabelSource,
): Promise<readonly GridLabel[]> {
  const made = new Map<string, GridLabel>();
  const barriers = labels.filter((label) => label.kind !== 'residual-tercile');
  const room = barriers.length === 0 ? null : emptyBarrierLabels(source.inputs.panel, 'barrier');
  for (const rules of new Set(barriers.map(({ rules: own }) => JSON.stringify(own)))) {
    const alike = barriers.filter(({ rules: own }) => JSON.stringify(own) === rules);
    for (const label of barrierGrids(alike, source, room!)) made.set(label.name, label);
  }
  for (const label of labels) {
    if (label.kind === 'residual-tercile') made.set(label.name, await tercileGrid(label, source));
  }
  return labels.map(({ name }) => made.get(name)!);
}

type BarrierPlan = Exclude<LabelPlan, { readonly kind: 'residual-tercile' }>;

/** Labels of the same rules, out of one walk. */
function barrierGrids(
  alike: readonly BarrierPlan[],
  { inputs: { panel }, grid }: LabelSource,
  room: BarrierLabels,
): readonly GridLabel[] {
  for (let at = 0; at < grid.coins.length; ) {
    let end = at + 1;
    while (grid.coins[end] === grid.coins[end - 1]! + 1) end += 1;
    const range = { fromCoin: grid.coins[at]!, toCoin: grid.coins[end - 1]! + 1 };
    const { label, exitReturn, endHour } = room;
    labelBarriers(panel, alike[0]!.rules, { label, exitReturn, endHour }, range);
    at = end;
  }
  return alike.map(({ name, kind }) => {
    const rows = kind === 'barrier' ? room.label : room.exitReturn;
    return onGrid({ name, kind }, panel, grid, (cell) => [rows.values[cell]!, room.endHour[cell]!]);
  });
}

/** Classes 0 under, 1 middle, 2 out, among all coins of the universe. */
async function tercileGrid(
  { name, kind, horizonHours }: Extract<LabelPlan, { readonly kind: 'residual-tercile' }>,
  { inputs, grid, eligible, pool }: LabelSource,
): Promise<GridLabel> {
  const { panel } = inputs;
  const benchmark = panel.symbols.indexOf(BENCHMARK_SYMBOL);
  if (benchmark < 0) {
    const message = `label ${name} is a residual against ${BENCHMARK_SYMBOL}, which the dataset lacks: import it`;
    throw new TrainingFault('training-refused', message, { faults: [{ path: '--dataset', message }] });
  }
  const [beta] = await computeColumns(inputs, ['beta_720h'], pool === undefined ? {} : { pool });
  const ahead = forwardResiduals({ panel, beta: beta!, benchmark, horizonHours });
  const { rows, fromHour } = eligible;
  const classes = residualTerciles(
    ahead,
    grid.hours,
    (hour, coin) => rows.values[(hour - fromHour) * rows.coins + coin] === 1,
  );
  return onGrid({ name, kind }, panel, grid, (cell) => [classes.values[cell]! + 1, ahead.endHour[cell]!]);
}

/** Takes value and end hour from panel cells, for rows of the universe. */
function onGrid(
  named: Pick<GridLabel, 'name' | 'kind'>,
  panel: Panel,
  { hours, coins, eligible }: DecisionGrid,
  at: (cell: number) => readonly [value: number, endHour: number],
): GridLabel {
  const values = sharedFloat64(eligible.length).fill(Number.NaN);
  const endMs = sharedFloat64(eligible.length).fill(Number.NaN);
  for (const [slot, hour] of hours.entries()) {
    for (const [place, coin] of coins.entries()) {
      const row = slot * coins.length + place;
      if (eligible[row] !== 1) continue;
      const [value, endHour] = at(hour * panel.symbols.length + coin);
      if (Number.isNaN(value)) continue;
      values[row] = value;
      endMs[row] = timeAt(panel, endHour);
    }
  }
  return { ...named, values, endMs };
}

/** How the rows of a label are used, a column for each split: `rowUses` by `[slot][place]`. */
export function splitUses(
  panel: Panel,
  grid: DecisionGrid,
  label: GridLabel,
  splits: readonly Split[],
): readonly Uint8Array[] {
  const { rows, spans } = labelledRows(panel, grid, label);
  return splits.map((split) => {
    const uses = new Uint8Array(new SharedArrayBuffer(label.values.length));
    const { train, test } = splitSamples(split, spans);
    for (const index of train) uses[rows[index]!] = rowUses.trains;
    for (const index of test) uses[rows[index]!] = rowUses.tests;
    return uses;
  });
}

/** Rows of the grid that have the label, with their spans from decision to end. */
function labelledRows(
  panel: Panel,
  { hours, coins }: Pick<DecisionGrid, 'hours' | 'coins'>,
  { values, endMs }: Pick<GridLabel, 'values' | 'endMs'>,
): { readonly rows: Int32Array; readonly spans: SampleSpans } {
  const rows: number[] = [];
  for (const [row, value] of values.entries()) if (!Number.isNaN(value)) rows.push(row);
  const decisionMs = (row: number) => timeAt(panel, hours[Math.floor(row / coins.length)]! + 1);
  return {
    rows: Int32Array.from(rows),
    spans: {
      startMs: Float64Array.from(rows, decisionMs),
      endMs: Float64Array.from(rows, (row) => endMs[row]!),
    },
  };
}
