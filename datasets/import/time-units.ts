/** Numbers that are times of our age in another unit than milliseconds, told by their size. */

interface TimeUnit {
  readonly name: string;
  /** Whole numbers of [from, below) are taken for times in this unit. */
  readonly from: bigint;
  /** Null for no limit. */
  readonly below: bigint | null;
  /** What makes milliseconds of it. */
  readonly repair: string;
}

/** Between the first two lie epoch milliseconds: of the years 1973 to 5138. */
export const otherTimeUnits: readonly TimeUnit[] = [
  { name: 'seconds', from: 1n, below: 10n ** 11n, repair: 'Multiply by 1,000' },
  { name: 'microseconds', from: 10n ** 14n, below: 10n ** 17n, repair: 'Divide by 1,000' },
  { name: 'nanoseconds', from: 10n ** 17n, below: null, repair: 'Divide by 1,000,000' },
];

/** The unit that a whole number is evidently in; null for milliseconds, and for what is no time after 1970. */
export function otherTimeUnit(time: number): TimeUnit | null {
  return otherTimeUnits.find(({ from, below }) => time >= from && (below === null || time < below)) ?? null;
}
