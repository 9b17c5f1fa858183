/** A strategy as a subject of the audit: its orders, as the engine's own loop gets them from `decide`. */

import { symbolLanes } from '../../panel/fingerprint.ts';
import { type Panel, sharedFloat64, sharedInt32, timeAt } from '../../panel/panel.ts';
import type { Rows } from '../../panel/rows.ts';
import type { Slice } from '../../panel/slice.ts';
import { StoredMarket } from '../../panel/stored-market.ts';
import type { Clock, DetailBars, MarketData, MaybePromise } from '../../ports.ts';
import { scheduleTicks } from '../../schedule.ts';
import { computeHour, definitionsOf } from '../compute.ts';
import { arrivals } from './arrivals.ts';
import { closeMsOf, type HourSpan, Room } from './cut.ts';
import { type Leak, placeText } from './findings.ts';
import type { Findings } from './look-ahead.ts';
import { type AuditedStrategy, recordedRun } from './strategy-run.ts';
import { type AuditSubject, differences } from './subject.ts';
import type { AuditWorld } from './world.ts';

/** How long before the hours that are compared the account begins to live. */
const RUN_HOURS = 168;

export function strategySubject(audited: AuditedStrategy, runHours = RUN_HOURS): AuditSubject {
  return {
    kind: 'strategy',
    name: audited.strategy.name,
    observe: async (world, { fromHour, toHour }) => {
      const span = { fromHour: Math.max(1, fromHour - runHours), toHour };
      return (await recordedRun(world, audited, span)).decisions;
    },
  };
}

export interface StrategyReplayOptions {
  readonly spans: readonly HourSpan[];
  readonly onSpan?: (done: number, spans: number) => void;
}

/**
 * Dg for strategies: the same hours once over the stored world, and once under a clock that waits for every bar and record to arrive, with
 * each hour's columns computed as it comes. Digests of signals and decisions must be equal; the orders say where they are not.
 */
export async function strategyReplayAudit(
  world: AuditWorld,
  audited: AuditedStrategy,
  { spans, onSpan }: StrategyReplayOptions,
): Promise<Findings> {
  const leaks: Leak[] = [];
  const { panel } = world.inputs;
  const { name } = audited.strategy;
  const room = new Room();
  for (const [index, span] of spans.entries()) {
    const stored = await recordedRun(world, audited, span);
    const market = await ArrivingMarket.over(world, audited, span, room);
    const clock = market.clock(audited.strategy.schedule);
    const live = await recordedRun(world, audited, span, { columns: market.columns, market, clock });
    const found = differences(stored.decisions, live.decisions, span.toHour);
    leaks.push(
      ...found.map(({ field, hour, symbol, before, after, cells }): Leak => {
        const timeMs = closeMsOf(panel, hour);
        return {
          ...{
            detector: 'Dg',
            kind: 'strategy',
            subject: name,
            field,
            timeMs,
            symbol,
            before,
            after,
            hint: null,
          },
          message: `${field} of ${placeText(symbol, timeMs)} is ${before} over the stored market and ${after} as it arrived (${cells} cells differ)`,
        };
      }),
    );
    if (found.length === 0 && stored.journal.signalDigest !== live.journal.signalDigest) {
      const timeMs = timeAt(panel, span.fromHour);
      leaks.push({
        ...{ detector: 'Dg', kind: 'strategy', subject: name, field: 'signal digest', timeMs, symbol: '' },
        ...{ before: Number.NaN, after: Number.NaN, hint: null },
        message: `the columns that ${name} reads from ${placeText('', timeMs)} on are others as they arrive: ${stored.journal.signalDigest} stored, ${live.journal.signalDigest} live`,
      });
    }
    onSpan?.(index + 1, spans.length);
  }
  return { leaks, count: spans.length };
}

/** A market that grows as bars and records arrive. */
class ArrivingMarket implements MarketData {
  readonly columns: readonly Rows[];
  readonly #source: AuditWorld;
  readonly #span: HourSpan;
  readonly #definitions: Awaited<ReturnType<typeof definitionsOf>>;
  #market: MarketData | null = null;
  readonly #audited: AuditedStrategy;
  readonly #room: Room;

  private constructor(
    source: AuditWorld,
    audited: AuditedStrategy,
    span: HourSpan,
    room: Room,
    definitions: Awaited<ReturnType<typeof definitionsOf>>,
  ) {
    this.#source = source;
    this.#room = room;
    this.#audited = audited;
    this.#span = span;
    this.#definitions = definitions;
    const coins = source.inputs.panel.symbols.length;
    this.columns = audited.strategy.columns.map((name) => emptyShape(name, coins, span.toHour));
  }

  static async over(
    world: AuditWorld,
    audited: AuditedStrategy,
    span: HourSpan,
    room: Room,
  ): Promise<ArrivingMarket> {
    const { definitions } = audited;
    return new ArrivingMarket(
      world,
      audited,
      span,
      room,
      await definitionsOf(definitions === undefined ? {} : { definitions }),
    );
  }

  /** Ticks of the schedule, each once its bar has arrived. */
  clock(schedule: Parameters<typeof scheduleTicks>[0]): Clock {
    const { panel } = this.#source.inputs;
    const { fromHour, toHour } = this.#span;
    const take = (world: AuditWorld, hour: number) => this.#take(world, hour);
    const [source, room] = [this.#source, this.#room];
    return {
      async *ticks() {
        for (const { hour, world } of arrivals(source, { fromHour: fromHour - 1, toHour }, room)) {
          await Promise.resolve();
          take(world, hour);
          const until = Math.min(toHour, hour + 2);
          yield* scheduleTicks(schedule, timeAt(panel, hour + 1), timeAt(panel, until));
        }
      },
    };
  }

  slice(timeMs: number): MaybePromise<Slice | null> {
    return this.#market?.slice(timeMs) ?? null;
  }

  detail(): DetailBars | null {
    return null;
  }

  #take({ inputs, stored }: AuditWorld, hour: number): void {
    const { panel } = inputs;
    const lanes = symbolLanes(panel.symbols);
    const computed = this.columns.filter(({ name }) => !stored.some((rows) => rows.name === name));
    for (const rows of this.columns) {
      const source = stored.find(({ name }) => name === rows.name);
      if (source !== undefined) bringRow(source, rows, hour);
    }
    if (computed.length > 0) computeHour(inputs, computed, lanes, hour, this.#definitions);
    this.#market ??= this.#audited.market?.(panel, this.columns) ?? new StoredMarket(panel, this.columns);
  }
}

function emptyShape(name: string, coins: number, hours: Panel['hours']): Rows {
  return { name, coins, hours, values: sharedFloat64(coins * hours), rowHash: sharedInt32(hours * 2) };
}

function bringRow(source: Rows, rows: Rows, hour: number): void {
  rows.values.set(source.values.subarray(hour * source.coins, (hour + 1) * source.coins), hour * rows.coins);
  rows.rowHash.set(source.rowHash.subarray(hour * 2, hour * 2 + 2), hour * 2);
}
