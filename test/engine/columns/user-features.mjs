/** What a user's module may hold: features, and consumers of blocks. */
export const rangeOfHour = {
  name: 'range_of_hour',
  group: 'own',
  scope: 'coin',
  formula: '(h(t) - l(t)) / c(t)',
  unit: 'ratio',
  lookbackHours: 1,
  warmupHours: 0,
  needs: [],
  compute(coin, from, to, out) {
    for (let index = from; index < to; index += 1)
      out[index] = (coin.high[index] - coin.low[index]) / coin.close[index];
  },
};

export const ranks = [
  {
    name: 'range_rank',
    group: 'own',
    scope: 'cross-section',
    formula: 'place of range_of_hour among the eligible coins',
    unit: 'count',
    lookbackHours: 1,
    warmupHours: 720,
    needs: [],
    inputs: ['range_of_hour'],
    compute([range], eligible, out) {
      for (let coin = 0; coin < out.length; coin += 1)
        if (eligible[coin] === 1) out[coin] = range.filter((value) => value < range[coin]).length;
    },
  },
];

export function copyOf({ inputs, ...block }, argument) {
  return {
    block: { ...block, values: block.values.slice(), eligible: block.eligible?.slice() ?? null },
    argument,
  };
}
