/** A planted market as a case for the second simulator, which shares no code with the engine. */
import type { Dataset } from '../../datasets/dataset.ts';
import type { FilterEdition } from '../../engine/exchange/filters.ts';
import { barOffset, type Panel, settlementsOf } from '../../engine/panel/panel.ts';
import { type AccountRules, plainRules, type VenueRules } from '../../engine/simulator/rules.ts';
import { firstAccountDifference, firstDifference } from '../differential/difference.ts';
import { runEngine } from '../differential/engine-adapter.ts';
import type { Case } from '../differential/markets.ts';
import { runReference } from '../differential/reference-run.ts';
import type { Bar, CoinHistory, Market } from '../differential/types.ts';

export interface Comparison {
  readonly trades: number;
  readonly refusals: number;
  readonly liquidations: number;
  /** The first difference, in words; null where there is none. */
  readonly difference: string | null;
}

const CAPITAL = 100_000;
const hourMs = 3_600_000;

/** Fees, funding and levels alone: to the last bit. */
export async function comparePlain(dataset: Dataset): Promise<Comparison> {
  const drawn = caseOf(bareMarket(dataset.panel), await scoresOf(dataset));
  const reference = runReference(drawn);
  const engine = await runEngine(drawn);
  return { ...countsOf(reference), difference: firstDifference(reference, engine) };
}

/** With margin, marks, tiers and filters: up to rounding. */
export async function compareAccount(
  dataset: Dataset,
  account: Pick<AccountRules, 'margin' | 'leverage'>,
): Promise<Comparison> {
  const { brackets, panel } = dataset;
  const filters = wholeEditions(dataset);
  const venue: VenueRules = {
    ...plainRules,
    account: { ...plainRules.account, ...account, brackets, filters },
  };
  const plain = caseOf(marketOf(panel), await scoresOf(dataset));
  // An odd size: a margin that fits to the last bit would be left to rounding.
  const drawn: Case = { ...plain, venue, choice: { ...plain.choice, fraction: 0.2137, stop: null } };
  const reference = runReference(drawn);
  const engine = await runEngine(drawn);
  return { ...countsOf(reference), difference: firstAccountDifference(reference, engine, CAPITAL) };
}

function countsOf({ trades, refusals }: ReturnType<typeof runReference>): Omit<Comparison, 'difference'> {
  const liquidations = trades.filter(({ reason }) => reason === 'liquidation').length;
  return { trades: trades.length, refusals: refusals.length, liquidations };
}

function caseOf(market: TimedMarket, scores: Case['scores']): Case {
  return {
    market,
    scores,
    startMs: market.startMs,
    choice: {
      ...{ kind: 'ranked', size: 5, shorts: true, order: 'mixed', sizing: 'of-equity', flat: 'none' },
      ...{ fraction: 1 / 60, stop: 0.08, target: 0.125, holdHours: 72, varied: true },
    },
    ...{ capital: CAPITAL, takerFeeBps: 5, slippageBps: 2, closeAtEnd: true },
    ...{ fromHour: 0, toHour: market.hours, slotsMax: 30, sideNotionalFractionMax: null, everyHours: 6 },
  };
}

interface TimedMarket extends Market {
  /** Open time of hour 0, epoch ms UTC. */
  readonly startMs: number;
}

/** Nothing but bars and funding: what the plain rules know of. */
function bareMarket(panel: Panel): TimedMarket {
  const { hours, startMs } = panel;
  const coins = panel.symbols.map((symbol, coin): CoinHistory => {
    const funding = settlementsOf(panel, coin).map(({ hour, rate, mark }) => ({
      ...{ offsetMs: hour * hourMs, rate },
      mark: Number.isNaN(mark) ? null : mark,
    }));
    return { symbol, bars: barsOf(panel, coin), funding };
  });
  return { hours, startMs, coins };
}

/** With marks, spot prices and what is known of the coins' lives. */
function marketOf(panel: Panel): TimedMarket {
  const { series, life } = panel;
  const bare = bareMarket(panel);
  const coins = bare.coins.map((history, coin): CoinHistory => {
    const [mark, spot] = [series?.markRow[coin] ?? -1, series?.spotRow[coin] ?? -1];
    return {
      ...history,
      ...(mark < 0 ? {} : { marks: barsOf(panel, mark) }),
      ...(spot < 0 ? {} : { spot: barsOf(panel, spot) }),
      dataEnds: life?.dataEnds[coin] === 1,
      delisted: life?.delisted[coin] === 1,
      gaps: (life?.gaps ?? [])
        .filter((gap) => gap.coin === coin)
        .map(({ fromHour, toHour }) => ({ from: fromHour, to: toHour })),
    };
  });
  return { ...bare, coins, renames: life?.renames ?? [] };
}

/** The second simulator reads an edition as a list of all coins; a stored one names those that changed. */
function wholeEditions({ filters, panel }: Dataset): readonly FilterEdition[] {
  return filters.map(({ effectiveMs }, index) => ({
    effectiveMs,
    filters: new Map(
      panel.symbols.flatMap((symbol) => {
        const own = filters.flatMap((edition, at) => {
          const row = edition.filters.get(symbol);
          return row === undefined ? [] : [{ at, row }];
        });
        const inForce = own.findLast(({ at }) => at <= index) ?? own[0];
        return inForce === undefined ? [] : [[symbol, inForce.row] as const];
      }),
    ),
  }));
}

function barsOf(panel: Panel, row: number): (Bar | null)[] {
  return Array.from({ length: panel.hours }, (_, hour) => {
    const at = barOffset(panel, row, hour);
    const [open, high, low, close] = panel.bars.subarray(at, at + 4);
    return Number.isNaN(open) ? null : { open: open!, high: high!, low: low!, close: close! };
  });
}

async function scoresOf(dataset: Dataset): Promise<Case['scores']> {
  const { values, coins, hours } = await dataset.rows('score');
  return Array.from({ length: hours }, (_, hour) =>
    Array.from(values.subarray(hour * coins, (hour + 1) * coins)),
  );
}
