/** PM20: where stops, targets and liquidations are filled when planted prices jump over them, against the answer by hand. */
import { entitiesOf } from '../../datasets/planted/entities.ts';
import { openMarket, plantCoin } from '../../datasets/planted/market.ts';
import { exitReasonAt } from '../../engine/portfolio/ledger.ts';
import { bracketsOf, filtersOf, ladder, play } from '../engine/simulator/scripted.ts';
import { gapCases, type HandCase, MAINTENANCE_RATE, wickCases } from './gaps.ts';
import { pricesAlone, settingsOf } from './planted.ts';
import { onceBySeed, overSeeds, seedsOf, truthRow } from './row.ts';

const CAPITAL = 10_000;
const NOTIONAL = 1_000;
const TOLERANCE = 1e-9;

const casesOf = onceBySeed(async (seed): Promise<readonly HandCase[]> => {
  const settings = settingsOf(seed, pricesAlone);
  const market = openMarket(settings);
  return entitiesOf(settings).flatMap((entity) => {
    const coin = plantCoin(market, entity);
    return coin === null ? [] : [...gapCases(coin), ...wickCases(seed, market.hours, coin)];
  });
});

const tiers = bracketsOf(['A'], ladder({ cap: 1e9, rate: MAINTENANCE_RATE, leverage: 1e6 }));
const free = filtersOf(['A'], { liquidationFee: 0, tickSize: 1e-12, stepSize: 1e-12, quantityMin: 0 });

/** Null where the engine's one trade is the one by hand. */
async function differenceOf({ what, bars, target, account, exit }: HandCase): Promise<string | null> {
  const { trades, finalEquity } = await play({
    coins: { A: bars },
    decisions: { 1: [{ coin: 0, notional: NOTIONAL, ...target }] },
    capital: CAPITAL,
    ...(account === null ? {} : { account: { ...account, brackets: tiers, filters: free } }),
  });
  const entry = bars[1]![0];
  const earned = (NOTIONAL / entry) * target.side * (exit.price - entry) + exit.insured * NOTIONAL;
  const wanted = `${exit.reason} at ${exit.price} in bar ${exit.bar}, equity ${CAPITAL + earned}`;
  if (trades.count !== 1) return `${what}: ${trades.count} trades, wanted ${wanted}`;
  const [reason, price, bar] = [exitReasonAt(trades, 0), trades.exitPrice[0]!, trades.exitHour[0]!];
  const same =
    reason === exit.reason &&
    bar === exit.bar &&
    Math.abs(price / exit.price - 1) <= TOLERANCE &&
    Math.abs(finalEquity - CAPITAL - earned) <= TOLERANCE * CAPITAL;
  return same
    ? null
    : `${what}: ${reason} at ${price} in bar ${bar}, equity ${finalEquity}, wanted ${wanted}`;
}

const kinds = ['gap, stop', 'gap, liquidation', 'wick, stop', 'wick, target', 'wick, liquidation'] as const;
for (const kind of kinds) {
  truthRow('PM20', kind, 'equal to the hand answer', async () => {
    const cases = (await overSeeds(seedsOf(), casesOf)).flat().filter((one) => one.kind === kind);
    const differences: string[] = [];
    for (const one of cases) differences.push(...[await differenceOf(one)].filter((each) => each !== null));
    return {
      shown: `${differences.length} of ${cases.length} differ ${differences[0] ?? ''}`.trim(),
      holds: differences.length === 0 && cases.length > 0,
    };
  });
}
