/**
 * Do the trading filters belong to the market of the bars? Prices and volumes of a market lie on its own grids of ticks and steps.
 *
 * Ticks change in the life of a contract, so closes off today's tick condemn nothing; steps hardly do, so volumes off the step
 * tell filters of another venue, or of its test net.
 */
import type { Filters } from '../../../engine/exchange/filters.ts';
import { type Observation, percent, type Rule, someOf } from '../finding.ts';
import { timeOf } from '../grid.ts';
import type { CheckInput } from '../input.ts';

/** The newest filters are held against the newest bars. */
const lookedAtHours = 168;
/** A rounding fault of the collector may hit a bar; a wrong step hits most of them. */
const offShareMax = 0.01;

const rule = 'filters-fit-bars';

interface Fit {
  readonly symbol: string;
  readonly filters: Filters;
  readonly closes: number;
  readonly closesOff: number;
  /** Bars whose volume is known. */
  readonly volumes: number;
  readonly volumesOff: number;
}

export const filtersFitBars: Rule = (input) => {
  const { grid, filters } = input;
  if (filters.length === 0) return [];
  const span = {
    fromMs: timeOf(grid, Math.max(0, grid.hours - lookedAtHours)),
    toMs: timeOf(grid, Math.max(0, grid.hours - 1)),
  };
  const fits = input.bars.symbols.flatMap((symbol, coin) => {
    const inForce = filters.findLast((edition) => edition.filters.has(symbol))?.filters.get(symbol);
    return inForce === undefined ? [] : [fitOf(input, symbol, coin, inForce)];
  });
  const foreign = fits.filter(({ volumes, volumesOff }) => volumesOff > offShareMax * volumes);
  return [
    ...brokenOnes(fits, span),
    ...(foreign.length > 0 ? [foreignFinding(fits, foreign, span)] : changedTicks(fits, span)),
    ...testNetMinimum(fits, span),
  ];
};

function fitOf({ bars, grid }: CheckInput, symbol: string, coin: number, filters: Filters): Fit {
  const fit = { symbol, filters, closes: 0, closesOff: 0, volumes: 0, volumesOff: 0 };
  for (let hour = Math.max(0, grid.hours - lookedAtHours); hour < grid.hours; hour += 1) {
    const row = grid.row[coin * grid.hours + hour]!;
    if (row < 0) continue;
    fit.closes += 1;
    if (isOff(bars.close[row]!, filters.tickSize)) fit.closesOff += 1;
    const volume = bars.volume[row]!;
    if (Number.isNaN(volume)) continue;
    fit.volumes += 1;
    if (isOff(volume, filters.stepSize)) fit.volumesOff += 1;
  }
  return fit;
}

/** True where a value is no whole number of units; a unit that is no length has no grid to be off. */
function isOff(value: number, unit: number): boolean {
  if (!(unit > 0)) return false;
  const count = value / unit;
  // Neither decimal is exact as a double: their quotient may miss a whole number by some of its last bits.
  return Math.abs(count - Math.round(count)) > 1e-6 + count * 1e-15;
}

interface SpanMs {
  readonly fromMs: number;
  readonly toMs: number;
}

function brokenOnes(fits: readonly Fit[], span: SpanMs): readonly Observation[] {
  return fits
    .filter(({ filters }) => !(filters.tickSize > 0 && filters.stepSize > 0))
    .map(({ symbol, filters }) => ({
      rule,
      severity: 'error' as const,
      symbol,
      ...span,
      count: 1,
      message: `Its tick size is ${filters.tickSize} and its step size ${filters.stepSize}: no price or quantity can be rounded to nothing. Import filters of a day on which it traded.`,
    }));
}

function foreignFinding(fits: readonly Fit[], foreign: readonly Fit[], span: SpanMs): Observation {
  const off = sumOf(foreign, ({ volumesOff }) => volumesOff);
  const volumes = sumOf(fits, (fit) => fit.volumes);
  const closesOff = sumOf(fits, (fit) => fit.closesOff);
  const ticked = fits.filter((fit) => fit.closesOff > 0).length;
  return {
    rule,
    severity: 'error',
    symbol: null,
    ...span,
    count: off,
    message: `${off} of ${volumes} volumes are no whole number of steps (${someOf(foreign.map(({ symbol }) => symbol))}), and ${closesOff} closes of ${ticked} symbols no whole number of ticks: these filters are not of this market (another venue, or its test net). Import the exchange-info of the market that the bars came from.`,
  };
}

function changedTicks(fits: readonly Fit[], span: SpanMs): readonly Observation[] {
  return fits
    .filter(({ closesOff }) => closesOff > 0)
    .map(({ symbol, filters, closes, closesOff }) => ({
      rule,
      severity: 'warning' as const,
      symbol,
      ...span,
      count: closesOff,
      message: `${closesOff} of ${closes} closes (${percent(closesOff / closes)}) are no whole number of ticks of ${filters.tickSize}, while its volumes fit: its tick changed later. Levels and limit prices are rounded too coarsely here; add the exchange-info of an earlier day.`,
    }));
}

/** What the test net asks for its main contract; the market has asked for as much at times, so that alone says little. */
const testNetNotionalMin = 100;

function testNetMinimum(fits: readonly Fit[], span: SpanMs): readonly Observation[] {
  const main = fits.find(({ symbol }) => symbol === 'BTCUSDT');
  if (main?.filters.notionalMin !== testNetNotionalMin) return [];
  return [
    {
      rule,
      severity: 'note',
      symbol: main.symbol,
      ...span,
      count: 1,
      message: `Its minimum notional is ${testNetNotionalMin}, as the test net has it: make sure that the filters are of the real market.`,
    },
  ];
}

function sumOf(fits: readonly Fit[], pick: (fit: Fit) => number): number {
  return fits.reduce((sum, fit) => sum + pick(fit), 0);
}
