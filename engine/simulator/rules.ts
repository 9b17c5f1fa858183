/** The rules of a simulated account, with nothing switched on by default. `docs/account.md` says what each of them does. */
import type { BracketEdition } from '../exchange/brackets.ts';
import type { FilterEdition } from '../exchange/filters.ts';

/** Structured-cloneable, but for `detail`: what a worker gets is what the main thread has. */
export interface VenueRules {
  readonly account: AccountRules;
  readonly fills: FillRules;
  readonly funding: FundingRules;
  readonly life: LifeRules;
}

export interface AccountRules {
  /** `none`: no margin is asked for and nothing is liquidated. */
  readonly margin: 'none' | 'cross' | 'isolated';
  /** Leverage of a position whose target names none; >= 1. Strategies may size by it. */
  readonly leverage: number;
  /** What unrealised profit and margin are reckoned with: the dataset's marks, or trade prices. */
  readonly mark: 'mark' | 'trade';
  /** Adverse state of the cross pool inside a bar. */
  readonly intrabar: 'path-correlated' | 'all-adverse';
  /** What a broken cross pool closes. */
  readonly close: 'all' | 'worst-first';
  readonly onLiquidation: 'continue' | 'stop';
  /** Who bears what exceeds the margin. */
  readonly bankruptcy: 'insurance' | 'carry';
  /** Liquidation fills are worse by this many times the taker slippage. */
  readonly liquidationStress: number;
  /** An entry that lacks margin is refused, or made as small as it must be. */
  readonly size: 'refuse' | 'shrink-to-fit';
  /** Dated tiers; needed where margin is not `none`. */
  readonly brackets: readonly BracketEdition[];
  /** Dated filters; without any, nothing is rounded or refused by them. */
  readonly filters: readonly FilterEdition[];
  /** Quote currency in the spot wallet at the start. */
  readonly spotCapital: number;
  readonly transfers: 'fixed' | 'rebalance-daily' | readonly Transfer[];
}

export interface Transfer {
  /** Stamp, epoch ms UTC. */
  readonly atMs: number;
  readonly from: Market;
  readonly to: Market;
  /** Quote currency, > 0. */
  readonly amount: number;
}

export type Market = 'usdm' | 'spot';

export interface FillRules {
  /** Which extreme of a bar comes first. */
  readonly path: 'adverse-first' | 'adaptive';
  /** Minutes between a decision and its orders. */
  readonly delayMinutes: number;
  /**
   * Where stops fill. `open`: at their level, at the open where that lies beyond. For the assumption ledger: `level` at the level whatever the
   * open, `worst` at the adverse extreme of the bar.
   */
  readonly gaps: 'open' | 'level' | 'worst';
  /** Finer bars, or null. */
  readonly detail: DetailSource | null;
}

/** Finer bars of single hours, on demand. Synchronous, because the fold does not wait. */
export interface DetailSource {
  /** Length of a bar; divides 60. */
  readonly minutes: number;
  /**
   * The bars of one hour of a coin's futures market, `[60 / minutes][open, high, low, close]`, NaN where one is missing;
   * null where there is none at all. Not to be written to.
   */
  bars(coin: number, hour: number): Float64Array | null;
}

export interface FundingRules {
  readonly boundary: 'half-open' | 'include-same-stamp';
}

export interface LifeRules {
  /** Fraction by which the last price of a delisted coin is worse for us; [0, 1). */
  readonly delistHaircut: number;
  /** Leave this long before a known delisting; null to stay to the end. */
  readonly leaveBeforeHours: number | null;
  /** A coin that lives on and whose bars end. */
  readonly dataEnd: 'close' | 'hold';
}

export const plainRules: VenueRules = {
  account: {
    margin: 'none',
    leverage: 1,
    mark: 'mark',
    intrabar: 'path-correlated',
    close: 'all',
    onLiquidation: 'continue',
    bankruptcy: 'insurance',
    liquidationStress: 2,
    size: 'refuse',
    brackets: [],
    filters: [],
    spotCapital: 0,
    transfers: 'fixed',
  },
  fills: { path: 'adverse-first', delayMinutes: 0, gaps: 'open', detail: null },
  funding: { boundary: 'half-open' },
  life: { delistHaircut: 0, leaveBeforeHours: null, dataEnd: 'close' },
};
