/** Which of a plan's columns are what: scores of a side with their members and expected value, and the ranking by classes. */
import type { BoosterSpec, ModelPlan, ModelSpec, Side } from './model-plan.ts';

export interface SideSignal {
  readonly side: Side;
  /** Column of the logit that is gated. */
  readonly score: string;
  /** Column of the expected return; null where the plan has none of this side. */
  readonly expectedValue: string | null;
  /** Of an ensemble: columns of the members' logits, by library. */
  readonly members: readonly { readonly library: BoosterSpec['library']; readonly column: string }[];
}

/** Columns of the probabilities of three classes. */
export interface ClassRanking {
  readonly under: string;
  readonly middle: string;
  readonly out: string;
}

export interface PlanSignals {
  readonly sides: readonly SideSignal[];
  /** Of the last model of terciles, which reads the ones before it; null where a plan has none. */
  readonly ranking: ClassRanking | null;
}

/** An ensemble is a signal, and so is a model with a side whose one logit goes into no ensemble. */
export function signalsOf(plan: ModelPlan): PlanSignals {
  const { models, ensembles } = plan;
  const expectedValueOf = (side: Side) =>
    models.find((model) => model.side === side && isRegressor(model))?.columns[0] ?? null;
  const signal = (side: Side, score: string, members: SideSignal['members']): SideSignal => ({
    ...{ side, score, expectedValue: expectedValueOf(side), members },
  });
  const alone = models.filter(
    (model) =>
      model.kind !== 'text' &&
      model.stored === 'raw' &&
      model.columns.length === 1 &&
      !isRegressor(model) &&
      !ensembles.some(({ members }) => members.includes(model.name)),
  );
  const sides = [
    ...ensembles.map(({ side, column, members }) =>
      signal(
        side,
        column,
        members.flatMap((name) => {
          const model = models.find((one) => one.name === name);
          return model?.kind === 'booster' ? [{ library: model.library, column: model.columns[0]! }] : [];
        }),
      ),
    ),
    ...alone.flatMap(({ side, columns }) => (side === null ? [] : [signal(side, columns[0]!, [])])),
  ];
  const terciles = new Set(
    plan.labels.filter(({ kind }) => kind === 'residual-tercile').map(({ name }) => name),
  );
  const last = models.findLast(
    (model) => model.kind !== 'text' && model.stored === 'probabilities' && terciles.has(model.label),
  );
  const [under, middle, out] = last?.columns ?? [];
  const isWhole = under !== undefined && middle !== undefined && out !== undefined;
  return { sides, ranking: isWhole ? { under, middle, out } : null };
}

function isRegressor(model: ModelSpec): boolean {
  return model.kind === 'booster' && model.objective === 'regression';
}
