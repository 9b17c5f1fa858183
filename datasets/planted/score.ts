/**
 * The stored columns of a planted market: the hidden state as an imperfect model would see it.
 *
 * `score` is the newest known state plus noise, fresh each hour, so its rank IC is the state's times 1 / sqrt(1 + noise^2).
 * `logit` is the same idea through noise of its own, on the scale of a gate: it passes log(4), a probability of .80, in
 * about three hours of a hundred. It rises with the state, but no outcome has that probability: it is not calibrated.
 */
import { fillNormal, openStream } from './streams.ts';

const scoreNoise = 0.5;
const logitPerState = 0.66;

export interface Scores {
  readonly score: Float64Array;
  readonly logit: Float64Array;
}

/** Values for generated hours [fromHour, toHour), each as known when that hour's bar has closed. */
export function plantScores(
  seed: number,
  id: string,
  state: Float64Array,
  fromHour: number,
  toHour: number,
): Scores {
  const count = toHour - fromHour;
  const score = fillNormal(new Float64Array(count), openStream(seed, id, 'score-noise'), fromHour);
  const logit = fillNormal(new Float64Array(count), openStream(seed, id, 'logit-noise'), fromHour);
  for (let row = 0; row < count; row += 1) {
    const known = state[knownDay(fromHour + row)] ?? 0;
    score[row] = round4(known + scoreNoise * score[row]!);
    logit[row] = round4(logitPerState * (known + scoreNoise * logit[row]!));
  }
  return { score, logit };
}

/** The newest day whose state is known once the bar of `hour` has closed. */
function knownDay(hour: number): number {
  return Math.floor((hour + 1) / 24) - 1;
}

// Adding 0 turns -0, which no table keeps, into 0.
function round4(value: number): number {
  return Math.round(value * 1e4) / 1e4 + 0;
}
