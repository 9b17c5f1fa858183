/** Moving average convergence and divergence (Appel 1979) on a fixed window. */
import { forEachBlock, type RollingRange } from '../../rolling.ts';
import { giveFloats, takeFloats } from '../../scratch.ts';
import { dropPresent, packed, powersOf, presentBars } from './present.ts';

const FAST = 2 / 13;
const SLOW = 2 / 27;
const SIGNAL = 2 / 10;

export interface MacdColumns {
  /** m = EMA12 - EMA26, in the unit of x. */
  readonly line: Float64Array;
  /** EMA9 of m over the same window, begun at the m of its oldest value (which is 0). */
  readonly signal: Float64Array;
}

/**
 * Both averages start anew at the oldest present value of each window; absent values do not age them. NaN where the newest
 * value is missing or fewer than `countMin` are present.
 *
 * A run of values maps (EMA12, EMA26, signal) linearly, so the part of a window after its cut is applied to what the part
 * before it came to: O(1) per element. All is reckoned from a value beside the cut, hence a constant gives exactly 0.
 */
export function rollingMacd(x: Float64Array, range: RollingRange, out: MacdColumns): void {
  const { window, countMin } = range;
  const present = presentBars(x, range);
  const { before, start } = present;
  const values = packed(x, present);
  const response = responses(window);
  const { fast, slow, signal, fastToSignal, slowToSignal } = response;
  const older = olderPart(window);
  forEachBlock(range, (cut, from, to) => {
    const begin = Math.max(cut, start);
    const cutPlace = before[begin]!;
    fillOlder(older, values, response, cutPlace, before[Math.max(start, from - window + 1)]!);
    const pivot = values[cutPlace]!;
    // One by one: what comes out of a pattern is boxed anew at every step.
    let offFast = 0;
    let offSlow = 0;
    let own = 0;
    for (let index = begin; index < to; index += 1) {
      const place = before[index]!;
      const isPresent = before[index + 1]! > place;
      if (isPresent) {
        const off = values[place]! - pivot;
        offFast += FAST * (off - offFast);
        offSlow += SLOW * (off - offSlow);
        own += SIGNAL * (offFast - offSlow - own);
      }
      if (index < from) continue;
      const first = before[Math.max(start, index - window + 1)]!;
      if (!isPresent || place + 1 - first < countMin) {
        out.line[index] = Number.NaN;
        out.signal[index] = Number.NaN;
        continue;
      }
      let line = offFast - offSlow;
      let smooth = own;
      if (first < cutPlace) {
        const steps = place + 1 - cutPlace;
        const r = cutPlace - 1 - first;
        const between = values[cutPlace - 1]! - pivot;
        const olderFast = older.fast[r]! + between;
        const olderSlow = older.slow[r]! + between;
        line += fast[steps]! * olderFast - slow[steps]! * olderSlow;
        smooth +=
          signal[steps]! * older.signal[r]! +
          fastToSignal[steps]! * olderFast -
          slowToSignal[steps]! * olderSlow;
      }
      out.line[index] = line;
      out.signal[index] = smooth;
    }
  });
  giveFloats(values, older.fast, older.slow, older.signal);
  dropPresent(present);
}

/** What is left, after so many steps without input, of one unit in an average, and what it has put into the signal. */
interface Responses {
  readonly fast: Float64Array;
  readonly slow: Float64Array;
  readonly signal: Float64Array;
  readonly fastToSignal: Float64Array;
  readonly slowToSignal: Float64Array;
}

const responsesKnown = new Map<number, Responses>();

/** Constants of the window's length, made once. */
function responses(window: number): Responses {
  const known = responsesKnown.get(window);
  if (known !== undefined) return known;
  const fast = powersOf(1 - FAST, window);
  const slow = powersOf(1 - SLOW, window);
  const signal = powersOf(1 - SIGNAL, window);
  const intoSignal = (average: Float64Array) => {
    const sum = new Float64Array(window + 1);
    for (let step = 1; step <= window; step += 1)
      sum[step] = (1 - SIGNAL) * sum[step - 1]! + SIGNAL * average[step]!;
    return sum;
  };
  const made = { fast, slow, signal, fastToSignal: intoSignal(fast), slowToSignal: intoSignal(slow) };
  responsesKnown.set(window, made);
  return made;
}

function olderPart(window: number) {
  const column = () => takeFloats(window + 1);
  return { fast: column(), slow: column(), signal: column() };
}

/**
 * Entry r: averages and signal at the last place before the cut when they begin r places before it. The averages are
 * reckoned from the value at that last place.
 */
function fillOlder(
  older: ReturnType<typeof olderPart>,
  values: Float64Array,
  { fast, slow, signal, fastToSignal, slowToSignal }: Responses,
  cutPlace: number,
  oldest: number,
): void {
  const pivot = cutPlace > 0 ? values[cutPlace - 1]! : 0;
  let addedFast = 0;
  let addedSlow = 0;
  let addedSignal = 0;
  for (let r = 0; r <= cutPlace - 1 - oldest; r += 1) {
    const off = values[cutPlace - 1 - r]! - pivot;
    older.fast[r] = fast[r]! * off + addedFast;
    older.slow[r] = slow[r]! * off + addedSlow;
    older.signal[r] = (fastToSignal[r]! - slowToSignal[r]!) * off + addedSignal;
    addedFast += FAST * fast[r]! * off;
    addedSlow += SLOW * slow[r]! * off;
    // The step of the input itself moves the signal too, then what it left in the averages does.
    addedSignal +=
      (signal[r]! * SIGNAL * (FAST - SLOW) + FAST * fastToSignal[r]! - SLOW * slowToSignal[r]!) * off;
  }
}
