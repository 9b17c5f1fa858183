/** What `ledger.json` of a run folder holds: what each assumption of the run is worth. */

export const ledgerFile = 'ledger.json';

export type Sense = 'optimistic' | 'neutral' | 'pessimistic';

/** Fractions, `maxDrawdown` positive. */
export interface LedgerFigures {
  readonly totalReturn: number;
  readonly maxDrawdown: number;
  readonly trades: number;
}

export interface LedgerRow extends LedgerFigures {
  readonly flip: string;
  readonly from: string;
  readonly to: string;
  /** Of `to`, seen from `from`. */
  readonly sense: Sense;
  /** Against the run as it is. */
  readonly deltaReturn: number;
  readonly deltaDrawdown: number;
  readonly deltaTrades: number;
}

/** An assumption that is not tried, and why. */
export interface LeftOut {
  readonly flip: string;
  readonly reason: string;
}

export interface AssumptionLedger {
  readonly rows: readonly LedgerRow[];
  /**
   * The run as it is, and with every assumption made the way that cost this run, or helped it, when tried alone; null where they cannot run
   * together (see `leftOut`). By effect and not by sense: a later fill is thought a burden, and may be a blessing.
   */
  readonly triple: {
    readonly pessimistic: LedgerFigures | null;
    readonly realistic: LedgerFigures;
    readonly optimistic: LedgerFigures | null;
  };
  readonly leftOut: readonly LeftOut[];
}
