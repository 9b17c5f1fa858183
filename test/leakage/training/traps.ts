/** Seven ways for a training to see its own test, each beside the honest thing it stands for, and what of each the audit has to name. */
import type { AuditPlan } from '../../../engine/columns/audit/audit.ts';
import type { Detector } from '../../../engine/columns/audit/findings.ts';
import type { LineageNode } from '../../../engine/columns/audit/lineage.ts';
import { type AuditWorld, worldOf } from '../../../engine/columns/audit/world.ts';
import { barInputs } from '../../../engine/columns/features/inputs.ts';
import { hourAt } from '../../../engine/panel/panel.ts';
import { emptyRows } from '../../../engine/panel/rows.ts';
import {
  clean,
  fittedOnFolds,
  LABEL_COLUMN,
  labelWithNoise,
  metaTrainer,
  type PipelineOptions,
  rowsOf,
  selectedTrainer,
} from './pipeline.ts';
import { auditedSplits, type SplitKind } from './splits.ts';

/** `object`: the subject or the field that each of the detectors has to name. */
export const trainingTraps = {
  T6: { object: LABEL_COLUMN, detectors: ['Dd', 'Dc', 'lineage'] },
  T7: { object: 'selector', detectors: ['Dd', 'lineage'] },
  T13: { object: 'network', detectors: ['Dd', 'lineage'] },
  T14: { object: 'folds of meta', detectors: ['Dd', 'splits'] },
  // What a coin's labels have in common over the whole market stands on both sides of a random split.
  T15: { object: 'folds of meta at random', detectors: ['Dd', 'De', 'splits'] },
  T16: { object: 'folds of meta by share', detectors: ['Dd', 'splits'] },
  'best on test': { object: 'configuration', detectors: ['Dd', 'De'] },
} as const satisfies Readonly<Record<string, { object: string; detectors: readonly Detector[] }>>;
export type TrainingTrap = keyof typeof trainingTraps;

const metaNames = { purged: 'meta', T14: 'meta', T15: 'meta at random', T16: 'meta by share' } as const;

/** One `meta` for each split that is sprung, and one in any case; the seed is that of the market under audit. */
export function trainingAuditedWith(
  sprung: ReadonlySet<TrainingTrap>,
  seed: number,
): Pick<AuditPlan, 'world' | 'lineage' | 'fittedOnFolds' | 'splits'> & {
  readonly training: Required<AuditPlan>['training'];
} {
  const options: PipelineOptions = {
    ...clean,
    ...{ labelColumn: sprung.has('T6'), networkInSample: sprung.has('T13'), selectedOnAll: sprung.has('T7') },
    chosenOnTest: sprung.has('best on test'),
  };
  const ofSplit = (['T14', 'T15', 'T16'] as const).filter((trap) => sprung.has(trap));
  const kinds: readonly SplitKind[] = ofSplit.length === 0 ? ['purged'] : ofSplit;
  const metas = kinds.map((split) => ({
    own: { ...options, split },
    trainer: metaTrainer(metaNames[split], { ...options, split }),
  }));
  const selected = selectedTrainer('selected', options);
  return {
    world: worldWith(seed, options),
    training: { trainers: [...metas.map(({ trainer }) => trainer), selected] },
    lineage: metas.flatMap(({ trainer: { name } }) => lineageOf(name, options)),
    // A split that shares moments fits everything too late; the audit of splits tells on it.
    fittedOnFolds: [
      ...fittedOnFolds(metas[0]!.trainer, { ...options, split: 'purged' }, seed),
      ...fittedOnFolds(selected, options, seed),
    ],
    splits: metas.flatMap(({ own, trainer }) =>
      auditedSplits(`folds of ${trainer.name}`, own.split, rowsOf(seed, own), own.folds),
    ),
  };
}

function lineageOf(name: string, { labelColumn }: PipelineOptions): readonly LineageNode[] {
  const features = rowsOf(1, clean).names;
  return [
    ...features.map((feature) => ({ name: feature, kind: 'column' as const, inputs: [] })),
    { name: 'label_3d', kind: 'label', inputs: [] },
    { name: LABEL_COLUMN, kind: 'column', inputs: ['label_3d'] },
    { name, kind: 'gate', inputs: [...features, ...(labelColumn ? [LABEL_COLUMN] : [])] },
  ];
}

/** The market with the column of T6 as it would lie in a store: nothing is computed there, so nothing can be cut. */
function worldWith(seed: number, options: PipelineOptions): AuditWorld {
  const rows = rowsOf(seed, options);
  const { panel } = rows;
  const column = emptyRows(LABEL_COLUMN, panel.symbols.length, panel.hours);
  for (const [row, value] of labelWithNoise(rows).entries()) {
    const bar = hourAt(panel, rows.startMs[row]!) - 1;
    // Held until the next decision, as a column of the store is.
    for (let hour = bar; hour < Math.min(panel.hours, bar + options.strideHours); hour += 1)
      column.values[hour * panel.symbols.length + rows.coins[row]!] = value;
  }
  return worldOf(barInputs(panel), { stored: options.labelColumn ? [column] : [] });
}
