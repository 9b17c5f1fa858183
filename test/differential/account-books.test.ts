/** What must hold in every run under the rules of an account: the tables tell one story, and the money adds up every hour. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { VenueRules } from '../../engine/simulator/rules.ts';
import { accountCaseOf, accountRecipe } from './account-rules.ts';
import { backtestOf, type EngineBacktest } from './engine-adapter.ts';
import type { Case } from './markets.ts';
import { reals, sum, texts } from './table-columns.ts';

const seed = Number(process.env['HOURGLASS_SEED'] ?? 20_240_104);
const runsCount = 150;
const hourMs = 3_600_000;

interface Lived extends EngineBacktest {
  readonly drawn: Case;
  readonly rules: VenueRules;
  readonly tables: ReturnType<EngineBacktest['journal']['tables']>;
}

const lived: Lived[] = [];

beforeAll(async () => {
  for (const drawn of fc.sample(accountRecipe, { seed, numRuns: runsCount }).map(accountCaseOf)) {
    const run = await backtestOf(drawn);
    lived.push({ drawn, rules: drawn.venue!, tables: run.journal.tables(run.panel.symbols), ...run });
  }
}, 60_000);

describe(`${runsCount} accounts (HOURGLASS_SEED=${seed})`, () => {
  test('every hour the wallets are the capital and what fills, funding, transfers and the insurance moved', () => {
    let hours = 0;
    for (const run of lived) {
      const moved = cashMoves(run);
      const wallets = { usdm: run.drawn.capital, spot: run.rules.account.spotCapital };
      for (let hour = run.drawn.fromHour; hour < run.drawn.toHour; hour += 1) {
        wallets.usdm += moved.usdm[hour]!;
        wallets.spot += moved.spot[hour]!;
        const spot = run.result.spotCash[hour]!;
        const tolerance = 1e-9 * (run.drawn.capital + moved.turnover);
        expect(Math.abs(spot - wallets.spot)).toBeLessThanOrEqual(tolerance);
        expect(Math.abs(run.result.cash[hour]! - spot - wallets.usdm)).toBeLessThanOrEqual(tolerance);
        hours += 1;
      }
    }
    expect(hours).toBeGreaterThan(10_000);
  });

  test('equity at the end is wallets, unrealised profit and spot value; trades and open positions explain it', () => {
    for (const { drawn, rules, result } of lived) {
      const { book } = result.venue;
      const scale = 1e-9 * (drawn.capital + turnoverOf(result.trades));
      let worth = book.cash;
      let unrealised = 0;
      for (const { market, side, quantity, entryPrice, markPrice } of book.positions()) {
        const profit = side * quantity * (markPrice - entryPrice);
        unrealised += profit;
        worth += market === 'spot' ? quantity * markPrice : profit;
      }
      expect(Math.abs(result.finalEquity - worth)).toBeLessThanOrEqual(scale);
      expect(result.finalEquity).toBe(result.equity[drawn.toHour - 1]);
      if (book.positionCount > 0) continue;
      const gained = result.finalEquity - drawn.capital - rules.account.spotCapital;
      expect(Math.abs(gained - sum(result.trades.pnl))).toBeLessThanOrEqual(scale);
      expect(unrealised).toBe(0);
    }
  });

  test('fills and redenominations leave what is held, coin by coin and market by market', () => {
    let renamed = 0;
    for (const { tables, panel, result } of lived) {
      const held = new Map<string, number>();
      const bought = new Map<string, number>();
      for (const event of eventsOf(tables)) {
        if (event.kind === 'fill') {
          held.set(event.place, (held.get(event.place) ?? 0) + event.quantity);
          bought.set(event.place, (bought.get(event.place) ?? 0) + Math.abs(event.quantity));
          continue;
        }
        const { from, to, factor } = event;
        const market = ['usdm', 'spot'].find((each) => {
          const dust = 1e-9 * (bought.get(`${from} ${each}`) ?? 0);
          return !event.moved.has(each) && Math.abs(held.get(`${from} ${each}`) ?? 0) > dust;
        })!;
        event.moved.add(market);
        const quantity = held.get(`${from} ${market}`)! / factor;
        const turnover = bought.get(`${from} ${market}`)! / factor;
        held.delete(`${from} ${market}`);
        held.set(`${to} ${market}`, quantity);
        bought.set(`${to} ${market}`, turnover + (bought.get(`${to} ${market}`) ?? 0));
        renamed += 1;
      }
      const open = new Map(
        result.venue.book
          .positions()
          .map((each) => [`${panel.symbols[each.coin]} ${each.market}`, each.side * each.quantity]),
      );
      for (const place of new Set([...held.keys(), ...open.keys()])) {
        const error = Math.abs((held.get(place) ?? 0) - (open.get(place) ?? 0));
        expect(error, place).toBeLessThanOrEqual(1e-9 * (bought.get(place) ?? 0));
      }
    }
    expect(renamed).toBeGreaterThan(10);
  });

  test('every target ends: filled, in part, taken back or cancelled, or refused with a reason', () => {
    const ends: Record<string, number> = {};
    for (const { tables, result } of lived) {
      const { decisions, targets } = tables;
      expect(sum(reals(decisions, 'targets'))).toBe(targets.rows);
      const refusals = texts(targets, 'refusal');
      for (const [row, outcome] of texts(targets, 'outcome').entries()) {
        expect(['filled', 'partial', 'withdrew', 'refused']).toContain(outcome);
        expect(refusals[row] !== null).toBe(outcome === 'refused');
        ends[outcome!] = (ends[outcome!] ?? 0) + 1;
      }
      const refused = refusals.filter((reason) => reason !== null).length;
      expect(sum(Object.values(result.counts.refusals))).toBe(refused);
    }
    expect(Math.min(...Object.values(ends))).toBeGreaterThan(20);
    expect(Object.keys(ends)).toHaveLength(4);
  });

  test('fees and funding are those of the trades where nothing is left open', () => {
    for (const { tables, result, drawn } of lived) {
      const { fills, funding } = tables;
      if (result.venue.book.positionCount > 0) continue;
      const tolerance = 1e-9 * (drawn.capital + turnoverOf(result.trades));
      expect(Math.abs(sum(reals(fills, 'fee')) - sum(result.trades.fees))).toBeLessThanOrEqual(tolerance);
      expect(Math.abs(sum(reals(funding, 'cash')) - sum(result.trades.funding))).toBeLessThanOrEqual(
        tolerance,
      );
    }
  });

  test('a long and a short of one size would pay each other at every stamp', () => {
    let rows = 0;
    for (const { funding } of lived.map(({ tables }) => tables)) {
      const [cash, quantity, side] = [
        reals(funding, 'cash'),
        reals(funding, 'quantity'),
        reals(funding, 'side'),
      ];
      const [price, rate] = [reals(funding, 'price'), reals(funding, 'rate')];
      for (let row = 0; row < funding.rows; row += 1) {
        const owed = price[row]! * rate[row]!;
        const received = cash[row]! / quantity[row]!;
        expect(Math.abs(received + side[row]! * owed)).toBeLessThanOrEqual(1e-12 * Math.abs(owed));
        rows += 1;
      }
    }
    expect(rows).toBeGreaterThan(1_000);
  });
});

type Moves = { readonly usdm: Float64Array; readonly spot: Float64Array; readonly turnover: number };

/** What each hour moved in each wallet, from fills, funding and account events alone. */
function cashMoves({ tables, result, drawn }: Lived): Moves {
  const moves = { usdm: new Float64Array(drawn.market.hours), spot: new Float64Array(drawn.market.hours) };
  const hourOf = (timeMs: number) => Math.floor((timeMs - drawn.startMs) / hourMs);
  const { fills, funding, account_events: events } = tables;
  const [markets, legs, fees] = [texts(fills, 'market'), texts(fills, 'leg'), reals(fills, 'fee')];
  const [quantities, prices] = [reals(fills, 'quantity'), reals(fills, 'price')];
  for (const [row, time] of reals(fills, 'time').entries()) {
    const market = markets[row] as 'usdm' | 'spot';
    const paid = quantities[row]! * prices[row]! * (legs[row] === 'entry' ? -1 : 1);
    moves[market][hourOf(time)]! += (market === 'spot' ? paid : 0) - fees[row]!;
  }
  const received = reals(funding, 'cash');
  for (const [row, time] of reals(funding, 'time').entries()) moves.usdm[hourOf(time)]! += received[row]!;
  const { trades } = result;
  for (let row = 0; row < trades.count; row += 1) {
    if (trades.market[row] === 1) continue;
    const { side, quantity, exitPrice, entryPrice, exitMs } = trades;
    const realised = side[row]! * quantity[row]! * (exitPrice[row]! - entryPrice[row]!);
    moves.usdm[hourOf(exitMs[row]!)]! += realised;
  }
  for (const [row, time] of reals(events, 'time').entries()) {
    const amount = reals(events, 'amount')[row]!;
    const event = texts(events, 'event')[row];
    if (event === 'insurance') moves.usdm[hourOf(time)]! += amount;
    if (event !== 'transfer') continue;
    // After the marks of the hour before, it is part of the next hour's books.
    moves[texts(events, 'from_wallet')[row] as 'usdm' | 'spot'][hourOf(time)]! -= amount;
    moves[texts(events, 'to_wallet')[row] as 'usdm' | 'spot'][hourOf(time)]! += amount;
  }
  return { ...moves, turnover: turnoverOf(trades) };
}

type HeldEvent =
  | { readonly kind: 'fill'; readonly time: number; readonly place: string; readonly quantity: number }
  | {
      readonly kind: 'rename';
      readonly time: number;
      readonly from: string;
      readonly to: string;
      readonly factor: number;
      /** Markets that a former row of the same rename has moved. */
      readonly moved: Set<string>;
    };

/** Fills and renames in time order. A stamp begins with its renames, and they with the end of what could not be renamed. */
function eventsOf({ fills, account_events: events }: Lived['tables']): HeldEvent[] {
  const renames: (HeldEvent & { kind: 'rename' })[] = [];
  const kinds = texts(events, 'event');
  for (const [row, time] of reals(events, 'time').entries()) {
    if (kinds[row] !== 'redenomination') continue;
    const [from, to] = [texts(events, 'symbol')[row]!, texts(events, 'to_symbol')[row]!];
    const same = renames.find((each) => each.time === time && each.from === from);
    const moved = from === to ? new Set<string>() : (same?.moved ?? new Set<string>());
    const twin = from === to ? same?.moved : undefined;
    renames.push({
      kind: 'rename',
      time,
      from,
      to,
      factor: reals(events, 'amount')[row]!,
      moved: twin ?? moved,
    });
  }
  const [symbols, markets, legs] = [texts(fills, 'symbol'), texts(fills, 'market'), texts(fills, 'leg')];
  const [sides, quantities] = [reals(fills, 'side'), reals(fills, 'quantity')];
  const ranked: { readonly event: HeldEvent; readonly rank: number }[] = reals(fills, 'time').map(
    (time, row) => {
      const quantity = sides[row]! * quantities[row]! * (legs[row] === 'entry' ? 1 : -1);
      const unrenamed = renames.some(
        (each) => each.time === time && each.from === symbols[row] && each.from !== each.to,
      );
      const event: HeldEvent = { kind: 'fill', time, place: `${symbols[row]} ${markets[row]}`, quantity };
      return { event, rank: unrenamed ? 0 : 2 };
    },
  );
  for (const event of renames) ranked.push({ event, rank: 1 });
  return ranked.toSorted((a, b) => a.event.time - b.event.time || a.rank - b.rank).map(({ event }) => event);
}

function turnoverOf(trades: EngineBacktest['result']['trades']): number {
  let turnover = 0;
  for (let row = 0; row < trades.count; row += 1) turnover += trades.quantity[row]! * trades.entryPrice[row]!;
  return turnover;
}
