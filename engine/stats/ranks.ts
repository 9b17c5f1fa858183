/** Average ranks, 1 for the lowest; equal values share the mean of their places. Values must not be NaN. */
export function ranks(values: ArrayLike<number>): Float64Array {
  // Sorting numbers and looking their places up is several times as fast as sorting places by a comparison.
  const sorted = new Float64Array(values).sort();
  const shared = sharedPlaces(sorted);
  const out = new Float64Array(values.length);
  for (let row = 0; row < out.length; row += 1) out[row] = shared[firstPlace(sorted, values[row]!)]! + 0.5;
  return out;
}

/** At the first place of every value of an ascending series: its rank less one half, the mean of the places it fills. */
export function sharedPlaces(sorted: Float64Array): Float64Array {
  const shared = new Float64Array(sorted.length);
  for (let first = 0; first < sorted.length; ) {
    let end = first + 1;
    while (end < sorted.length && sorted[end] === sorted[first]) end += 1;
    shared[first] = (first + end) / 2;
    first = end;
  }
  return shared;
}

/** First place at which the value stands in an ascending series; it must be there. */
export function firstPlace(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
