/**
 * Truncation and perturbation. At drawn times t a subject is computed three times: with everything in view, with nothing after t, and
 * with noise in place of what comes after t. Of t and the hours before it all three must say the same, to the bit. A label is held to the
 * contrary: one that does not change with the noise does not look ahead, and measures the past.
 */
import { isoMinute } from '../../panel/hours.ts';
import { timeAt } from '../../panel/panel.ts';
import { closeMsOf, type HourSpan, Room, truncated } from './cut.ts';
import { type Leak, placeText } from './findings.ts';
import { type PerturbedSource, perturbed, perturbedSources } from './perturb.ts';
import { type AuditSubject, type Difference, differences, type ObservedColumn } from './subject.ts';
import type { AuditWorld } from './world.ts';

export interface LookAheadOptions {
  /** Numbers of bars known at the times t: t is the close of bar `hours - 1`. */
  readonly cuts: readonly number[];
  readonly seed: number;
  /** Hours up to t that are compared; 48 if absent. */
  readonly spanHours?: number;
  /** Hours after t that the whole computation sees at once; 48 if absent. */
  readonly aheadHours?: number;
  /** Gets what each subject says with everything in view. */
  readonly onWhole?: (subject: AuditSubject, whole: readonly ObservedColumn[]) => void;
  readonly onCut?: (done: number, cuts: number) => void;
}

export interface Findings {
  readonly leaks: readonly Leak[];
  /** Comparisons made. */
  readonly count: number;
}

const SPAN_HOURS = 48;

/** Both detectors over all subjects: Da and Db. */
export async function lookAheadAudit(
  world: AuditWorld,
  subjects: readonly AuditSubject[],
  options: LookAheadOptions,
): Promise<{ readonly truncation: Findings; readonly perturbation: Findings }> {
  const truncation: Leak[] = [];
  const perturbation: Leak[] = [];
  const changed = new Set<AuditSubject>();
  const speaking = new Set<AuditSubject>();
  const rooms = { cut: new Room(), other: new Room(), one: new Room() };
  for (const [index, hours] of options.cuts.entries()) {
    const cut = truncated(world, hours, rooms.cut);
    const other = perturbed(world, hours, options.seed + index, perturbedSources, rooms.other);
    for (const subject of subjects) {
      const spans = spansAt(world, hours, options);
      const whole = await subject.observe(world, spans.whole);
      options.onWhole?.(subject, whole);
      const withNoise = await subject.observe(other, spans.whole);
      const moved = differences(whole, withNoise, hours);
      if (subject.kind === 'label') {
        if (moved.length > 0) changed.add(subject);
        if (whole.some((column) => speaksBefore(column, hours))) speaking.add(subject);
        continue;
      }
      // Cuts ascend: what leaked at one of them has its first hour already.
      const news = moved.filter(({ field }) => !isKnown(perturbation, subject, field));
      if (news.length > 0) {
        const place = { hours, seed: options.seed + index, span: spans.whole, room: rooms.one };
        perturbation.push(...(await perturbationLeaks(world, subject, whole, news, place)));
      }
      const without = await subject.observe(cut, spans.known);
      const found = differences(whole, without, hours);
      truncation.push(...found.map((difference) => truncationLeak(world, subject, difference, hours)));
    }
    options.onCut?.(index + 1, options.cuts.length);
  }
  const labels = subjects.filter(({ kind }) => kind === 'label');
  const blind = labels.filter((subject) => speaking.has(subject) && !changed.has(subject));
  const compared = options.cuts.length * subjects.length;
  return {
    truncation: { leaks: truncation, count: compared - options.cuts.length * labels.length },
    perturbation: { leaks: [...perturbation, ...blind.map(blindLabel)], count: compared },
  };
}

/** Where a label has no value at all, there is nothing to hold against it. */
function speaksBefore({ values, symbols, fromHour }: ObservedColumn, hours: number): boolean {
  return values.subarray(0, (hours - fromHour) * symbols.length).some((value) => !Number.isNaN(value));
}

function spansAt(world: AuditWorld, hours: number, options: LookAheadOptions) {
  const fromHour = Math.max(0, hours - (options.spanHours ?? SPAN_HOURS));
  const ahead = options.aheadHours ?? SPAN_HOURS;
  const toHour = Math.min(world.inputs.panel.hours, hours + ahead);
  return { whole: { fromHour, toHour }, known: { fromHour, toHour: hours } };
}

function truncationLeak(
  world: AuditWorld,
  { kind, name }: AuditSubject,
  { field, hour, symbol, before, after, cells }: Difference,
  hours: number,
): Leak {
  const { panel } = world.inputs;
  const timeMs = closeMsOf(panel, hour);
  return {
    ...{ detector: 'Da', kind, subject: name, field, timeMs, symbol, before, after },
    hint: kind === 'regime' ? 'smoothed states' : null,
    message: `${field} of ${placeText(symbol, timeMs)} is ${before} with all data and ${after} with the data up to ${isoMinute(timeAt(panel, hours))} (${cells} cells differ): compute it from closed bars and available records alone`,
  };
}

function isKnown(leaks: readonly Leak[], { name }: AuditSubject, field: string): boolean {
  return leaks.some((leak) => leak.subject === name && leak.field === field);
}

interface PerturbedPlace {
  readonly hours: number;
  readonly seed: number;
  readonly span: HourSpan;
  readonly room: Room;
}

/** What each leak hangs on is found by spoiling one source at a time. */
async function perturbationLeaks(
  world: AuditWorld,
  subject: AuditSubject,
  whole: readonly ObservedColumn[],
  moved: readonly Difference[],
  { hours, seed, span, room }: PerturbedPlace,
): Promise<readonly Leak[]> {
  const { panel } = world.inputs;
  const sourcesOf = new Map<string, PerturbedSource[]>();
  for (const source of perturbedSources) {
    const other = await subject.observe(perturbed(world, hours, seed, [source], room), span);
    for (const { field } of differences(whole, other, hours)) {
      sourcesOf.set(field, [...(sourcesOf.get(field) ?? []), source]);
    }
  }
  return moved.map(({ field, hour, symbol, before, after, cells }) => {
    const timeMs = closeMsOf(panel, hour);
    const sources = sourcesOf.get(field) ?? [];
    const cause = sources.length === 0 ? 'what comes after' : `${sources.join(' and ')} after it`;
    return {
      ...{ detector: 'Db', kind: subject.kind, subject: subject.name, field, timeMs, symbol, before, after },
      hint: hintOf(sources),
      message: `${field} of ${placeText(symbol, timeMs)} changes from ${before} to ${after} with ${cause} (${cells} cells differ): it uses what was not known by then`,
    };
  });
}

function hintOf(sources: readonly PerturbedSource[]): string | null {
  const only = sources.length === 1 ? sources[0] : undefined;
  switch (only) {
    case 'news':
      return 'news before it was available';
    case 'fear-greed':
      return 'Fear & Greed before it was published';
    case 'market-cap':
      return 'market capitalisation of the future';
    case 'tables':
      return 'a row joined before it was available';
    case 'revisions':
      return 'revised bars';
    case 'lives':
      return 'coins chosen by how long they live';
    case 'bars':
      return 'bars that have not closed';
    default:
      return null;
  }
}

function blindLabel({ name }: AuditSubject): Leak {
  return {
    ...{ detector: 'Db', kind: 'label', subject: name, field: name, symbol: '' },
    ...{ timeMs: Number.NaN, before: Number.NaN, after: Number.NaN },
    hint: 'a label that does not look ahead',
    message: `label ${name} is the same whatever comes after: it says nothing of the future`,
  };
}
