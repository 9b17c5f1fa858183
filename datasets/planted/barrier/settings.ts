/** What a barrier world is made from. Its coins stand apart: steering a path to a barrier breaks the law of the other coins. */

export interface BarrierSettings {
  /** A BUY wins with probability sigmoid(intercept + slope g); a SELL has the intercept that its score law asks for. */
  readonly intercept: number;
  readonly slope: number;
  /** Correlation of the BUY model's own part with the hidden state g. */
  readonly modelSkill: number;
  /** Share of the score's variance that all coins have in common, 0 to 1. */
  readonly commonShare: number;
  /** Correlation of the coins' outcomes behind the draw (of the normal numbers, not of the wins), 0 to below 1. */
  readonly outcomeCorrelation: number;
  /** Days after the market's start [from, to) in which a SELL score means the contrary of what it says. */
  readonly invertedDays: { readonly from: number; readonly to: number };
  /** Mean error of the BUY model's expected return, a fraction. */
  readonly buyEvBias: number;
}

/**
 * With slope .4 the best attainable AUC is .609. A skill of .32 leaves the BUY model the .535 that is known of such models, and
 * -1.27 % is the bias known of their regressors.
 */
export const barrierDefaults: BarrierSettings = {
  intercept: 0,
  slope: 0.4,
  modelSkill: 0.32,
  commonShare: 0,
  outcomeCorrelation: 0,
  invertedDays: { from: 120, to: 180 },
  buyEvBias: -0.0127,
};

/** Distance of both barriers from the entry price, a fraction. */
export const barrierFraction = 0.02;
