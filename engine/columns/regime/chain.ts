/**
 * The recursions of a hidden Markov chain over given log-densities of its observations. Tables are day-major: `[day][state]`,
 * transitions `[from][to]`. A day whose densities are NaN, or that no reachable state could have emitted, counts as
 * missing: the chain moves on and learns nothing. Parameters that are NaN make every result NaN.
 *
 * Source: Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989); the backward step in the form of Kim,
 * Journal of Econometrics 60 (1994), which needs no densities and cannot underflow.
 */
export interface Chain {
  readonly states: number;
  /** Probability of each state on the first day, before anything was seen. */
  readonly initial: Float64Array;
  readonly transition: Float64Array;
}

export interface ForwardPass {
  /** P(state on the day, given the days before it). */
  readonly predicted: Float64Array;
  /** P(state on the day, given the days up to it). On a missing day the same as predicted. */
  readonly filtered: Float64Array;
  /** Natural logarithm, over the days that were there; NaN if there was none. */
  readonly logLikelihood: number;
  /** Days that were there. */
  readonly observed: number;
}

/** Day t depends on days 0 .. t alone, to the bit. */
export function forwardPass(chain: Chain, logDensities: Float64Array): ForwardPass {
  const { states, initial, transition } = chain;
  const days = logDensities.length / states;
  const predicted = new Float64Array(logDensities.length);
  const filtered = new Float64Array(logDensities.length);
  let logLikelihood = 0;
  let observed = 0;
  for (let day = 0; day < days; day += 1) {
    const now = predicted.subarray(day * states, (day + 1) * states);
    if (day === 0) now.set(initial);
    else advance(filtered.subarray((day - 1) * states, day * states), transition, now);
    const updated = filtered.subarray(day * states, (day + 1) * states);
    const gain = update(now, logDensities.subarray(day * states, (day + 1) * states), updated);
    if (Number.isNaN(gain)) continue;
    logLikelihood += gain;
    observed += 1;
  }
  return { predicted, filtered, logLikelihood: observed === 0 ? Number.NaN : logLikelihood, observed };
}

/** One day of the chain: `to` = `from` times the transition matrix. */
function advance(from: Float64Array, transition: Float64Array, to: Float64Array): void {
  const states = from.length;
  to.fill(0);
  for (let source = 0; source < states; source += 1) {
    const weight = from[source]!;
    for (let target = 0; target < states; target += 1) {
      to[target] = to[target]! + weight * transition[source * states + target]!;
    }
  }
}

/** Bayes' rule in log space. Gives the log-probability of the observation, NaN where it counts as missing. */
function update(prior: Float64Array, logDensity: Float64Array, posterior: Float64Array): number {
  const states = prior.length;
  let highest = Number.NEGATIVE_INFINITY;
  for (let state = 0; state < states; state += 1) {
    const weight = Math.log(prior[state]!) + logDensity[state]!;
    posterior[state] = weight;
    highest = Math.max(highest, weight);
  }
  if (!Number.isFinite(highest)) {
    posterior.set(prior);
    return Number.NaN;
  }
  let sum = 0;
  for (let state = 0; state < states; state += 1) {
    const weight = Math.exp(posterior[state]! - highest);
    posterior[state] = weight;
    sum += weight;
  }
  for (let state = 0; state < states; state += 1) posterior[state] = posterior[state]! / sum;
  return highest + Math.log(sum);
}

/**
 * P(state on the day, given all days). Sees the future: for training and plots alone.
 *
 * @param moves `[from][to]`; the expected number of moves between states is added to it.
 */
export function backwardPass(chain: Chain, forward: ForwardPass, moves?: Float64Array): Float64Array {
  const { states, transition } = chain;
  const { predicted, filtered } = forward;
  const smoothed = filtered.slice();
  for (let at = filtered.length - 2 * states; at >= 0; at -= states) {
    const next = at + states;
    for (let from = 0; from < states; from += 1) {
      let sum = 0;
      for (let to = 0; to < states; to += 1) {
        const expected = predicted[next + to]!;
        if (expected === 0) continue;
        // Divided first: the quotient is a probability and cannot overflow.
        const move = transition[from * states + to]!;
        const share = ((filtered[at + from]! * move) / expected) * smoothed[next + to]!;
        sum += share;
        if (moves !== undefined) moves[from * states + to] = moves[from * states + to]! + share;
      }
      smoothed[at + from] = sum;
    }
  }
  return smoothed;
}

export interface StatePath {
  /** State of each day; -1 on every day where the parameters are NaN. */
  readonly states: Int32Array;
  /** Natural logarithm of the joint probability of path and observations; NaN without days. */
  readonly logProbability: number;
}

/** The most probable path as a whole; ties go to the lower state. Sees the future: for plots alone. */
export function viterbiPath(chain: Chain, logDensities: Float64Array): StatePath {
  const { states } = chain;
  const days = logDensities.length / states;
  const from = new Int32Array(logDensities.length);
  const path = new Int32Array(days).fill(-1);
  const moveLogs = chain.transition.map(Math.log);
  let scores = chain.initial.map(Math.log);
  if (days === 0) return { states: path, logProbability: Number.NaN };
  for (let day = 0; day < days; day += 1) {
    if (day > 0) scores = bestMoves(scores, moveLogs, from.subarray(day * states, (day + 1) * states));
    const seen = scores.map((score, state) => score + logDensities[day * states + state]!);
    if (Number.isFinite(Math.max(...seen))) scores = seen;
  }
  const logProbability = Math.max(...scores);
  if (Number.isNaN(logProbability)) return { states: path, logProbability };
  let state = scores.indexOf(logProbability);
  for (let day = days - 1; day >= 0; day -= 1) {
    path[day] = state;
    state = from[day * states + state]!;
  }
  return { states: path, logProbability };
}

/** Scores of the best ways into each state; `from` takes the state that each way comes from. */
function bestMoves(
  scores: Float64Array,
  moveLogs: Float64Array,
  from: Int32Array,
): Float64Array<ArrayBuffer> {
  const states = scores.length;
  return new Float64Array(states).map((_, to) => {
    let best = scores[0]! + moveLogs[to]!;
    for (let source = 1; source < states; source += 1) {
      const score = scores[source]! + moveLogs[source * states + to]!;
      if (score > best) {
        best = score;
        from[to] = source;
      }
    }
    return best;
  });
}

/**
 * Long-run share of each state, for chains in which every state can be reached from every other; fitted ones are.
 * Source: Grassmann, Taksar and Heyman, Operations Research 33 (1985): elimination without a subtraction.
 */
export function stationaryShares({ states, transition }: Chain): Float64Array {
  const rest = transition.slice();
  for (let last = states - 1; last > 0; last -= 1) {
    let leaving = 0;
    for (let to = 0; to < last; to += 1) leaving += rest[last * states + to]!;
    for (let from = 0; from < last; from += 1) {
      rest[from * states + last] = rest[from * states + last]! / leaving;
      for (let to = 0; to < last; to += 1) {
        const detour = rest[from * states + last]! * rest[last * states + to]!;
        rest[from * states + to] = rest[from * states + to]! + detour;
      }
    }
  }
  const shares = new Float64Array(states);
  shares[0] = 1;
  for (let to = 1; to < states; to += 1) {
    for (let from = 0; from < to; from += 1) {
      shares[to] = shares[to]! + shares[from]! * rest[from * states + to]!;
    }
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}
