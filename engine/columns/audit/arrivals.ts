/**
 * A world told in the order of arrival: a panel that grows by one bar of every coin at a time, and with it the records, revisions and
 * fitted states that had arrived by that bar's close. Of a coin that is alive nobody knows its end.
 */
import { BAR_WIDTH, barLayout, type Panel, timeAt } from '../../panel/panel.ts';
import { type HourSpan, panelWindow, Room, worldKnown } from './cut.ts';
import type { AuditWorld } from './world.ts';

const { OPEN } = barLayout;

export interface Arrival {
  /** The bar that has just closed. */
  readonly hour: number;
  /** Valid until the next arrival: its panel is one and the same, growing. */
  readonly world: AuditWorld;
}

/**
 * What is known at the close of each hour of the span: its bar, and how the next one opens. Hours before the span are there from the
 * start.
 */
export function* arrivals(
  world: AuditWorld,
  { fromHour, toHour }: HourSpan,
  room = new Room(),
): Generator<Arrival> {
  const source = world.inputs.panel;
  const live = emptied(panelWindow(source, { fromHour: 0, toHour }, room), fromHour);
  for (let hour = fromHour; hour < toHour; hour += 1) {
    bringBars(source, live, hour);
    yield { hour, world: worldKnown(world, withLives(source, live, hour + 1), timeAt(source, hour + 1)) };
  }
}

/** No bar from `fromHour` on. */
function emptied(panel: Panel, fromHour: number): Panel {
  for (const { block, width } of blocksOf(panel)) {
    for (let row = 0; row * panel.hours * width < block.length; row += 1) {
      block.fill(Number.NaN, (row * panel.hours + fromHour) * width, (row + 1) * panel.hours * width);
    }
  }
  return panel;
}

function bringBars(source: Panel, live: Panel, hour: number): void {
  const targets = blocksOf(live);
  for (const [index, { block, width }] of blocksOf(source).entries()) {
    for (let row = 0; row * source.hours * width < block.length; row += 1) {
      const at = (row * source.hours + hour) * width;
      targets[index]!.block.set(block.subarray(at, at + width), (row * live.hours + hour) * width);
    }
  }
  const rows = live.bars.length / (live.hours * BAR_WIDTH);
  for (let row = 0; row < rows && hour + 1 < live.hours; row += 1) {
    const open = source.bars[(row * source.hours + hour + 1) * BAR_WIDTH + OPEN]!;
    live.bars[(row * live.hours + hour + 1) * BAR_WIDTH + OPEN] = open;
  }
  live.closeHash.set(source.closeHash.subarray(hour * 2, hour * 2 + 2), hour * 2);
}

function blocksOf({ bars, volume, quoteVolume }: Panel) {
  const volumes = [volume, quoteVolume].filter((block) => block !== null);
  return [{ block: bars, width: BAR_WIDTH }, ...volumes.map((block) => ({ block, width: 1 }))];
}

/** Listings, ends and changes of unit of the first `hours` bars; who is alive is listed until further notice. */
function withLives(source: Panel, live: Panel, hours: number): Panel {
  for (let coin = 0; coin < live.symbols.length; coin += 1) {
    const [first, end] = [source.firstHour[coin]!, source.endHour[coin]!];
    live.firstHour[coin] = first < hours ? first : live.hours;
    live.endHour[coin] = first >= hours ? 0 : end <= hours ? end : live.hours;
  }
  const { life } = source;
  if (life === undefined) return live;
  const ended = (flags: Uint8Array) => flags.map((flag, coin) => (source.endHour[coin]! <= hours ? flag : 0));
  return {
    ...live,
    life: {
      dataEnds: ended(life.dataEnds),
      delisted: ended(life.delisted),
      gaps: life.gaps.filter(({ toHour }) => toHour <= hours),
      renames: life.renames.filter(({ hour }) => hour < hours),
    },
  };
}
