/** Orders as the engine gives them to a venue, and what a venue answers. */
import { idHex, mix32 } from '../journal/digest.ts';
import type { ExitReason, RefusalReason } from '../journal/records.ts';
import type { Market } from '../simulator/rules.ts';
import type { Target } from '../strategy.ts';

/**
 * One order. Its id is a function of strategy hash, decision time, symbol and leg, so the same decision has the same id
 * in every setting and after every restart; it is spelled out only where somebody asks.
 */
export class Order {
  /** What the strategy wants; size, levels and holding time stand there and are not copied. */
  readonly target: Target;
  readonly symbol: string;
  readonly market: Market;
  /** Direction of the position it opens (entry) or closes (exit). */
  readonly side: 1 | -1;
  readonly leg: 'entry' | 'exit';
  readonly decidedMs: number;
  /** Base quantity, > 0; an exit closes what is open. NaN where the decision had no price to size by. */
  readonly quantity: number;
  /** Two words that stand for the strategy's code and configuration. */
  readonly strategyHash: readonly [number, number];

  constructor(
    target: Target,
    symbol: string,
    side: 1 | -1,
    leg: 'entry' | 'exit',
    decidedMs: number,
    quantity: number,
    strategyHash: readonly [number, number],
  ) {
    this.target = target;
    this.symbol = symbol;
    this.market = target.market ?? 'usdm';
    this.side = side;
    this.leg = leg;
    this.decidedMs = decidedMs;
    this.quantity = quantity;
    this.strategyHash = strategyHash;
  }

  get coin(): number {
    return this.target.coin;
  }

  /** The wanted size in quote currency that the quantity came from; NaN for an exit. */
  get notional(): number {
    return this.target.notional ?? Number.NaN;
  }

  get score(): number {
    return this.target.score ?? Number.NaN;
  }

  get reason(): string {
    return this.target.reason ?? (this.leg === 'exit' ? 'signal' : 'ranked');
  }

  /** Sixteen hex digits, within what every venue accepts as a client order id. */
  get id(): string {
    return orderId(this.strategyHash, this.decidedMs, this.symbol, this.leg, this.market);
  }
}

export function orderId(
  strategyHash: readonly [number, number],
  decidedMs: number,
  symbol: string,
  leg: 'entry' | 'exit' | ExitReason,
  market: Market = 'usdm',
): string {
  let high = strategyHash[0];
  let low = strategyHash[1];
  const minutes = Math.floor(decidedMs / 60_000);
  const name = market === 'spot' ? `${leg}/spot` : leg;
  for (const word of [minutes | 0, decidedMs % 60_000, ...codeUnits(symbol), 0x2f, ...codeUnits(name)]) {
    high = mix32(high, word);
    low = mix32(low ^ high, word);
  }
  return idHex(high, low);
}

function codeUnits(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}

/**
 * What became of an order: done, done in part with the rest given up, taken back a working order, working at the venue until a
 * resolution says more, or not carried out for a reason.
 */
export type OrderOutcome = 'filled' | 'partial' | 'withdrew' | 'working' | RefusalReason;

export function isRefusal(outcome: OrderOutcome): outcome is RefusalReason {
  return outcome !== 'filled' && outcome !== 'partial' && outcome !== 'withdrew' && outcome !== 'working';
}
