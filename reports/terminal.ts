/** A run at a glance, for a terminal of 80 columns. */
import type { RunManifest } from '../datasets/runs.ts';
import type { CautionFacts } from './caution-facts.ts';
import { beforeCosts } from './charts/costs.ts';
import { count, money, percent, ratio } from './format.ts';
import { accountText, cautions, type Figure, figures, verdict } from './headline.ts';

const WIDTH = 80;

export interface SummaryOptions {
  /** Colour gains and losses with ANSI codes. */
  readonly colour?: boolean;
}

export function summary(manifest: RunManifest, facts: CautionFacts, options: SummaryOptions = {}): string {
  const { headline } = manifest;
  const shown = figures(headline);
  const paint = (text: string, tone: number | undefined) =>
    options.colour === true ? painted(text, tone) : text;
  const half = Math.ceil(shown.length / 2);
  const rows = shown.slice(0, half).map((left, row) => {
    const right = shown[row + half];
    const pair = cell(left, paint) + (right === undefined ? '' : `    ${cell(right, paint)}`);
    return `  ${pair.trimEnd()}`;
  });
  const account = accountText(headline);
  const costs = headline.fees + headline.slippage - headline.funding;
  return [
    ...wrapped(`${nameOf(manifest)}: ${manifest.strategy.name} on ${manifest.dataset.name}`),
    ...wrapped(verdict(manifest)),
    '',
    ...rows,
    '',
    ...wrapped(
      `Price moves ${money(beforeCosts(headline), true)}, costs ${money(costs)}, net ${money(headline.finalEquity - headline.startEquity, true)}.`,
    ),
    ...(account === '' ? [] : wrapped(account)),
    ...wrapped(`Exits: ${listed(headline.exitsByReason)}. Refusals: ${listed(headline.refusalsByReason)}.`),
    ...cautions(manifest, null, facts).flatMap((text) => wrapped(`! ${text}`, '  ')),
    ...wrapped(`run ${manifest.runId}  digest ${manifest.digest}`),
    '',
  ].join('\n');
}

/** Several runs in a table of one line each, and where their pages are. */
export function demoText(demo: {
  readonly runs: readonly { readonly manifest: RunManifest }[];
  readonly report: string;
  readonly url: string;
}): string {
  const lines = demo.runs.map(({ manifest }) => {
    const { headline } = manifest;
    const cells = [
      percent(headline.totalReturn, { signed: true }).padStart(11),
      percent(-headline.maxDrawdown).padStart(11),
      ratio(headline.sharpe).padStart(8),
      count(headline.trades).padStart(8),
      money(headline.fees).padStart(12),
    ];
    return `${nameOf(manifest).slice(0, 28).padEnd(28)}${cells.join('')}`;
  });
  const head = `${'run'.padEnd(28)}${'return'.padStart(11)}${'drawdown'.padStart(11)}${'sharpe'.padStart(8)}${'trades'.padStart(8)}${'fees'.padStart(12)}`;
  return [head, ...lines, '', `Open the reports: ${demo.url}`].join('\n');
}

function nameOf(manifest: RunManifest): string {
  return String(manifest.scenario['name'] ?? manifest.strategy.name);
}

function cell(figure: Figure, paint: (text: string, tone: number | undefined) => string): string {
  return `${figure.label.padEnd(14)}${paint(figure.text.padStart(20), figure.tone)}`;
}

function painted(text: string, tone: number | undefined): string {
  if (tone === undefined || Number.isNaN(tone) || tone === 0) return text;
  return `\u001b[${tone > 0 ? 32 : 31}m${text}\u001b[0m`;
}

function listed(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const total = entries.reduce((sum, [, value]) => sum + value, 0);
  if (total === 0) return 'none';
  return entries
    .map(([name, value]) => `${name} ${count(value)} (${percent(value / total, { digits: 0 })})`)
    .join(', ');
}

function wrapped(text: string, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
