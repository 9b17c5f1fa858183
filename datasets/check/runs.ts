/** Consecutive rows or hours that share a trait, as runs. */
export interface Run {
  /** First index, and one past the last. */
  readonly from: number;
  readonly to: number;
}

/** Maximal runs of [from, to) in which `holds`, joined where at most `bridge` indices lie between two of them. */
export function runsWhere(from: number, to: number, holds: (index: number) => boolean, bridge = 0): Run[] {
  const runs: Run[] = [];
  for (let index = from; index < to; index += 1) {
    if (!holds(index)) continue;
    const last = runs.at(-1);
    if (last !== undefined && index - last.to <= bridge)
      runs[runs.length - 1] = { from: last.from, to: index + 1 };
    else runs.push({ from: index, to: index + 1 });
  }
  return runs;
}
