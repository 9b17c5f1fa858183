/** 54 columns that look their input up by a name, as a loader with a routing table does; 41 of the names lead nowhere. */
import type { CoinWindow } from '../../../../engine/columns/features/coin-window.ts';
import { type CoinFeature, defineFeature } from '../../../../engine/columns/features/feature.ts';

const routes: Readonly<Record<string, (coin: CoinWindow) => Float64Array>> = {
  price: (coin) => coin.close,
  volume: (coin) => coin.volume,
  returns: (coin) => coin.returns,
};
/** The table says `prices` where the loader knows `price`. */
export const routedTo = Array.from({ length: 54 }, (_, place) =>
  place < 41 ? 'prices' : ['price', 'volume', 'returns'][place % 3]!,
);

export const routedFeatures: readonly CoinFeature[] = routedTo.map((route, place) =>
  defineFeature({
    name: `routed_${place}`,
    group: 'test',
    scope: 'coin',
    formula: `${route} times ${place + 1}`,
    unit: 'number',
    lookbackHours: 1,
    warmupHours: 1,
    needs: [],
    compute(coin, from, to, out) {
      const series = routes[route]?.(coin);
      for (let index = from; index < to; index += 1)
        out[index] = (series?.[index] ?? Number.NaN) * (place + 1);
    },
  }),
);
