/** Who is liquidated, where and at which marks (docs/account.md, section 5). */
import type { Book } from './book.ts';
import { adverse, type Hit, hitOf } from './levels.ts';
import { liquidationLevel } from './margin.ts';
import type { BarPair, Position } from './types.ts';

const steps = 256;

/** A position of the pool over one bar. */
interface Leg {
  readonly position: Position;
  readonly bars: BarPair | null;
  /** Mark at the open; the last one where the leg has no bar now. */
  readonly open: number;
  /** What takes the leg out of the pool inside the bar; null where it stays in. */
  readonly exit: Hit | null;
}

type Marks = (leg: Leg) => number;

/** The check at the open or the close of an hour, at the marks as they stand. */
export function liquidateAtMarks(book: Book, place: 'open' | 'close'): void {
  const { margin } = book.venue.account;
  if (margin === 'none') return;
  const kind = place === 'open' ? 'liquidation at the open' : 'liquidation at the close';
  if (margin === 'isolated') {
    book.walk((position) => {
      if (position.market !== 'usdm' || !hasBar(book, position)) return;
      if (position.margin + book.unrealised(position) > book.maintenance(position)) return;
      book.count(kind);
      forceOut(book, position, book.mark(position), 'isolated liquidation', true);
    });
    return;
  }
  const broken = poolBalance(book) <= poolMaintenance(book);
  if (!broken || !book.futures().some((each) => hasBar(book, each))) return;
  book.count(kind);
  closePool(
    book,
    (position) => book.mark(position),
    (position) => hasBar(book, position),
    true,
  );
}

/** Inside the bars that end now: every isolated position by itself, or the pool in its adverse state. */
export function liquidateInside(book: Book): void {
  const { margin } = book.venue.account;
  if (margin === 'isolated') book.walk((position) => liquidateIsolated(book, position));
  if (margin === 'cross') liquidatePool(book);
}

function liquidateIsolated(book: Book, position: Position): void {
  const { coin, market, side } = position;
  const bars = market === 'usdm' ? book.prices.barNow(coin, market) : null;
  if (bars === null) return;
  const extreme = adverse(side, bars.mark);
  if (position.margin + book.unrealised(position, extreme) > book.maintenance(position, extreme)) return;
  const level = liquidationLevel(position, book.tiers(coin), position.margin, 0) ?? extreme;
  const hit = currentHit(book, position, bars);
  if (hit?.early === true) return;
  if (hit?.reason === 'stop' && side * hit.level > side * level) {
    book.count('isolated stop nearer than the liquidation');
    return;
  }
  const raw = side * bars.mark.open <= side * level ? bars.mark.open : level;
  book.count('liquidation inside a bar');
  forceOut(book, position, raw, 'isolated liquidation');
}

function liquidatePool(book: Book): void {
  const futures = book.futures();
  const bars = futures.map(({ coin, market }) => book.prices.barNow(coin, market));
  if (bars.every((each) => each === null)) return;
  const legs = futures.map((position, index): Leg => {
    const own = bars[index] ?? null;
    return { position, bars: own, open: own?.mark.open ?? book.mark(position), exit: null };
  });
  const pool = legs.map((leg) => ({ ...leg, exit: exitOf(book, legs, leg) }));
  const state = adverseState(book, pool);
  if (excess(book, pool, state, () => true) > 0) return;
  const onTheWay =
    (share: number): Marks =>
    (leg) =>
      leg.open + (state(leg) - leg.open) * share;
  let step = 1;
  while (step < steps && excess(book, pool, onTheWay(step / steps), acted(state, step / steps)) > 0)
    step += 1;
  const share = step / steps;
  const marks = new Map(pool.map((leg) => [leg.position, markAt(leg, onTheWay(share))]));
  book.count('liquidation inside a bar');
  const out = new Map(
    pool
      .filter((leg) => leg.exit !== null && acted(state, share)(leg))
      .map((leg) => [leg.position, leg.exit!]),
  );
  book.walk((position) => {
    const hit = out.get(position);
    if (hit === undefined) return;
    book.count('stop filled on the way to a liquidation');
    book.exit(position, hit.price, hit.reason, { manner: hit.maker ? 'maker' : 'taker' });
  });
  const markOf = (position: Position) => marks.get(position)!;
  const now = ({ coin, market }: Position) => book.prices.barNow(coin, market) !== null;
  closePool(book, markOf, now);
}

/** The state that counts: marks of all legs. */
function adverseState(book: Book, pool: readonly Leg[]): Marks {
  if (book.venue.account.intrabar === 'all-adverse') {
    return ({ position, bars, open }) => (bars === null ? open : adverse(position.side, bars.mark));
  }
  const lows: Marks = ({ bars, open }) => bars?.mark.low ?? open;
  const highs: Marks = ({ bars, open }) => bars?.mark.high ?? open;
  const [low, high] = [lows, highs].map((marks) => excess(book, pool, marks, () => true));
  return high! < low! ? highs : lows;
}

/** What takes a leg out by itself: its stop, or a level visited before; unless its own liquidation lies nearer than the stop. */
function exitOf(book: Book, legs: readonly Leg[], { position, bars }: Leg): Hit | null {
  if (bars === null) return null;
  const hit = currentHit(book, position, bars);
  if (hit === null || hit.early) return hit;
  if (hit.reason === 'target') return null;
  let balance = book.usdm;
  let maintenance = 0;
  for (const other of legs) {
    if (other.position === position) continue;
    balance += book.unrealised(other.position, other.open);
    maintenance += book.maintenance(other.position, other.open);
  }
  const level = liquidationLevel(position, book.tiers(position.coin), balance, maintenance);
  return level !== null && position.side * level > position.side * hit.level ? null : hit;
}

/** Whether a leg's stop has acted on the first `share` of the way to the state, each along its own series; from the start on the other side. */
function acted(state: Marks, share: number): (leg: Leg) => boolean {
  return (leg) => {
    const { exit, bars, position } = leg;
    if (exit === null || exit.early || bars === null) return true;
    const { side } = position;
    const down = bars.mark.low === bars.mark.high ? side === 1 : state(leg) === bars.mark.low;
    if (down !== (side === 1)) return true;
    const series = position.wanted.stopOn === 'mark' ? bars.mark : bars.trade;
    const reached = series.open + share * (adverse(side, series) - series.open);
    return side * reached <= side * exit.level;
  };
}

/** Balance less maintenance margin of the pool. */
function excess(book: Book, pool: readonly Leg[], marks: Marks, hasActed: (leg: Leg) => boolean): number {
  let balance = book.usdm;
  let maintenance = 0;
  for (const leg of pool) {
    const { position, exit } = leg;
    if (exit !== null && hasActed(leg)) {
      balance += realised(book, position, exit);
    } else {
      const mark = markAt(leg, marks);
      balance += book.unrealised(position, mark);
      maintenance += book.maintenance(position, mark);
    }
  }
  return balance - maintenance;
}

/** The mark of a leg, never beyond its target. */
function markAt(leg: Leg, marks: Marks): number {
  const { side, targetPrice } = leg.position;
  const mark = marks(leg);
  if (targetPrice === null || leg.bars === null) return mark;
  return side === 1 ? Math.min(mark, targetPrice) : Math.max(mark, targetPrice);
}

function realised(book: Book, position: Position, hit: Hit): number {
  const { side, quantity, entryPrice } = position;
  const manner = hit.maker ? 'maker' : 'taker';
  const price = book.exitPrice(position, hit.price, quantity, manner);
  return side * quantity * (price - entryPrice) - quantity * price * book.exitFee(position, manner);
}

/** Closes the legs of a broken pool that have a bar, at the given marks. */
function closePool(
  book: Book,
  markOf: (position: Position) => number,
  hasBarNow: (position: Position) => boolean,
  atHour = false,
): void {
  let closed = 0;
  const close = (position: Position) => {
    forceOut(book, position, markOf(position), 'cross liquidation', atHour);
    closed += 1;
  };
  const open = () => book.futures().filter(hasBarNow);
  if (book.venue.account.close === 'all') {
    book.walk((position) => {
      if (position.market === 'usdm' && hasBarNow(position)) close(position);
    });
  } else {
    while (open().length > 0 && poolBalance(book, markOf) <= poolMaintenance(book, markOf)) {
      const loss = (position: Position) => book.unrealised(position, markOf(position));
      close(open().reduce((worst, each) => (loss(each) < loss(worst) ? each : worst)));
    }
    if (open().length > 0) book.count('worst-first that stops early');
  }
  if (closed > 0) book.coverDebt(markOf);
}

function forceOut(
  book: Book,
  position: Position,
  raw: number,
  kind: 'isolated liquidation' | 'cross liquidation',
  atHour = false,
): void {
  book.count(kind);
  book.liquidatedNow.add(position.coin);
  if (book.venue.account.onLiquidation === 'stop') book.stopped = true;
  book.exit(position, raw, 'liquidation', { manner: 'clearance', atHour });
}

function poolBalance(book: Book, markOf = (position: Position) => book.mark(position)): number {
  return book.futures().reduce((sum, each) => sum + book.unrealised(each, markOf(each)), book.usdm);
}

function poolMaintenance(book: Book, markOf = (position: Position) => book.mark(position)): number {
  return book.futures().reduce((sum, each) => sum + book.maintenance(each, markOf(each)), 0);
}

function hasBar(book: Book, { coin, market }: Position): boolean {
  return book.prices.hourBar(coin, market) !== null;
}

function currentHit(book: Book, position: Position, bars: BarPair): Hit | null {
  const makerFill = position.makerMinute === book.barMinute(position.coin, position.market);
  return hitOf(position, bars, book.venue.fills, makerFill);
}
