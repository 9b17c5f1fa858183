/** Tables of bars that are finer than an hour: one for each length. */

/** Lengths that finer bars may have, in minutes: what divides an hour. */
export const detailLengths = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30] as const;

export type DetailLength = (typeof detailLengths)[number];
export type DetailTable = `detail_${DetailLength}m`;

export const detailTables: readonly DetailTable[] = detailLengths.map(detailTable);

export function detailTable(minutes: DetailLength): DetailTable {
  return `detail_${minutes}m`;
}

/** Length of the bars of a table of finer bars, in minutes; null for any other table. */
export function detailLength(table: string): DetailLength | null {
  return detailLengths.find((minutes) => detailTable(minutes) === table) ?? null;
}
