/** Who trades in a planted market. An entity's id is permanent and names its random streams; its symbol is what a venue shows. */
import type { MarketSettings } from './settings.ts';

export type EntityKind = 'factor' | 'coin' | 'stablecoin';

export interface Entity {
  readonly id: string;
  readonly symbol: string;
  readonly kind: EntityKind;
}

// Names as real venues have them: a bare digit, one letter, a multiplier, characters outside ASCII.
const oddSymbols: Readonly<Record<number, string>> = {
  11: '4USDT',
  17: 'QUSDT',
  23: '沙漏USDT',
  29: '1000P029USDT',
};

/** The factor coin, the stablecoin, then coins until there are `settings.coins`; a larger market has the smaller one's in it. */
export function entitiesOf(settings: MarketSettings): readonly Entity[] {
  const entities: Entity[] = [{ id: 'BTC', symbol: 'BTCUSDT', kind: 'factor' }];
  if (settings.switches.stablecoin) entities.push({ id: 'USDP', symbol: 'USDPUSDT', kind: 'stablecoin' });
  for (let number = 1; number <= settings.coins - 2; number += 1) {
    const id = `P${String(number).padStart(3, '0')}`;
    entities.push({ id, symbol: oddSymbols[number] ?? `${id}USDT`, kind: 'coin' });
  }
  return entities;
}
