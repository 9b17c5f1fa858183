/**
 * One block of coins, scored where its features were computed: rows of the universe that have a bar, at the decision hours, each by
 * the newest version that was valid. Neither the block nor the batch shows in a score: a row's inputs are the same, and so is the run
 * of a graph over it (see `session.ts`).
 */
import type { FeatureBlock } from '../columns/blocks.ts';
import { assertInvariant } from '../invariant.ts';
import { hourMs } from '../panel/hours.ts';
import { BAR_WIDTH, CLOSE } from '../panel/panel.ts';
import { ensembleLogit } from './ensemble.ts';
import { gather, gatherPlan } from './gather.ts';
import { softmax } from './probability.ts';
import type { ScoredEnsemble, ScoredModel, ScorePlan } from './scored-version.ts';
import { type ModelSession, withSession } from './session.ts';

export interface ScoreJob {
  readonly plan: ScorePlan;
  /** Panel hours [fromHour, toHour) to score; the block may begin earlier, for sequences. */
  readonly fromHour: number;
  readonly toHour: number;
  /** Rows handed to a graph at once; fewer where rows are wide. */
  readonly batchRows: number;
}

/** Scores of the coins of a block over the hours of its job. */
export interface BlockScores {
  readonly fromCoin: number;
  readonly toCoin: number;
  readonly fromHour: number;
  readonly toHour: number;
  /** `[column][coin][hour]`, in the order of the plan's columns. */
  readonly values: Float64Array;
  /** `[coin][hour]`, 1 where a version was asked, whatever it said. */
  readonly asked: Uint8Array;
  /** By hour: which of the plan's versions; -1 before the first one and outside the decision hours. */
  readonly versionOf: Int32Array;
}

/** 32 MB of input. */
const BATCH_VALUES_MAX = 8 << 20;
const DAY_HOURS = 24;

export async function scoreBlock(block: FeatureBlock, job: ScoreJob): Promise<BlockScores> {
  const { plan, fromHour, toHour } = job;
  assertInvariant(
    block.fromHour <= fromHour && block.toHour === toHour,
    'a block holds the hours of its job',
  );
  const hours = toHour - fromHour;
  const coins = block.toCoin - block.fromCoin;
  const scores: BlockScores = {
    ...{ fromCoin: block.fromCoin, toCoin: block.toCoin, fromHour, toHour },
    values: new Float64Array(plan.columns.length * coins * hours).fill(Number.NaN),
    asked: new Uint8Array(coins * hours),
    versionOf: versionsByHour(plan, block.inputs.panel.startMs, fromHour, toHour),
  };
  const present = presentCells(block);
  const target: Target = { block, job, scores, present };
  for (const [index, version] of plan.versions.entries()) {
    const cells = askedCells(target, index);
    if (cells.length === 0) continue;
    for (const model of version.models)
      await withSession(model.sha256, model.graph, (session) => scoreModel(target, model, session, cells));
    for (const ensemble of version.ensembles) scoreEnsemble(target, ensemble, cells);
  }
  return scores;
}

interface Target {
  readonly block: FeatureBlock;
  readonly job: ScoreJob;
  readonly scores: BlockScores;
  readonly present: Uint8Array;
}

/** The newest version at each hour's close, where that is a decision time. */
export function versionsByHour(
  { versions, decisionHoursUtc }: ScorePlan,
  startMs: number,
  fromHour: number,
  toHour: number,
): Int32Array {
  return Int32Array.from({ length: toHour - fromHour }, (_, row) => {
    const decisionMs = startMs + (fromHour + row + 1) * hourMs;
    const hourUtc = Math.round(decisionMs / hourMs) % DAY_HOURS;
    if (decisionHoursUtc !== null && !decisionHoursUtc.includes(hourUtc)) return -1;
    return versions.findLastIndex(({ validFromMs }) => validFromMs <= decisionMs);
  });
}

/** `[coin][hour]` of the block, 1 where there is a bar. */
function presentCells({ inputs, fromCoin, toCoin, fromHour, toHour }: FeatureBlock): Uint8Array {
  const { bars, hours } = inputs.panel;
  const present = new Uint8Array((toCoin - fromCoin) * (toHour - fromHour));
  let cell = 0;
  for (let coin = fromCoin; coin < toCoin; coin += 1) {
    for (let hour = fromHour; hour < toHour; hour += 1, cell += 1)
      present[cell] = Number.isNaN(bars[(coin * hours + hour) * BAR_WIDTH + CLOSE]) ? 0 : 1;
  }
  return present;
}

/** Cells of the block that the version speaks on; they are marked as asked. */
function askedCells({ block, scores, present }: Target, version: number): Int32Array {
  const { versionOf, asked, fromHour } = scores;
  const { eligible } = block;
  assertInvariant(eligible !== null, 'a block to be scored comes with its universe');
  const hours = block.toHour - block.fromHour;
  const lead = fromHour - block.fromHour;
  const cells: number[] = [];
  for (let coin = 0; coin < block.toCoin - block.fromCoin; coin += 1) {
    for (let row = 0; row < versionOf.length; row += 1) {
      const cell = coin * hours + lead + row;
      if (versionOf[row] !== version || eligible[cell] !== 1 || present[cell] !== 1) continue;
      asked[coin * versionOf.length + row] = 1;
      cells.push(cell);
    }
  }
  return Int32Array.from(cells);
}

/** Place of a block's cell in a column of the scores. */
function scoreCell({ block, scores }: Target, cell: number): number {
  const hours = block.toHour - block.fromHour;
  const coin = Math.floor(cell / hours);
  const lead = scores.fromHour - block.fromHour;
  return coin * (scores.toHour - scores.fromHour) + (cell - coin * hours) - lead;
}

function columnOf({ job, scores }: Target, name: string): Float64Array {
  const cells = scores.asked.length;
  const at = job.plan.columns.indexOf(name);
  return scores.values.subarray(at * cells, (at + 1) * cells);
}

async function scoreModel(
  target: Target,
  model: ScoredModel,
  session: ModelSession,
  cells: Int32Array,
): Promise<void> {
  const { block, job, present } = target;
  const plan = gatherPlan(block, model, present);
  const rowWidth = plan.inputs * plan.steps;
  const rowsMax = Math.min(
    cells.length,
    Math.max(1, Math.min(job.batchRows, Math.floor(BATCH_VALUES_MAX / rowWidth))),
  );
  const input = new Float32Array(rowsMax * rowWidth);
  const kept = new Int32Array(rowsMax);
  for (let next = 0; next < cells.length; ) {
    const gathered = gather(plan, cells, next, rowsMax, input, kept);
    next = gathered.next;
    const { rows } = gathered;
    if (rows === 0) continue;
    const outputs = await session.run(input, rows, model.shape);
    assertInvariant(outputs.length === rows * model.columns.length, `${model.name} fills its columns`);
    write(target, model, kept.subarray(0, rows), outputs);
  }
}

function write(target: Target, model: ScoredModel, cells: Int32Array, outputs: Float32Array): void {
  const { block } = target;
  const width = model.columns.length;
  const columns = model.columns.map((name) => columnOf(target, name));
  // Models further down may read a column as a feature, in single precision like any other.
  const places = model.columns.map((name) => block.features.indexOf(name));
  for (const [row, cell] of cells.entries()) {
    const raw = outputs.subarray(row * width, (row + 1) * width);
    // A number beyond single precision is none: neither a gate nor a rank may see it.
    const isNumber = raw.every(Number.isFinite);
    const values = model.stored === 'probabilities' && isNumber ? softmax(raw) : raw;
    const at = scoreCell(target, cell);
    for (let output = 0; output < width; output += 1) {
      // Adding 0 turns -0 into 0, which Parquet cannot tell apart.
      const value = isNumber ? values[output]! + 0 : Number.NaN;
      columns[output]![at] = value;
      if (places[output]! >= 0) block.values[cell * block.features.length + places[output]!] = value;
    }
  }
}

function scoreEnsemble(target: Target, ensemble: ScoredEnsemble, cells: Int32Array): void {
  const column = columnOf(target, ensemble.column);
  const members = ensemble.members.map((name) => columnOf(target, name));
  const logits = new Float64Array(members.length);
  for (const cell of cells) {
    const at = scoreCell(target, cell);
    for (const [member, values] of members.entries()) logits[member] = values[at]!;
    column[at] = ensembleLogit(logits, ensemble.weights) + 0;
  }
}
