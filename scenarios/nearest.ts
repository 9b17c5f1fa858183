/** The name that somebody probably meant, for messages about names that do not exist; null where nothing is close. */
export function nearest(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  // A third of the letters may be wrong: enough for a typing error, too little for another word.
  let bestDistance = Math.floor(Math.max(name.length, 3) / 3) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `; did you mean x?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const meant = nearest(name, known);
  return meant === null ? '' : `; did you mean ${meant}?`;
}

/** Letters to insert, delete, change or swap with their neighbour to turn one word into the other. */
function editDistance(source: string, target: string): number {
  const width = target.length + 1;
  const distances = new Uint16Array((source.length + 1) * width);
  const at = (row: number, column: number) => distances[row * width + column]!;
  for (let row = 0; row <= source.length; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const isSame = row > 0 && column > 0 && source[row - 1] === target[column - 1];
      const isSwapped =
        row > 1 &&
        column > 1 &&
        source[row - 1] === target[column - 2] &&
        source[row - 2] === target[column - 1];
      let distance = row === 0 ? column : row;
      if (row > 0 && column > 0) {
        distance = Math.min(
          at(row - 1, column - 1) + (isSame ? 0 : 1),
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        );
      }
      distances[row * width + column] = distance;
    }
  }
  return distances.at(-1)!;
}
