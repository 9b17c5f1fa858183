/** Mistakes in the rules of an account, one a mutant. */
import type { Mutant } from './mutants.ts';

const venue = 'simulator/venue.ts';
const margin = 'simulator/margin.ts';
const pool = 'simulator/pool.ts';
const fills = 'simulator/fills.ts';
const entries = 'simulator/entries.ts';
const working = 'simulator/working.ts';
const book = 'portfolio/book.ts';

/** Caught by markets under such rules. */
export const accountMutants: readonly Mutant[] = [
  {
    name: 'an isolated position may lose more than its margin',
    edits: [{ file: fills, from: 'terms.bounded ? Math.max(0, lost - Math.max(0, margin)) : 0', to: '0' }],
  },
  {
    name: 'a liquidation pays the taker fee',
    edits: [
      { file: fills, from: 'quantity * price * terms.clearanceFee', to: 'quantity * price * this.#taker' },
    ],
  },
  {
    name: 'a liquidation slips no more than any other order',
    edits: [{ file: fills, from: 'Math.max(0, raw + terms.stress * (fair - raw))', to: 'fair' }],
  },
  {
    name: 'maintenance margin inside a bar is that of the tier at entry',
    edits: [
      {
        file: margin,
        from: 'import { BracketBook, type Tier } from',
        to: 'import { BracketBook, type Tier, tierAt } from',
      },
      {
        file: margin,
        from: 'maintenance: (notional: number) => this.brackets.maintenance(coin, notional),',
        to: 'maintenance: (notional: number) => {\n          const tier = tierAt(this.brackets.tiersOf(coin) ?? NO_TIERS, reals[real + QUANTITY]! * reals[real + ENTRY_PRICE]!);\n          return notional * tier.maintenanceRate - tier.cum;\n        },',
      },
    ],
  },
  {
    name: 'every leg of the pool stands at its own adverse extreme',
    edits: [{ file: pool, from: "if (intrabar === 'all-adverse') {", to: 'if (intrabar !== undefined) {' }],
  },
  {
    name: 'the pool is closed at the extremes instead of on the way to them',
    edits: [
      {
        file: pool,
        from: 'for (let step = 1; step < PATH_STEPS;',
        to: 'for (let step = PATH_STEPS; step < PATH_STEPS;',
      },
    ],
  },
  {
    name: 'stops that come too late together save the pool',
    edits: [
      {
        file: pool,
        from: 'spare: balance - maintenance, broken: balance <= maintenance };',
        to: 'spare: balance - maintenance, broken: !pool.legs.every((leg) => leg.acts) && balance <= maintenance };',
      },
    ],
  },
  {
    name: 'no margin is checked at the close',
    edits: [
      {
        file: venue,
        from: 'if (this.#safeVersion !== this.book.version) this.#checkMarginAtClose(hour);',
        to: '',
      },
    ],
  },
  {
    name: 'no margin is checked at the open',
    edits: [{ file: venue, from: 'if (this.#desk.margin !== null) this.#checkMarginAtOpen();', to: '' }],
  },
  {
    name: 'a broken pool closes its smallest loss first',
    edits: [
      {
        file: margin,
        from: '      if (unrealised >= worst) continue;',
        to: '      if (-unrealised >= worst) continue;',
      },
      { file: margin, from: '      worst = unrealised;', to: '      worst = -unrealised;' },
    ],
  },
  {
    name: 'funding does not touch an isolated margin',
    edits: [
      {
        file: venue,
        from: 'asides[k * ASIDES + MARGIN] = asides[k * ASIDES + MARGIN]! - paid;',
        to: 'void 0;',
      },
    ],
  },
  {
    name: 'a reduced position keeps its whole margin',
    edits: [
      {
        file: book,
        from: 'this.asides[aside + MARGIN]! * (left / reals[real + QUANTITY]!)',
        to: 'this.asides[aside + MARGIN]!',
      },
    ],
  },
  {
    name: 'an entry need not bear the loss that it opens with',
    edits: [
      {
        file: entries,
        from: 'margined / leverage + price * fee + openLoss, margin',
        to: 'margined / leverage + price * fee + 0 * openLoss, margin',
      },
    ],
  },
  {
    name: 'resting orders hold no margin back',
    edits: [
      {
        file: working,
        from: 'margin.resting += (left * limit) / leverage;',
        to: 'margin.resting += (0 * left * limit) / leverage;',
      },
    ],
  },
  {
    name: 'a limit order fills where it is only touched',
    edits: [
      {
        file: working,
        from: 'side === 1 ? !(low < each.limit) : !(high > each.limit)',
        to: 'side === 1 ? !(low <= each.limit) : !(high >= each.limit)',
      },
    ],
  },
  {
    name: 'a post-only order takes',
    edits: [
      {
        file: entries,
        from: "order.target.postOnly === true && !draft.rests ? 'would-take' : null",
        to: 'null',
      },
    ],
  },
  {
    name: 'a limit order that rested pays the taker fee',
    edits: [
      {
        file: working,
        from: 'price: each.limit, maker: true });',
        to: 'price: each.limit, maker: false });',
      },
    ],
  },
  {
    name: 'a limit order never expires',
    edits: [
      {
        file: working,
        from: "if (each.kind === 'limit' && each.untilMinute <= minute) this.#end(each, minute, 'expired');",
        to: 'void each;',
      },
    ],
  },
  {
    name: 'the cap on participation begins anew within a bar',
    edits: [
      {
        file: working,
        from: 'this.#desk.capacity(order.coin, hour, raw) - taken;',
        to: 'this.#desk.capacity(order.coin, hour, raw) - 0 * taken;',
      },
    ],
  },
  {
    name: 'the second order of a bar costs what the first did',
    edits: [
      {
        file: 'exchange/impact.ts',
        from: 'const before = this.#tradedIn(coin, hour, direction);',
        to: 'const before = 0 * this.#tradedIn(coin, hour, direction);',
      },
    ],
  },
  {
    name: 'volatility and volume are those up to the hour, not up to midnight',
    edits: [
      {
        file: 'exchange/impact.ts',
        from: 'isPresent(this.#panel, coin, midnight - HOURS_A_DAY) ? midnight : hour',
        to: 'isPresent(this.#panel, coin, midnight - HOURS_A_DAY) ? hour : hour',
      },
    ],
  },
  {
    name: 'the trailing stop is raised before the bar is tested',
    edits: [
      { file: 'simulator/hour-walk.ts', from: '    if (book.trailing > 0) this.#trail();\n', to: '' },
      {
        file: 'simulator/hour-walk.ts',
        from: '    if (margin !== null && !isSafe()) {\n',
        to: '    if (book.trailing > 0) this.#trail();\n    if (margin !== null && !isSafe()) {\n',
      },
      { file: venue, from: '    if (book.trailing > 0) this.#walk.trailThrough(hour);\n', to: '' },
      {
        file: venue,
        from: '    let equity = book.ground;\n',
        to: '    if (book.trailing > 0) this.#walk.trailThrough(hour);\n    let equity = book.ground;\n',
      },
    ],
  },
  {
    name: 'levels are rounded to the better tick',
    edits: [
      {
        file: 'portfolio/levels.ts',
        from: 'roundPrice(price, tickSize, side === 1 ? -1 : 1)',
        to: 'roundPrice(price, tickSize, side === 1 ? 1 : -1)',
      },
    ],
  },
  {
    name: 'a stop on the mark fills at the mark',
    edits: [
      {
        file: 'simulator/frame.ts',
        from: "const carried = (level * open) / this.mark(k, 'open');",
        to: 'const carried = level;',
      },
    ],
  },
  {
    name: 'where both extremes are as near, the better one comes first',
    edits: [
      {
        file: 'simulator/path.ts',
        from: 'favourable - open < open - adverse',
        to: 'favourable - open <= open - adverse',
      },
      {
        file: 'simulator/frame.ts',
        from: "this.#rules.path === 'adaptive' && favourable - open < open - adverse",
        to: "this.#rules.path === 'adaptive' && favourable - open <= open - adverse",
      },
    ],
  },
  {
    name: 'spot positions pay funding',
    edits: [
      {
        file: venue,
        from: 'if (rate !== rate || asides[k * ASIDES + MARKET] === 1) continue;',
        to: 'if (rate !== rate) continue;',
      },
    ],
  },
  {
    name: 'a further part of an entry leaves the entry price as it was',
    edits: [{ file: book, from: '    this.reals[real + ENTRY_PRICE] = average;\n', to: '' }],
  },
  {
    name: 'a haircut helps',
    edits: [{ file: venue, from: 'price * (1 - side * haircut)', to: 'price * (1 + side * haircut)' }],
  },
  {
    name: 'a redenomination forgets the levels',
    edits: [{ file: book, from: '[ENTRY_PRICE, SIGNED_STOP, SIGNED_TARGET]', to: '[ENTRY_PRICE]' }],
  },
  {
    name: 'working orders outlive a rename',
    edits: [{ file: venue, from: '    this.#working.cancelCoin(from, this.#now);\n', to: '' }],
  },
  {
    name: 'a transfer takes what positions need as margin',
    edits: [
      {
        file: 'simulator/transfers.ts',
        from: "const usdm = margin === null ? book.walletCash('usdm') : margin.availableAtMarks(hour - 1);",
        to: "const usdm = book.walletCash('usdm');",
      },
    ],
  },
  {
    name: 'what is left of an order goes into a later position of the coin',
    edits: [
      {
        file: working,
        from: 'place < 0 || desk.book.wholes[place * WHOLES + ENTRY_MINUTE]! > each.sinceMinute',
        to: 'place < 0',
      },
    ],
  },
];
