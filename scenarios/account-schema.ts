/** The parts of a scenario file that say how the account and the venue work, with their defaults. */
import * as z from 'zod';
import { detailLengths } from '../datasets/detail-tables.ts';
import { costModelNames, impactDefaults } from './cost-models.ts';

const bps = (doc: string) => z.number().min(0).max(1000).describe(`${doc}, in basis points`);

export const time = (doc: string) =>
  z
    .union([z.string(), z.int()], { error: 'must be a date, an ISO time or epoch milliseconds' })
    .describe(`${doc}: a date (its 00:00 UTC), an ISO time or epoch milliseconds, on the hour`);

const impactShape = {
  coefficient: z
    .number()
    .min(0)
    .default(impactDefaults.coefficient)
    .describe('Y of the square-root law: slippage grows by Y · daily volatility · √(order / daily volume)'),
  participationMax: z
    .number()
    .positive()
    .max(1)
    .nullable()
    .default(impactDefaults.participationMax)
    .describe("largest share of a bar's quote volume that an entry or a signal exit takes; null for no cap"),
  rest: z
    .enum(['carry', 'drop'])
    .default(impactDefaults.rest)
    .describe('what becomes of an order beyond that share: it waits for the next opens, or is given up'),
};

export const costsSchema = z
  .union(
    [
      z.enum(costModelNames as [(typeof costModelNames)[number]]),
      z.strictObject({
        takerFeeBps: bps('fee of market-type fills on futures'),
        slippageBps: bps('slippage of market-type fills; with impact, half the spread'),
        makerFeeBps: bps("fee of limit orders that rested, on futures; the taker's if absent").optional(),
        spotTakerFeeBps: bps("fee of market-type fills on spot; the futures' if absent").optional(),
        spotMakerFeeBps: bps(
          "fee of limit orders that rested, on spot; spot's taker fee if absent",
        ).optional(),
        impact: z.strictObject(impactShape).optional().describe('costs that grow with size'),
      }),
    ],
    {
      error:
        'must be none, workload-w, published-residual, binance-vip0 to binance-vip9 (with -bnb where fees are paid in BNB) or { takerFeeBps, slippageBps, … }',
    },
  )
  .describe('a cost model by name, or its rates');

export const slippageSchema = z
  .union(
    [
      z.literal('none'),
      z.strictObject({ bps: bps('fixed slippage of market-type fills') }),
      z.strictObject({ halfSpreadBps: bps('half the spread'), ...impactShape }),
    ],
    { error: 'must be none, { bps } or { halfSpreadBps, coefficient, participationMax, rest }' },
  )
  .describe("slippage in place of the cost model's");

const wallet = z.enum(['usdm', 'spot']);

export const accountSchema = z
  .strictObject({
    margin: z
      .enum(['auto', 'none', 'cross', 'isolated'])
      .default('auto')
      .describe('margin mode; auto is cross where the dataset has leverage brackets, and none otherwise'),
    mark: z
      .enum(['mark', 'trade'])
      .default('mark')
      .describe('prices that margin and unrealised profit are reckoned with'),
    intrabar: z
      .enum(['path-correlated', 'all-adverse'])
      .default('path-correlated')
      .describe(
        'adverse state of the cross pool inside a bar: one joint move, or every leg at its own worst',
      ),
    close: z.enum(['all', 'worst-first']).default('all').describe('what a broken cross pool closes'),
    onLiquidation: z
      .enum(['continue', 'stop'])
      .default('continue')
      .describe('whether entries go on after a liquidation'),
    bankruptcy: z
      .enum(['insurance', 'carry'])
      .default('insurance')
      .describe('who bears what exceeds the margin: the insurance fund, or the account as a debt'),
    liquidationStress: z
      .number()
      .min(0)
      .max(100)
      .default(2)
      .describe('liquidation fills are worse by this many times the slippage'),
    size: z
      .enum(['refuse', 'shrink-to-fit'])
      .default('refuse')
      .describe('an entry that lacks margin is refused, or made as small as it must be'),
    filters: z
      .enum(['auto', 'none'])
      .default('auto')
      .describe("auto: the dataset's trading filters round and refuse orders, where it has any"),
    brackets: z
      .enum(['dated', 'latest'])
      .default('dated')
      .describe('leverage brackets as they were at the time, or the newest throughout'),
    transfers: z
      .union(
        [
          z.enum(['fixed', 'rebalance-daily']),
          z.array(
            z.strictObject({
              at: time('stamp of the transfer'),
              from: wallet.describe('wallet it leaves'),
              to: wallet.describe('wallet it enters'),
              amount: z.number().positive().describe('quote currency'),
            }),
          ),
        ],
        { error: 'must be fixed, rebalance-daily or a list of { at, from, to, amount }' },
      )
      .default('fixed')
      .describe(
        'money between the two wallets: none, back to the shares of the start at every 00:00 UTC, or as listed',
      ),
  })
  .prefault({})
  .describe('margin, marks, filters and wallets of the account');

export const fillsSchema = z
  .strictObject({
    path: z
      .enum(['adverse-first', 'adaptive'])
      .default('adverse-first')
      .describe('which extreme of a bar comes first: the adverse one, or the one nearer to the open'),
    gaps: z
      .enum(['open', 'level', 'worst'])
      .default('open')
      .describe(
        'where stops fill: at their level or at an open beyond it, (optimistic) always at the level, or (pessimistic) at the worst price of the bar',
      ),
    delayMinutes: z
      .int()
      .min(0)
      .max(1440)
      .default(0)
      .describe('minutes between a decision and its orders; needs finer bars unless it is a multiple of 60'),
    detail: z
      .union([z.enum(['auto', 'none']), z.literal([...detailLengths])], {
        error: `must be auto, none or minutes that divide an hour (${detailLengths.join(', ')})`,
      })
      .default('auto')
      .describe(
        'finer bars inside the hour, in minutes; auto takes the finest that the dataset has in the span of the run, if any',
      ),
  })
  .prefault({})
  .describe('what happens inside a bar, and how late orders are');

export const fundingSchema = z
  .strictObject({
    missing: z
      .enum(['zero', 'strict', 'interpolate'])
      .default('zero')
      .describe(
        'what a settlement without a row costs: nothing (counted in the headline), the run, or what lies between its neighbours',
      ),
    boundary: z
      .enum(['half-open', 'include-same-stamp'])
      .default('half-open')
      .describe('whether a position opened at a settlement takes part in it'),
  })
  .prefault({})
  .describe('funding settlements');

export const lifeSchema = z
  .strictObject({
    delistHaircut: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe('fraction by which the last price of a delisted coin is worse for us'),
    leaveBeforeHours: z
      .int()
      .min(0)
      .nullable()
      .default(null)
      .describe('hours before a known delisting at which positions leave; null to stay to the end'),
    dataEnd: z
      .enum(['close', 'hold'])
      .default('close')
      .describe(
        'a coin that lives on and whose bars end: closed at its last close, or kept at its last mark',
      ),
  })
  .prefault({})
  .describe("the end of a coin's life");
