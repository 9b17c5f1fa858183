/** The account on a report's page: wallets, margin, liquidations, fills against levels, costs by kind, events, order kinds. */
import type { RunManifest } from '../datasets/runs.ts';
import type { AccountEventRow, AccountParts, OrderCounts, Wallets } from './account.ts';
import { beforeCosts } from './charts/costs.ts';
import { coinLink, signedMoney } from './figure.ts';
import { count, minute, money, percent, plural, price } from './format.ts';
import { positionName } from './groups.ts';
import { type Html, html, tableHtml } from './html.ts';
import type { StopRow } from './stops.ts';
import type { TradeRow } from './trades.ts';

const LIQUIDATIONS_SHOWN_MAX = 40;
const EVENTS_SHOWN_MAX = 40;

export interface AccountSectionParts {
  readonly account: AccountParts;
  /** Stops and liquidations. */
  readonly stops: readonly StopRow[];
  /** Symbols that have a page of their own. */
  readonly coinPages: ReadonlySet<string>;
}

/** Null where the run used nothing that this section would tell of. */
export function accountHtml({ account, stops, coinPages }: AccountSectionParts): Html | null {
  const { manifest, liquidations, orders } = account;
  // What the insurance fund bore stands beside the liquidation that needed it.
  const events = account.events.filter(({ event }) => event !== 'insurance');
  const { headline } = manifest;
  const parts = [
    factsHtml(account),
    liquidations.length === 0 ? null : liquidationsHtml(liquidations, coinPages),
    stops.length === 0 ? null : distancesHtml(stops),
    orders.limits + orders.partial + orders.split + headline.droppedRests === 0
      ? null
      : ordersHtml(orders, headline.droppedRests),
    events.length === 0 ? null : eventsHtml(events, coinPages),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : html`${parts}`;
}

function factsHtml({ manifest, wallets, halts }: AccountParts): Html | null {
  const { headline } = manifest;
  const facts: [string, string][] = [];
  if (wallets.spot !== null) {
    facts.push(['futures wallet at the end', `${money(wallets.usdm)} of cash`]);
    facts.push(['spot wallet at the end', `${money(wallets.spot)} of cash`]);
  }
  if (headline.margin !== 'none') facts.push(['margin', marginText(headline, wallets)]);
  if (headline.spot !== 'none') facts.push(['spot prices', spotText(headline.spot)]);
  if (headline.mark !== 'trade') facts.push(['marks', markText(headline)]);
  if (headline.detailMinutes !== null)
    facts.push([
      'finer bars',
      `${plural(headline.detailHours, 'hour')} ${headline.detailHours === 1 ? 'was' : 'were'} lived through by ${headline.detailMinutes}-minute bars, all others by hourly bars`,
    ]);
  if (headline.ambiguousBars > 0)
    facts.push([
      'ambiguous bars',
      `${percent(headline.ambiguousBars, { digits: 3 })} of the position-bars reached stop and take-profit alike`,
    ]);
  if (halts !== null && halts.hours > 0)
    facts.push([
      'halts while held',
      `${plural(halts.hours, 'hour')} of ${plural(halts.coins, 'coin')} had no bar: the last mark stood, and nothing could be filled`,
    ]);
  if (facts.length === 0) return null;
  const rows = facts.map(([name, text]) => html`<tr><td>${name}</td><td>${text}</td></tr>\n`);
  return html`<div class="panel facts"><h3>What it was reckoned with</h3><table><tbody>${rows}</tbody></table></div>`;
}

function marginText({ margin }: RunManifest['headline'], wallets: Wallets): string {
  const size = `all positions together averaged ${wallets.grossMean.toFixed(2)}× equity and reached ${wallets.grossMax.toFixed(2)}×`;
  const used =
    wallets.leverageMax > 1 && wallets.spot === null
      ? `; at the highest leverage used, ${Number(wallets.leverageMax.toFixed(2))}×, that ties up ${percent(wallets.grossMax / wallets.leverageMax, { digits: 0 })} of equity as initial margin`
      : '';
  return `${margin}; ${size}${used}`;
}

function spotText(spot: RunManifest['headline']['spot']): string {
  return spot === 'proxy'
    ? 'proxy: the perpetual stood in for coins without spot bars, so basis and spot spreads are missing'
    : 'bars of the spot market';
}

function markText({ mark, markShare }: RunManifest['headline']): string {
  return mark === 'mark'
    ? 'the mark price of the venue, in every hour held'
    : `the mark price of the venue for ${percent(markShare, { digits: 1 })} of the notional-hours held, the trade price for the others`;
}

function liquidationsHtml(liquidations: readonly TradeRow[], coinPages: ReadonlySet<string>): Html {
  const shown = liquidations.slice(0, LIQUIDATIONS_SHOWN_MAX);
  const fees = liquidations.reduce((sum, { exitFill }) => sum + (exitFill?.fee ?? 0), 0);
  const borne = liquidations.reduce((sum, { insurance }) => sum + insurance, 0);
  const lost = liquidations.reduce((sum, { pnl }) => sum + pnl, 0);
  const table = tableHtml(
    [
      { title: 'bar, UTC' },
      { title: 'coin' },
      { title: 'position' },
      { title: 'entry', numeric: true },
      { title: 'trigger mark', numeric: true },
      { title: 'fill', numeric: true },
      { title: 'net pnl', numeric: true },
      { title: 'clearance fee', numeric: true },
      { title: 'insurance', numeric: true },
    ],
    shown.map((trade) => [
      minute(trade.exitMs),
      coinLink(trade.symbol, coinPages),
      positionName(trade),
      price(trade.entryPrice),
      price(trade.exitFill?.level ?? Number.NaN),
      price(trade.exitPrice),
      signedMoney(trade.pnl),
      money(trade.exitFill?.fee ?? null),
      trade.insurance > 0 ? money(trade.insurance) : '–',
    ]),
  );
  const cut = liquidations.length - shown.length;
  const more =
    cut > 0 ? ` The first ${count(shown.length)} are shown; the others stand in the run's trades table.` : '';
  return html`<div class="panel"><h3>Liquidations</h3><p>${plural(liquidations.length, 'position')} liquidated: ${money(lost, true)} in all, ${money(fees)} of it clearance fees.${borne > 0 ? ` The insurance fund bore ${money(borne)} beyond that.` : ''}${more}</p>${table}</div>`;
}

/** Upper edges of the distances between fill and level, fractions of the level. */
const distanceEdges = [1e-6, 0.0005, 0.005, 0.01, 0.02, 0.05, Number.POSITIVE_INFINITY];

/** How far beyond their level fills were, slippage included. */
function distancesHtml(stops: readonly StopRow[]): Html {
  const beyond = (stop: StopRow) => (stop.side * (stop.level - stop.price)) / stop.level;
  const kinds = (['stop', 'liquidation'] as const).filter((kind) => stops.some((stop) => stop.kind === kind));
  const rows = distanceEdges
    .map((to, index) => {
      const from = distanceEdges[index - 1] ?? Number.NEGATIVE_INFINITY;
      const inside = stops.filter((stop) => beyond(stop) > from && beyond(stop) <= to);
      return { from, to, counts: kinds.map((kind) => inside.filter((stop) => stop.kind === kind).length) };
    })
    .filter(({ counts }) => counts.some((value) => value > 0));
  return html`<div class="panel"><h3>How far beyond the level fills were</h3><p class="muted">The level of a stop is its own, that of a liquidation the mark that set it off; gap and slippage together.</p>${tableHtml(
    [
      { title: 'beyond the level by' },
      ...kinds.map((kind) => ({ title: kind === 'stop' ? 'stops' : 'liquidations', numeric: true })),
    ],
    rows.map(({ from, to, counts }) => [distanceName(from, to), ...counts.map((value) => count(value))]),
  )}</div>`;
}

function distanceName(from: number, to: number): string {
  if (from === Number.NEGATIVE_INFINITY) return 'nothing';
  if (to === Number.POSITIVE_INFINITY) return `more than ${percent(from)}`;
  return `up to ${percent(to)}`;
}

function ordersHtml(orders: OrderCounts, droppedRests: number): Html {
  const rows: [string, number][] = [
    ...Object.entries(orders.limitsByOutcome).map(([name, times]): [string, number] => [
      `limit orders: ${name}`,
      times,
    ]),
    ['orders that filled in part, the rest given up', orders.partial],
    ['entries that went out in several fills', orders.split],
    ['rests that were dropped', droppedRests],
  ];
  return html`<div class="panel"><h3>Limit orders, partial fills and rests</h3>${tableHtml(
    [{ title: 'what' }, { title: 'times', numeric: true }],
    rows.filter(([, times]) => times > 0).map(([name, times]) => [name, count(times)]),
  )}</div>`;
}

function eventsHtml(events: readonly AccountEventRow[], coinPages: ReadonlySet<string>): Html {
  const shown = events.slice(0, EVENTS_SHOWN_MAX);
  const cut = events.length - shown.length;
  return html`<div class="panel"><h3>Events of the account${cut > 0 ? `, the first ${shown.length} of ${count(events.length)}` : ''}</h3>${tableHtml(
    [{ title: 'time, UTC' }, { title: 'event' }, { title: 'coin' }, { title: 'what' }],
    shown.map((event) => [
      minute(event.timeMs),
      event.event.replaceAll('-', ' '),
      event.symbol === null ? '' : coinLink(event.symbol, coinPages),
      eventText(event),
    ]),
  )}</div>`;
}

function eventText({ event, toSymbol, from, to, amount }: AccountEventRow): string {
  if (event === 'transfer')
    return `${money(amount)} from the ${walletName(from)} to the ${walletName(to)} wallet`;
  if (event === 'dropped-rest') return `${price(amount)} units not carried any further`;
  if (event === 'redenomination')
    return `became ${toSymbol ?? 'another coin'}: quantity divided by ${price(amount)}, prices multiplied by it`;
  return price(amount);
}

function walletName(wallet: string | null): string {
  return wallet === 'usdm' ? 'futures' : (wallet ?? 'other');
}

/** Every cost by its kind; nothing is listed that never occurred. */
export function costsHtml({ manifest, costs }: AccountParts): Html {
  const { headline } = manifest;
  const share = (value: number) => percent(value / headline.startEquity);
  const perTrade = (value: number) => (headline.trades === 0 ? '–' : money(value / headline.trades));
  const all = costs.reduce((sum, { amount }) => sum + amount, 0);
  const rows = costs
    .filter(({ times }) => times > 0)
    .map(({ kind, times, amount }) => [kind, count(times), money(amount), share(amount), perTrade(amount)]);
  return html`<div class="panel">${tableHtml(
    [
      { title: 'cost' },
      { title: 'times', numeric: true },
      { title: 'amount', numeric: true },
      { title: 'of start equity', numeric: true },
      { title: 'a trade', numeric: true },
    ],
    [...rows, ['all costs', '', money(all), share(all), perTrade(all)]],
  )}<p class="muted">Price moves alone: ${money(beforeCosts(headline), true)}. Slippage is measured against the raw price of each fill; what a stop lost by a jump over its level is a price move and stands under Stops.</p></div>`;
}
