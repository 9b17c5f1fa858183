import { describe, expect, it } from 'vitest';
import { orderId } from '../../../engine/execution/orders.ts';
import { textLanes } from '../../../engine/journal/digest.ts';

describe('an order id', () => {
  const hash = textLanes('strategy');
  const timeMs = Date.UTC(2025, 9, 10, 12);

  it('is the same for the same decision, and sixteen hex digits', () => {
    expect(orderId(hash, timeMs, 'BTCUSDT', 'entry')).toBe(orderId(hash, timeMs, 'BTCUSDT', 'entry'));
    expect(orderId(hash, timeMs, '币安人生USDT', 'entry')).toMatch(/^[0-9a-f]{16}$/);
  });

  it('differs by strategy, time, symbol and leg, over many decisions', () => {
    const ids = new Set<string>();
    for (const name of ['a', 'b']) {
      for (let hour = 0; hour < 500; hour += 1) {
        for (const symbol of ['A', 'B', 'AB', '4', '币安人生USDT']) {
          for (const leg of ['entry', 'exit'] as const) {
            ids.add(orderId(textLanes(name), timeMs + hour * 3_600_000, symbol, leg));
          }
        }
      }
    }
    expect(ids.size).toBe(2 * 500 * 5 * 2);
  });
});
