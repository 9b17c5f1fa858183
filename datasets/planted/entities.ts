/** Who trades in a planted market. An entity's id is permanent and names its random streams; its symbol is what a venue shows. */
import type { InstrumentKind } from '../../engine/columns/records.ts';
import type { MarketSettings } from './settings.ts';

export type EntityKind = 'factor' | 'coin' | 'stablecoin' | 'wrapped' | 'index' | 'metal' | 'barrier';

export interface Entity {
  readonly id: string;
  /** The first symbol; a coin that is renamed gets another (see `Life.rename`). */
  readonly symbol: string;
  readonly kind: EntityKind;
}

/** The stablecoin that leaves its peg for three days. */
export const depeggedId = 'USDX';

type Switch = 'stablecoins' | 'wrapped' | 'nonCrypto';

// Early places, so that small markets have some of them; between them stand ordinary coins.
const specials: Readonly<Record<number, Entity & { readonly switch: Switch }>> = {
  1: { id: 'USDP', symbol: 'USDPUSDT', kind: 'stablecoin', switch: 'stablecoins' },
  7: { id: 'WBTC', symbol: 'WBTCUSDT', kind: 'wrapped', switch: 'wrapped' },
  13: { id: depeggedId, symbol: 'USDXUSDT', kind: 'stablecoin', switch: 'stablecoins' },
  16: { id: 'IDX', symbol: 'IDXUSDT', kind: 'index', switch: 'nonCrypto' },
  19: { id: 'METAL', symbol: 'METALUSDT', kind: 'metal', switch: 'nonCrypto' },
  22: { id: 'USDQ', symbol: 'USDQUSDT', kind: 'stablecoin', switch: 'stablecoins' },
};

// Names as real venues have them: a bare digit, one letter, a multiplier, characters outside ASCII.
const oddSymbols: Readonly<Record<number, string>> = {
  11: '4USDT',
  17: 'QUSDT',
  23: '沙漏USDT',
  29: '1000P029USDT',
};

/**
 * The factor coin, then special coins at fixed places and ordinary ones between them, `settings.coins` places in all; a place
 * whose switch is off stays empty. Barrier coins come on top. A larger market has the smaller one's entities in it, in the
 * same order up to the barrier coins.
 */
export function entitiesOf(settings: MarketSettings): readonly Entity[] {
  const { coins, switches } = settings;
  const entities: Entity[] = [{ id: 'BTC', symbol: 'BTCUSDT', kind: 'factor' }];
  let number = 0;
  for (let place = 1; place < coins; place += 1) {
    const special = specials[place];
    if (special === undefined) {
      number += 1;
      const id = `P${String(number).padStart(3, '0')}`;
      const odd = switches.oddSymbols ? oddSymbols[number] : undefined;
      entities.push({ id, symbol: odd ?? `${id}USDT`, kind: 'coin' });
    } else if (switches[special.switch]) {
      entities.push({ id: special.id, symbol: special.symbol, kind: special.kind });
    }
  }
  if (switches.barrier) entities.push(...barrierEntities(barrierCount(coins)));
  return entities;
}

/** 4 beside 60 coins, 12 beside 300, 24 beside 1,000. */
function barrierCount(coins: number): number {
  if (coins <= 60) return Math.floor(coins / 15);
  if (coins <= 300) return 4 + Math.floor((coins - 60) / 30);
  return 12 + Math.floor(((coins - 300) * 12) / 700);
}

function barrierEntities(count: number): readonly Entity[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `BARRIER${String(index + 1).padStart(3, '0')}`;
    return { id, symbol: `${id}USDT`, kind: 'barrier' as const };
  });
}

/** What a venue's metadata say. Barrier coins are kept out of rankings by them: their paths follow no law of returns. */
export function instrumentKindOf({ kind }: Entity): InstrumentKind {
  if (kind === 'factor') return 'benchmark';
  return kind === 'metal' || kind === 'barrier' ? 'non-crypto' : kind;
}

/** The same in the venue's own words, which know no stablecoins and no wrapped coins. */
export function underlyingTypeOf({ kind }: Entity): string {
  if (kind === 'index') return 'INDEX';
  if (kind === 'metal') return 'COMMODITY';
  return kind === 'barrier' ? 'PREMARKET' : 'COIN';
}
