/** What passes a gate: how much of what was scored, how often the members of an ensemble split over it, how often one is silent. */
import { assertInvariant } from '../invariant.ts';

type Values = ArrayLike<number>;

export interface Coverage {
  /** Rows that hold a score. */
  readonly scored: number;
  /** Of those, rows at or above the gate. */
  readonly passed: number;
  /** NaN where nothing was scored. */
  readonly share: number;
  readonly signalsPerThousand: number;
}

/** @param gate in the units of the scores */
export function coverage(scores: Values, gate: number): Coverage {
  let [scored, passed] = [0, 0];
  for (let row = 0; row < scores.length; row += 1) {
    const score = scores[row]!;
    if (Number.isNaN(score)) continue;
    scored += 1;
    passed += score >= gate ? 1 : 0;
  }
  const share = passed / scored;
  return { scored, passed, share, signalsPerThousand: share * 1000 };
}

export interface Disagreement {
  /** Rows on which both speak. */
  readonly rows: number;
  /** Rows that either lets through the gate. */
  readonly either: number;
  /** Rows that one lets through and the other does not. */
  readonly split: number;
  /** `split / either`: of what one of them is sure about, how much the other is not. NaN where neither lets anything through. */
  readonly rate: number;
}

export function disagreement(left: Values, right: Values, gateLogit: number): Disagreement {
  assertInvariant(left.length === right.length, 'members are scored on the same rows');
  let [rows, either, split] = [0, 0, 0];
  for (let row = 0; row < left.length; row += 1) {
    const [a, b] = [left[row]!, right[row]!];
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    const [passesA, passesB] = [a >= gateLogit, b >= gateLogit];
    rows += 1;
    either += passesA || passesB ? 1 : 0;
    split += passesA === passesB ? 0 : 1;
  }
  return { rows, either, split, rate: split / either };
}

export interface MemberCoverage {
  /** Rows on which any member speaks. */
  readonly rows: number;
  /** Share of those on which this member speaks, by member; NaN where there are none. */
  readonly shares: Float64Array;
  /** Share on which all speak: only those have an ensemble's score. */
  readonly all: number;
}

export function memberCoverage(members: readonly Values[]): MemberCoverage {
  const spoken = new Float64Array(members.length);
  const length = members[0]?.length ?? 0;
  let [rows, all] = [0, 0];
  for (let row = 0; row < length; row += 1) {
    let speaking = 0;
    for (const [index, logits] of members.entries()) {
      if (Number.isNaN(logits[row]!)) continue;
      spoken[index]! += 1;
      speaking += 1;
    }
    rows += speaking > 0 ? 1 : 0;
    all += speaking === members.length ? 1 : 0;
  }
  return { rows, shares: spoken.map((count) => count / rows), all: all / rows };
}
