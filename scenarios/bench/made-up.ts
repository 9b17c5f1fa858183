/**
 * A panel of the workload's shape for a quick look at speed where no generated folder is at hand: same size, life spans,
 * volatility and signal rates, other numbers. Its results cannot be compared with the reference, and do not claim to be.
 */
import { mix32 } from '../../engine/journal/digest.ts';
import { sharedFloat64 } from '../../engine/panel/panel.ts';
import type { WorkloadFiles } from './workload.ts';

const COINS = 1000;
const HOURS = 8760;
const START_MS = Date.UTC(2024, 0, 1);

export function madeUpWorkload(coins = COINS, hours = HOURS, seed = 1): WorkloadFiles {
  const fields = Object.fromEntries(
    ['open', 'high', 'low', 'close', 'score', 'logit'].map((name) => [
      name,
      sharedFloat64(coins * hours).fill(Number.NaN),
    ]),
  ) as Record<keyof WorkloadFiles['fields'], Float64Array>;
  const stamps = Math.ceil(hours / 8);
  const funding = sharedFloat64(stamps * coins).fill(Number.NaN);
  const start: number[] = [];
  const end: number[] = [];
  for (let coin = 0; coin < coins; coin += 1) {
    const draw = stream(seed, coin);
    const late = coin > 0 && draw() < 0.25;
    const early = coin > 0 && draw() < 0.12;
    const first = late ? 1 + Math.floor(draw() * hours * 0.8) : 0;
    const last = early ? Math.min(hours, first + 200 + Math.floor(draw() * (hours - 200))) : hours;
    start.push(first);
    end.push(last);
    fillCoin(fields, draw, { coin, coins, first, last });
    for (let stamp = Math.ceil(first / 8); stamp * 8 < last; stamp += 1) {
      funding[stamp * coins + coin] = 0.0001 + 0.0002 * normal(draw);
    }
  }
  const symbols = Array.from({ length: coins }, (_, coin) =>
    coin === 0 ? 'BTCUSDT' : `C${String(coin).padStart(4, '0')}USDT`,
  );
  return { coins, hours, startMs: START_MS, symbols, start, end, fields, funding };
}

function fillCoin(
  fields: Record<keyof WorkloadFiles['fields'], Float64Array>,
  draw: () => number,
  life: { readonly coin: number; readonly coins: number; readonly first: number; readonly last: number },
): void {
  const volatility = 0.006 + 0.01 * draw();
  let close = 10 ** (-4 + 7 * draw());
  let persistent = 0;
  for (let hour = life.first; hour < life.last; hour += 1) {
    const at = hour * life.coins + life.coin;
    const open = close * Math.exp(0.0002 * normal(draw));
    close *= Math.exp(volatility * normal(draw));
    persistent = 0.97 * persistent + 0.2431 * normal(draw);
    fields.open[at] = open;
    fields.close[at] = close;
    fields.high[at] = Math.max(open, close) * Math.exp(volatility * 0.5 * Math.abs(normal(draw)));
    fields.low[at] = Math.min(open, close) * Math.exp(-volatility * 0.5 * Math.abs(normal(draw)));
    fields.score[at] = persistent;
    fields.logit[at] = -1.2 + 0.5 * persistent + 0.866 * normal(draw);
  }
}

/** Uniform numbers in (0, 1), one stream per coin. */
function stream(seed: number, coin: number): () => number {
  let count = 0;
  const lane = mix32(mix32(0x9e3779b9 | 0, seed), coin);
  return () => {
    count += 1;
    return ((mix32(lane, count) >>> 0) + 0.5) / 2 ** 32;
  };
}

function normal(draw: () => number): number {
  return Math.sqrt(-2 * Math.log(draw())) * Math.cos(2 * Math.PI * draw());
}
