/** PM23 and PM24: a planted market's numbers stand each by itself, and its hours are made of its minutes. */
import { cutDetail } from '../../datasets/planted/detail.ts';
import { entitiesOf } from '../../datasets/planted/entities.ts';
import { openMarket, type PlantedCoin, plantCoin } from '../../datasets/planted/market.ts';
import type { MarketSettings, Switches } from '../../datasets/planted/settings.ts';
import { quoteUnits } from '../../datasets/planted/volume.ts';
import {
  type Comparison,
  compareNumbers,
  everything,
  numbersOf,
  type PlantedNumbers,
} from './independence.ts';
import { pricesAlone, settingsOf } from './planted.ts';
import { onceBySeed, overSeeds, seedsOf, truthRow } from './row.ts';

const seeds = seedsOf(20, 1);

interface Independence {
  readonly oneCoinMore: Comparison;
  readonly oneDayMore: Comparison;
  readonly switches: Comparison;
}

/** The first row that asks bears the time of all three. */
const independenceOf = onceBySeed(async (seed): Promise<Independence> => {
  const settings = settingsOf(seed, everything);
  const base = numbersOf(settings);
  const whole = (other: PlantedNumbers) => withArticles(base, other, compareNumbers(base, other));
  return {
    oneCoinMore: whole(numbersOf({ ...settings, coins: settings.coins + 1 })),
    oneDayMore: whole(numbersOf({ ...settings, days: settings.days + 1 })),
    switches: eachSwitch(settings, base),
  };
});

function withArticles(base: PlantedNumbers, other: PlantedNumbers, numbers: Comparison): Comparison {
  const changed = [...base.articles].filter(([id, article]) => other.articles.get(id) !== article);
  return {
    compared: numbers.compared + base.articles.size,
    different: [...numbers.different, ...changed.map(([id]) => `article ${id}`)],
  };
}

function eachSwitch(settings: MarketSettings, base: PlantedNumbers): Comparison {
  const all = Object.entries(leaves).map(([name, leaving]) => {
    const value = everything[name as keyof Switches];
    const turned = typeof value === 'number' ? (value === 0 ? 0.1 : 0) : !value;
    const other = numbersOf({ ...settings, switches: { ...everything, [name]: turned } });
    const { compared, different } = compareNumbers(base, other, leaving(base, other));
    return { compared, different: different.map((each) => `${name}: ${each}`) };
  });
  return {
    compared: all.reduce((sum, one) => sum + one.compared, 0),
    different: all.flatMap((one) => one.different),
  };
}

type Concern = (owner: string, name: string) => boolean;

/** What of a market a switch leaves as it is. */
type Leaves = (base: PlantedNumbers, other: PlantedNumbers) => Concern;

const isCoin = ({ coins }: PlantedNumbers, owner: string) => coins.get(owner)?.entity.kind === 'coin';
const drawnApart: ReadonlySet<string> = new Set([
  'truth beta',
  'truth state',
  'truth second state',
  'score',
  'logit',
]);

/** An alpha moves the coins it is planted in; what else is drawn for them stays. */
const allButItsDrift: Leaves = (base) => (owner, name) =>
  !isCoin(base, owner) || drawnApart.has(name) || name.startsWith('proxy ');
/** A coin whose life and traits it leaves alone keeps everything. */
const coinsNotConcerned: Leaves = (base, other) => (owner) => {
  const [before, after] = [base.coins.get(owner), other.coins.get(owner)];
  return JSON.stringify([before?.life, before?.traits]) === JSON.stringify([after?.life, after?.traits]);
};
const whoIsStillThere: Leaves = (_, other) => (owner) => owner === '' || other.coins.has(owner);
/** What the switch has a column of its own for. */
const allBut =
  (...names: readonly string[]): Leaves =>
  () =>
  (owner, name) =>
    !names.some((each) => `${owner} ${name}`.includes(each));
/** News move the factor, and with it whatever follows it; a hack makes two days wilder. */
const whatFollowsNoNews: Leaves = (base) => (owner, name) => {
  const kind = base.coins.get(owner)?.entity.kind;
  if (kind === 'barrier' || kind === 'stablecoin') return true;
  return owner === '' ? name !== 'factor' : drawnApart.has(name) || name.startsWith('proxy ');
};

const leaves: Readonly<Record<keyof Switches, Leaves>> = {
  ...{ core: allButItsDrift, reversal: allButItsDrift, volumeSurge: allButItsDrift },
  ...{ lstmPattern: allButItsDrift, tcnMotif: allButItsDrift, regimeInteraction: allButItsDrift },
  gaps: allButItsDrift,
  ...{ listings: coinsNotConcerned, delistings: coinsNotConcerned, renames: coinsNotConcerned },
  ...{ halt: coinsNotConcerned, lowCaps: coinsNotConcerned },
  ...{ stablecoins: whoIsStillThere, wrapped: whoIsStillThere, nonCrypto: whoIsStillThere },
  barrier: whoIsStillThere,
  ...{ funding: allBut(' funding '), spot: allBut(' spot '), mark: allBut(' mark ') },
  ...{ proxies: allBut(' proxy '), badColumns: allBut(' proxy bad_'), depeg: allBut('USDX ') },
  ...{ fearGreed: allBut(), marketCap: allBut(), oddSymbols: allBut(), faults: allBut() },
  hardRegime: allBut('fearGreed'),
  ...{ news: whatFollowsNoNews, newsDrift: whatFollowsNoNews },
};

const independenceRows: readonly (readonly [keyof Independence, string, string])[] = [
  ['oneCoinMore', 'one coin more', 'no number of another changes'],
  ['oneDayMore', 'one day more', 'no number of an earlier day changes'],
  ['switches', 'each switch turned round', 'no number of what it is not for changes'],
];
for (const [part, title, target] of independenceRows) {
  truthRow('PM23', title, target, async () => {
    const found = (await overSeeds(seeds, independenceOf)).map((one) => one[part]);
    const different = found.flatMap((one) => one.different);
    const compared = found.reduce((sum, one) => sum + one.compared, 0);
    const example = different.length === 0 ? '' : `, such as ${different.slice(0, 3).join(', ')}`;
    return {
      shown: `${different.length} series differ of ${(compared / 1e6).toFixed(1)} million numbers${example}`,
      holds: different.length === 0 && compared > 0,
    };
  });
}

for (const length of [1, 15]) {
  truthRow('PM24', `hourly bars from those of ${length} min`, 'exact', async () => {
    const found = await overSeeds(seeds, async (seed) => {
      const settings = settingsOf(seed, { ...pricesAlone, barrier: true });
      const market = openMarket(settings);
      const coins = entitiesOf(settings).flatMap((entity) => plantCoin(market, entity) ?? []);
      return coins.map((coin) => ({ hours: coin.close.length, different: differentHours(coin, length) }));
    });
    const coins = found.flat();
    const hours = coins.reduce((sum, coin) => sum + coin.hours, 0);
    const different = coins.reduce((sum, coin) => sum + coin.different, 0);
    return {
      shown: `${different} of ${hours} bars differ, ${coins.length} coins`,
      holds: different === 0 && hours > 0,
    };
  });
}

/** Prices to the bit; volumes as whole numbers of the units that they are counted in. */
function differentHours(coin: PlantedCoin, length: number): number {
  const hours = Array.from(coin.close, (_, row) => coin.fromHour + row);
  const bars = cutDetail({ ...coin, length, hours });
  const perHour = 60 / length;
  const lots = Math.round(1 / coin.grid.stepSize);
  let different = 0;
  for (let row = 0; row < hours.length; row += 1) {
    const from = row * perHour;
    const part = (values: Float64Array) => values.subarray(from, from + perHour);
    const units = (values: Float64Array, perOne: number) =>
      part(values).reduce((sum, value) => sum + Math.round(value * perOne), 0);
    const same =
      bars.open[from] === coin.open[row] &&
      bars.close[from + perHour - 1] === coin.close[row] &&
      Math.max(...part(bars.high)) === coin.high[row] &&
      Math.min(...part(bars.low)) === coin.low[row] &&
      units(bars.volume, lots) === Math.round(coin.volume[row]! * lots) &&
      units(bars.quoteVolume, quoteUnits) === Math.round(coin.quoteVolume[row]! * quoteUnits);
    if (!same) different += 1;
  }
  return different;
}
