/** The figures at the top of every report, with labels that say what they are. One list for page, index and terminal. */
import type { Headline, RunManifest } from '../datasets/runs.ts';
import { wilson } from '../engine/stats/wilson.ts';
import type { CautionFacts } from './caution-facts.ts';
import { count, day, money, percent, plural, ratio, span } from './format.ts';

export interface Figure {
  readonly key: keyof Headline;
  readonly label: string;
  readonly text: string;
  /** The manifest's number, unrounded; null where undefined. */
  readonly value: number | null;
  readonly note: string;
  /** Sign that colours the figure; absent where it has no good or bad side. */
  readonly tone?: number;
}

export function figures(headline: Headline): Figure[] {
  return [
    ...resultFigures(headline),
    ...ratioFigures(headline),
    ...tradeFigures(headline),
    ...costFigures(headline),
    ...accountFigures(headline),
  ];
}

/** Only what happened: most runs have neither liquidations nor limit orders. */
function accountFigures(headline: Headline): Figure[] {
  const found: Figure[] = [];
  if (headline.liquidations > 0) {
    found.push({
      key: 'liquidations',
      label: 'Liquidations',
      text: count(headline.liquidations),
      value: headline.liquidations,
      note: `${money(headline.clearanceFees)} of clearance fees`,
      tone: -1,
    });
  }
  if (headline.insurance > 0) {
    found.push({
      key: 'insurance',
      label: 'Insurance',
      text: money(headline.insurance),
      value: headline.insurance,
      note: 'lost beyond the margin, borne by the venue',
    });
  }
  if (headline.makerFees > 0) {
    found.push({
      key: 'makerFees',
      label: 'Maker fees',
      text: money(headline.makerFees),
      value: headline.makerFees,
      note: 'of orders that rested, part of the fees',
    });
  }
  if (headline.partialFills > 0) {
    found.push({
      key: 'partialFills',
      label: 'Partial fills',
      text: count(headline.partialFills),
      value: headline.partialFills,
      note: 'the rest was given up',
    });
  }
  return found;
}

/** What the account was reckoned with, where it is not plain futures at trade prices; empty where it is. */
export function accountText(headline: Headline): string {
  const said: string[] = [];
  if (headline.margin !== 'none') said.push(`${headline.margin} margin`);
  if (headline.mark === 'mark') said.push('marked at mark prices');
  if (headline.mark === 'mixed')
    said.push(
      `marked at mark prices for ${percent(headline.markShare, { digits: 0 })} of notional-hours, else at trade prices`,
    );
  if (headline.mark === 'trade' && headline.margin !== 'none') said.push('marked at trade prices');
  if (headline.spot === 'bars') said.push('spot at spot bars');
  if (headline.spot === 'proxy')
    said.push("spot at the perpetual's prices where spot bars are missing (proxy)");
  if (headline.transfers > 0) said.push(plural(headline.transfers, 'transfer'));
  if (headline.detailHours > 0 && headline.detailMinutes !== null)
    said.push(`${plural(headline.detailHours, 'hour')} by ${headline.detailMinutes}-minute bars`);
  return said.length === 0 ? '' : `Account: ${said.join(', ')}.`;
}

function resultFigures(headline: Headline): Figure[] {
  return [
    {
      key: 'totalReturn',
      label: 'Total return',
      text: percent(headline.totalReturn, { signed: true }),
      value: headline.totalReturn,
      note: 'net of fees, slippage and funding',
      tone: headline.totalReturn,
    },
    {
      key: 'finalEquity',
      label: 'Final equity',
      text: money(headline.finalEquity),
      value: headline.finalEquity,
      note: `from ${money(headline.startEquity)}`,
    },
    {
      key: 'maxDrawdown',
      label: 'Max drawdown',
      text: percent(-headline.maxDrawdown),
      value: headline.maxDrawdown,
      note: 'from hourly marks',
      tone: -headline.maxDrawdown,
    },
  ];
}

function ratioFigures(headline: Headline): Figure[] {
  return [
    {
      key: 'sharpe',
      label: 'Sharpe',
      text: ratio(headline.sharpe),
      value: headline.sharpe,
      note: 'daily marks, 365 days a year',
      tone: headline.sharpe ?? Number.NaN,
    },
    {
      key: 'sortino',
      label: 'Sortino',
      text: ratio(headline.sortino),
      value: headline.sortino,
      note: 'downside over all days',
      tone: headline.sortino ?? Number.NaN,
    },
    {
      key: 'calmar',
      label: 'Calmar',
      text: ratio(headline.calmar),
      value: headline.calmar,
      note: 'growth a year over max drawdown',
      tone: headline.calmar ?? Number.NaN,
    },
  ];
}

function tradeFigures(headline: Headline): Figure[] {
  const wins = headline.winRate === null ? 0 : Math.round(headline.winRate * headline.trades);
  const interval = wilson(wins, headline.trades);
  return [
    {
      key: 'trades',
      label: 'Trades',
      text: count(headline.trades),
      value: headline.trades,
      note: headline.openAtEnd > 0 ? `closed; ${headline.openAtEnd} still open` : 'all closed',
    },
    {
      key: 'winRate',
      label: 'Win rate',
      text: percent(headline.winRate, { digits: 1 }),
      value: headline.winRate,
      note:
        headline.winRate === null
          ? 'no trades'
          : `95 % interval ${percent(interval.low, { digits: 1 })} to ${percent(interval.high, { digits: 1 })}`,
    },
  ];
}

function costFigures(headline: Headline): Figure[] {
  return [
    {
      key: 'fees',
      label: 'Fees',
      text: money(headline.fees),
      value: headline.fees,
      note: `${percent(headline.fees / headline.startEquity, { digits: 1 })} of the start equity`,
    },
    {
      key: 'slippage',
      label: 'Slippage',
      text: money(headline.slippage),
      value: headline.slippage,
      note: 'against raw prices',
    },
    {
      key: 'funding',
      label: 'Funding',
      text: money(headline.funding, true),
      value: headline.funding,
      note: fundingNote(headline),
      tone: headline.funding,
    },
    {
      key: 'refusals',
      label: 'Refusals',
      text: count(headline.refusals),
      value: headline.refusals,
      note: 'targets and orders not carried out',
    },
  ];
}

function fundingNote(headline: Headline): string {
  const sense = headline.funding > 0 ? 'received' : headline.funding < 0 ? 'paid' : 'none charged';
  if (headline.fundingUncoveredShare === 0) return sense;
  return `${sense}; rows missing for ${percent(headline.fundingUncoveredShare, { digits: 0 })}`;
}

/** The result in one sentence, and losing is called losing. */
export function verdict(manifest: RunManifest): string {
  const { headline } = manifest;
  const time = `${span(manifest.fromMs, manifest.toMs)} (${day(manifest.fromMs)} to ${day(manifest.toMs)})`;
  if (headline.trades === 0 && headline.openAtEnd === 0) {
    return `Made no trade in ${time}: equity stayed at ${money(headline.finalEquity)}.`;
  }
  const change = headline.totalReturn;
  const word = change > 0 ? 'Gained' : change < 0 ? 'Lost' : 'Ended where it began,';
  const size = change === 0 ? '' : ` ${percent(Math.abs(change))}`;
  return `${word}${size} in ${time}: ${money(headline.startEquity)} became ${money(headline.finalEquity)}, with a fall of ${percent(headline.maxDrawdown)} from a peak on the way.`;
}

/** Positions somewhat above equity are a full book that has drifted. */
const GROSS_MAX = 1.05;

function marginCautions(
  { headline, scenario }: RunManifest,
  { leverageMax, grossMax }: CautionFacts,
): string[] {
  if (headline.margin !== 'none') return [];
  const account = scenario['account'] as Partial<Record<'margin' | 'leverage', unknown>> | undefined;
  const leverage = Math.max(leverageMax, typeof account?.leverage === 'number' ? account.leverage : 1);
  if (leverage <= 1 && grossMax <= GROSS_MAX) return [];
  const why = account?.margin === 'none' ? 'the scenario asks for none' : 'the dataset has no brackets';
  const reached = grossMax > GROSS_MAX ? ` Positions reached ${grossMax.toFixed(2)}× equity.` : '';
  return [
    `No margin is kept: nothing can be liquidated${leverage > 1 ? ` at ${Number(leverage.toFixed(2))}×` : ''}, because ${why}.${reached}`,
  ];
}

const NO_DETAIL_SHARE = 0.05;
const NO_CASH_SHARE = 0.2;

function refusalCautions({ headline, tables }: RunManifest, { spotTargets }: CautionFacts): string[] {
  const said: string[] = [];
  const targets = tables['targets']?.rows ?? 0;
  const noDetail = headline.refusalsByReason['no-detail-bar'] ?? 0;
  if (noDetail > NO_DETAIL_SHARE * targets)
    said.push(
      `${plural(noDetail, 'order')} of ${plural(targets, 'target')} fell where no finer bar exists, and were refused.`,
    );
  const noCash = headline.refusalsByReason['insufficient-cash'] ?? 0;
  if (noCash > NO_CASH_SHARE * spotTargets)
    said.push(
      `${count(noCash)} of ${plural(spotTargets, 'spot target')} ${noCash === 1 ? 'was' : 'were'} refused: the spot wallet has no money for them (capital.spot).`,
    );
  return said;
}

/** What a reader must know before believing the figures. */
export function cautions(
  manifest: RunManifest,
  sharpe: { readonly low: number; readonly high: number } | null,
  facts: CautionFacts,
): string[] {
  const { headline } = manifest;
  const said = [...marginCautions(manifest, facts), ...refusalCautions(manifest, facts)];
  if (headline.liquidations > 0)
    said.push(
      `${plural(headline.liquidations, 'position')} ended in liquidation${headline.insurance > 0 ? `; the insurance fund, not this account, bore ${money(headline.insurance)} of the losses` : ''}.`,
    );
  if (headline.spot === 'proxy')
    said.push('Spot positions were held at prices of the perpetual where the dataset has no spot bars.');
  if (headline.margin !== 'none' && headline.mark !== 'mark') {
    const share =
      headline.mark === 'trade'
        ? ''
        : `for ${percent(1 - headline.markShare, { digits: 0 })} of the notional-hours `;
    said.push(
      `Margin was reckoned ${share}with trade prices, because the dataset has no mark prices there or they were not wanted.`,
    );
  }
  if (sharpe !== null && Number.isFinite(sharpe.low)) {
    const sense = sharpe.low <= 0 && sharpe.high >= 0 ? ', which holds zero: luck alone could do this' : '';
    said.push(
      `The Sharpe ratio's 95 % interval runs from ${ratio(sharpe.low)} to ${ratio(sharpe.high)}${sense}. It assumes independent days and is wider if they are not.`,
    );
  }
  if (headline.fundingUncoveredShare > 0) {
    said.push(
      `Funding rows were missing for ${percent(headline.fundingUncoveredShare, { digits: 1 })} of the notional-hours held (${count(headline.fundingUncoveredNotionalHours)}); nothing was charged there, so the funding figure is too small in size.`,
    );
  }
  if (headline.ambiguousBars > 0) {
    said.push(
      `In ${percent(headline.ambiguousBars, { digits: 3 })} of the position-bars stop and take-profit both lay inside one bar; the order in which they were touched is an assumption.`,
    );
  }
  if (headline.openAtEnd > 0) {
    said.push(
      `${plural(headline.openAtEnd, 'position')} ${headline.openAtEnd === 1 ? 'was' : 'were'} still open at the end and ${headline.openAtEnd === 1 ? 'is' : 'are'} counted at the last mark, without the cost of closing.`,
    );
  }
  return said;
}
