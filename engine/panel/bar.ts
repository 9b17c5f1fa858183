/** Where a bar's prices stand. Hot modules take them over into constants of their own (see `portfolio/record.ts`). */
export const barLayout = { OPEN: 0, HIGH: 1, LOW: 2, CLOSE: 3, BAR_WIDTH: 4 } as const;
export const { OPEN, HIGH, LOW, CLOSE, BAR_WIDTH } = barLayout;
