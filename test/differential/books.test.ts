/** What must hold in every run, whatever the market: the tables of a run tell one story, and the money adds up. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Table } from '../../engine/journal/tables.ts';
import { backtestOf, type EngineBacktest } from './engine-adapter.ts';
import { type Case, caseOf, caseRecipe } from './markets.ts';
import { reals, sum, texts } from './table-columns.ts';

const seed = Number(process.env['HOURGLASS_SEED'] ?? 20_240_102);
const drawn = fc.sample(caseRecipe, { seed, numRuns: 150 }).map(caseOf);

describe(`150 random markets (HOURGLASS_SEED=${seed})`, () => {
  test('cash is capital, less fees, plus funding, plus what was realised', async () => {
    let fillsSeen = 0;
    for (const each of drawn) {
      const run = await backtestOf(each);
      const { fills, funding } = tablesOf(run);
      fillsSeen += fills.rows;
      const expected =
        each.capital - sum(reals(fills, 'fee')) + sum(reals(funding, 'cash')) + realised(fills);
      expect(Math.abs(run.result.cash[each.toHour - 1]! - expected)).toBeLessThan(1e-9 * each.capital);
    }
    expect(fillsSeen).toBeGreaterThan(1_000);
  });

  test('final equity is cash and the mark of what is open, and closed trades explain the rest', async () => {
    for (const each of drawn) {
      const { result } = await backtestOf(each);
      const book = result.venue.book;
      const open = book.positions();
      const marks = open.map(
        (position) => position.side * position.quantity * (position.markPrice - position.entryPrice),
      );
      const equity = result.equity[each.toHour - 1]!;
      expect(Math.abs(equity - book.cash - sum(marks))).toBeLessThan(1e-9 * each.capital);
      expect(result.finalEquity).toBe(equity);
      if (open.length > 0) continue;
      expect(Math.abs(equity - each.capital - sum(result.trades.pnl))).toBeLessThan(1e-9 * each.capital);
    }
  });

  test('entries and exits of a coin take turns, and leave open what the account holds', async () => {
    for (const each of drawn) {
      const run = await backtestOf(each);
      const { fills } = tablesOf(run);
      const held = new Map<string, number>();
      for (let row = 0; row < fills.rows; row += 1) {
        const symbol = texts(fills, 'symbol')[row]!;
        const signed = reals(fills, 'side')[row]! * reals(fills, 'quantity')[row]!;
        const entering = texts(fills, 'leg')[row] === 'entry';
        expect(held.get(symbol) ?? 0).toBe(entering ? 0 : signed);
        held.set(symbol, entering ? signed : 0);
      }
      const open = new Map(
        run.result.venue.book.positions().map((p) => [run.panel.symbols[p.coin]!, p.side * p.quantity]),
      );
      expect(new Map([...held].filter(([, quantity]) => quantity !== 0))).toEqual(open);
    }
  });

  test('every fill is worse than its raw price by the slippage, and pays its fee', async () => {
    for (const each of drawn) {
      const { fills } = tablesOf(await backtestOf(each));
      const [sides, legs] = [reals(fills, 'side'), texts(fills, 'leg')];
      const [prices, fees, quantities] = [
        reals(fills, 'price'),
        reals(fills, 'fee'),
        reals(fills, 'quantity'),
      ];
      for (const [row, raw] of reals(fills, 'raw_price').entries()) {
        const direction = (sides[row] === 1) === (legs[row] === 'entry') ? 1 : -1;
        const price = raw * (1 + direction * (each.slippageBps / 10_000));
        expect(prices[row]).toBe(price);
        expect(fees[row]).toBe(quantities[row]! * price * (each.takerFeeBps / 10_000));
      }
    }
  });

  test('every target ends as a fill or as a refusal with a reason', async () => {
    for (const each of drawn) {
      const run = await backtestOf(each);
      const { decisions, targets, refusals, orders, fills } = tablesOf(run);
      expect(sum(reals(decisions, 'targets'))).toBe(targets.rows);
      expect(orders.rows + refusals.rows).toBe(targets.rows);
      expect(texts(refusals, 'reason').every((reason) => reason !== null && reason !== '')).toBe(true);
      expect(reals(fills, 'decided_time').filter((time) => !Number.isNaN(time))).toHaveLength(orders.rows);
      expect(sum(Object.values(run.result.counts.refusals))).toBe(refusals.rows);
      const ids = texts(orders, 'id');
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  test('positions never exceed the slots, entry for entry', async () => {
    for (const each of drawn.filter(({ slotsMax }) => slotsMax !== null)) {
      const { fills } = tablesOf(await backtestOf(each));
      let open = 0;
      for (const leg of texts(fills, 'leg')) {
        open += leg === 'entry' ? 1 : -1;
        expect(open).toBeLessThanOrEqual(each.slotsMax!);
      }
    }
  });

  test('a run repeated is the same run: equal digests', async () => {
    for (const each of drawn.slice(0, 40)) {
      expect(await digests(each)).toEqual(await digests(each));
    }
  });
});

async function digests(each: Case): Promise<readonly string[]> {
  const { journal, panel, result } = await backtestOf(each);
  return [journal.signalDigest, journal.runDigest(result.venue.book.ledger, panel)];
}

function tablesOf({ journal, panel }: EngineBacktest): ReturnType<EngineBacktest['journal']['tables']> {
  return journal.tables(panel.symbols);
}

/** Side times quantity times price moved, over all closed positions, from the fills alone. */
function realised(fills: Table): number {
  const entries = new Map<string, number>();
  let total = 0;
  for (let row = 0; row < fills.rows; row += 1) {
    const symbol = texts(fills, 'symbol')[row]!;
    const price = reals(fills, 'price')[row]!;
    if (texts(fills, 'leg')[row] === 'entry') entries.set(symbol, price);
    else
      total += reals(fills, 'side')[row]! * reals(fills, 'quantity')[row]! * (price - entries.get(symbol)!);
  }
  return total;
}
