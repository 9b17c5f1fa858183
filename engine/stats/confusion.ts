/** How predicted classes agree with true ones. */
export interface ClassScores {
  readonly classes: readonly string[];
  readonly rows: number;
  /** `[true class][predicted class]`, counts. */
  readonly confusion: readonly (readonly number[])[];
  /** Share of rows whose class was found; NaN without rows. */
  readonly accuracy: number;
  /** Plain mean of F1 over the classes that occur, truly or predicted; NaN without any. */
  readonly macroF1: number;
  /** By class: found of the true ones, true of the predicted ones, and their harmonic mean; NaN where there are none. */
  readonly recall: readonly number[];
  readonly precision: readonly number[];
  readonly f1: readonly number[];
}

/** @param truth places in `classes`, as `predicted` */
export function classScores(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: readonly string[],
): ClassScores {
  const confusion = classes.map(() => classes.map(() => 0));
  for (let row = 0; row < truth.length; row += 1) confusion[truth[row]!]![predicted[row]!]! += 1;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const hits = classes.map((_, place) => confusion[place]![place]!);
  const actual = confusion.map(sum);
  const found = classes.map((_, place) => sum(confusion.map((row) => row[place]!)));
  const f1 = hits.map((hit, place) => (2 * hit) / (actual[place]! + found[place]!));
  const known = f1.filter((value) => !Number.isNaN(value));
  return {
    ...{ classes, rows: truth.length, confusion, f1 },
    accuracy: sum(hits) / truth.length,
    macroF1: sum(known) / known.length,
    recall: hits.map((hit, place) => hit / actual[place]!),
    precision: hits.map((hit, place) => hit / found[place]!),
  };
}
