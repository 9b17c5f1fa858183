/** What trading cost: from price moves to the net result, and the three costs as they added up. */
import type { Headline } from '../../datasets/runs.ts';
import { dayMs } from '../../engine/panel/hours.ts';
import { type Chart, colour, timeAxis } from '../chart.ts';
import { money, percent } from '../format.ts';
import type { FillRow } from '../trades.ts';

export interface FundingPoint {
  readonly timeMs: number;
  readonly cash: number;
}

/** What the price moves alone brought: the net result with all costs put back. */
export function beforeCosts(headline: Headline): number {
  return headline.finalEquity - headline.startEquity + headline.fees + headline.slippage - headline.funding;
}

export function costBridgeChart(headline: Headline): Chart {
  const net = headline.finalEquity - headline.startEquity;
  const gross = beforeCosts(headline);
  const steps = [
    { step: 'price moves', amount: gross, from: 0 },
    { step: 'slippage', amount: -headline.slippage, from: gross },
    { step: 'fees', amount: -headline.fees, from: gross - headline.slippage },
    { step: 'funding', amount: headline.funding, from: gross - headline.slippage - headline.fees },
    { step: 'net result', amount: net, from: 0 },
  ];
  const costs = headline.fees + headline.slippage - headline.funding;
  return {
    id: 'cost-bridge',
    title: 'From price moves to the net result',
    reading: bridgeReading(gross, costs, net),
    columns: {
      step: steps.map((step) => step.step),
      amount: steps.map((step) => step.amount),
      from: steps.map((step) => step.from),
      to: steps.map((step) => step.from + step.amount),
    },
    times: [],
    spec: {
      height: 260,
      encoding: {
        x: {
          field: 'step',
          type: 'nominal',
          sort: null,
          title: null,
          axis: { labelAngle: 0, labelLimit: 80 },
        },
      },
      layer: [
        {
          mark: { type: 'bar', cornerRadius: 1 },
          encoding: {
            y: { field: 'from', type: 'quantitative', title: 'quote currency', axis: { tickCount: 5 } },
            y2: { field: 'to' },
            color: { condition: { test: 'datum.amount < 0', value: colour.loss }, value: colour.gain },
            opacity: { condition: { test: "datum.step === 'net result'", value: 1 }, value: 0.65 },
            tooltip: [
              { field: 'step', type: 'nominal', title: 'step' },
              { field: 'amount', type: 'quantitative', title: 'amount', format: '+,.2f' },
            ],
          },
        },
        {
          transform: [{ calculate: 'max(datum.from, datum.to)', as: 'top' }],
          mark: { type: 'text', dy: -7, fontSize: { expr: 'width < 480 ? 10 : 12' } },
          encoding: {
            y: { field: 'top', type: 'quantitative' },
            text: { field: 'amount', type: 'quantitative', format: '+,.0f' },
            color: { value: colour.ink },
          },
        },
      ],
    },
  };
}

function bridgeReading(gross: number, costs: number, net: number): string {
  const start = `Price moves alone would have brought ${money(gross, true)}; costs took ${money(costs)}`;
  if (gross > 0 && net < 0) return `${start}, more than all of it, and left ${money(net, true)}.`;
  if (gross > 0)
    return `${start}, ${percent(costs / gross, { digits: 0 })} of it, and left ${money(net, true)}.`;
  return `${start} on top, and left ${money(net, true)}.`;
}

/** Costs so far at the end of every UTC day; below zero is money received. */
export function costGrowthChart(fills: readonly FillRow[], funding: readonly FundingPoint[]): Chart {
  const stamps = [...fills.map((fill) => fill.timeMs), ...funding.map((row) => row.timeMs)];
  const first = stamps.reduce((low, time) => Math.min(low, time), Number.POSITIVE_INFINITY);
  const last = stamps.reduce((high, time) => Math.max(high, time), 0);
  const firstDay = Math.floor(first / dayMs) - 1;
  const days = Math.floor(last / dayMs) - firstDay + 1;
  const series = {
    fees: new Float64Array(days),
    slippage: new Float64Array(days),
    funding: new Float64Array(days),
  };
  for (const fill of fills) {
    const at = Math.floor(fill.timeMs / dayMs) - firstDay;
    series.fees[at]! += fill.fee;
    series.slippage[at]! += fill.slippage;
  }
  for (const row of funding) series.funding[Math.floor(row.timeMs / dayMs) - firstDay]! -= row.cash;
  const time: number[] = [];
  const cost: string[] = [];
  const total: number[] = [];
  const sums: Record<string, number> = {};
  for (const [name, values] of Object.entries(series)) {
    let sum = 0;
    for (const [index, value] of values.entries()) {
      sum += value;
      time.push((firstDay + index + 1) * dayMs);
      cost.push(name);
      total.push(sum);
    }
    sums[name] = sum;
  }
  const perFill = (sums['fees']! + sums['slippage']!) / Math.max(1, fills.length);
  return {
    id: 'cost-growth',
    title: 'Costs as they added up',
    reading: `Fees ${money(sums['fees']!)}, slippage ${money(sums['slippage']!)}, funding ${sums['funding']! >= 0 ? `${money(sums['funding']!)} paid` : `${money(-sums['funding']!)} received`}: ${money(perFill)} of fees and slippage a fill.`,
    columns: { time, cost, total },
    times: ['time'],
    spec: {
      height: 260,
      mark: { type: 'line' },
      encoding: {
        x: timeAxis,
        y: {
          field: 'total',
          type: 'quantitative',
          title: 'paid so far, quote currency',
          axis: { tickCount: 5 },
        },
        color: {
          field: 'cost',
          type: 'nominal',
          scale: {
            domain: ['fees', 'slippage', 'funding'],
            range: [colour.main, colour.second, colour.third],
          },
        },
      },
    },
  };
}
