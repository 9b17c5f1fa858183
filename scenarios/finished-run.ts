/** From the books of a simulation to what a run leaves behind: tables, headline, assumptions. */
import type { Dataset } from '../datasets/dataset.ts';
import type { FinishedRun } from '../datasets/runs.ts';
import type { BacktestResult } from '../engine/backtest.ts';
import { BracketBook } from '../engine/exchange/brackets.ts';
import { FilterBook } from '../engine/exchange/filters.ts';
import type { RunJournal } from '../engine/journal/run-journal.ts';
import { hourMs, isoMinute } from '../engine/panel/hours.ts';
import { type Panel, timeAt } from '../engine/panel/panel.ts';
import { exposureOf, type Holding, holdingsOf } from '../engine/portfolio/holdings.ts';
import { equityTable, tradeTable } from '../engine/portfolio/tables.ts';
import type { VenueRules } from '../engine/simulator/rules.ts';
import type { Strategy } from '../engine/strategy.ts';
import { engineVersion } from '../engine/version.ts';
import { assumptionsOf } from './assumptions.ts';
import { ScenarioFault } from './faults.ts';
import { type InterpolatedPanel, type UncoveredFunding, uncoveredFunding } from './funding-holes.ts';
import { headlineOf, type Undated } from './headline.ts';
import { priceSourcesOf } from './held.ts';
import type { LoadedStrategy } from './load-strategy.ts';
import type { Scenario } from './scenario.ts';

export interface Simulated {
  readonly dataset: Dataset;
  readonly scenario: Scenario;
  readonly strategy: LoadedStrategy;
  readonly bound: Strategy;
  /** Scores that were read, as the manifest names them. */
  readonly models: readonly string[];
  readonly rules: VenueRules;
  /** The panel that was run on: the dataset's, or the one with funding filled in. */
  readonly panel: Panel;
  readonly funded: InterpolatedPanel | null;
  readonly fromHour: number;
  readonly toHour: number;
  readonly journal: RunJournal;
  readonly result: BacktestResult;
}

/** @throws ScenarioFault where funding is strict and settlements are missing */
export function finishedRun(simulated: Simulated): FinishedRun {
  const { dataset, scenario, strategy, bound, rules, panel, fromHour, toHour, journal, result } = simulated;
  const open = result.venue.book.positions();
  const exposure = exposureOf(panel, result.trades, open, toHour);
  const stays = [...holdingsOf(panel, result.trades, open, toHour)];
  const uncovered = uncoveredFunding(panel, stays);
  if (scenario.funding.missing === 'strict') {
    demandFunding(simulated, uncovered, exposure.uncoveredNotionalHours / exposure.fundedNotionalHours);
  }
  const tables = {
    ...journal.tables(panel.symbols),
    trades: tradeTable(panel, result.trades),
    equity: equityTable(panel, result, exposure, fromHour, toHour),
  };
  const undated = undatedOf(simulated, stays);
  const prices = priceSourcesOf(panel, stays);
  const headline = headlineOf({
    result,
    rules,
    tables,
    exposure,
    openAtEnd: open.length,
    capital: scenario.capital.usdm + scenario.capital.spot,
    startMs: timeAt(panel, fromHour),
    prices,
    undated,
    fundingHoles: uncovered.holes,
    fundingInterpolated: interpolatedRows(simulated, tables.funding),
  });
  return {
    manifest: {
      kind: 'backtest',
      engineVersion,
      scenario: { ...scenario },
      strategy: { name: bound.name, codeHash: strategy.codeHash, config: bound.config },
      dataset: { name: dataset.name, hash: dataset.hash },
      models: simulated.models,
      seed: scenario.seed,
      parentRunId: null,
      fromMs: timeAt(panel, fromHour),
      toMs: timeAt(panel, toHour),
      signalDigest: journal.signalDigest,
      digest: journal.runDigest(result.venue.book.ledger, panel),
      headline,
      assumptions: assumptionsOf({ scenario, dataset, rules, panel, headline, undated, result }),
    },
    tables,
  };
}

function demandFunding(
  { dataset, panel }: Simulated,
  { holes, first }: UncoveredFunding,
  uncoveredShare: number,
): void {
  if (holes === 0 && !(uncoveredShare > 0)) return;
  const place =
    first === null ? '' : `, first ${panel.symbols[first.coin]} at ${isoMinute(timeAt(panel, first.hour))}`;
  const share = ((uncoveredShare > 0 ? uncoveredShare : 0) * 100).toFixed(1);
  const message = `is strict, but positions were held where dataset ${dataset.name} has no funding row${place}: ${share} % of the notional-hours, and ${holes} holes between rows. Import funding for those coins, or choose zero or interpolate and read the share in the headline`;
  throw new ScenarioFault([{ path: 'funding.missing', message }]);
}

function interpolatedRows({ funded, panel }: Simulated, funding: FinishedRun['tables']['funding']): number {
  const { time, symbol } = funding.columns;
  if (funded === null || funded.count === 0 || time?.type !== 'time' || symbol?.type !== 'text') return 0;
  const coinOf = new Map(panel.symbols.map((name, coin) => [name, coin]));
  let rows = 0;
  for (const [row, timeMs] of time.values.entries()) {
    const coin = coinOf.get(symbol.values[row]!);
    if (coin !== undefined && funded.isInterpolated(coin, hourOf(panel, timeMs))) rows += 1;
  }
  return rows;
}

function hourOf({ startMs }: Panel, timeMs: number): number {
  return Math.floor((timeMs - startMs) / hourMs);
}

function undatedOf({ rules, panel, fromHour, toHour }: Simulated, stays: readonly Holding[]): Undated {
  const held = [...new Set(stays.filter(({ market }) => market === 'usdm').map(({ coin }) => coin))];
  const symbols = held.map((coin) => panel.symbols[coin]!);
  const { brackets, filters } = rules.account;
  const span = [timeAt(panel, fromHour), timeAt(panel, toHour)] as const;
  return {
    brackets: new BracketBook(symbols, brackets).undatedDays(...span),
    filters: new FilterBook(symbols, filters).undatedDays(...span),
  };
}
