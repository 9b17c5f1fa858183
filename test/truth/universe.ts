/** The eligible set of every hour as it follows from the planted lives, and where the engine's differs from it. */
import { computeColumns } from '../../engine/columns/compute.ts';
import { barInputs } from '../../engine/columns/features/inputs.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { type Panel, timeAt } from '../../engine/panel/panel.ts';
import { numbersIn, type StoredMarket, textsIn } from './stored.ts';

export interface UniverseDifference {
  readonly coinHours: number;
  /** Of those, how many are eligible in truth. */
  readonly members: number;
  readonly different: number;
  /** The first one, in words; empty where there is none. */
  readonly example: string;
}

const HISTORY_HOURS = 720;
const PRESENT_MIN = 540;

export async function universeDifference({ dataset, truth }: StoredMarket): Promise<UniverseDifference> {
  const { panel } = dataset;
  const inputs = { ...barInputs(panel), records: await dataset.records() };
  const [eligible] = await computeColumns(inputs, ['eligible']);
  const states = await statesOf(panel, await truth('universe'));
  let [members, different, example] = [0, 0, ''];
  for (const [coin, symbol] of panel.symbols.entries()) {
    const wanted = membersOf(states, coin, panel.hours);
    for (let hour = 0; hour < panel.hours; hour += 1) {
      members += wanted[hour]!;
      if (eligible!.values[hour * panel.symbols.length + coin] === wanted[hour]) continue;
      different += 1;
      if (example === '') {
        const time = new Date(timeAt(panel, hour + 1)).toISOString();
        example = `${symbol} at ${time}, truth says ${wanted[hour]}`;
      }
    }
  }
  return { coinHours: panel.hours * panel.symbols.length, members, different, example };
}

interface States {
  /** `[coin][hour]`, 1 where the bar that closes then is there. */
  readonly listed: Uint8Array;
  /** Hours from which nobody can trade a coin, by coin: that of the bar at whose close it is delisted. */
  readonly endHour: Float64Array;
  /** 1 where it is a coin to rank. */
  readonly ranks: Uint8Array;
}

export async function statesOf(
  panel: Panel,
  table: Awaited<ReturnType<StoredMarket['truth']>>,
): Promise<States> {
  const [symbols, states, kinds] = [
    textsIn(table, 'symbol'),
    textsIn(table, 'state'),
    textsIn(table, 'kind'),
  ];
  const [fromMs, toMs] = [numbersIn(table, 'from_ms'), numbersIn(table, 'to_ms')];
  const listed = new Uint8Array(panel.symbols.length * panel.hours);
  const endHour = new Float64Array(panel.symbols.length).fill(Number.POSITIVE_INFINITY);
  const ranks = new Uint8Array(panel.symbols.length);
  for (let row = 0; row < table.rows; row += 1) {
    const coin = panel.symbols.indexOf(symbols[row]!);
    const hourOf = (timeMs: number) => (timeMs - panel.startMs) / hourMs;
    ranks[coin] = kinds[row] === 'coin' ? 1 : 0;
    // A state holds at close times T with fromMs < T <= toMs.
    if (states[row] === 'listed') {
      listed.fill(1, coin * panel.hours + hourOf(fromMs[row]!), coin * panel.hours + hourOf(toMs[row]!));
    }
    // Effective at T: the bar that closes at T is the coin's last, and it cannot be chosen at its close any more.
    if (states[row] === 'delisted') endHour[coin] = hourOf(fromMs[row]!) - 1;
  }
  return { listed, endHour, ranks };
}

/** By hour, 1 where the coin is a member: it trades, has traded in 540 of the last 720 hours, and has not ended. */
export function membersOf({ listed, endHour, ranks }: States, coin: number, hours: number): Uint8Array {
  const members = new Uint8Array(hours);
  const own = listed.subarray(coin * hours, (coin + 1) * hours);
  let present = 0;
  for (let hour = 0; hour < hours; hour += 1) {
    present += own[hour]! - (hour < HISTORY_HOURS ? 0 : own[hour - HISTORY_HOURS]!);
    const trades = own[hour] === 1 && hour < endHour[coin]!;
    members[hour] = trades && ranks[coin] === 1 && present >= PRESENT_MIN ? 1 : 0;
  }
  return members;
}
