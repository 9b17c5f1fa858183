/** Stops on a report's page: the worst hours, the dearest hour stop by stop, and the coins. */
import { coinLink, signedPercent } from './figure.ts';
import { count, minute, money, percent, price } from './format.ts';
import { type Html, html, tableHtml } from './html.ts';
import { groupStops, hourOf, type StopGroup, type StopRow } from './stops.ts';

export interface StopsParts {
  readonly stops: readonly StopRow[];
  /** Symbols that have a page of their own. */
  readonly coinPages: ReadonlySet<string>;
}

export function stopsHtml(parts: StopsParts, chart: Html[]): Html {
  if (parts.stops.length === 0) return html`<p class="muted">No stop filled in this run.</p>`;
  const hours = groupStops(parts.stops, hourOf);
  const coins = groupStops(parts.stops, (stop) => stop.symbol);
  return html`<p class="muted">A stop is a wish. When a bar opens beyond the level, the fill is at that open and the loss is larger than planned; when the level is crossed inside a bar, the bar does not tell how fast. So each fill stands beside the worst price of its hour: the truth lies between the two.</p>
<div class="grid">${chart}</div>
<div class="panel"><h3>Worst hours</h3>${stopTable('hour, UTC', hours.slice(0, 10), (group) => minute(Number(group.key)), true)}</div>
${worstHourHtml(parts, Number(hours[0]!.key))}
<div class="panel"><h3>By coin${coins.length > 20 ? `, the dearest 20 of ${coins.length}` : ''}</h3>${stopTable('coin', coins.slice(0, 20), (group) => coinLink(String(group.key), parts.coinPages), false)}</div>`;
}

/** The hour that stops cost most in, stop by stop. */
function worstHourHtml(parts: StopsParts, timeMs: number): Html {
  const stops = parts.stops
    .filter((stop) => hourOf(stop) === timeMs)
    .sort((a, b) => b.costBeyond + b.costHourWorst - a.costBeyond - a.costHourWorst)
    .slice(0, 40);
  const table = tableHtml(
    [
      { title: 'coin' },
      { title: 'side' },
      { title: 'level', numeric: true },
      { title: 'fill', numeric: true },
      { title: 'planned', numeric: true },
      { title: 'as filled', numeric: true },
      { title: 'gap at the open', numeric: true },
      { title: "at the hour's worst", numeric: true },
      { title: "more at hour's worst", numeric: true },
    ],
    stops.map((stop) => [
      coinLink(stop.symbol, parts.coinPages),
      stop.side === 1 ? 'long' : 'short',
      price(stop.level),
      price(stop.price),
      percent(stop.planned),
      signedPercent(stop.realised),
      percent(stop.gap),
      signedPercent(stop.hourWorst),
      Number.isFinite(stop.hourWorst) ? money(stop.costHourWorst) : '–',
    ]),
  );
  return html`<div class="panel"><h3>Stop by stop, the hour of ${minute(timeMs)} UTC</h3>${table}</div>`;
}

function stopTable(
  title: string,
  groups: readonly StopGroup[],
  name: (group: StopGroup) => string | Html,
  withCoins: boolean,
): Html {
  return tableHtml(
    [
      { title },
      { title: 'stops', numeric: true },
      { title: 'lost beyond levels', numeric: true },
      { title: "more at hour's worst", numeric: true },
      { title: 'worst fill', numeric: true },
      { title: "hour's worst", numeric: true },
      { title: 'mean fill', numeric: true },
      { title: 'planned', numeric: true },
      { title: 'jumped over', numeric: true },
      ...(withCoins ? [{ title: 'coins', numeric: true }] : []),
    ],
    groups.map((group) => [
      name(group),
      count(group.stops),
      money(group.costBeyond),
      Number.isFinite(group.hourWorst) ? money(group.costHourWorst) : '–',
      signedPercent(group.worst),
      signedPercent(group.hourWorst),
      signedPercent(group.realised),
      percent(group.planned),
      count(group.gapped),
      ...(withCoins ? [count(group.coins)] : []),
    ]),
  );
}
