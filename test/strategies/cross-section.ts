/** One hour of a few coins, and an account that holds nothing: what a strategy's rules are shown on. */
import { parseConfig } from '../../engine/config.ts';
import type { Slice } from '../../engine/panel/slice.ts';
import type { AccountView } from '../../engine/portfolio/account.ts';
import { bindStrategy, type Strategy } from '../../engine/strategy.ts';
import { builtInStrategies } from '../../strategies/registry.ts';

/** Coins by symbol, each with its columns; the order given is the panel's. */
export function crossSection(coins: Readonly<Record<string, Readonly<Record<string, number>>>>): Slice {
  const symbols = Object.keys(coins);
  return {
    timeMs: Date.UTC(2025, 0, 1, 12),
    symbols,
    column: (name) => Float64Array.from(symbols, (symbol) => coins[symbol]![name] ?? Number.NaN),
    close: () => 1,
    hashWords: () => new Int32Array(0),
  };
}

export function emptyAccount(money: {
  readonly capital: number;
  readonly equity: number;
  /** Part of the equity that lies in the spot wallet; nothing if absent. */
  readonly spot?: number;
  readonly leverage?: number;
}): AccountView {
  const { spot = 0 } = money;
  const wallet = (market: 'usdm' | 'spot') => (market === 'spot' ? spot : money.equity - spot);
  return {
    capital: money.capital,
    cash: money.equity,
    equity: money.equity,
    leverage: money.leverage ?? 1,
    positionCount: 0,
    restingCount: 0,
    walletCash: wallet,
    walletEquity: wallet,
    isResting: () => false,
    notional: () => 0,
    isOpen: () => false,
    position: () => null,
    positions: () => [],
    absorbPositions: () => undefined,
  };
}

export function strategyOf(name: string, config: Readonly<Record<string, unknown>> = {}): Strategy {
  const definition = builtInStrategies.get(name)!;
  const parsed = parseConfig(definition.config, config);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return bindStrategy(definition, parsed.value);
}
