/** What is free is a sum, good to its last bits: an exact fit is a fit. */
export const ROUNDING = 1 + 1e-12;
