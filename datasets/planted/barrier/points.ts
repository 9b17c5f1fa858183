/**
 * What is drawn at a decision point. A hidden state g sets the probability of a win and the outcome is drawn from it. What a model
 * says of the point is drawn around it: a BUY score sees g through noise; a SELL score is drawn once the outcome is known, so
 * that the win rate of every bin of scores is exactly the one asked for.
 *
 * Three member models stand behind each score, close enough to disagree now and then at the gate. A BUY member leans towards g
 * or away from it, which gives each an AUC of its own; SELL members have the law of the score itself.
 */
import { logitOf, sigmoid } from '../../../engine/signal/probability.ts';
import { normalCdf } from '../../../engine/stats/normal.ts';
import { normalQuantile } from '../../../engine/stats/normal-quantile.ts';
import { burnInHours } from '../settings.ts';
import { normalAt, openStream, type Stream, uniformAt } from '../streams.ts';
import {
  interceptFor,
  invertedSellLaw,
  ordinarySellLaw,
  type ScoreLaw,
  scoreAfter,
  scoreAuc,
} from './laws.ts';
import { type BarrierSettings, barrierFraction } from './settings.ts';

/** +1 BUY, -1 SELL. */
export type Side = 1 | -1;

export const proxyCount = 5;
export const memberCount = 3;

const proxyNoise = 2;
/** Scores and outcomes keep their common part for so long, about two lives of an episode. */
const commonHours = 8;
/** Logit of a BUY score per unit of its normal number: about two in a hundred pass a gate of .80. */
const logitPerUnit = 0.66;
/** Correlation of a member with the score. At a gate of .80 two members then disagree on 15 to 20 % of what either passes. */
const memberCorrelation = 0.9977;
/** What a BUY member's own part owes to g: each sees a little more or less of it than the score. */
const memberLean = [0.5, 0, -0.5] as const;
/** Standard deviation of the error of an expected return, bias apart; a fraction. */
const evNoise = 0.005;

export interface BarrierPoint {
  readonly side: Side;
  readonly state: number;
  /** The state as five instruments see it. */
  readonly proxies: Float64Array;
  /** Probability of a win, given the state. */
  readonly winProbability: number;
  /** 1 where the profit barrier comes first. */
  readonly outcome: 0 | 1;
  /** Probability as the model states it. */
  readonly score: number;
  readonly memberLogits: Float64Array;
  /** Expected return as the model states it, before costs; a fraction. */
  readonly expectedReturn: number;
  readonly inverted: boolean;
}

interface SideLaw {
  readonly intercept: number;
  /** Null where scores are made from the state. */
  readonly score: ScoreLaw | null;
}

interface SideStreams {
  readonly state: Stream;
  readonly outcome: Stream;
  readonly score: Stream;
  readonly ev: Stream;
  readonly proxies: readonly Stream[];
  readonly members: readonly Stream[];
}

/** What the points of one coin are drawn from. */
export interface PointSource {
  readonly settings: BarrierSettings;
  readonly sides: Stream;
  readonly commonScore: Stream;
  readonly commonOutcome: Stream;
  readonly buy: SideStreams;
  readonly sell: SideStreams;
  readonly laws: { readonly buy: SideLaw; readonly sell: SideLaw; readonly invertedSell: SideLaw };
}

export function pointSource(seed: number, id: string, settings: BarrierSettings): PointSource {
  const sellLaw = (score: ScoreLaw): SideLaw => ({
    intercept: interceptFor(score.winRate, settings.slope),
    score,
  });
  return {
    settings,
    sides: openStream(seed, id, 'barrier-side'),
    commonScore: openStream(seed, 'BARRIER', 'common-score'),
    commonOutcome: openStream(seed, 'BARRIER', 'common-outcome'),
    buy: sideStreams(seed, id, 'buy'),
    sell: sideStreams(seed, id, 'sell'),
    laws: {
      buy: { intercept: settings.intercept, score: null },
      sell: sellLaw(ordinarySellLaw),
      invertedSell: sellLaw(invertedSellLaw),
    },
  };
}

function sideStreams(seed: number, id: string, side: 'buy' | 'sell'): SideStreams {
  const open = (name: string) => openStream(seed, id, `barrier-${side}-${name}`);
  const several = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => open(`${name}-${index + 1}`));
  return {
    state: open('state'),
    outcome: open('outcome'),
    score: open('score'),
    ev: open('ev'),
    proxies: several('proxy', proxyCount),
    members: several('member', memberCount),
  };
}

/** The coin's point number `slot`, decided at the stamp that generated hour `hour` begins with. */
export function drawPoint(source: PointSource, slot: number, hour: number): BarrierPoint {
  const { settings } = source;
  const side: Side = uniformAt(source.sides, slot) < 0.5 ? 1 : -1;
  const streams = side === 1 ? source.buy : source.sell;
  const inverted = isInverted(settings, hour);
  const { intercept, score: law } =
    side === 1 ? source.laws.buy : inverted ? source.laws.invertedSell : source.laws.sell;
  const block = Math.floor(hour / commonHours);
  const state = normalAt(streams.state, slot);
  const winProbability = sigmoid(intercept + settings.slope * state);
  const luck = mixed(
    settings.outcomeCorrelation,
    side * normalAt(source.commonOutcome, block),
    normalAt(streams.outcome, slot),
  );
  const outcome = luck > normalQuantile(1 - winProbability) ? 1 : 0;
  const common = normalAt(source.commonScore, block);
  const own = normalAt(streams.score, slot);
  const models =
    law === null
      ? buyModels(settings, streams, slot, state, common, own)
      : sellModels(law, outcome, streams, slot, mixed(settings.commonShare, common, own));
  const bias = side === 1 ? settings.buyEvBias : 0;
  return {
    side,
    state,
    proxies: Float64Array.from(streams.proxies, (stream) => state + proxyNoise * normalAt(stream, slot)),
    winProbability,
    outcome,
    ...models,
    expectedReturn: barrierFraction * (2 * winProbability - 1) + bias + evNoise * normalAt(streams.ev, slot),
    inverted,
  };
}

/** Whether a decision at the stamp that `hour` begins with falls into the inverted days. */
function isInverted({ invertedDays }: BarrierSettings, hour: number): boolean {
  const day = Math.floor((hour - burnInHours) / 24);
  return day >= invertedDays.from && day < invertedDays.to;
}

/** A normal number of which `share` of the variance is `first`'s. */
function mixed(share: number, first: number, second: number): number {
  return Math.sqrt(share) * first + Math.sqrt(1 - share) * second;
}

type Models = Pick<BarrierPoint, 'score' | 'memberLogits'>;

function buyModels(
  settings: BarrierSettings,
  streams: SideStreams,
  slot: number,
  state: number,
  common: number,
  own: number,
): Models {
  const { commonShare, modelSkill } = settings;
  const unit = mixed(commonShare, common, mixed(modelSkill ** 2, state, own));
  const skill = scoreSkill(settings);
  // What of g the score has not seen: a normal number of its own.
  const unseen = (state - skill * unit) / Math.sqrt(1 - skill * skill);
  const memberLogits = Float64Array.from(streams.members, (stream, member) => {
    const lean = memberLean[member]!;
    const part = lean * unseen + Math.sqrt(1 - lean * lean) * normalAt(stream, slot);
    return logitPerUnit * mixed(memberCorrelation ** 2, unit, part);
  });
  return { score: sigmoid(logitPerUnit * unit), memberLogits };
}

function sellModels(law: ScoreLaw, outcome: 0 | 1, streams: SideStreams, slot: number, unit: number): Models {
  const scored = (value: number) => scoreAfter(law, outcome, normalCdf(value));
  return {
    score: scored(unit),
    memberLogits: Float64Array.from(streams.members, (stream) =>
      logitOf(scored(mixed(memberCorrelation ** 2, unit, normalAt(stream, slot)))),
    ),
  };
}

/** Correlation of the BUY score with g. */
function scoreSkill({ commonShare, modelSkill }: BarrierSettings): number {
  return modelSkill * Math.sqrt(1 - commonShare);
}

/** AUC of the BUY score and of each of its members, by integration. */
export function buyAucs(settings: BarrierSettings): { readonly score: number; readonly members: number[] } {
  const { intercept, slope } = settings;
  const skill = scoreSkill(settings);
  const unseen = Math.sqrt((1 - memberCorrelation ** 2) * (1 - skill ** 2));
  return {
    score: scoreAuc(intercept, slope, skill),
    members: memberLean.map((lean) => scoreAuc(intercept, slope, memberCorrelation * skill + unseen * lean)),
  };
}
