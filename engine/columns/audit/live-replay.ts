/**
 * Live-replay equality: the span is streamed in the order of arrival through the code that a live feed runs, and every hour is compared
 * with the batch over final data, to the bit. What was revised, filled in or joined later shows here and nowhere else.
 */
import { arrivals } from './arrivals.ts';
import { closeMsOf, type HourSpan, Room } from './cut.ts';
import { type Leak, placeText } from './findings.ts';
import type { Findings } from './look-ahead.ts';
import { type AuditSubject, type Difference, differences, type ObservedColumn } from './subject.ts';
import type { AuditWorld } from './world.ts';

export interface LiveReplayOptions {
  /** Spans of hours to stream, apart from each other. */
  readonly spans: readonly HourSpan[];
  /** Hours behind each span that the batch sees at once; 48 if absent. */
  readonly aheadHours?: number;
  readonly onHour?: (done: number, hours: number) => void;
}

export async function liveReplayAudit(
  world: AuditWorld,
  subjects: readonly AuditSubject[],
  { spans, aheadHours = 48, onHour }: LiveReplayOptions,
): Promise<Findings> {
  const total = spans.reduce((sum, { fromHour, toHour }) => sum + toHour - fromHour, 0);
  const leaks: Leak[] = [];
  const room = new Room();
  let done = 0;
  for (const span of spans) {
    const batches: (readonly ObservedColumn[])[] = [];
    const toHour = Math.min(world.inputs.panel.hours, span.toHour + aheadHours);
    for (const subject of subjects) batches.push(await subject.observe(world, { ...span, toHour }));
    for (const { hour, world: arrived } of arrivals(world, span, room)) {
      for (const [index, subject] of subjects.entries()) {
        const live = await observedNewest(subject, arrived, hour);
        const found = differences(batches[index]!, live, hour + 1);
        leaks.push(...found.map((difference) => replayLeak(world, subject, difference)));
      }
      done += 1;
      onHour?.(done, total);
    }
  }
  return { leaks, count: total * subjects.length };
}

async function observedNewest(subject: AuditSubject, world: AuditWorld, hour: number) {
  return subject.observeNewest === undefined
    ? await subject.observe(world, { fromHour: hour, toHour: hour + 1 })
    : await subject.observeNewest(world, hour);
}

function replayLeak(
  world: AuditWorld,
  { kind, name }: AuditSubject,
  { field, hour, symbol, before, after, cells }: Difference,
): Leak {
  const timeMs = closeMsOf(world.inputs.panel, hour);
  return {
    ...{ detector: 'Dg', kind, subject: name, field, timeMs, symbol, before, after, hint: null },
    message: `${field} of ${placeText(symbol, timeMs)} is ${before} in the batch and ${after} as it arrived (${cells} cells of the hour differ): the batch uses something that came later`,
  };
}
