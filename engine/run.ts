/**
 * The one loop. Backtest, paper and live run this function over other ports. For every tick t of the clock:
 *
 *   1. `venue.advance(t)`   everything before t has happened
 *   2. `market.slice(t)`    the cross-section as of t
 *   3. `strategy.decide`    wanted positions, from slice and account alone
 *   4. `venue.open(t)`      the stamp begins: funding, time exits that are due
 *   5. `venue.submit`       exits, then longs, then shorts, in rank order, each against the account the last one left, and each
 *                           written down as an intent before it is sent
 *
 * and at the end `venue.advance(untilMs)` and `journal.seal()`. A port's answer is awaited only where it is pending.
 */
import { isRefusal, Order, type OrderOutcome } from './execution/orders.ts';
import { BrokenInvariant } from './invariant.ts';
import type { RefusalReason } from './journal/records.ts';
import type { Slice } from './panel/slice.ts';
import type { AccountView } from './portfolio/account.ts';
import type { Admission, Clock, Journal, MarketData, MaybePromise, Venue } from './ports.ts';
import type { CrossSectionGuard } from './risk/cross-section.ts';
import { refusalByLimits } from './risk/limits.ts';
import type { Strategy, Target } from './strategy.ts';

export interface Session {
  readonly clock: Clock;
  readonly market: MarketData;
  readonly venue: Venue;
  readonly strategy: Strategy;
  /** Two words that stand for the strategy's code and configuration: order ids derive from them. */
  readonly strategyHash: readonly [number, number];
  /** Stops a ranking over the few coins that happen to have data; decides on everything if absent. */
  readonly guard?: CrossSectionGuard;
  /** Written down if present. */
  readonly journal?: Journal;
  /** Called after every decision; throw to stop the run (progress, Ctrl-C). */
  readonly onDecision?: (timeMs: number) => void;
}

export interface RunCounts {
  readonly decisions: number;
  readonly targets: number;
  readonly refusals: Readonly<Partial<Record<RefusalReason, number>>>;
}

/** A strategy that broke its contract, or threw. The run stops; the message names strategy, time and what was wrong. */
export class StrategyFault extends Error {
  override readonly name = 'StrategyFault';
  readonly code = 'strategy-fault';
}

/** Runs the session to the clock's last tick and brings the venue to `untilMs`. */
export async function run(session: Session, untilMs: number): Promise<RunCounts> {
  const { market, venue, strategy, journal, guard } = session;
  const refusals: Partial<Record<RefusalReason, number>> = {};
  const admit: Admission = (order, account) => refusalByLimits(strategy.limits, order, account);
  const ticks = session.clock.ticks();
  let decisions = 0;
  let targetCount = 0;

  for (;;) {
    const nextTick = ticks.next();
    const tick = isPending(nextTick) ? await nextTick : nextTick;
    if (tick.done === true) break;
    const timeMs = tick.value;

    const advanced = venue.advance(timeMs);
    if (isPending(advanced)) await advanced;
    const pendingSlice = market.slice(timeMs);
    const slice = isPending(pendingSlice) ? await pendingSlice : pendingSlice;
    const skipped =
      slice === null
        ? 'no-closed-bar'
        : guard?.admits(slice, strategy) === false
          ? 'thin-cross-section'
          : null;
    if (slice === null || skipped !== null) {
      if (skipped !== null) journal?.append({ kind: 'skip', timeMs, reason: skipped });
      // Nothing is decided, but the stamp begins all the same: funding is due, and so are time exits.
      const begun = venue.open(timeMs);
      if (isPending(begun)) await begun;
      continue;
    }

    const account = venue.account();
    const targets = decide(strategy, slice, account);
    decisions += 1;
    targetCount += targets.length;
    journal?.append({ kind: 'decision', slice, account, targets });

    const opened = venue.open(timeMs);
    if (isPending(opened)) await opened;
    // Exits free slots and margin for the entries; longs before shorts is a convention, and part of the semantics.
    for (const side of executionOrder) {
      for (let rank = 0; rank < targets.length; rank += 1) {
        const target = targets[rank]!;
        if (target.side !== side) continue;
        const order = orderFor(target, slice, account, session.strategyHash);
        const noted = journal?.append({ kind: 'intent', timeMs, order });
        if (isPending(noted)) await noted;
        const pendingOutcome = venue.submit(order, admit);
        const outcome: OrderOutcome = isPending(pendingOutcome) ? await pendingOutcome : pendingOutcome;
        if (isRefusal(outcome)) refusals[outcome] = (refusals[outcome] ?? 0) + 1;
        journal?.append({ kind: 'order', timeMs, rank, target, order, outcome });
      }
    }
    session.onDecision?.(timeMs);
  }
  const advanced = venue.advance(untilMs);
  if (isPending(advanced)) await advanced;
  const sealed = journal?.seal();
  if (isPending(sealed)) await sealed;
  return { decisions, targets: targetCount, refusals };
}

const executionOrder = [0, 1, -1] as const;

/** The highest leverage that any bracket has offered. */
export const LEVERAGE_MAX = 150;

function isPending<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof Promise;
}

function decide(strategy: Strategy, slice: Slice, account: AccountView): readonly Target[] {
  let targets: readonly Target[];
  try {
    targets = strategy.decide(slice, account);
  } catch (cause) {
    if (cause instanceof BrokenInvariant) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new StrategyFault(`strategy ${strategy.name} threw at ${isoTime(slice.timeMs)}: ${message}`, {
      cause,
    });
  }
  const fault = targetsFault(
    targets,
    slice.symbols.length,
    account.equity <= 0,
    strategy.stopLossFractionMax,
  );
  if (fault === null) return targets;
  throw new StrategyFault(`strategy ${strategy.name} at ${isoTime(slice.timeMs)}: ${fault}`);
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** What is wrong with what a strategy returned, or null. */
function targetsFault(
  targets: readonly Target[],
  coins: number,
  ruined: boolean,
  stopLossFractionMax: number | undefined,
): string | null {
  if (!Array.isArray(targets)) return `decide must return an array of targets, was ${typeof targets}`;
  for (let index = 0; index < targets.length; index += 1) {
    const fault =
      targetFault(targets[index] as Partial<Target> | null, coins, ruined) ??
      stopFault(targets[index]!, stopLossFractionMax);
    if (fault !== null) return `target ${index} ${fault}`;
  }
  return null;
}

/** A ruined account sizes by a fraction of nothing: that is refused as `no-equity`, not held against the strategy. */
function targetFault(target: Partial<Target> | null, coins: number, ruined: boolean): string | null {
  if (typeof target !== 'object' || target === null) return `must be an object, was ${String(target)}`;
  const { coin, side, notional, market } = target;
  if (!Number.isInteger(coin) || coin! < 0 || coin! >= coins) {
    return `has coin ${String(coin)}: it must be an index from 0 to ${coins - 1}`;
  }
  if (market !== undefined && market !== 'usdm' && market !== 'spot') {
    return `has market ${String(market)}: it must be usdm or spot, or absent for usdm`;
  }
  if (side === 0) return fractionFault('reduceFraction', target.reduceFraction);
  if (side !== 1 && side !== -1) return `has side ${String(side)}: it must be 1, -1 or 0`;
  if (market === 'spot' && side === -1)
    return 'is short in the spot market: spot is bought, never sold short';
  const sized = typeof notional === 'number' && Number.isFinite(notional) && (notional > 0 || ruined);
  if (!sized) {
    return `has notional ${String(notional)}: it must be positive and finite`;
  }
  return (
    levelFault('stopLossFraction', target.stopLossFraction, side === 1) ??
    levelFault('takeProfitFraction', target.takeProfitFraction, side === -1) ??
    positiveFault('holdHoursMax', target.holdHoursMax, 'to hold on') ??
    levelFault('trailingStopFraction', target.trailingStopFraction, side === 1) ??
    positiveFault('limitPrice', target.limitPrice, 'for a market order') ??
    positiveFault('orderHoursMax', target.orderHoursMax, 'for one hour') ??
    leverageFault(target.leverage) ??
    wordFault(target)
  );
}

function positiveFault(name: string, value: number | undefined, absent: string): string | null {
  return value === undefined || value > 0
    ? null
    : `has ${name} ${value}: it must be positive, or absent ${absent}`;
}

function fractionFault(name: string, value: number | undefined): string | null {
  if (value === undefined || (value > 0 && value <= 1)) return null;
  return `has ${name} ${value}: it must lie above 0 and be at most 1, or be absent for all of it`;
}

function leverageFault(leverage: number | undefined): string | null {
  if (leverage === undefined || (leverage >= 1 && leverage <= LEVERAGE_MAX)) return null;
  return `has leverage ${leverage}: it must lie from 1 to ${LEVERAGE_MAX}, or be absent for the account's`;
}

function wordFault({ stopOn, takeProfitKind, postOnly, limitPrice }: Partial<Target>): string | null {
  if (stopOn !== undefined && stopOn !== 'trade' && stopOn !== 'mark') {
    return `has stopOn ${String(stopOn)}: it must be trade or mark, or absent for trade`;
  }
  if (takeProfitKind !== undefined && takeProfitKind !== 'market' && takeProfitKind !== 'limit') {
    return `has takeProfitKind ${String(takeProfitKind)}: it must be market or limit, or absent for market`;
  }
  return postOnly === true && limitPrice === undefined
    ? 'is postOnly without a limitPrice: only a limit order can rest'
    : null;
}

/** What a strategy has declared not to be negotiable holds for every entry, whatever its configuration says. */
function stopFault(target: Target, stopLossFractionMax: number | undefined): string | null {
  if (stopLossFractionMax === undefined || target.side === 0) return null;
  const { stopLossFraction } = target;
  if (stopLossFraction !== undefined && stopLossFraction <= stopLossFractionMax) return null;
  return `has stopLossFraction ${String(stopLossFraction)}: the strategy's stop is not negotiable, at most ${stopLossFractionMax}`;
}

/** A level below the entry must leave a positive price; one above it may lie anywhere. */
function levelFault(name: string, fraction: number | undefined, below: boolean): string | null {
  if (fraction === undefined) return null;
  if (fraction > 0 && (!below || fraction < 1)) return null;
  return `has ${name} ${fraction}: it must be positive${below ? ' and under 1' : ''}, or absent for none`;
}

function orderFor(
  target: Target,
  slice: Slice,
  account: AccountView,
  strategyHash: readonly [number, number],
): Order {
  const { coin } = target;
  const exits = target.side === 0;
  const held = exits ? account.position(coin, target.market) : null;
  const side = target.side === 0 ? (held?.side ?? 1) : target.side;
  const notional = target.notional ?? Number.NaN;
  return new Order(
    target,
    slice.symbols[coin]!,
    side,
    exits ? 'exit' : 'entry',
    slice.timeMs,
    held === null ? notional / slice.close(coin) : held.quantity,
    strategyHash,
  );
}
