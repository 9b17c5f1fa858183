/**
 * The look-ahead audit: every detector that can run, over everything that was handed in, and one list of what they found.
 *
 * The quick form draws some twenty times; more times and more hours streamed make it slower and surer. Nothing is compared with a
 * tolerance: a value that differs in its last bit has seen something else.
 */

import type { ColumnInputs } from '../features/inputs.ts';
import type { RegimeVersion } from '../regime/versions.ts';
import { alignmentAudit } from './alignment.ts';
import { drawnHours } from './chance.ts';
import type { HourSpan } from './cut.ts';
import { delayAudit } from './delay.ts';
import { type AuditResult, type Detector, earliestLeaks, type Leak, type NotRun } from './findings.ts';
import { regimeFitAudit } from './fitted-states.ts';
import { joinAudit } from './join-audit.ts';
import { LagAudit } from './lags.ts';
import { ledgerAudit } from './ledger-audit.ts';
import { type FittedOnFold, type LineageNode, lineageAudit } from './lineage.ts';
import { liveReplayAudit } from './live-replay.ts';
import { type Findings, lookAheadAudit } from './look-ahead.ts';
import { noiseMarketAudit } from './noise-market.ts';
import { shuffledLabelAudit } from './shuffled-labels.ts';
import { type AuditedSplit, splitAudit } from './splits.ts';
import { type AuditedStrategy, strategyColumns } from './strategy-run.ts';
import { strategyReplayAudit, strategySubject } from './strategy-subject.ts';
import type { AuditSubject, ObservedColumn } from './subject.ts';
import {
  noiseSeedsDefault,
  permutationsDefault,
  type TrainingHooks,
  waitingForTraining,
} from './training.ts';
import { type CapFlagOptions, capFlagAudit, type UniverseOptions, universeAudit } from './universe-audit.ts';
import type { AuditWorld } from './world.ts';

export interface AuditPlan {
  readonly world: AuditWorld;
  /** Columns, masks of eligible coins and labels. */
  readonly subjects: readonly AuditSubject[];
  readonly strategies?: readonly AuditedStrategy[];
  /** By the strategy's name; the engine's own ledger if absent. */
  readonly ledgers?: Readonly<Record<string, Parameters<typeof ledgerAudit>[2]['tradesOf']>>;
  /** What the masks must be, by subject. */
  readonly universes?: Readonly<Record<string, Pick<UniverseOptions, 'expected'>>>;
  /** Subject and column of the flag of small coins, and what was published of their capitalisation. */
  readonly capFlag?: Omit<CapFlagOptions, 'cuts'> & { readonly subject: AuditSubject };
  /** Fits the regime anew, as it was fitted for the world. */
  readonly fitRegimes?: (inputs: ColumnInputs) => readonly RegimeVersion[];
  readonly lineage?: readonly LineageNode[];
  readonly fittedOnFolds?: readonly FittedOnFold[];
  readonly splits?: readonly AuditedSplit[];
  readonly training?: TrainingHooks;
  /** Leaks that are on record already, from whoever made the world. */
  readonly onRecord?: readonly Leak[];
  /** Hours of history before the first time that is drawn: the longest warm-up. */
  readonly historyHours: number;
  readonly seed: number;
  /** Times drawn; 20 if absent. */
  readonly times?: number;
  /** Hours streamed; 72 if absent, three days, so that every hour of a day is among them. */
  readonly replayHours?: number;
  readonly onProgress?: (stage: string, fraction: number) => void;
}

const TIMES = 20;
const REPLAY_HOURS = 72;
const REPLAY_SPANS = 3;
/** What a whole computation sees beyond a cut. */
const AHEAD_HOURS = 48;

class Tally {
  readonly leaks: Leak[] = [];
  readonly ran: Partial<Record<Detector, number>> = {};

  /** Columns by whether they ever had a value. */
  readonly #spoke = new Map<string, boolean>();

  hear(subject: AuditSubject, columns: readonly ObservedColumn[]): void {
    for (const { name, values } of columns) {
      const key = `${subject.name}: ${name}`;
      this.#spoke.set(key, this.#spoke.get(key) === true || values.some((value) => !Number.isNaN(value)));
    }
  }

  silent(): readonly string[] {
    return [...this.#spoke].flatMap(([name, spoke]) => (spoke ? [] : [name]));
  }

  take(detector: Detector, { leaks, count }: Findings): void {
    this.leaks.push(...leaks);
    if (count > 0) this.ran[detector] = (this.ran[detector] ?? 0) + count;
  }
}

export async function audit(plan: AuditPlan): Promise<AuditResult> {
  const tally = new Tally();
  const cuts = cutsOf(plan);
  if (cuts.length > 0) {
    await auditColumns(plan, tally, cuts);
    await auditUniverses(plan, tally, cuts);
    await auditReplay(plan, tally, cuts);
    await auditStrategies(plan, tally, cuts);
  }
  const { lineage = [], fittedOnFolds = [], splits = [] } = plan;
  const middle = cuts[Math.floor(cuts.length / 2)];
  if (plan.fitRegimes !== undefined && middle !== undefined) {
    plan.onProgress?.('fitting regimes to half of it', 0);
    tally.take('Da', regimeFitAudit(plan.world, plan.fitRegimes, middle));
  }
  const { onRecord = [] } = plan;
  for (const leak of onRecord) tally.take(leak.detector, { leaks: [leak], count: 1 });
  const joins = joinAudit(plan.world);
  tally.take('Dg', joins.Dg);
  tally.take('Df', joins.Df);
  tally.take('lineage', lineageAudit(lineage, fittedOnFolds));
  tally.take('splits', splitAudit(splits));
  await auditTraining(plan, tally);
  const leaks = earliestLeaks(tally.leaks);
  return {
    leaks,
    clean: leaks.length === 0 && (cuts.length > 0 || (plan.training?.trainers ?? []).length > 0),
    ran: tally.ran,
    notRun: notRunOf(plan, tally.ran, cuts),
    silent: tally.silent(),
  };
}

/** What comes with the market has no formula to cut: lags alone can tell on it. */
function storedSubject({ stored, inputs }: AuditWorld): AuditSubject {
  return {
    ...{ kind: 'features', name: 'stored columns' },
    observe: (_, { fromHour, toHour }) =>
      stored.map(({ name, values, coins }) => ({
        ...{ name, fromHour, symbols: inputs.panel.symbols },
        values: values.subarray(fromHour * coins, toHour * coins),
      })),
  };
}

/**
 * Numbers of bars known at the times drawn: behind the history, in the second half where the market is shorter than that, and with hours
 * left to spoil.
 */
function cutsOf({ world, historyHours, seed, times = TIMES }: AuditPlan): readonly number[] {
  const { hours } = world.inputs.panel;
  const last = hours - AHEAD_HOURS;
  const warm = historyHours + AHEAD_HOURS;
  const first = warm + AHEAD_HOURS <= last ? warm : Math.max(AHEAD_HOURS, Math.floor(hours / 2));
  return drawnHours(seed, times, first, last);
}

async function auditColumns(plan: AuditPlan, tally: Tally, cuts: readonly number[]): Promise<void> {
  const { world, strategies = [] } = plan;
  const lags = new LagAudit(world.inputs.panel);
  const subjects = [...plan.subjects, ...strategies.map((audited) => strategySubject(audited))];
  const asStored = storedSubject(world);
  for (const hours of cuts) {
    if (world.stored.length > 0)
      lags.add(asStored, await asStored.observe(world, { fromHour: hours - AHEAD_HOURS, toHour: hours }));
  }
  const { truncation, perturbation } = await lookAheadAudit(world, subjects, {
    ...{ cuts, seed: plan.seed, aheadHours: AHEAD_HOURS },
    onWhole: (subject, columns) => {
      if (subject.kind !== 'strategy') tally.hear(subject, columns);
      if (subject.kind === 'features') lags.add(subject, columns);
    },
    onCut: (done, all) => plan.onProgress?.('cutting and spoiling', done / all),
  });
  tally.take('Da', truncation);
  tally.take('Db', perturbation);
  tally.take('Dc', lags.findings());
  tally.take('Dc', alignmentAudit(world, cuts));
}

async function auditUniverses(plan: AuditPlan, tally: Tally, cuts: readonly number[]): Promise<void> {
  const { world, capFlag } = plan;
  for (const subject of plan.subjects.filter(({ kind }) => kind === 'universe')) {
    plan.onProgress?.(`universe ${subject.name}`, 0);
    tally.take('Df', await universeAudit(world, subject, { cuts, ...plan.universes?.[subject.name] }));
  }
  if (capFlag !== undefined)
    tally.take('Df', await capFlagAudit(world, capFlag.subject, { ...capFlag, cuts }));
}

async function auditReplay(plan: AuditPlan, tally: Tally, cuts: readonly number[]): Promise<void> {
  const subjects = plan.subjects.filter(({ kind }) => kind !== 'label');
  const options = {
    spans: replaySpans(plan, cuts),
    aheadHours: AHEAD_HOURS,
    onHour: (done: number, hours: number) => plan.onProgress?.('streaming', done / hours),
  };
  tally.take('Dg', await liveReplayAudit(plan.world, subjects, options));
}

async function auditStrategies(plan: AuditPlan, tally: Tally, cuts: readonly number[]): Promise<void> {
  const { world, strategies = [], ledgers = {}, historyHours } = plan;
  for (const audited of strategies) {
    const { name } = audited.strategy;
    plan.onProgress?.(`streaming ${name}`, 0);
    const spans = replaySpans(plan, cuts);
    tally.take('Dg', await strategyReplayAudit(world, audited, { spans }));
    const { hours } = world.inputs.panel;
    const span = { fromHour: Math.max(1, Math.min(historyHours, Math.floor(hours / 2))), toHour: hours };
    plan.onProgress?.(`delaying ${name}`, 0);
    const ready = { ...audited, columns: await strategyColumns(world, audited, span) };
    tally.take('Dc', await delayAudit(world, ready, span));
    const tradesOf = ledgers[name];
    tally.take(
      'Df',
      await ledgerAudit(world, ready, { span, ...(tradesOf === undefined ? {} : { tradesOf }) }),
    );
  }
}

async function auditTraining({ training = {}, onProgress }: AuditPlan, tally: Tally): Promise<void> {
  const { trainers = [], noiseSeeds = noiseSeedsDefault, permutations = permutationsDefault } = training;
  const options = { seeds: noiseSeeds, ...(onProgress === undefined ? {} : { onProgress }) };
  tally.take('Dd', await noiseMarketAudit(trainers, options));
  tally.take('De', await shuffledLabelAudit(trainers, { ...options, permutations }));
}

/** The hours to stream, in a few spans that end at cuts far from each other. */
function replaySpans(
  { replayHours = REPLAY_HOURS }: AuditPlan,
  cuts: readonly number[],
): readonly HourSpan[] {
  const count = Math.min(REPLAY_SPANS, cuts.length);
  const hours = Math.max(1, Math.round(replayHours / count));
  const ends = Array.from(
    { length: count },
    (_, place) => cuts[Math.floor(((place + 0.5) * cuts.length) / count)]!,
  );
  return [...new Set(ends)].map((toHour) => ({ fromHour: Math.max(1, toHour - hours), toHour }));
}

function notRunOf(
  { world, training = {} }: AuditPlan,
  ran: AuditResult['ran'],
  cuts: readonly number[],
): readonly NotRun[] {
  const { hours } = world.inputs.panel;
  const short = `the market has ${hours} hours: too few for times with ${AHEAD_HOURS} on either side`;
  const idle: Readonly<Partial<Record<Detector, string>>> = {
    Df: 'no universe was handed in, and no strategy with a ledger',
    lineage: 'nothing was declared of what reaches a model or a gate',
    splits: 'no split was handed in',
  };
  const missing = (['Da', 'Db', 'Dc', 'Df', 'Dg', 'lineage', 'splits'] as const)
    .filter((detector) => ran[detector] === undefined)
    .map((detector) => ({
      detector,
      reason: idle[detector] ?? (cuts.length === 0 ? short : 'nothing was handed in that it compares'),
    }));
  return [...missing, ...waitingForTraining(training)];
}
