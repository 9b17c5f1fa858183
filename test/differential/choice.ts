/** What the random strategies choose: one pure function, used by both simulators, each giving it its own view of things. */
import type { Wanted } from './types.ts';

export interface ChoiceRecipe {
  /** `ranked`: both ends of the ranking, coin 0 left out. `gate`: scores beyond a threshold. */
  readonly kind: 'ranked' | 'gate';
  /** ranked: coins a side. gate: the threshold. */
  readonly size: number;
  /** gate only: scores below minus the threshold are sold short. */
  readonly shorts: boolean;
  /** `mixed` hands longs and shorts over by strength, not side by side. */
  readonly order: 'by-side' | 'mixed';
  /** Notional is `base` times this; the base is the capital or the equity at the decision. */
  readonly fraction: number;
  readonly sizing: 'fixed' | 'of-equity';
  /** Which coins with a score of 0 are to be flat. */
  readonly flat: 'none' | 'held' | 'any';
  readonly stop: number | null;
  readonly target: number | null;
  readonly holdHours: number | null;
  /** Every third coin goes without stop, every fourth without target, every fifth with half the hold. */
  readonly varied: boolean;
  /** How orders are sent and closed; market orders and nothing else if absent. */
  readonly orders?: OrderRecipe | undefined;
}

export interface OrderRecipe {
  /** Every second coin is bought in the spot market. */
  readonly spotLongs: boolean;
  readonly leverage: number | null;
  readonly trailing: number | null;
  readonly markStops: boolean;
  readonly limitTargets: boolean;
  /** Which entries are limit orders. */
  readonly limits: 'none' | 'some' | 'all';
  readonly postOnly: boolean;
  readonly orderHours: number;
  /** Part of a position that is closed where the score is 1 or -1; none if null. */
  readonly reduce: number | null;
}

export interface ChoiceView {
  readonly capital: number;
  readonly equity: number;
  isOpen(coin: number): boolean;
}

/**
 * Targets in rank order, best first; ties go to the lower coin. Nothing at all once the equity is used up. `prices` are
 * those of limit orders, by coin.
 */
export function choose(
  recipe: ChoiceRecipe,
  scores: ArrayLike<number>,
  view: ChoiceView,
  prices: ArrayLike<number> = [],
): Wanted[] {
  const notional = (recipe.sizing === 'fixed' ? view.capital : view.equity) * recipe.fraction;
  if (!(notional > 0)) return [];
  const ranked = Array.from(scores, (score, coin) => ({ score, coin })).filter(
    ({ score }) => !Number.isNaN(score),
  );
  const best = ranked.toSorted((a, b) => b.score - a.score || a.coin - b.coin);
  const worst = ranked.toSorted((a, b) => a.score - b.score || a.coin - b.coin);
  const longs =
    recipe.kind === 'ranked' ? ends(best, recipe.size) : best.filter((each) => each.score >= recipe.size);
  const shorts =
    recipe.kind === 'ranked'
      ? ends(worst, recipe.size).filter((each) => !longs.includes(each))
      : worst.filter((each) => recipe.shorts && each.score <= -recipe.size);
  const picks = [
    ...longs.map(({ coin, score }) => ({ coin, score, side: 1 as const })),
    ...shorts.map(({ coin, score }) => ({ coin, score, side: -1 as const })),
  ];
  if (recipe.order === 'mixed')
    picks.sort((a, b) => Math.abs(b.score) - Math.abs(a.score) || a.coin - b.coin);
  const entries = picks.map(({ coin, side, score }) => ({
    ...{ coin, side, notional, ...exitsOf(recipe, coin) },
    ...sent(recipe.orders, { coin, side, score, price: prices[coin] ?? Number.NaN }),
  }));
  return [...flats(recipe, ranked, picks, view), ...entries];
}

function ends<Row extends { readonly coin: number }>(rows: readonly Row[], count: number): Row[] {
  return rows.filter((row) => row.coin !== 0).slice(0, count);
}

/** A coin is named once in a decision: one that is picked is not asked to be flat. */
function flats(
  recipe: ChoiceRecipe,
  ranked: readonly { readonly score: number; readonly coin: number }[],
  picks: readonly { readonly coin: number }[],
  view: ChoiceView,
): Wanted[] {
  if (recipe.flat === 'none') return [];
  const { spotLongs = false, reduce = null } = recipe.orders ?? {};
  const farthest = reduce === null ? 0 : 1;
  return ranked
    .filter(({ score, coin }) => Math.abs(score) <= farthest && !picks.some((pick) => pick.coin === coin))
    .filter(({ coin }) => recipe.flat === 'any' || view.isOpen(coin))
    .map(({ coin, score }) => ({
      ...{ coin, side: 0, notional: 0, stop: null, target: null, holdHours: null },
      ...(spotLongs && coin % 2 === 0 && score >= 0 ? { market: 'spot' } : {}),
      ...(score === 0 || reduce === null ? {} : { reduce }),
    }));
}

/** How an entry is sent, and what its exits are: the coin decides, so that one run has several kinds. */
function sent(
  orders: OrderRecipe | undefined,
  pick: { readonly coin: number; readonly side: 1 | -1; readonly score: number; readonly price: number },
): Partial<Wanted> {
  if (orders === undefined) return {};
  const { coin, side, score, price } = pick;
  const byLimit = orders.limits === 'all' || (orders.limits === 'some' && (coin + Math.abs(score)) % 2 === 0);
  return {
    ...(orders.spotLongs && side === 1 && coin % 2 === 0 ? { market: 'spot' } : {}),
    ...(orders.leverage !== null && coin % 3 !== 0 ? { leverage: orders.leverage } : {}),
    ...(orders.trailing !== null && coin % 3 !== 1 ? { trailing: orders.trailing } : {}),
    ...(orders.markStops && coin % 4 !== 0 ? { stopOn: 'mark' } : {}),
    ...(orders.limitTargets ? { targetKind: 'limit' } : {}),
    ...(byLimit && price > 0 ? { limit: price, orderHours: orders.orderHours } : {}),
    ...(byLimit && price > 0 && orders.postOnly && coin % 3 !== 2 ? { postOnly: true } : {}),
  };
}

function exitsOf(
  recipe: ChoiceRecipe,
  coin: number,
): { stop: number | null; target: number | null; holdHours: number | null } {
  const { stop, target, holdHours, varied } = recipe;
  return {
    stop: varied && coin % 3 === 2 ? null : stop,
    target: varied && coin % 4 === 3 ? null : target,
    holdHours: varied && coin % 5 === 4 && holdHours !== null ? Math.ceil(holdHours / 2) : holdHours,
  };
}
