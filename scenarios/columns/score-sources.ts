/** Which scores fill which of a strategy's columns: those that models filled over the dataset and that fit the plans of today. */
import type { Dataset } from '../../datasets/dataset.ts';
import { type ScoreSource, staleFault } from '../../datasets/scores/open.ts';
import { scorePlanHash } from '../../datasets/scores/score-set.ts';
import { scoredColumns } from '../../engine/signal/scored-version.ts';
import { modelPlans } from '../../strategies/models.ts';

/** Sources by column, for those of the names that scores fill; a column of the dataset's own goes first. */
export async function scoreSources(
  dataset: Pick<Dataset, 'storedColumns' | 'scores'>,
  names: readonly string[],
): Promise<ReadonlyMap<string, ScoreSource>> {
  const wanted = new Set(names.filter((name) => !dataset.storedColumns.includes(name)));
  if (wanted.size === 0) return new Map();
  const sources = (await dataset.scores()).map(withPlan);
  return new Map(
    sources.flatMap((source) =>
      source.columns.filter((name) => wanted.has(name)).map((name) => [name, source] as const),
    ),
  );
}

/** A plan that changed since makes scores stale; one of a strategy that is not known here is nobody's to judge. */
function withPlan(source: ScoreSource): ScoreSource {
  const { manifest } = source;
  const plan = modelPlans.get(manifest.strategy);
  if (source.stale !== null || plan === undefined || scorePlanHash(plan) === manifest.planHash) return source;
  const stale = `were made after another plan of ${manifest.strategy}`;
  return { ...source, stale, rows: () => Promise.reject(staleFault(manifest, stale)) };
}

/** The scores that a run read, as its manifest names them: `<strategy>@<hash of the scores>`, by strategy. */
export function modelNames(sources: Iterable<ScoreSource>): readonly string[] {
  return [...new Set([...sources].map(({ manifest }) => `${manifest.strategy}@${manifest.hash}`))].sort();
}

/** The strategy whose models fill the column; null where none of the package does. */
export function scoringStrategy(column: string): string | null {
  const plan = [...modelPlans.values()].find((each) => scoredColumns(each).includes(column));
  return plan?.strategy ?? null;
}
