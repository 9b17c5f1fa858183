/** What a run had to assume, in sentences that a reader can weigh: they stand in the manifest and under the headline. */
import type { Headline } from '../datasets/runs.ts';
import type { BacktestResult } from '../engine/backtest.ts';
import { isoMinute } from '../engine/panel/hours.ts';
import { type Panel, timeAt } from '../engine/panel/panel.ts';
import type { Scenario } from './scenario.ts';

export function assumptionsOf(run: {
  readonly scenario: Scenario;
  readonly panel: Panel;
  readonly headline: Headline;
  readonly result: BacktestResult;
  readonly toHour: number;
}): readonly string[] {
  const { scenario, headline } = run;
  const { takerFeeBps, slippageBps } = scenario.costs;
  return [
    'Decisions use closed bars only and fill at the next open.',
    `Costs ${scenario.costs.name}: ${takerFeeBps} bps taker fee and ${slippageBps} bps slippage on every fill, whatever its size; no impact, no limit on participation.`,
    `Inside a bar the stop comes before the target (adverse first); ${percent(headline.ambiguousBars, 2)} of position-bars held both.`,
    'A level that the open has passed fills at the open; a stop inside a bar fills at its level.',
    'One USDT futures wallet without margin requirements or liquidation; quantities are not rounded to lots.',
    fundingSentence(headline),
    ...delistSentence(headline),
    ...openSentence(scenario, headline),
    ...ruinSentence(run.panel, run.result),
    'The universe is what the dataset holds: coins that died before it was collected are missing.',
  ];
}

function fundingSentence(headline: Headline): string {
  if (headline.fundingUncoveredShare === 0)
    return 'Funding: every notional-hour held is covered by recorded settlements.';
  return `Funding: ${percent(headline.fundingUncoveredShare, 1)} of the notional-hours held have no recorded settlement and were charged nothing.`;
}

function delistSentence(headline: Headline): string[] {
  const count = headline.exitsByReason['delist'] ?? 0;
  if (count === 0) return [];
  return [
    `${count} ${count === 1 ? 'position was' : 'positions were'} closed at a coin's last close: the end of its bars is taken for a delisting, which the data may not bear out.`,
  ];
}

function openSentence(scenario: Scenario, headline: Headline): string[] {
  if (scenario.closeAtEnd || headline.openAtEnd === 0) return [];
  return [
    `${headline.openAtEnd} positions were still open at the end; they are in equity at the last mark, and in no trade.`,
  ];
}

/** An account at zero trades on here, because nothing liquidates it; a reader must know from when on. */
function ruinSentence(panel: Panel, result: BacktestResult): string[] {
  const hour = result.equity.findIndex((equity) => equity <= 0);
  return hour < 0
    ? []
    : [
        `Equity fell to zero or below at ${isoMinute(timeAt(panel, hour + 1))}: a real account had ended there.`,
      ];
}

function percent(fraction: number, digits: number): string {
  return `${(fraction * 100).toFixed(digits)} %`;
}
