/**
 * How one bar meets a position's levels. A level that the open has already passed fills at the open: a gap is a loss, not a
 * wish. Inside the bar the order of the extremes is not known, and is a choice.
 *
 * Prices and levels come multiplied by side (+1 long, -1 short), so the adverse extreme is the smaller one for both.
 */
export type Touch = 'none' | 'gap-stop' | 'gap-target' | 'stop' | 'target';

/**
 * Adverse-first reading of a bar. `open`, `adverse` and `favourable` are signed prices with adverse <= open <= favourable;
 * an absent level is -Infinity (stop) or +Infinity (target). NaN prices touch nothing.
 */
export function touchAdverseFirst(
  open: number,
  adverse: number,
  favourable: number,
  stop: number,
  target: number,
): Touch {
  if (open <= stop) return 'gap-stop';
  if (open >= target) return 'gap-target';
  if (adverse <= stop) return 'stop';
  if (favourable >= target) return 'target';
  return 'none';
}

/** The same with the extreme nearer to the open first; where both are as near, the adverse one. */
export function touchAdaptive(
  open: number,
  adverse: number,
  favourable: number,
  stop: number,
  target: number,
): Touch {
  const touch = touchAdverseFirst(open, adverse, favourable, stop, target);
  return touch === 'stop' && favourable >= target && favourable - open < open - adverse ? 'target' : touch;
}
