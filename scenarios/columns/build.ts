/**
 * One feature set over one dataset, from bars and records to a stored set:
 *
 *   1. `inputsOf`        panel with volumes, records, regime versions (those fitted before, or fitted now)
 *   2. `computeBlocks`   block by block in workers, each counted and, if asked for, written, then dropped
 *   3. `qualityReport`   everything that is wrong, and what of it was allowed by name
 *   4. `publish`         tables and manifest beside the values, one rename; nothing where something was not allowed
 *   5. `writePage`       where it is asked for, whether or not the set was stored
 */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type {
  Allowance,
  ColumnSetManifest,
  PendingColumn,
  StoredColumn,
  UniverseSpan,
} from '../../datasets/columns/column-set.ts';
import { blockConsumer } from '../../datasets/columns/consume.ts';
import { regimeVersionsText } from '../../datasets/columns/regime-versions.ts';
import { fillTable, regimeTable, universeTable } from '../../datasets/columns/tables.ts';
import { type ColumnSetContent, type ColumnStaging, stageColumnSet } from '../../datasets/columns/write.ts';
import type { Dataset } from '../../datasets/dataset.ts';
import { openDataset } from '../../datasets/open.ts';
import type { Progress } from '../../datasets/progress.ts';
import type { Store } from '../../datasets/store.ts';
import { computeBlocks } from '../../engine/columns/blocks.ts';
import type { FeatureDefinition, FeatureNeed } from '../../engine/columns/features/feature.ts';
import type { ColumnInputs } from '../../engine/columns/features/inputs.ts';
import { pendingFeatures } from '../../engine/columns/features/sets.ts';
import type { ColumnQuality } from '../../engine/columns/quality/column-quality.ts';
import { mergedQuality, sharedQuality } from '../../engine/columns/quality/shared-quality.ts';
import { type QualityReport, qualityReport } from '../../engine/columns/quality/verdicts.ts';
import { regimeInputs } from '../../engine/columns/regime/market-regimes.ts';
import { OBSERVATION_WIDTH } from '../../engine/columns/regime/observations.ts';
import { regimeProbabilities, regimeVersionAt } from '../../engine/columns/regime/versions.ts';
import { residualSummary } from '../../engine/columns/residual-summary.ts';
import { type UniverseSizes, universeSizes } from '../../engine/columns/universe/sizes.ts';
import { universeReasons } from '../../engine/columns/universe/universe.ts';
import type { Panel } from '../../engine/panel/panel.ts';
import { WorkerPool } from '../../engine/signal/pool.ts';
import { engineVersion } from '../../engine/version.ts';
import { fillFacts, regimeFacts, residualFacts, universeFacts } from '../../reports/column-facts.ts';
import { writeBuildPage } from '../../reports/columns-report.ts';
import { ScenarioFault } from '../faults.ts';
import { type LoadedFeatureSet, loadFeatureSet } from './feature-set.ts';
import { withRegimes } from './regimes.ts';

export interface ColumnBuildRequest {
  readonly dataset: string;
  /** Name of a set, or path of a file that exports one. */
  readonly set: string;
  /** Columns that may be odd, each with its reason. */
  readonly allowed?: readonly Allowance[];
  /** Take volume times close where a bar has no quote volume. */
  readonly approximateQuoteVolume?: boolean;
  /** Least median daily quote volume of an eligible coin; 0 if absent. */
  readonly dailyVolumeMin?: number;
  /** Store the values too. */
  readonly exportValues?: boolean;
  /** Wall clock, epoch ms: writes the set's page too, which names this time. */
  readonly pageAtMs?: number;
  /** As many as the machine has cores if absent. */
  readonly workers?: number;
  readonly progress?: Progress;
}

export interface ColumnBuild {
  readonly manifest: ColumnSetManifest;
  readonly report: QualityReport;
  /** Folder of the stored set; null where a finding that nobody allowed kept it out. */
  readonly dir: string | null;
  /** Path of the page; null where it was not asked for. */
  readonly page: string | null;
}

/** @throws StoreFault, StrategyLoadFault, ScenarioFault listing everything that is wrong with the request */
export async function buildColumns(store: Store, request: ColumnBuildRequest): Promise<ColumnBuild> {
  const { progress } = request;
  const loaded = await loadFeatureSet(request.set, store.dataDir);
  checkAllowed(loaded, request.allowed ?? []);
  progress?.(`opening dataset ${request.dataset}`);
  const dataset = await openDataset(store, request.dataset, { volumes: true });
  const { unknown, ...records } = await dataset.records();
  const plan = await planOf(dataset, loaded, records.news?.classes.length ?? 0);
  const inputs = await inputsOf(dataset, records, plan.features, request);
  const staging = await stageColumnSet(store, dataset.name, loaded.set.name);
  try {
    const computed = await compute(dataset, inputs, { loaded, plan, request, staging });
    const report = qualityReport(computed.quality, new Map(plan.allowances(request.allowed ?? [])));
    progress?.('counting the universe');
    const universe = universeSizes(inputs, 1);
    const manifest: ColumnSetManifest = {
      ...{ formatVersion: 1, dataset: dataset.name, datasetHash: dataset.hash },
      ...{ set: loaded.set.name, setHash: loaded.hash, engineVersion },
      hash: valuesHash(dataset, loaded, inputs, computed.quality),
      ...{ rows: dataset.manifest.rows, fromMs: dataset.manifest.fromMs, toMs: dataset.manifest.toMs },
      columns: storedColumns(plan.features, report),
      pending: plan.pending,
      allowed: request.allowed ?? [],
      approximations: approximations(inputs),
      dailyVolumeMin: inputs.dailyVolumeMin,
      findings: report.findings,
      universe: spanOf(universe),
      unknownSymbols: unknown,
      regimeVersions: inputs.regimes.length,
      files: computed.files,
    };
    const content = {
      manifest,
      fill: fillTable(computed.quality),
      universe: universeTable(universe, inputs.panel.startMs),
      regime: regimeOf(inputs),
    };
    if (!report.failing) progress?.('storing the set');
    const dir = report.failing ? null : await staging.publish(content);
    const page = await writePage(store, inputs, content, { ...request, stored: dir !== null });
    return { manifest, report, dir, page };
  } finally {
    await staging.discard();
  }
}

function checkAllowed({ set }: LoadedFeatureSet, allowed: readonly Allowance[]): void {
  const names = new Set(set.features.map(({ name }) => name));
  const faults = allowed.flatMap(({ column, reason }, index) => [
    ...(names.has(column) ? [] : [`set ${set.name} has no column ${column}`]),
    ...(reason.trim() === '' ? [`${column} is allowed without a reason`] : []),
    ...(allowed.findIndex((other) => other.column === column) === index
      ? []
      : [`${column} is allowed twice`]),
  ]);
  if (faults.length > 0)
    throw new ScenarioFault(faults.map((message) => ({ path: '--allow-unfilled', message })));
}

interface BuildPlan {
  /** Features that can be computed or read, in the order of the set. */
  readonly features: readonly FeatureDefinition[];
  readonly pending: readonly PendingColumn[];
  /** Those of the features. */
  allowances(allowed: readonly Allowance[]): readonly (readonly [string, string])[];
}

const dataNeeds: readonly FeatureNeed[] = [
  'benchmark',
  'volume',
  'quote-volume',
  'fear-greed',
  'news',
  'instruments',
  'regime',
];

/** What no model and no classifier has filled yet waits; what the dataset should hold and does not is told as a finding. */
async function planOf(dataset: Dataset, { set }: LoadedFeatureSet, classes: number): Promise<BuildPlan> {
  const met = new Set<FeatureNeed>(classes > 0 ? [...dataNeeds, 'news-classes'] : dataNeeds);
  const pending = pendingFeatures(set, met).filter(
    ({ name, scope }) => scope !== 'stored' || !dataset.storedColumns.includes(name),
  );
  const features = set.features.filter((feature) => !pending.includes(feature));
  if (features.length === 0) {
    const message = `every column of set ${set.name} waits for a model or a classifier: there is nothing to build yet`;
    throw new ScenarioFault([{ path: '--set', message }]);
  }
  const names = new Set(features.map(({ name }) => name));
  return {
    features,
    pending: pending.map(({ name, needs }) => ({
      column: name,
      needs: needs.filter((need) => !met.has(need)),
    })),
    allowances: (allowed) =>
      allowed
        .filter(({ column }) => names.has(column))
        .map(({ column, reason }) => [column, reason] as const),
  };
}

async function inputsOf(
  dataset: Dataset,
  records: ColumnInputs['records'],
  features: readonly FeatureDefinition[],
  { approximateQuoteVolume = false, dailyVolumeMin = 0, progress }: ColumnBuildRequest,
): Promise<ColumnInputs> {
  const inputs = { panel: dataset.panel, records, regimes: [], approximateQuoteVolume, dailyVolumeMin };
  if (!features.some(({ needs }) => needs.includes('regime'))) return inputs;
  return await withRegimes(inputs, dataset, progress);
}

interface Computed {
  readonly quality: ColumnQuality;
  readonly files: readonly string[];
}

async function compute(
  dataset: Dataset,
  inputs: ColumnInputs,
  given: {
    readonly loaded: LoadedFeatureSet;
    readonly plan: BuildPlan;
    readonly request: ColumnBuildRequest;
    readonly staging: ColumnStaging;
  },
): Promise<Computed> {
  const { loaded, plan, request, staging } = given;
  const { progress, exportValues = false, workers = availableParallelism() } = request;
  const shared = sharedQuality(plan.features, inputs.panel, workers);
  const stored = await Promise.all(
    plan.features.filter(({ scope }) => scope === 'stored').map(({ name }) => dataset.rows(name)),
  );
  const pool = new WorkerPool(workers);
  try {
    progress?.('computing columns', 0);
    const names = plan.features.map(({ name }) => name);
    const files = await computeBlocks<string | null>(inputs, names, {
      ...{ pool, stored, eligible: true, modules: loaded.modules },
      consumer: blockConsumer(shared, exportValues ? staging.dir : null),
      onBlock: (done, coins) => progress?.('computing columns', done / coins),
    });
    return { quality: mergedQuality(shared), files: files.filter((file) => file !== null) };
  } finally {
    await pool.close();
  }
}

/** Names what went in and, through counts and hashes of all eligible values, what came out. */
function valuesHash(
  dataset: Dataset,
  { hash: setHash }: LoadedFeatureSet,
  inputs: ColumnInputs,
  { columns, rows, filled, hash }: ColumnQuality,
): string {
  const { approximateQuoteVolume, dailyVolumeMin, regimes } = inputs;
  const digest = createHash('sha256').update(
    JSON.stringify([
      ...[dataset.hash, setHash, approximateQuoteVolume, dailyVolumeMin],
      columns.map(({ name }) => name),
    ]),
  );
  digest.update(regimeVersionsText(regimes));
  for (const counts of [rows, filled, hash])
    digest.update(new Uint8Array(counts.buffer, counts.byteOffset, counts.byteLength));
  return digest.digest('hex');
}

function storedColumns(
  features: readonly FeatureDefinition[],
  { columns }: QualityReport,
): readonly StoredColumn[] {
  return features.map(({ name, group, unit, formula, needs, marketWide = false }, index) => {
    const { rows, filled, fillShare } = columns[index]!;
    const share = Number.isNaN(fillShare) ? null : fillShare;
    return { name, group, unit, formula, marketWide, needs, rows, filled, fillShare: share };
  });
}

function approximations({ approximateQuoteVolume, panel }: ColumnInputs): readonly string[] {
  if (!approximateQuoteVolume) return [];
  const [bars, without] = quoteVolumes(panel);
  return [`quote_volume: volume times close in ${without} of ${bars} bars, which have no quote volume`];
}

/** Bars, and those of them whose quote volume is missing and can be made up. */
function quoteVolumes({ volume, quoteVolume }: Panel): readonly [number, number] {
  let [bars, without] = [0, 0];
  for (let cell = 0; cell < (volume?.length ?? 0); cell += 1) {
    if (Number.isNaN(volume![cell]!)) continue;
    bars += 1;
    if (Number.isNaN(quoteVolume?.[cell] ?? Number.NaN)) without += 1;
  }
  return [bars, without];
}

/** From the first hour that has any coin. */
function spanOf({ counts }: UniverseSizes): UniverseSpan {
  const width = universeReasons.length;
  const sizes = Array.from({ length: counts.length / width }, (_, hour) => counts[hour * width]!);
  const lived = sizes
    .slice(
      Math.max(
        0,
        sizes.findIndex((size) => size > 0),
      ),
    )
    .sort((a, b) => a - b);
  const at = (share: number) => lived[Math.floor((lived.length - 1) * share)] ?? 0;
  return { min: at(0), median: at(0.5), max: at(1) };
}

async function writePage(
  store: Store,
  inputs: ColumnInputs,
  { manifest, fill, universe, regime }: ColumnSetContent,
  { pageAtMs, progress, stored }: ColumnBuildRequest & { readonly stored: boolean },
): Promise<string | null> {
  if (pageAtMs === undefined) return null;
  progress?.('setting coins against the benchmark');
  const residual = residualSummary(inputs);
  const facts = {
    ...{ formatVersion: 1 as const, builtMs: pageAtMs, stored, manifest },
    universe: universeFacts(universe),
    fill: fillFacts(
      fill,
      manifest.columns.map(({ name }) => name),
    ),
    regime: regime === null ? null : regimeFacts(regime.table),
    residual: residual === null ? null : residualFacts(residual),
  };
  return await writeBuildPage(store, facts, progress);
}

function regimeOf(inputs: ColumnInputs): { table: ReturnType<typeof regimeTable>; versions: string } | null {
  const { regimes } = inputs;
  if (regimes.length === 0) return null;
  const days = regimeInputs(inputs);
  const probabilities = regimeProbabilities(regimes, days, 0, days.values.length / OBSERVATION_WIDTH);
  return {
    table: regimeTable(days.startMs, probabilities, (timeMs) => regimeVersionAt(regimes, timeMs)),
    versions: regimeVersionsText(regimes),
  };
}
