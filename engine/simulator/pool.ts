/**
 * The cross pool inside a bar: its adverse state, and how far all marks have gone together when it breaks. Plain functions of
 * the legs as they stand; what follows from them is the margin desk's.
 */
import type { AccountRules } from './rules.ts';

export interface PoolLeg {
  readonly side: 1 | -1;
  readonly signedQuantity: number;
  readonly quantity: number;
  readonly entryPrice: number;
  /** Mark bar of the interval. */
  readonly open: number;
  readonly low: number;
  readonly high: number;
  /** +Infinity where there is none. */
  readonly signedTarget: number;
  /** A level of its own takes the leg out of the pool in this interval, and brings `realised`, fee included. */
  readonly acts: boolean;
  readonly realised: number;
  /** Level of the stop that acts, times side; +Infinity where what acts has acted when the way begins. */
  readonly signedStop: number;
  /** The series that the stop works on. */
  readonly stopOpen: number;
  readonly stopLow: number;
  readonly stopHigh: number;
  maintenance(notional: number): number;
}

export interface PoolLegs {
  /** Cash of the futures wallet. */
  readonly cash: number;
  /** Coins of the legs, in list order. */
  readonly coins: readonly number[];
  readonly legs: readonly PoolLeg[];
}

/** Where each leg's mark stands: at its low or at its high. */
type Ends = readonly ('low' | 'high')[];

export interface PoolState {
  readonly ends: Ends;
  readonly broken: boolean;
}

/** Steps in which all marks walk from their opens to the adverse state. */
const PATH_STEPS = 256;

/** The joint state of the interval that leaves the least above the maintenance margin. */
export function adverseState(pool: PoolLegs, intrabar: AccountRules['intrabar']): PoolState {
  if (intrabar === 'all-adverse') {
    return stateAt(
      pool,
      pool.legs.map((leg) => (leg.side === 1 ? 'low' : 'high')),
    );
  }
  const lows = stateAt(
    pool,
    pool.legs.map(() => 'low'),
  );
  const highs = stateAt(
    pool,
    pool.legs.map(() => 'high'),
  );
  return highs.spare < lows.spare ? highs : lows;
}

function stateAt(pool: PoolLegs, ends: Ends): PoolState & { readonly spare: number } {
  let balance = pool.cash;
  let maintenance = 0;
  for (const [index, leg] of pool.legs.entries()) {
    if (leg.acts) {
      balance += leg.realised;
      continue;
    }
    const mark = notBeyondTarget(leg, leg[ends[index]!]);
    balance += leg.signedQuantity * (mark - leg.entryPrice);
    maintenance += leg.maintenance(leg.quantity * mark);
  }
  // Stops that would each hold by themselves may come too late together: then it is on the way that the pool breaks.
  return { ends, spare: balance - maintenance, broken: balance <= maintenance };
}

/** A leg earns no more than its target pays. */
function notBeyondTarget(leg: PoolLeg, mark: number): number {
  return leg.side * mark > leg.signedTarget ? leg.side * leg.signedTarget : mark;
}

export interface FallenPool {
  /** Mark of each leg at the step at which the pool breaks. */
  readonly marks: readonly number[];
  /** Legs whose own levels acted up to then, in list order. */
  readonly acted: readonly number[];
}

/** Walks all marks to the state together; the first step that breaks the pool is where it is closed, else the last. */
export function walkToState(pool: PoolLegs, { ends }: PoolState): FallenPool {
  for (let step = 1; step < PATH_STEPS; step += 1) {
    const fallen = poolAt(pool, ends, step / PATH_STEPS);
    if (fallen.broken) return fallen;
  }
  return poolAt(pool, ends, 1);
}

function poolAt(pool: PoolLegs, ends: Ends, way: number): FallenPool & { readonly broken: boolean } {
  const marks: number[] = [];
  const acted: number[] = [];
  let balance = pool.cash;
  let maintenance = 0;
  for (const [index, leg] of pool.legs.entries()) {
    const end = ends[index]!;
    const mark = notBeyondTarget(leg, leg.open + way * (leg[end] - leg.open));
    marks.push(mark);
    if (leg.acts && hasActed(leg, end, way)) {
      acted.push(index);
      balance += leg.realised;
      continue;
    }
    balance += leg.signedQuantity * (mark - leg.entryPrice);
    maintenance += leg.maintenance(leg.quantity * mark);
  }
  return { marks, acted, broken: acted.length < pool.legs.length && balance <= maintenance };
}

/** A stop on the way acts when the way has come to it; one on the other side of the open has acted from the start. */
function hasActed(leg: PoolLeg, end: 'low' | 'high', way: number): boolean {
  const towards = leg.side === 1 ? 'low' : 'high';
  if (end !== towards || leg.signedStop === Number.POSITIVE_INFINITY) return true;
  const extreme = end === 'low' ? leg.stopLow : leg.stopHigh;
  return leg.side * (leg.stopOpen + way * (extreme - leg.stopOpen)) <= leg.signedStop;
}
