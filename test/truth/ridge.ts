/** Ridge regression on standardised columns, by the normal equations and Cholesky's factor. */
export interface RidgeModel {
  predict(row: readonly number[]): number;
}

/** Rows of equal length without NaN; `penalty` is added to the diagonal as that share of the number of rows. */
export function fitRidge(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  penalty: number,
): RidgeModel {
  const width = rows[0]!.length;
  const centre = columnMeans(rows, width);
  const scale = columnMeans(
    rows.map((row) => row.map((value, column) => (value - centre[column]!) ** 2)),
    width,
  ).map((square) => Math.sqrt(square) || 1);
  const standard = (row: readonly number[]) =>
    row.map((value, column) => (value - centre[column]!) / scale[column]!);
  const mean = targets.reduce((sum, target) => sum + target, 0) / targets.length;
  const gram = Array.from({ length: width }, (_, a) =>
    Float64Array.from({ length: width }, (_, b) => (a === b ? penalty * rows.length : 0)),
  );
  const moments = new Float64Array(width);
  for (const [place, row] of rows.entries()) {
    const x = standard(row);
    for (let a = 0; a < width; a += 1) {
      moments[a] = moments[a]! + x[a]! * (targets[place]! - mean);
      for (let b = 0; b <= a; b += 1) gram[a]![b] = gram[a]![b]! + x[a]! * x[b]!;
    }
  }
  const weights = solved(gram, moments);
  return {
    predict: (row) => standard(row).reduce((sum, value, column) => sum + value * weights[column]!, mean),
  };
}

function columnMeans(rows: readonly (readonly number[])[], width: number): readonly number[] {
  const sums = new Float64Array(width);
  for (const row of rows)
    for (let column = 0; column < width; column += 1) sums[column] = sums[column]! + row[column]!;
  return Array.from(sums, (sum) => sum / rows.length);
}

/** Solves for a symmetric positive definite matrix of which the lower half is given; overwrites it. */
function solved(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const n = right.length;
  const x = right.slice();
  for (let a = 0; a < n; a += 1) {
    for (let b = 0; b <= a; b += 1) {
      let sum = matrix[a]![b]!;
      for (let k = 0; k < b; k += 1) sum -= matrix[a]![k]! * matrix[b]![k]!;
      matrix[a]![b] = a === b ? Math.sqrt(sum) : sum / matrix[b]![b]!;
    }
    for (let k = 0; k < a; k += 1) x[a] = x[a]! - matrix[a]![k]! * x[k]!;
    x[a] = x[a]! / matrix[a]![a]!;
  }
  for (let a = n - 1; a >= 0; a -= 1) {
    for (let k = a + 1; k < n; k += 1) x[a] = x[a]! - matrix[k]![a]! * x[k]!;
    x[a] = x[a]! / matrix[a]![a]!;
  }
  return x;
}
