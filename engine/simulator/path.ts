/**
 * How one bar meets a position's levels. The stop is looked at before the target, and a level that the open has already
 * passed fills at the open: a gap is a loss, not a wish.
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
