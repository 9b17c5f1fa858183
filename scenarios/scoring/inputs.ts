/** What models are fed with: everything that columns are computed from, and the articles' classes as their own versions tell them. */
import type { Dataset } from '../../datasets/dataset.ts';
import type { Progress } from '../../datasets/progress.ts';
import { classifyArticles } from '../../datasets/scores/news.ts';
import type { Store } from '../../datasets/store.ts';
import { BENCHMARK_SYMBOL } from '../../engine/columns/features/coin-window.ts';
import type { FeatureNeed } from '../../engine/columns/features/feature.ts';
import type { ColumnInputs } from '../../engine/columns/features/inputs.ts';
import { features } from '../../engine/columns/features/registry.ts';
import { needsOf } from '../../engine/columns/plan.ts';
import type { Rows } from '../../engine/panel/rows.ts';
import { inputFeatures, storedInputs } from '../../engine/signal/scored-version.ts';
import { withRegimes } from '../columns/regimes.ts';
import { ScenarioFault } from '../faults.ts';
import type { ChosenVersions } from './versions.ts';

export interface MadeInputs {
  readonly inputs: ColumnInputs;
  /** Stored columns of the dataset that models read. */
  readonly stored: readonly Rows[];
  /** What a person should know of them. */
  readonly remarks: readonly string[];
}

/** @throws ScenarioFault where a model reads a column that neither a model of the plan nor the dataset fills */
export async function scoreInputs(
  store: Store,
  dataset: Dataset,
  { plan, texts }: ChosenVersions,
  settings: {
    readonly approximateQuoteVolume: boolean;
    readonly dailyVolumeMin: number;
    /** Where `news.parquet` goes. */
    readonly dir: string;
  },
  progress?: Progress,
): Promise<MadeInputs> {
  const names = storedInputs(plan);
  const absent = names.filter((name) => !dataset.storedColumns.includes(name));
  if (absent.length > 0) {
    const message = `models of ${plan.strategy} read ${absent.join(', ')}, which no model of the plan fills and dataset ${dataset.name} does not store`;
    throw new ScenarioFault([{ path: '--dataset', message }]);
  }
  const { unknown: _, ...stated } = await dataset.records();
  const { approximateQuoteVolume, dailyVolumeMin, dir } = settings;
  if (texts.length > 0) progress?.('classifying articles');
  // Classes that came with the dataset are another classifier's: the models were trained on their own.
  const news =
    texts.length === 0
      ? stated.news
      : await classifyArticles(store, dataset.manifest, stated.news, texts, dir);
  const records = { ...stated, news };
  const inputs: ColumnInputs = {
    ...{ panel: dataset.panel, records, regimes: [], approximateQuoteVolume, dailyVolumeMin },
  };
  const computed = inputFeatures(plan).filter((name) => features.get(name)?.scope !== 'stored');
  return {
    inputs: needsOf(computed, features).has('regime') ? await withRegimes(inputs, dataset, progress) : inputs,
    stored: await Promise.all(names.map((name) => dataset.rows(name))),
    remarks: emptyRemarks(computed, inputs),
  };
}

/** Features that stay empty because the dataset lacks what they take: a model was trained to live with that, or it was not. */
function emptyRemarks(names: readonly string[], { panel, records }: ColumnInputs): readonly string[] {
  const lacks: Partial<Record<FeatureNeed, boolean>> = {
    benchmark: !panel.symbols.includes(BENCHMARK_SYMBOL),
    'fear-greed': records.fearGreed === null,
    news: records.news === null,
    'news-classes': records.news !== null && records.news.classes.length === 0,
    instruments: records.instruments === null,
  };
  return (Object.keys(lacks) as FeatureNeed[]).flatMap((need) => {
    const empty =
      lacks[need] === true ? names.filter((name) => features.get(name)?.needs.includes(need)) : [];
    return empty.length === 0
      ? []
      : [
          `the dataset lacks ${need}: ${empty.length} features that take it are empty, ${empty[0]} among them`,
        ];
  });
}
