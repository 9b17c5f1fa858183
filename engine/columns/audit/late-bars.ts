/**
 * Bars that read as a version which arrived later. The rows of later versions differ from the version before them, so a bar that equals the
 * earliest of them is not the one known first.
 */
import { barOffset, type Panel } from '../../panel/panel.ts';
import { closeMsOf } from './cut.ts';
import { type Leak, placeText } from './findings.ts';
import type { Findings } from './look-ahead.ts';
import type { AuditWorld, BarRevision } from './world.ts';

/**
 * Dg for bars: the first late one of every coin. A bar that equals none but a still later version may have returned to where it began; only
 * where all bars with several versions do so, two at least, are they taken for late.
 */
export function lateBars({ inputs: { panel }, revisions }: AuditWorld): Findings {
  const versions = grouped(revisions, ({ coin, hour }) => coin * panel.hours + hour);
  const late: BarRevision[] = [];
  const returned: BarRevision[] = [];
  let several = 0;
  for (const own of versions) {
    const [first, ...others] = own.sort((a, b) => a.availableMs - b.availableMs);
    if (others.length > 0) several += 1;
    if (reads(panel, first!)) late.push(first!);
    else if (others.length > 0 && reads(panel, others.at(-1)!)) returned.push(others.at(-1)!);
  }
  if (returned.length >= 2 && returned.length === several) late.push(...returned);
  const ahead = late
    .filter(({ hour, availableMs }) => availableMs > closeMsOf(panel, hour))
    .sort((a, b) => a.hour - b.hour);
  const leaks = grouped(ahead, ({ coin }) => coin).map((own) => lateLeak(panel, own));
  return { leaks, count: versions.length };
}

function grouped(
  revisions: readonly BarRevision[],
  keyOf: (revision: BarRevision) => number,
): readonly BarRevision[][] {
  const groups = new Map<number, BarRevision[]>();
  for (const revision of revisions) {
    const own = groups.get(keyOf(revision));
    if (own === undefined) groups.set(keyOf(revision), [revision]);
    else own.push(revision);
  }
  return [...groups.values()];
}

function lateLeak(panel: Panel, own: readonly BarRevision[]): Leak {
  const { coin, hour, close, availableMs } = own[0]!;
  const [symbol, timeMs] = [panel.symbols[coin]!, closeMsOf(panel, hour)];
  return {
    ...{ detector: 'Dg', kind: 'join', subject: 'bars join', field: 'bars', timeMs, symbol },
    ...{ before: close, after: Number.NaN, hint: 'revised bars' },
    message: `the bar of ${placeText(symbol, timeMs)} reads as it was revised at ${new Date(availableMs).toISOString()} (${own.length} such ${own.length === 1 ? 'bar' : 'bars'} of the coin): the panel must hold the version known first`,
  };
}

/** Whether the panel shows that version, to the bit. Volumes are compared where the panel has them. */
function reads(panel: Panel, revision: BarRevision): boolean {
  const { bars, volume, quoteVolume, hours } = panel;
  const at = barOffset(panel, revision.coin, revision.hour);
  const cell = revision.coin * hours + revision.hour;
  const prices = [revision.open, revision.high, revision.low, revision.close];
  return (
    prices.every((price, place) => Object.is(price, bars[at + place])) &&
    (volume === null || Object.is(volume[cell], revision.volume)) &&
    (quoteVolume === null || Object.is(quoteVolume[cell], revision.quoteVolume))
  );
}
