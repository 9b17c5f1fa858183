/** A hand-written market and a script of decisions: the account's rules one at a time. */
import { type BacktestResult, runBacktestInMemory } from '../../../engine/backtest.ts';
import type { Tier } from '../../../engine/exchange/brackets.ts';
import type { Filters } from '../../../engine/exchange/filters.ts';
import { RunJournal } from '../../../engine/journal/run-journal.ts';
import type { Table } from '../../../engine/journal/tables.ts';
import { type FundingRow, type Panel, panelFromBars } from '../../../engine/panel/panel.ts';
import type { Costs } from '../../../engine/simulator/costs.ts';
import {
  type AccountRules,
  type FillRules,
  type FundingRules,
  type LifeRules,
  plainRules,
} from '../../../engine/simulator/rules.ts';
import type { Strategy, Target } from '../../../engine/strategy.ts';

export const hourMs = 3_600_000;
export const startMs = Date.UTC(2025, 0, 1);

/** [open, high, low, close], or null for an hour without a bar; a bare number is a bar that does not move. */
export type Bar = number | readonly [number, number, number, number] | null;

export interface Script {
  readonly coins: Readonly<Record<string, readonly Bar[]>>;
  readonly funding?: readonly { symbol: string; hour: number; rate: number; mark?: number }[];
  /** Targets by stamp. */
  readonly decisions: Readonly<Record<number, readonly Target[]>>;
  readonly capital?: number;
  readonly costs?: Costs;
  readonly account?: Partial<AccountRules>;
  readonly fills?: Partial<FillRules>;
  readonly fundingRules?: FundingRules;
  readonly life?: Partial<LifeRules>;
  /** Quote volume of every bar. */
  readonly quoteVolume?: number;
  readonly everyMinutes?: number;
  readonly slotsMax?: number;
  /** Last word on the panel: other series, lives. */
  readonly panel?: (panel: Panel) => Panel;
}

export interface Played extends BacktestResult {
  readonly panel: Panel;
  readonly tables: ReturnType<RunJournal['tables']>;
}

export const free: Costs = { takerFeeBps: 0, slippageBps: 0 };

export async function play(script: Script): Promise<Played> {
  const bars = Object.entries(script.coins).flatMap(([symbol, list]) =>
    list.flatMap((bar, hour) => {
      if (bar === null) return [];
      const [open, high, low, close] = typeof bar === 'number' ? [bar, bar, bar, bar] : bar;
      const quoteVolume = script.quoteVolume ?? Number.NaN;
      return [{ symbol, timeMs: startMs + hour * hourMs, open, high, low, close, quoteVolume }];
    }),
  );
  const funding: FundingRow[] = (script.funding ?? []).map(({ symbol, hour, rate, mark }) => ({
    symbol,
    timeMs: startMs + hour * hourMs,
    rate,
    ...(mark === undefined ? {} : { mark }),
  }));
  const plain = panelFromBars(bars, funding);
  const panel = script.panel?.(plain) ?? plain;
  const journal = new RunJournal();
  const strategy: Strategy = {
    name: 'scripted',
    config: {},
    columns: [],
    schedule: { kind: 'every', minutes: script.everyMinutes ?? 60 },
    limits: script.slotsMax === undefined ? {} : { slotsMax: script.slotsMax },
    decide: ({ timeMs }) => script.decisions[(timeMs - startMs) / hourMs] ?? [],
  };
  const result = await runBacktestInMemory({
    panel,
    columns: [],
    strategy,
    costs: script.costs ?? free,
    capital: script.capital ?? 1_000,
    rules: {
      account: { ...plainRules.account, ...script.account },
      fills: { ...plainRules.fills, ...script.fills },
      funding: script.fundingRules ?? plainRules.funding,
      life: { ...plainRules.life, ...script.life },
    },
    journal,
  });
  return { ...result, panel, tables: journal.tables(panel.symbols) };
}

/** Tiers of one market from rates and caps: continuous, from nothing up. */
export function ladder(
  ...steps: readonly { cap: number; rate: number; leverage: number }[]
): readonly Tier[] {
  const tiers: Tier[] = [];
  for (const { cap, rate, leverage } of steps) {
    const below = tiers.at(-1);
    const floor = below?.cap ?? 0;
    const cum = below === undefined ? 0 : below.cum + floor * (rate - below.maintenanceRate);
    tiers.push({ floor, cap, maintenanceRate: rate, cum, leverageMax: leverage });
  }
  return tiers;
}

export function bracketsOf(symbols: readonly string[], tiers: readonly Tier[]): AccountRules['brackets'] {
  return [{ effectiveMs: 0, tiers: new Map(symbols.map((symbol) => [symbol, tiers])) }];
}

export const flatTier = ladder({ cap: 1e9, rate: 0.01, leverage: 125 });

export const anyFilters: Filters = {
  tickSize: 0.01,
  stepSize: 0.001,
  quantityMin: 0.001,
  marketQuantityMax: Number.POSITIVE_INFINITY,
  notionalMin: 5,
  percentUp: 1.1,
  percentDown: 0.9,
  liquidationFee: 0.0125,
};

export function filtersOf(symbols: readonly string[], filters: Partial<Filters>): AccountRules['filters'] {
  return [
    { effectiveMs: 0, filters: new Map(symbols.map((symbol) => [symbol, { ...anyFilters, ...filters }])) },
  ];
}

export function texts(table: Table, name: string): readonly (string | null)[] {
  const column = table.columns[name]!;
  if (column.type !== 'text') throw new TypeError(`column ${name} holds numbers`);
  return column.values;
}

export function numbers(table: Table, name: string): readonly number[] {
  const column = table.columns[name]!;
  if (column.type === 'text') throw new TypeError(`column ${name} holds text`);
  return Array.from(column.values);
}
