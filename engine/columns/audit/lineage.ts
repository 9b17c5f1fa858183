/**
 * Lineage: which columns and fitted states reach a model or a gate, and up to when each state was fitted. A label must reach nothing, a
 * state must be valid only after the end of its training data, and whatever was fitted for a fold must end before the fold's embargo.
 */
import { isoMinute } from '../../panel/hours.ts';
import type { Leak } from './findings.ts';
import type { Findings } from './look-ahead.ts';

export interface LineageNode {
  readonly name: string;
  readonly kind: 'column' | 'fitted state' | 'label' | 'gate';
  /** Names of what goes into it. */
  readonly inputs: readonly string[];
  /** Fitted states: the newest moment of their training data, and the first at which they are used; epoch ms UTC. */
  readonly trainedToMs?: number;
  readonly validFromMs?: number;
}

/** Anything fitted for a fold: the model itself, a scaler, a selection of inputs, a network whose outputs train it. */
export interface FittedOnFold {
  /** Of the state: `selector`, `lstm of block 3`. */
  readonly name: string;
  /** The model it serves, and the fold's number. */
  readonly model: string;
  readonly fold: number;
  /** Newest moment of its training data, the end of their labels included, epoch ms UTC; NaN where nobody wrote it down. */
  readonly trainedToMs: number;
  /** First moment of the fold's test part, epoch ms UTC. */
  readonly testFromMs: number;
  readonly embargoMs: number;
}

export interface Reached {
  readonly gate: string;
  readonly columns: readonly string[];
  readonly states: readonly { readonly name: string; readonly trainedToMs: number }[];
}

export interface LineageFindings extends Findings {
  readonly reached: readonly Reached[];
}

/** Every name in `inputs` must be a node; one that is not is reported, because nobody can say what it has seen. */
export function lineageAudit(
  nodes: readonly LineageNode[],
  onFolds: readonly FittedOnFold[] = [],
): LineageFindings {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const leaks: Leak[] = [];
  const reached: Reached[] = [];
  for (const gate of nodes.filter(({ kind }) => kind === 'gate')) {
    const names = upstreamOf(gate, byName);
    const upstream = [...names].map((name) => byName.get(name));
    for (const [place, name] of [...names].entries()) {
      const node = upstream[place];
      if (node === undefined)
        leaks.push(found(gate, name, 'nothing is known of it: declare what it is made of'));
      else if (node.kind === 'label')
        leaks.push(
          found(gate, name, `it is a label, which has seen the future${through(name, gate, upstream)}`),
        );
    }
    const states = upstream.flatMap((node) =>
      node?.kind === 'fitted state' ? [{ name: node.name, trainedToMs: node.trainedToMs ?? Number.NaN }] : [],
    );
    const columns = upstream.flatMap((node) => (node?.kind === 'column' ? [node.name] : []));
    reached.push({ gate: gate.name, columns, states });
  }
  for (const node of nodes.filter(({ kind }) => kind === 'fitted state')) leaks.push(...undated(node));
  leaks.push(...onFolds.flatMap(fittedTooLate));
  return { leaks, count: nodes.length + onFolds.length, reached };
}

function upstreamOf(gate: LineageNode, byName: ReadonlyMap<string, LineageNode>): ReadonlySet<string> {
  const names = new Set<string>();
  const open = [...gate.inputs];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (names.has(name)) continue;
    names.add(name);
    open.push(...(byName.get(name)?.inputs ?? []));
  }
  return names;
}

/** Of all that reaches the gate, what takes it in. */
function through(name: string, gate: LineageNode, upstream: readonly (LineageNode | undefined)[]): string {
  const takers = upstream.flatMap((node) => (node?.inputs.includes(name) ? [node.name] : []));
  return gate.inputs.includes(name) ? '' : `, and comes by way of ${takers.join(', ')}`;
}

function found(gate: LineageNode, field: string, why: string): Leak {
  return {
    ...{ detector: 'lineage', kind: 'gate', subject: gate.name, field, hint: null, symbol: '' },
    ...{ timeMs: Number.NaN, before: Number.NaN, after: Number.NaN },
    message: `${field} reaches ${gate.name}: ${why}`,
  };
}

function undated({ name, trainedToMs, validFromMs }: LineageNode): readonly Leak[] {
  if (trainedToMs !== undefined && validFromMs !== undefined && validFromMs > trainedToMs) return [];
  const [trained, valid] = [trainedToMs ?? Number.NaN, validFromMs ?? Number.NaN];
  const why =
    Number.isNaN(trained) || Number.isNaN(valid) ? 'has no dates' : 'is used inside its own training data';
  return [
    {
      ...{ detector: 'lineage', kind: 'fitted state', subject: name, field: name, symbol: '' },
      ...{ timeMs: valid, before: valid, after: trained, hint: 'a state fitted to what it judges' },
      message: `${name} ${why}: it must be valid from a moment after the last one it was fitted to`,
    },
  ];
}

function fittedTooLate(state: FittedOnFold): readonly Leak[] {
  const { name, model, fold, trainedToMs, testFromMs, embargoMs } = state;
  const lastMs = testFromMs - embargoMs;
  if (trainedToMs <= lastMs) return [];
  const why = Number.isNaN(trainedToMs)
    ? 'does not say up to when it was fitted'
    : `was fitted to data up to ${isoMinute(trainedToMs)}`;
  return [
    {
      ...{ detector: 'lineage', kind: 'fitted state', subject: model, field: name, symbol: '' },
      ...{ timeMs: testFromMs, before: trainedToMs, after: lastMs },
      hint: 'a state fitted to what it judges',
      message: `${name} of ${model} ${why}; fold ${fold} is tested from ${isoMinute(testFromMs)} and allows nothing after ${isoMinute(lastMs)}`,
    },
  ];
}
