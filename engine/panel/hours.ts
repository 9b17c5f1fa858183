/** Time inside the engine: epoch milliseconds UTC, counted in whole hours where bars are concerned. */
export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** `2025-10-10T21:00Z`: the stamp as people read it. Formats a given time; reads no clock. */
export function isoMinute(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16)}Z`;
}
