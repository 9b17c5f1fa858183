/** Markets with everything in them that a feature may stumble over: holes, halts, silence, frozen prices, late listings, other units. */
import { hourMs } from '../../../../engine/panel/hours.ts';
import { barLayout, emptyPanel, type Panel } from '../../../../engine/panel/panel.ts';

const { BAR_WIDTH, OPEN, HIGH, LOW, CLOSE } = barLayout;

export interface MarketShape {
  readonly seed: number;
  readonly coins: number;
  readonly hours: number;
  /** Hour of a redenomination of coin 1 by 1000; none if absent. */
  readonly redenominationHour?: number;
}

/** Uniform numbers in [0, 1). */
export function uniformOf(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Coin 0 is the benchmark, coin 2 is frozen for long stretches, coin 3 never moves, coin 4 has no volumes, coin 5 lists late. */
export function randomMarket(shape: MarketShape): Panel {
  const { seed, coins, hours, redenominationHour } = shape;
  const uniform = uniformOf(seed);
  const symbols = Array.from({ length: coins }, (_, coin) => (coin === 0 ? 'BTCUSDT' : `COIN${coin}USDT`));
  const startMs = Date.UTC(2023, 2, 5, Math.floor(uniform() * 24)) + Math.floor(uniform() * 300) * hourMs;
  const empty = emptyPanel({ symbols, startMs, hours, volumes: true });
  const factor = Float64Array.from({ length: hours }, () => (uniform() + uniform() + uniform() - 1.5) / 100);
  for (let coin = 0; coin < coins; coin += 1) {
    const first = coin === 5 ? Math.floor(hours / 3) : 0;
    empty.firstHour[coin] = first;
    empty.endHour[coin] = hours;
    const haltFrom = Math.floor(uniform() * hours);
    let price = 10 ** (4 * uniform() - 2);
    for (let hour = first; hour < hours; hour += 1) {
      const isFrozen = coin === 3 || (coin === 2 && hour % 700 < 250);
      const own = (uniform() + uniform() - 1) / 50;
      const open = price;
      if (!isFrozen)
        price *= Math.exp((coin === 0 ? 1 : 0.3 + (coin % 7) / 4) * factor[hour]! + (coin === 0 ? 0 : own));
      if (coin === 1 && hour === redenominationHour) price *= 1000;
      const isHalted = coin > 0 && hour >= haltFrom && hour < haltFrom + 30 + (coin % 5) * 20;
      if (isHalted || (coin > 0 && uniform() < 0.04 * (coin % 4))) continue;
      const from = coin === 1 && hour === redenominationHour ? open * 1000 : open;
      const wide = isFrozen ? 0 : uniform() / 100;
      const at = (coin * hours + hour) * BAR_WIDTH;
      empty.bars[at + OPEN] = from;
      empty.bars[at + HIGH] = Math.max(from, price) * (1 + wide);
      empty.bars[at + LOW] = Math.min(from, price) * (1 - wide);
      empty.bars[at + CLOSE] = price;
      if (coin === 4 || (coin % 4 === 1 && uniform() < 0.1)) continue;
      const volume = uniform() < 0.1 * (coin % 3) ? 0 : 1e4 * uniform() * (1 + coin);
      empty.volume![coin * hours + hour] = volume / price;
      empty.quoteVolume![coin * hours + hour] = volume;
    }
  }
  if (redenominationHour === undefined) return empty;
  const renames = [{ hour: redenominationHour, from: 1, to: 1, factor: 1000 }];
  const flags = () => new Uint8Array(coins);
  return { ...empty, life: { dataEnds: flags(), delisted: flags(), gaps: [], renames } };
}

/** Hours [from, to) of a panel, as a panel of their own: what a dataset that begins there holds. Coins keep what is known of their listing. */
export function cutMarket(panel: Panel, from: number, to: number): Panel {
  const hours = to - from;
  const { symbols } = panel;
  const cut = emptyPanel({ symbols, startMs: panel.startMs + from * hourMs, hours, volumes: true });
  for (let coin = 0; coin < symbols.length; coin += 1) {
    const bar = coin * panel.hours + from;
    cut.bars.set(panel.bars.subarray(bar * BAR_WIDTH, (bar + hours) * BAR_WIDTH), coin * hours * BAR_WIDTH);
    cut.volume!.set(panel.volume!.subarray(bar, bar + hours), coin * hours);
    cut.quoteVolume!.set(panel.quoteVolume!.subarray(bar, bar + hours), coin * hours);
    cut.firstHour[coin] = Math.max(0, panel.firstHour[coin]! - from);
    cut.endHour[coin] = Math.min(hours, panel.endHour[coin]! - from);
  }
  if (panel.life === undefined) return cut;
  const renames = panel.life.renames.map((rename) => ({ ...rename, hour: rename.hour - from }));
  return { ...cut, life: { ...panel.life, renames } };
}

/** The panel with other bars, some of them gone, in all hours but [from, to]. */
export function disturbedMarket(panel: Panel, from: number, to: number, seed: number): Panel {
  const uniform = uniformOf(seed);
  const other = cutMarket(panel, 0, panel.hours);
  for (let coin = 0; coin < panel.symbols.length; coin += 1) {
    for (let hour = 0; hour < panel.hours; hour += 1) {
      if (hour >= from && hour <= to) continue;
      const scale = uniform() < 0.2 ? Number.NaN : Math.exp(uniform() - 0.5);
      const cell = coin * panel.hours + hour;
      for (let field = 0; field < BAR_WIDTH; field += 1) other.bars[cell * BAR_WIDTH + field]! *= scale;
      other.volume![cell] = uniform() * 1000;
      other.quoteVolume![cell] = uniform() * 1e6;
    }
  }
  return other;
}
