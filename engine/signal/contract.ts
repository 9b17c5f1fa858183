/**
 * What a model artifact says of itself. The graph (`model.onnx`) gives numbers; the contract says which numbers go in, in which
 * order, what comes out, what it was trained on and from when it may be used. A loader trusts neither: it checks both against each
 * other and against golden rows that carry the native library's own output. docs/models.md is the normative text.
 */

/** One retrain's artifact. Every field is required; null says "does not apply". */
export interface ModelContract {
  readonly formatVersion: 1;
  /** Kebab-case, unique in its version: `buy-lightgbm`. */
  readonly model: string;
  readonly strategy: string;
  /** Which retrain it belongs to. */
  readonly version: string;
  /** 0-based fold it was trained for; null for the final model. */
  readonly fold: number | null;
  readonly input: ModelInput;
  readonly output: ModelOutput;
  /** What a high output speaks for; null for a model without a side. */
  readonly side: 'buy' | 'sell' | null;
  readonly target: ModelTarget;
  readonly library: ModelLibrary;
  /** As handed to the library. */
  readonly hyperparameters: Readonly<Record<string, number | string | boolean | null>>;
  /** Named size of the training: `ci-small`, `demo`, `published`; `converted` for a model that was trained elsewhere. */
  readonly size: string;
  readonly seed: number | null;
  readonly train: TrainingSpan;
  /** First decision time that may use it, epoch ms UTC; later than everything it was trained on. */
  readonly validFromMs: number;
  readonly folds: FoldDefinition | null;
  readonly dataset: { readonly name: string; readonly hash: string } | null;
  /** Largest deviation of the graph from the native library on the golden rows, in units of the output. */
  readonly tolerance: number;
  /** Parity at export; null where the graph is the model's only form. */
  readonly parity: ParityRecord | null;
  readonly golden: { readonly rows: number };
  /** Every file of the artifact but this one, by name. */
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>;
}

export interface ModelInput {
  /** `rows`: [N, features]. `sequence`: [N, steps, features], oldest step first. `text`: [N, terms] made by `terms.json`. */
  readonly kind: 'rows' | 'sequence' | 'text';
  /** In the order of the graph's input; empty for `text`. */
  readonly features: readonly string[];
  /** The set whose features these are, all of them and in its order; null where the list is the model's own. */
  readonly featureSet: { readonly name: string; readonly hash: string } | null;
  readonly dtype: 'float32';
  /** `sequence` only, else 1: steps, and hours from one to the next. */
  readonly steps: number;
  readonly strideHours: number;
  /** `native`: the graph routes NaN as the library does. `graph-imputed`: the graph replaces it. `refused`: such rows get no output. */
  readonly nan: 'native' | 'graph-imputed' | 'refused';
  /** A row with a larger share of NaN gets no output; 1 where all are scored. */
  readonly nanShareMax: number;
}

export interface ModelOutput {
  /** `logit`: one raw log-odds. `class-logits`: one raw score a class. `expected-value`: a return as a fraction. Never a probability. */
  readonly kind: 'logit' | 'class-logits' | 'expected-value';
  /** Names of the classes in the order of the outputs; empty but for `class-logits`. */
  readonly classes: readonly string[];
}

export type ModelTarget =
  | {
      readonly kind: 'barrier' | 'barrier-return';
      readonly side: 'buy' | 'sell';
      readonly profitFraction: number;
      readonly lossFraction: number;
      readonly horizonHours: number;
    }
  | { readonly kind: 'residual-tercile'; readonly horizonHours: number }
  | { readonly kind: 'news-class' }
  | { readonly kind: 'unknown'; readonly note: string };

export interface ModelLibrary {
  /** `lightgbm`, `xgboost`, `catboost`, `torch`, `scikit-learn`. */
  readonly name: string;
  readonly version: string;
  /** How the graph was written: `own` or the name and version of a converter. */
  readonly exporter: string;
}

/** Null times: trained on nothing dated (a corpus), or nobody knows (a converted model). */
export interface TrainingSpan {
  readonly fromMs: number | null;
  /** Newest moment that any training label knew of. */
  readonly toMs: number | null;
  readonly rows: number | null;
  /** What was left out on purpose, in sentences; empty where nothing was. */
  readonly sampling: readonly string[];
}

export interface FoldDefinition {
  readonly count: number;
  readonly testDays: number;
  readonly labelHours: number;
  readonly embargoHours: number;
}

export interface ParityRecord {
  readonly rows: number;
  readonly deviationMax: number;
  /** Rows that pass the gate on one side and not on the other; 0 or the export is refused. */
  readonly gateFlips: number;
  readonly gateLogit: number | null;
}

export const contractFile = 'contract.json';
export const graphFile = 'model.onnx';
/** Inputs as Float32 `[rows][steps][features]`, then native outputs as Float64 `[rows][outputs]`, little-endian. */
export const goldenFile = 'golden.bin';
/** Text models: how terms are made of a text, and their weights. */
export const termsFile = 'terms.json';
/** Importances and training curve, for people. */
export const reportFile = 'report.json';
