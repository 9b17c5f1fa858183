/** How much of the coins BTC explains, and what the residual still has to do with it, in figures. */
import { quantiles } from '../engine/stats/quantiles.ts';
import type { ResidualFacts, ResidualFigure } from './column-facts.ts';
import { correlation, percent, plural, ratio } from './format.ts';
import { type Html, html, tableHtml } from './html.ts';

interface Row {
  readonly figure: ResidualFigure;
  readonly name: string;
  readonly text: (value: number) => string;
}

const share = (value: number) => percent(value, { digits: 1 });
const rows: readonly Row[] = [
  { figure: 'rSquared', name: 'R²', text: share },
  { figure: 'correlation', name: 'correlation', text: correlation },
  { figure: 'beta', name: 'beta', text: ratio },
  { figure: 'residualShare', name: 'residual size', text: share },
  { figure: 'residualCorrelation', name: 'residual and BTC', text: correlation },
  { figure: 'alphaShare', name: 'size less alpha', text: share },
  { figure: 'alphaCorrelation', name: 'less alpha and BTC', text: correlation },
];

export function residualHtml({ coins }: ResidualFacts, figures: readonly Html[]): Html {
  return html`<p class="muted">Hourly log returns against those of BTC, least squares over 720 hours. The residual of an hour uses the beta of the hour before; taking out alpha too is a diagnosis alone. Quartiles over ${plural(coins.length, 'coin')}, each over its eligible hours.</p>
<div class="panel">${tableHtml(
    [
      { title: '' },
      ...['lowest', 'lower quartile', 'median', 'upper quartile', 'highest'].map((title) => ({
        title,
        numeric: true,
      })),
    ],
    rows.map(({ figure, name, text }) => {
      const values = coins.map((coin) => coin[figure] ?? Number.NaN);
      return [name, ...quantiles(values, [0, 0.25, 0.5, 0.75, 1]).map(text)];
    }),
  )}<p class="muted">R² is the share of a coin's variance that BTC explains, correlation stands beside it; both and beta are means over the coin's 720-hour fits. Size is the residual's standard deviation as a share of the return's; the rows with BTC correlate the residual with the return of BTC, which a good hedge brings to zero.</p></div>
<div class="grid">${figures}</div>`;
}
