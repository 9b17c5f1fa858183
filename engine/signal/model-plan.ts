/**
 * What a strategy's models are: the plan that training follows and the scorer reads. Pure data, one per strategy
 * (`strategies/<name>/models.ts`), so that both sides speak of the same features, labels, folds and columns.
 */
import type { BarrierLabelRules } from '../columns/labels/barrier-labels.ts';

export type Side = 'buy' | 'sell';

export interface ModelPlan {
  readonly strategy: string;
  /** Hours (UTC, of the decision time) at which rows are labelled and network columns are computed; null for every hour. */
  readonly decisionHoursUtc: readonly number[] | null;
  /** Days of history a retrain looks at, up to its own moment; null for all there are. */
  readonly trainDays: number | null;
  readonly folds: { readonly count: number; readonly testDays: number; readonly embargoHours: number };
  /** Longest life of a label. */
  readonly labelHours: number;
  readonly labels: readonly LabelPlan[];
  /** In the order of training: a model may read columns that earlier ones fill. */
  readonly models: readonly ModelSpec[];
  readonly ensembles: readonly EnsembleSpec[];
  /** Default distance between retrains, in days. */
  readonly cadenceDays: number;
  /** The most liquid coins by quote volume over the training window; null for all eligible ones. */
  readonly coinsMax: number | null;
  readonly sizes: Readonly<Record<SizeName, SizeSpec>>;
}

export type LabelPlan =
  /** 1 the profit barrier first, 0 the loss barrier first. */
  | { readonly name: string; readonly kind: 'barrier'; readonly rules: BarrierLabelRules }
  /** Return of the same position, a fraction. */
  | { readonly name: string; readonly kind: 'barrier-return'; readonly rules: BarrierLabelRules }
  /** 2 the top third of the residual ahead, 1 the middle, 0 the bottom, among eligible coins at a decision hour. */
  | { readonly name: string; readonly kind: 'residual-tercile'; readonly horizonHours: number };

interface SpecBase {
  /** Kebab-case, unique in the plan; name of the artifact. */
  readonly name: string;
  readonly side: Side | null;
  /** Stored columns that its outputs fill, in the order of the outputs. */
  readonly columns: readonly string[];
  /** `probabilities`: softmax of the class logits goes into the columns, an output for each. `raw`: as the graph gave it. */
  readonly stored: 'raw' | 'probabilities';
  /** Logit at which a gate of the strategy stands, for counting flips at export. */
  readonly gateLogit: number | null;
}

export interface BoosterSpec extends SpecBase {
  readonly kind: 'booster';
  readonly library: 'lightgbm' | 'xgboost' | 'catboost';
  readonly objective: 'binary' | 'regression' | 'multiclass';
  readonly label: string;
  /** All of its features, in its order. */
  readonly featureSet: string;
  /** As the library calls them; the size may lower the number of trees. */
  readonly hyperparameters: Readonly<Record<string, number | string | boolean>>;
}

export interface NetworkSpec extends SpecBase {
  readonly kind: 'network';
  /** `lstm-pair`: two layers. `tcn`: causal convolutions. `lstm-norm`: one layer, norm, linear (with a selection of inputs). */
  readonly architecture: 'lstm-pair' | 'tcn' | 'lstm-norm';
  readonly label: string;
  /** Either all features of a set, or the model's own list. */
  readonly featureSet: string | null;
  readonly features: readonly string[];
  readonly steps: number;
  readonly strideHours: number;
  readonly nanShareMax: number;
  readonly hyperparameters: Readonly<Record<string, number | string | boolean>>;
  /** Its outputs train another model: they are made out of fold, over blocks of this many days. Null where nobody reads them. */
  readonly outOfFoldDays: number | null;
}

export interface TextSpec extends SpecBase {
  readonly kind: 'text';
  readonly classes: readonly string[];
  readonly hyperparameters: Readonly<Record<string, number | string | boolean>>;
}

export type ModelSpec = BoosterSpec | NetworkSpec | TextSpec;

/** Members weighted by what they are worth out of sample; the column holds the logit of the mean probability. */
export interface EnsembleSpec {
  readonly name: string;
  readonly side: Side;
  readonly members: readonly string[];
  readonly column: string;
}

export const sizeNames = ['ci-small', 'demo', 'published'] as const;
export type SizeName = (typeof sizeNames)[number];

/** How much of the published training is done. Whatever is left out stands in every contract. */
export interface SizeSpec {
  /** Caps; null for as published. */
  readonly treesMax: number | null;
  readonly coinsMax: number | null;
  /** Of the decision hours, one in so many is a training row. */
  readonly rowStride: number;
  readonly epochsMax: number | null;
}
