/** What `import { … } from 'hourglass'` offers. */

export { arrowStream, arrowTable } from './datasets/arrow.ts';
export type { AssumptionLedger, LedgerRow } from './datasets/assumption-ledger.ts';
export type { Dataset, DatasetManifest } from './datasets/dataset.ts';
export { openDataset } from './datasets/open.ts';
export { type Headline, listRuns, type RunManifest, readRun, type StoredRun } from './datasets/runs.ts';
export { openStore, type Store } from './datasets/store.ts';
export type { CoinWindow, MarketWindow } from './engine/columns/features/coin-window.ts';
export {
  defineFeature,
  type FeatureDefinition,
  type FeatureSet,
} from './engine/columns/features/feature.ts';
export {
  type CombinatorialOptions,
  type CombinatorialSplits,
  combinatorialPurgedSplits,
} from './engine/columns/folds/combinatorial.ts';
export {
  type SampleSpans,
  type Split,
  type SplitSamples,
  splitSamples,
} from './engine/columns/folds/split.ts';
export { type WalkForwardOptions, walkForwardFolds } from './engine/columns/folds/walk-forward.ts';
export { type OlsColumns, type OlsOptions, rollingOls } from './engine/columns/kernels/ols.ts';
export {
  type TripleBarrier,
  type TripleBarrierInput,
  tripleBarrier,
} from './engine/columns/labels/triple-barrier.ts';
export type { HmmFit, HmmFitOptions } from './engine/columns/regime/baum-welch.ts';
export type { StatePath } from './engine/columns/regime/chain.ts';
export { gaussianHmm, type StateProbabilities } from './engine/columns/regime/gaussian-hmm.ts';
export type { GaussianHmm } from './engine/columns/regime/model.ts';
export { scaleByRegime } from './engine/columns/regime/scaling.ts';
export {
  boolean,
  type ConfigFields,
  type ConfigOf,
  choice,
  type Fault,
  integer,
  number,
  type Parsed,
  text,
} from './engine/config.ts';
export {
  type BracketEdition,
  maintenanceMargin,
  type Tier,
} from './engine/exchange/brackets.ts';
export {
  type FilterEdition,
  type FilteredOrder,
  type FilterOrder,
  type Filters,
  roundToFilters,
} from './engine/exchange/filters.ts';
export { fundingPayment, type LiquidationInput, liquidationPrice } from './engine/exchange/liquidation.ts';
export type { Order, OrderOutcome } from './engine/execution/orders.ts';
export {
  type ExitReason,
  exitReasons,
  type JournalRecord,
  type RefusalReason,
} from './engine/journal/records.ts';
export type { Table, TableColumn } from './engine/journal/tables.ts';
export {
  type BarRow,
  closeAt,
  type FundingRow,
  hourAt,
  type Panel,
  panelFromBars,
  timeAt,
} from './engine/panel/panel.ts';
export type { Slice } from './engine/panel/slice.ts';
export type { AccountView, PositionView } from './engine/portfolio/account.ts';
export { exitReasonAt, type TradeColumns } from './engine/portfolio/ledger.ts';
export type { Clock, Journal, MarketData, Venue } from './engine/ports.ts';
export type { Limits } from './engine/risk/limits.ts';
export { run, type Session, StrategyFault } from './engine/run.ts';
export type { Schedule } from './engine/schedule.ts';
export { ensembleLogit, ensembleWeights } from './engine/signal/ensemble.ts';
export { logitOf, sigmoid } from './engine/signal/probability.ts';
export type { Costs } from './engine/simulator/costs.ts';
export type { DetailSource, FillRules, VenueRules } from './engine/simulator/rules.ts';
export { calmar } from './engine/stats/calmar.ts';
export { dailyReturns } from './engine/stats/daily-returns.ts';
export {
  type InformationCoefficient,
  informationCoefficient,
  neweyWestT,
} from './engine/stats/information-coefficient.ts';
export { type Inversion, scoreInversion, type ThresholdRate } from './engine/stats/inversion.ts';
export { type Isotonic, isotonic } from './engine/stats/isotonic.ts';
export { type KolmogorovSmirnov, kolmogorovSmirnov } from './engine/stats/kolmogorov-smirnov.ts';
export { maxDrawdown } from './engine/stats/max-drawdown.ts';
export {
  type DeflatedSharpe,
  type DeflatedSharpeInput,
  deflatedSharpe,
  type OverfittingProbability,
  type ProbabilisticSharpeInput,
  probabilisticSharpe,
  probabilityOfBacktestOverfitting,
} from './engine/stats/overfitting.ts';
export { holm, mcnemar, twoProportion } from './engine/stats/proportions.ts';
export { populationStabilityIndex } from './engine/stats/psi.ts';
export { type QuantileBin, type QuantileReturns, quantileReturns } from './engine/stats/quantile-returns.ts';
export { partialAuc, type RocCurve, rocAuc, rocCurve } from './engine/stats/roc-auc.ts';
export { type ScoreBin, scoreBins } from './engine/stats/score-bins.ts';
export { sharpe } from './engine/stats/sharpe.ts';
export { sortino } from './engine/stats/sortino.ts';
export { spearman } from './engine/stats/spearman.ts';
export {
  type BootstrapInterval,
  type BootstrapOptions,
  stationaryBootstrap,
} from './engine/stats/stationary-bootstrap.ts';
export { wilson } from './engine/stats/wilson.ts';
export {
  bindStrategy,
  defineStrategy,
  type Strategy,
  type StrategyDefinition,
  type Target,
} from './engine/strategy.ts';
export { runBacktest } from './scenarios/backtest.ts';
export { type CostModel, feeModel, type SlippageChoice, slippageModel } from './scenarios/cost-models.ts';
export { ScenarioFault } from './scenarios/faults.ts';
export { type FillModelChoice, fillModel, type RuleChoice } from './scenarios/fill-model.ts';
export { type BacktestAnswer, type BacktestRequest, backtest } from './scenarios/library.ts';
export { loadScenario } from './scenarios/load.ts';
export { replayRun as replay } from './scenarios/replay.ts';
export { extremes, reaching } from './strategies/select.ts';
