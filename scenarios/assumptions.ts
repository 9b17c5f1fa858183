/** What a run had to assume, in sentences that a reader can weigh: they stand in the manifest and under the headline. */
import type { Dataset } from '../datasets/dataset.ts';
import type { Headline } from '../datasets/runs.ts';
import type { BacktestResult } from '../engine/backtest.ts';
import type { UndatedSpan } from '../engine/exchange/dated.ts';
import { isoMinute } from '../engine/panel/hours.ts';
import { type Panel, timeAt } from '../engine/panel/panel.ts';
import { CLEARANCE_FEE } from '../engine/simulator/margin.ts';
import type { VenueRules } from '../engine/simulator/rules.ts';
import type { Undated } from './headline.ts';
import type { Scenario } from './scenario.ts';

interface AssumedRun {
  readonly scenario: Scenario;
  readonly dataset: Pick<Dataset, 'brackets' | 'filters'>;
  readonly rules: VenueRules;
  readonly panel: Panel;
  readonly headline: Headline;
  readonly undated: Undated;
  readonly result: BacktestResult;
}

export function assumptionsOf(run: AssumedRun): readonly string[] {
  return [
    decisionSentence(run),
    feeSentence(run),
    slippageSentence(run),
    ...volumeSentences(run),
    ...pathSentences(run),
    ...marginSentences(run),
    ...liquidationSentences(run),
    ...markSentence(run),
    filterSentence(run),
    ...spotSentences(run),
    ...fundingSentences(run),
    ...lifeSentences(run),
    ...openSentence(run),
    ...ruinSentence(run),
    'The universe is what the dataset holds: coins that died before it was collected are missing.',
  ];
}

function decisionSentence({ scenario: { fills } }: AssumedRun): string {
  return fills.delayMinutes === 0
    ? 'Decisions use closed bars only, and their orders act at the open that follows at once.'
    : `Decisions use closed bars only, and their orders act at the open ${fills.delayMinutes} minutes later.`;
}

function feeSentence({ scenario: { costs } }: AssumedRun): string {
  const { takerFeeBps, makerFeeBps, spotTakerFeeBps, spotMakerFeeBps, schedule } = costs;
  const rates = `taker ${takerFeeBps} and maker ${makerFeeBps} bps on futures, ${spotTakerFeeBps} and ${spotMakerFeeBps} bps on spot`;
  if (schedule === undefined) return `Fees ${costs.name}: ${rates}, throughout.`;
  const since = schedule.map(({ effectiveMs }) => isoMinute(effectiveMs)).join(' and ');
  const standing = schedule.some(
    (row) => row.spotTakerFeeBps !== spotTakerFeeBps || row.spotMakerFeeBps !== spotMakerFeeBps,
  )
    ? `, and other spot rates before; spot rates are dated from ${since}`
    : '';
  return `Fees ${costs.name}: ${rates}${standing}. One table of futures rates holds throughout, because the days of its changes are not known; the account is on that tier whatever it trades.`;
}

function slippageSentence({ scenario: { costs } }: AssumedRun): string {
  const { slippageBps, impact } = costs;
  if (impact === undefined) {
    return slippageBps === 0
      ? 'No slippage: every order fills at the price of the bar, whatever its size.'
      : `Slippage: ${slippageBps} bps on every market-type fill, whatever its size; no impact, no limit on participation.`;
  }
  const { coefficient, participationMax, rest } = impact;
  const cap =
    participationMax === null
      ? 'no limit on participation'
      : `an entry or a signal exit takes at most ${percent(participationMax, 1)} of a bar's quote volume, the rest ${rest === 'carry' ? 'waits for the next opens' : 'is given up'}`;
  return `Slippage: ${slippageBps} bps (half the spread) and ${coefficient} · daily volatility · √(order / daily volume) on every market-type fill; ${cap}.`;
}

function volumeSentences({ scenario, headline, result }: AssumedRun): string[] {
  if (scenario.costs.impact === undefined) return [];
  const { unknownVolumes } = result.venue.accountCounts;
  const sentences: string[] = [];
  if (unknownVolumes > 0)
    sentences.push(`${fillCount(unknownVolumes)} without a known daily volume cost half the spread alone.`);
  if (headline.spot !== 'none')
    sentences.push('The impact of spot orders is reckoned with the volume of the perpetual.');
  if (headline.droppedRests > 0)
    sentences.push(
      `${headline.droppedRests} ${headline.droppedRests === 1 ? 'rest' : 'rests'} of orders beyond the participation limit were given up.`,
    );
  return sentences;
}

function pathSentences({ scenario, headline }: AssumedRun): string[] {
  const { path, gaps } = scenario.fills;
  const order =
    path === 'adverse-first'
      ? 'the adverse extreme comes first, so a stop before a target'
      : 'the extreme nearer to the open comes first, the adverse one of two equally near (adaptive)';
  const { detailMinutes, detailHours } = headline;
  const finer =
    detailMinutes === null
      ? ''
      : ` Bars of ${detailMinutes} ${detailMinutes === 1 ? 'minute' : 'minutes'} stood in for ${detailHours} hours in which a level could be reached or an order acted, where there were any; they are the marks there.`;
  return [
    `Inside a bar ${order}; ${percent(headline.ambiguousBars, 2)} of position-bars held both.${finer}`,
    gaps === 'open'
      ? 'A stop that the open has passed fills at the open; one that a bar reaches fills at its level (a stop on marks at what that is in trade prices), which is kind where prices jump.'
      : gaps === 'level'
        ? 'A stop fills at its level even where the bar opened beyond it, which no market grants.'
        : 'Every stop fills at the worst price of the bar that reached it: a bound, not a forecast.',
  ];
}

function marginSentences({ scenario, dataset, rules, undated }: AssumedRun): string[] {
  const { account } = rules;
  if (account.margin === 'none') {
    const why =
      scenario.account.margin === 'none'
        ? 'as the scenario says'
        : 'because the dataset has no leverage brackets';
    return [`No margin is asked for and nothing is liquidated, ${why}.`];
  }
  const leverage = `leverage ${account.leverage} unless a target names its own, lower where the bracket allows less`;
  const states = {
    'path-correlated': 'all marks at their lows or all at their highs, whichever is worse',
    'all-adverse': 'every leg at its own worst mark at once',
  };
  const inside =
    account.margin === 'isolated'
      ? 'each position is judged by itself, at its own worst mark'
      : `the account is judged with ${states[account.intrabar]} (${account.intrabar}); a broken pool closes ${account.close === 'all' ? 'all its legs' : 'the largest loss first'}`;
  const held =
    account.size === 'shrink-to-fit' ? ' Entries that lack margin are made as small as they must be.' : '';
  return [
    `Margin: ${account.margin}, ${leverage}; at every open and close equity is held against the maintenance margin, and inside a bar ${inside}.${held}`,
    scenario.account.brackets === 'latest'
      ? 'Brackets: the newest throughout, whatever held at the time.'
      : `Brackets: ${editions(dataset.brackets)}${undatedPart(undated.brackets)}.`,
  ];
}

function liquidationSentences({ headline, rules, result }: AssumedRun): string[] {
  if (headline.liquidations === 0) return [];
  const { liquidationStress, bankruptcy } = rules.account;
  const { unknownClearanceFees } = result.venue.accountCounts;
  const sentences = [
    `${positions(headline.liquidations)} liquidated, at prices worse by ${liquidationStress} times the slippage.`,
  ];
  if (unknownClearanceFees > 0)
    sentences.push(
      `${unknownClearanceFees} of them without a known clearance fee, for which ${percent(CLEARANCE_FEE, 1)} of the notional was charged.`,
    );
  if (bankruptcy === 'carry') sentences.push('What exceeds the margin stays with the account as a debt.');
  else if (headline.insurance > 0)
    sentences.push(
      `The insurance fund bore ${headline.insurance.toFixed(2)} that exceeded the margin: a strategy that needs it is not one.`,
    );
  return sentences;
}

function markSentence({ scenario, headline }: AssumedRun): string[] {
  if (headline.trades + headline.openAtEnd === 0) return [];
  if (headline.mark === 'mark') return ['Futures are marked at mark prices.'];
  if (scenario.account.mark === 'trade') return ['Futures are marked at trade prices, as the scenario says.'];
  if (headline.mark === 'mixed')
    return [
      `Futures are marked at mark prices for ${percent(headline.markShare, 1)} of the notional-hours held, and at trade prices where the dataset has no mark.`,
    ];
  return ['Futures are marked at trade prices: the dataset has no mark prices for what was held.'];
}

function filterSentence({ scenario, dataset, rules, undated }: AssumedRun): string {
  if (rules.account.filters.length > 0)
    return `Filters of the futures market: ${editions(dataset.filters)}${undatedPart(undated.filters)}; spot orders are not rounded.`;
  const why =
    scenario.account.filters === 'none' ? 'as the scenario says' : 'because the dataset has no filters';
  return `Quantities and prices are not rounded, and no order is too small, ${why}.`;
}

function editions(dated: readonly { readonly effectiveMs: number }[]): string {
  const since = dated.map(({ effectiveMs }) => isoMinute(effectiveMs).slice(0, 10)).join(' and ');
  return `${dated.length === 1 ? 'one edition, of' : `${dated.length} editions, of`} ${since}`;
}

function undatedPart({ coins, days }: UndatedSpan): string {
  if (coins === 0) return '';
  return `; ${coins} of the coins held ${coins === 1 ? 'was' : 'were'} judged by an edition younger than the time, for up to ${Math.ceil(days)} days`;
}

function spotSentences({ scenario, headline }: AssumedRun): string[] {
  const sentences: string[] = [];
  if (headline.spot === 'proxy')
    sentences.push(
      'spot: proxy. Coins without spot bars were bought and sold at the prices of their perpetual.',
    );
  if (headline.transfers > 0)
    sentences.push(
      `${headline.transfers} ${headline.transfers === 1 ? 'transfer' : 'transfers'} between the wallets (${typeof scenario.account.transfers === 'string' ? scenario.account.transfers : 'as listed'}), free of charge and at once.`,
    );
  return sentences;
}

function fundingSentences({ scenario, headline }: AssumedRun): string[] {
  const { fundingUncoveredShare, fundingHoles, fundingInterpolated } = headline;
  const sentences: string[] = [];
  if (fundingUncoveredShare > 0)
    sentences.push(
      `Funding: ${percent(fundingUncoveredShare, 1)} of the notional-hours of futures have no recorded settlement and were charged nothing.`,
    );
  if (fundingHoles > 0)
    sentences.push(
      `Positions were held through ${fundingHoles} ${fundingHoles === 1 ? 'hole' : 'holes'} between funding rows, and were charged nothing there.`,
    );
  if (fundingInterpolated > 0)
    sentences.push(
      `${fundingInterpolated} charged settlements lie in holes of the record, at rates interpolated between the rows around them.`,
    );
  if (sentences.length === 0)
    sentences.push('Funding: every notional-hour of futures held is covered by recorded settlements.');
  if (scenario.funding.boundary === 'include-same-stamp')
    sentences.push('A position opened at a settlement takes part in it.');
  return sentences;
}

function lifeSentences({ scenario, panel, headline }: AssumedRun): string[] {
  const { delistHaircut, leaveBeforeHours, dataEnd } = scenario.life;
  const delisted = headline.exitsByReason['delist'] ?? 0;
  const ended = headline.exitsByReason['end-of-data'] ?? 0;
  const settling = headline.exitsByReason['settling'] ?? 0;
  const sentences: string[] = [];
  if (delisted > 0) {
    const worse = delistHaircut === 0 ? '' : `, made worse by ${percent(delistHaircut, 0)}`;
    sentences.push(
      `${positions(delisted)} closed at a coin's last close${worse}: the end of its bars is taken for a delisting unless the dataset knows better, which may not be so.`,
    );
  }
  if (settling > 0)
    sentences.push(
      `${positions(settling)} closed ${leaveBeforeHours} hours before a delisting or later, which supposes that it was announced by then.`,
    );
  if (ended > 0)
    sentences.push(
      `${positions(ended)} closed at the last close because the data or the run end, not the coin.`,
    );
  if (dataEnd === 'hold' && panel.life?.dataEnds.includes(1) === true)
    sentences.push('A position in a coin that lives on and whose bars end is kept at its last mark.');
  return sentences;
}

function openSentence({ headline }: AssumedRun): string[] {
  if (headline.openAtEnd === 0) return [];
  return [
    `${headline.openAtEnd} ${headline.openAtEnd === 1 ? 'position was' : 'positions were'} still open at the end, in equity at the last mark, and in no trade.`,
  ];
}

/** Without margin an account at zero trades on, because nothing liquidates it; a reader must know from when on. */
function ruinSentence({ panel, result }: AssumedRun): string[] {
  const hour = result.equity.findIndex((equity) => equity <= 0);
  return hour < 0
    ? []
    : [
        `Equity fell to zero or below at ${isoMinute(timeAt(panel, hour + 1))}: a real account had ended there.`,
      ];
}

function positions(count: number): string {
  return `${count} ${count === 1 ? 'position was' : 'positions were'}`;
}

function fillCount(count: number): string {
  return `${count} ${count === 1 ? 'fill' : 'fills'}`;
}

function percent(fraction: number, digits: number): string {
  return `${(fraction * 100).toFixed(digits)} %`;
}
