/** Published tiers and filters of a whole venue. Needs the folder `data/exchange` of the real market data. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BracketBook, maintenanceMargin, type Tier, tierFaults } from '../../engine/exchange/brackets.ts';
import { type Filters, filterFaults, roundPrice, roundQuantity } from '../../engine/exchange/filters.ts';
import { liquidationPrice } from '../../engine/exchange/liquidation.ts';

const folder = join(process.env['HOURGLASS_SHARED'] ?? '', 'data', 'exchange');
const files = {
  old: 'leverage_tiers_2024-10.json.gz',
  young: 'leverage_tiers_2026-03.json.gz',
  markets: 'fapi_exchangeInfo_mainnet_2026-07-04.json.gz',
};
const absent = Object.values(files).filter((name) => !existsSync(join(folder, name)));
const reason = absent.length === 0 ? '' : ` (absent: ${absent.join(', ')})`;

function readJson(name: string): unknown {
  return JSON.parse(gunzipSync(readFileSync(join(folder, name))).toString('utf8'));
}

interface CcxtTier {
  readonly minNotional: number;
  readonly maxNotional: number;
  readonly maintenanceMarginRate: number;
  readonly maxLeverage: number;
  readonly info: { readonly cum: string | number };
}

function readTiers(name: string): Map<string, Tier[]> {
  const markets = Object.entries(readJson(name) as Record<string, CcxtTier[]>);
  return new Map(
    markets.map(([market, tiers]) => [
      market,
      tiers.map((tier) => ({
        floor: tier.minNotional,
        cap: tier.maxNotional,
        maintenanceRate: tier.maintenanceMarginRate,
        cum: Number(tier.info.cum),
        leverageMax: tier.maxLeverage,
      })),
    ]),
  );
}

interface Market {
  readonly symbol: string;
  readonly liquidationFee: string;
  readonly filters: readonly ({ readonly filterType: string } & Record<string, string>)[];
}

function readFilters(): Map<string, Filters> {
  const { symbols } = readJson(files.markets) as { symbols: readonly Market[] };
  return new Map(
    symbols.map(({ symbol, liquidationFee, filters }) => {
      const number = (type: string, field: string) =>
        Number(filters.find(({ filterType }) => filterType === type)?.[field]);
      return [
        symbol,
        {
          tickSize: number('PRICE_FILTER', 'tickSize'),
          stepSize: number('LOT_SIZE', 'stepSize'),
          quantityMin: number('LOT_SIZE', 'minQty'),
          marketQuantityMax: number('MARKET_LOT_SIZE', 'maxQty'),
          notionalMin: number('MIN_NOTIONAL', 'notional'),
          percentUp: number('PERCENT_PRICE', 'multiplierUp'),
          percentDown: number('PERCENT_PRICE', 'multiplierDown'),
          liquidationFee: Number(liquidationFee),
        },
      ];
    }),
  );
}

describe.skipIf(absent.length > 0)(`published brackets and filters${reason}`, () => {
  it.each([
    [files.old, 349, 2805],
    [files.young, 689, 5810],
  ])('%s: all %d markets and their %d tiers stand, and no margin has a step', (name, markets, count) => {
    const editions = readTiers(name);
    expect(editions.size).toBe(markets);
    expect([...editions.values()].flat()).toHaveLength(count);
    const faults = [...editions].flatMap(([market, tiers]) =>
      tierFaults(tiers).map((fault) => `${market}: ${fault}`),
    );
    expect(faults).toEqual([]);
    for (const [market, tiers] of editions) {
      for (const [index, { cap, maintenanceRate, cum }] of tiers.entries()) {
        const above = tiers[index + 1];
        if (above === undefined) continue;
        const margin = cap * maintenanceRate - cum;
        const jump = cap * above.maintenanceRate - above.cum - margin;
        expect(Math.abs(jump), `${market} at ${cap}`).toBeLessThan(1e-6 * margin);
      }
    }
  });

  it('a stop 8 % away comes before liquidation at twice the margin, in every tier that allows it', () => {
    let cases = 0;
    for (const name of [files.old, files.young]) {
      for (const [market, tiers] of readTiers(name)) {
        for (const { cap, leverageMax } of tiers) {
          if (leverageMax < 2) continue;
          for (const side of [1, -1] as const) {
            const entryPrice = 100;
            const held = { side, quantity: cap / entryPrice, entryPrice, walletBalance: cap / 2, tiers };
            const price = liquidationPrice(held);
            const stop = entryPrice * (1 - side * 0.08);
            expect(side * (stop - price), `${market}, ${side}, ${cap}`).toBeGreaterThan(0);
            const balance = held.walletBalance + side * held.quantity * (price - entryPrice);
            const margin = maintenanceMargin(tiers, held.quantity * price);
            expect(Math.abs(balance - margin)).toBeLessThan(1e-9 * cap);
            cases += 1;
          }
        }
      }
    }
    expect(cases).toBeGreaterThan(10_000);
  });

  it('the two editions in one book: BTC from 125 to 150 times in 2026-03', () => {
    const editions = [
      { effectiveMs: Date.UTC(2024, 9, 24), tiers: readTiers(files.old) },
      { effectiveMs: Date.UTC(2026, 2, 1), tiers: readTiers(files.young) },
    ];
    const book = new BracketBook(['BTC/USDT:USDT', '0G/USDT:USDT', 'NONE/USDT:USDT'], editions);
    book.moveTo(Date.UTC(2025, 5, 1));
    expect([book.leverageMax(0, 1000), book.leverageMax(1, 1000), book.known(2)]).toEqual([125, 75, false]);
    book.moveTo(Date.UTC(2026, 2, 1));
    expect(book.leverageMax(0, 1000)).toBe(150);
    expect(book.undatedDays(Date.UTC(2026, 1, 1), Date.UTC(2026, 3, 1))).toEqual({ coins: 1, days: 28 });
  });

  it('the filters of all 820 markets stand, and a whole number of their steps and ticks stays what it is', () => {
    const markets = readFilters();
    expect(markets.size).toBe(820);
    const faults = [...markets].flatMap(([market, own]) =>
      filterFaults(own).map((fault) => `${market}: ${fault}`),
    );
    expect(faults).toEqual([]);
    for (const { stepSize, tickSize } of markets.values()) {
      for (const count of [1, 3, 7, 1_234_567, 99_999_999]) {
        const quantity = decimalMultiple(stepSize, count);
        const price = decimalMultiple(tickSize, count);
        expect(roundQuantity(quantity, stepSize)).toBe(quantity);
        expect(roundQuantity(count * stepSize, stepSize)).toBe(quantity);
        for (const direction of [1, -1, 0] as const) {
          expect(roundPrice(count * tickSize, tickSize, direction)).toBe(price);
        }
      }
    }
  });
});

/** count * size reckoned in whole numbers on the printed decimal of the size. */
function decimalMultiple(size: number, count: number): number {
  const [digits = '', exponent = '0'] = size.toExponential().split('e');
  const [whole = '', fraction = ''] = digits.split('.');
  return Number(`${BigInt(whole + fraction) * BigInt(count)}e${Number(exponent) - fraction.length}`);
}
