/**
 * Leverage tiers as ccxt hands them out (an object of markets, each a list of tiers with the venue's own numbers under `info`)
 * or as the venue does (`GET /fapi/v1/leverageBracket`: a list of `{ symbol, brackets }`). Numbers may be text.
 */
import { describe, type Fault } from '../../engine/config.ts';
import { type Tier, tierFaults } from '../../engine/exchange/brackets.ts';
import { venueSymbol } from './layout.ts';

interface Market {
  /** As the file names it. */
  readonly key: string;
  readonly tiers: readonly unknown[];
}

/** Tiers of all markets of a file, by venue symbol; everything that is wrong is added to `faults`. */
export function parseBrackets(
  path: string,
  parsed: unknown,
  faults: Fault[],
): ReadonlyMap<string, readonly Tier[]> {
  const markets = marketsOf(path, parsed, faults);
  const keyOf = new Map<string, string>();
  const tiers = new Map<string, readonly Tier[]>();
  for (const market of markets) {
    const symbol = venueSymbol(market.key);
    const former = keyOf.get(symbol);
    if (former !== undefined) {
      faults.push({
        path: `${path}, ${market.key}`,
        message: `is ${symbol}, and so is ${former}. Keep one of the two.`,
      });
      continue;
    }
    keyOf.set(symbol, market.key);
    const own = tiersOf(path, market, faults);
    if (own === null) continue;
    for (const message of tierFaults(own.map(({ tier }) => tier)))
      faults.push({ path: `${path}, ${market.key}`, message: `${asFiled(message, own)}.` });
    tiers.set(
      symbol,
      own.map(({ tier }) => tier),
    );
  }
  return tiers;
}

function marketsOf(path: string, parsed: unknown, faults: Fault[]): readonly Market[] {
  const listed = Array.isArray(parsed) ? parsed : isVenueMarket(parsed) ? [parsed] : null;
  const markets: Market[] = [];
  const take = (key: string, tiers: unknown) => {
    if (Array.isArray(tiers) && tiers.length > 0) markets.push({ key, tiers });
    else
      faults.push({
        path: `${path}, ${key}`,
        message: 'has no tiers. Fetch the file again, or drop the market.',
      });
  };
  if (listed !== null) {
    for (const [index, market] of listed.entries()) {
      if (isVenueMarket(market)) take(market.symbol, market.brackets);
      else {
        faults.push({
          path: `${path}, market ${index + 1}`,
          message: `must be an object with symbol and brackets, was ${describe(market)}.`,
        });
      }
    }
  } else if (typeof parsed === 'object' && parsed !== null) {
    for (const [key, tiers] of Object.entries(parsed)) take(key, tiers);
  } else {
    faults.push({ path, message: `must be an object or a list of markets, was ${describe(parsed)}.` });
    return [];
  }
  if (markets.length === 0 && faults.length === 0)
    faults.push({ path, message: 'holds no market. Fetch it again, or leave it out.' });
  return markets;
}

function isVenueMarket(value: unknown): value is { readonly symbol: string; readonly brackets: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'brackets' in value &&
    'symbol' in value &&
    typeof value.symbol === 'string'
  );
}

type Names = Readonly<Record<keyof Tier, readonly string[]>>;

// ccxt's name first, the venue's second; ccxt keeps the maintenance amount among the venue's numbers.
const names: Names = {
  floor: ['minNotional', 'notionalFloor'],
  cap: ['maxNotional', 'notionalCap'],
  maintenanceRate: ['maintenanceMarginRate', 'maintMarginRatio'],
  cum: ['cum'],
  leverageMax: ['maxLeverage', 'initialLeverage'],
};

interface FiledTier {
  /** Counted from 1, as the file has them. */
  readonly number: number;
  readonly tier: Tier;
}

/** A message about sorted tiers, with the numbers that they have in the file. */
function asFiled(message: string, tiers: readonly FiledTier[]): string {
  return message.replace(/\btier (\d+)/g, (_, number: string) => `tier ${tiers[Number(number) - 1]!.number}`);
}

/** Lowest tier first; null where a number is missing or unreadable. */
function tiersOf(path: string, market: Market, faults: Fault[]): readonly FiledTier[] | null {
  const before = faults.length;
  const tiers = market.tiers.map((tier, index) => {
    const numberOf = (field: keyof Tier) => {
      const value = fieldOf(tier, names[field]);
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number === 'number' && Number.isFinite(number)) return number;
      faults.push({
        path: `${path}, ${market.key} tier ${index + 1}, ${names[field].join(' or ')}`,
        message: value === undefined ? 'is missing.' : `must be a number, was ${describe(value)}.`,
      });
      return Number.NaN;
    };
    return {
      number: index + 1,
      tier: {
        floor: numberOf('floor'),
        cap: numberOf('cap'),
        maintenanceRate: numberOf('maintenanceRate'),
        cum: numberOf('cum'),
        leverageMax: numberOf('leverageMax'),
      },
    };
  });
  return faults.length > before ? null : tiers.sort((a, b) => a.tier.floor - b.tier.floor);
}

function fieldOf(tier: unknown, aliases: readonly string[]): unknown {
  if (typeof tier !== 'object' || tier === null) return undefined;
  const fields = tier as Readonly<Record<string, unknown>>;
  for (const alias of aliases) if (fields[alias] !== undefined) return fields[alias];
  return fields['info'] === undefined ? undefined : fieldOf(fields['info'], aliases);
}
