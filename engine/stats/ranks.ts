/** Average ranks, 1 for the lowest; equal values share the mean of their places. Values must not be NaN. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, index) => index);
  order.sort((a, b) => values[a]! - values[b]!);
  const out = new Float64Array(values.length);
  for (let first = 0; first < order.length; ) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1]!] === values[order[first]!]) last += 1;
    for (let place = first; place <= last; place += 1) out[order[place]!] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return out;
}
