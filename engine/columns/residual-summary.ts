/**
 * How much of the coins the benchmark explains, and what is left: a diagnosis for people that reaches no strategy. R^2 and
 * correlations stand apart, because they are read differently: an R^2 of .85 leaves a residual of 39 % of the deviation.
 *
 * Source: rolling OLS over 720 hourly log returns; ex-ante residual e(t) = r(t) - beta(t-1) rB(t), and as a variant
 * e(t) - alpha(t-1).
 */
import { CoinWindow, MarketWindow, unitSpans } from './features/coin-window.ts';
import type { ColumnInputs } from './features/inputs.ts';
import { rollingFit } from './kernels/ols.ts';
import { universeReasons, writeUniverseReasons } from './universe/universe.ts';

/** Over a coin's eligible hours; NaN where nothing varies. */
export interface CoinResidual {
  readonly symbol: string;
  /** Eligible hours that have a residual. */
  readonly hours: number;
  /** Means over the fits known at these hours. */
  readonly rSquared: number;
  readonly correlation: number;
  readonly beta: number;
  /** Standard deviation of the residual as a share of that of the return, and its correlation with the benchmark. */
  readonly residualShare: number;
  readonly residualCorrelation: number;
  /** The same with the intercept taken out too. */
  readonly alphaShare: number;
  readonly alphaCorrelation: number;
}

/** Fits of one hour, with their coins in the order of the panel. */
export interface ResidualWeek {
  /** Close of the hour, epoch ms. */
  readonly timeMs: number;
  readonly rSquared: readonly number[];
  readonly correlation: readonly number[];
}

export interface ResidualSummary {
  readonly coins: readonly CoinResidual[];
  readonly weeks: readonly ResidualWeek[];
}

const FIT_HOURS = 720;
const WEEK_HOURS = 168;
/** Fewer residuals of a coin tell nothing of it. */
const HOURS_MIN = 168;
const ELIGIBLE = universeReasons.indexOf('eligible');

/** Null where the panel has no benchmark. */
export function residualSummary(inputs: ColumnInputs): ResidualSummary | null {
  const { panel } = inputs;
  const whole = new MarketWindow(inputs, 0, panel.hours);
  if (whole.benchmark < 0) return null;
  const steps = Math.floor(panel.hours / WEEK_HOURS);
  const weeks = Array.from({ length: steps }, (_, step) => ({
    timeMs: whole.closeTimeMs((step + 1) * WEEK_HOURS - 1),
    rSquared: [] as number[],
    correlation: [] as number[],
  }));
  const coins: CoinResidual[] = [];
  for (const [coin, symbol] of panel.symbols.entries()) {
    const sums = new ResidualSums();
    for (const { from, to } of unitSpans(panel, coin, 0, panel.hours)) {
      const window = new CoinWindow(to === panel.hours ? whole : new MarketWindow(inputs, 0, to), coin);
      addSpan(window, from, to, sums, weeks);
      window.release();
    }
    if (sums.hours >= HOURS_MIN) coins.push(sums.told(symbol));
  }
  return { coins, weeks: weeks.filter(({ rSquared }) => rSquared.length > 0) };
}

function addSpan(
  coin: CoinWindow,
  from: number,
  to: number,
  sums: ResidualSums,
  weeks: readonly { readonly rSquared: number[]; readonly correlation: number[] }[],
): void {
  const reasons = new Uint8Array(coin.hours);
  writeUniverseReasons(coin, from, to, reasons);
  if (!reasons.subarray(from, to).includes(ELIGIBLE)) return;
  const column = (name: string) => coin.cached(`summary ${name}`, () => {});
  const fit = {
    ...{ alpha: column('alpha'), beta: column('beta') },
    ...{ rSquared: column('r2'), correlation: column('correlation') },
  };
  const { returns } = coin.market.btc;
  rollingFit(returns, coin.returns, coin.range(FIT_HOURS, from, to), fit);
  for (let index = from; index < to; index += 1) {
    if (reasons[index] !== ELIGIBLE) continue;
    const [r, x] = [coin.returns[index]!, returns[index]!];
    const residual = coin.residual[index]!;
    const alpha = fit.alpha[index - 1] ?? Number.NaN;
    if (!Number.isNaN(residual - alpha)) sums.add(r, x, residual, residual - alpha, fit, index - 1);
    if ((index + 1) % WEEK_HOURS !== 0 || Number.isNaN(fit.rSquared[index]!)) continue;
    const week = weeks[(index + 1) / WEEK_HOURS - 1]!;
    week.rSquared.push(fit.rSquared[index]!);
    week.correlation.push(fit.correlation[index]!);
  }
}

/** Sums over hours of a return, the benchmark's, and both residuals. */
class ResidualSums {
  hours = 0;
  readonly #fits = { rSquared: 0, correlation: 0, beta: 0 };
  readonly #return = new PairSums();
  readonly #residual = new PairSums();
  readonly #variant = new PairSums();

  add(
    r: number,
    market: number,
    residual: number,
    variant: number,
    fit: {
      readonly rSquared: Float64Array;
      readonly correlation: Float64Array;
      readonly beta: Float64Array;
    },
    fitted: number,
  ): void {
    this.hours += 1;
    this.#fits.rSquared += fit.rSquared[fitted]!;
    this.#fits.correlation += fit.correlation[fitted]!;
    this.#fits.beta += fit.beta[fitted]!;
    this.#return.add(market, r);
    this.#residual.add(market, residual);
    this.#variant.add(market, variant);
  }

  told(symbol: string): CoinResidual {
    const { hours } = this;
    const deviation = this.#return.deviation();
    return {
      ...{ symbol, hours, beta: this.#fits.beta / hours },
      rSquared: this.#fits.rSquared / hours,
      correlation: this.#fits.correlation / hours,
      residualShare: this.#residual.deviation() / deviation,
      residualCorrelation: this.#residual.correlation(),
      alphaShare: this.#variant.deviation() / deviation,
      alphaCorrelation: this.#variant.correlation(),
    };
  }
}

/** Plain sums: hourly returns lie so close to zero that nothing cancels. */
class PairSums {
  #count = 0;
  #x = 0;
  #y = 0;
  #xx = 0;
  #xy = 0;
  #yy = 0;

  add(x: number, y: number): void {
    this.#count += 1;
    this.#x += x;
    this.#y += y;
    this.#xx += x * x;
    this.#xy += x * y;
    this.#yy += y * y;
  }

  deviation(): number {
    return Math.sqrt(Math.max(0, this.#yy - this.#y ** 2 / this.#count) / (this.#count - 1));
  }

  correlation(): number {
    const xx = this.#xx - this.#x ** 2 / this.#count;
    const yy = this.#yy - this.#y ** 2 / this.#count;
    return (this.#xy - (this.#x * this.#y) / this.#count) / Math.sqrt(xx * yy);
  }
}
