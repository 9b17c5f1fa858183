/** What became of scored rows, where the data know: each as a position of its model's side, by the barriers that its label was made of. */
import { openDataset } from '../../datasets/open.ts';
import type { ScoreOutcomes } from '../../datasets/scores/diagnose.ts';
import type { Store } from '../../datasets/store.ts';
import {
  type BarrierLabelRules,
  emptyBarrierLabels,
  labelBarriers,
} from '../../engine/columns/labels/barrier-labels.ts';
import type { ModelPlan } from '../../engine/signal/model-plan.ts';

/**
 * Returns before costs, timeouts included, NaN where the data end before the position does. Null for a plan without barriers.
 * @throws StoreFault
 */
export async function scoreOutcomes(
  store: Store,
  dataset: string,
  { labels }: ModelPlan,
): Promise<ScoreOutcomes | null> {
  const barriers = labels.filter((label) => label.kind === 'barrier');
  if (barriers.length === 0) return null;
  const { panel } = await openDataset(store, dataset);
  const made = new Map<string, Float64Array>();
  const returnsOf = (rules: BarrierLabelRules): Float64Array => {
    const key = JSON.stringify(rules);
    const known = made.get(key);
    if (known !== undefined) return known;
    const { exitReturn } = emptyBarrierLabels(panel, 'outcome');
    labelBarriers(panel, rules, { exitReturn });
    made.set(key, exitReturn.values);
    return exitReturn.values;
  };
  return { panel, returns: new Map(barriers.map(({ name, rules }) => [name, returnsOf(rules)])) };
}
