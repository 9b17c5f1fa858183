/** What a stored version is made of, for the lineage audit: columns, fitted models with their dates, the gate that reads them. */
import type { LineageNode } from '../engine/columns/audit/lineage.ts';
import { hourMs } from '../engine/panel/hours.ts';
import type { ModelPlan } from '../engine/signal/model-plan.ts';
import type { ModelVersion } from '../engine/signal/version.ts';
import { modelPlans } from '../strategies/models.ts';
import { modelFeatures } from './sized-plan.ts';
import { outOfFoldBlocks } from './stack.ts';

/**
 * Nodes of a version: every feature a column; every model that was shown a fitted state that reads its features, and the columns it
 * fills; an ensemble a column of its members'; and the strategy a gate that reads all of these. Of networks whose outputs train
 * others, each out-of-fold block is a state of its own, which the reading model's training went through.
 */
export function lineageOfVersion(version: ModelVersion): readonly LineageNode[] {
  const plan = modelPlans.get(version.strategy);
  if (plan === undefined) return [];
  const nameOf = (model: string) => `${version.strategy}/${version.version}/${model}`;
  const { trainedToMs, validFromMs } = version;
  const shown = plan.models.filter(({ name }) =>
    version.models.some(({ model, fold }) => model === name && fold === null),
  );
  const nodes = new Map<string, LineageNode>();
  const add = (node: LineageNode): void => {
    if (!nodes.has(node.name)) nodes.set(node.name, node);
  };
  for (const { name, trainedToMs: knownToMs, fromMs } of blockStates(plan, version)) {
    add({
      name: nameOf(name),
      kind: 'fitted state',
      inputs: [],
      trainedToMs: knownToMs,
      validFromMs: fromMs,
    });
  }
  for (const model of shown) {
    const blocks = blockStates(plan, version).filter(({ network }) =>
      plan.models.some(
        ({ name, columns }) =>
          name === network && columns.some((column) => modelFeatures(model).includes(column)),
      ),
    );
    const inputs = [...modelFeatures(model), ...blocks.map(({ name }) => nameOf(name))];
    // A corpus has no dates: it knows of nothing that lies before any decision.
    const toMs = model.kind === 'text' ? version.trainedFromMs : trainedToMs;
    add({ name: nameOf(model.name), kind: 'fitted state', inputs, trainedToMs: toMs, validFromMs });
    for (const column of model.columns) add({ name: column, kind: 'column', inputs: [nameOf(model.name)] });
  }
  for (const { name, members } of version.ensembles) {
    const column = plan.ensembles.find((ensemble) => ensemble.name === name)?.column;
    const inputs = plan.models
      .filter((model) => members.includes(model.name))
      .flatMap(({ columns }) => columns);
    if (column !== undefined) add({ name: column, kind: 'column', inputs });
  }
  for (const feature of shown.flatMap(modelFeatures)) add({ name: feature, kind: 'column', inputs: [] });
  const filled = [...shown.flatMap(({ columns }) => columns), ...plan.ensembles.map(({ column }) => column)];
  return [
    ...nodes.values(),
    { name: version.strategy, kind: 'gate', inputs: filled.filter((column) => nodes.has(column)) },
  ];
}

interface BlockState {
  readonly name: string;
  readonly network: string;
  /** First decision that reads it. */
  readonly fromMs: number;
  readonly trainedToMs: number;
}

function blockStates(plan: ModelPlan, { trainedFromMs, validFromMs }: ModelVersion): readonly BlockState[] {
  const lastDecisionMs = validFromMs - hourMs - plan.labelHours * hourMs;
  return plan.models.flatMap((model) => {
    if (model.kind !== 'network' || model.outOfFoldDays === null) return [];
    const window = { firstMs: trainedFromMs, lastDecisionMs };
    return outOfFoldBlocks(plan, model.outOfFoldDays, window).map(({ index, fromMs, trainToMs }) => ({
      ...{ name: `${model.name} of block ${index}`, network: model.name, fromMs },
      trainedToMs: trainToMs,
    }));
  });
}
