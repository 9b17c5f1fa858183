/** Planted markets in memory: coins with their truth, and the panel that a dataset of them would open as. */
import { instrumentRows } from '../../datasets/planted/exchange.ts';
import { type Market, openMarket, type PlantedCoin, plantCoin } from '../../datasets/planted/market.ts';
import { type Listing, listingsOf, type Piece, pieceOf } from '../../datasets/planted/pieces.ts';
import {
  burnInHours,
  defaultSwitches,
  type MarketSettings,
  marketStartMs,
  presets,
  type Switches,
} from '../../datasets/planted/settings.ts';
import type { ColumnInputs } from '../../engine/columns/features/inputs.ts';
import { barInputs } from '../../engine/columns/features/inputs.ts';
import { type InstrumentKind, instrumentKinds, noRecords } from '../../engine/columns/records.ts';
import { emptyPanel, type Panel } from '../../engine/panel/panel.ts';
import { isFull } from './row.ts';

/** What prices do not follow from, and rows about prices need not draw. */
export const pricesAlone: Partial<Switches> = { funding: false, spot: false, mark: false, proxies: false };

export interface PlantedPanel {
  readonly market: Market;
  readonly panel: Panel;
  /** By panel coin; a renamed coin has a piece for each name. */
  readonly pieces: readonly Piece[];
  /** With kinds and ends as the instruments table tells them. */
  readonly inputs: ColumnInputs;
}

/** S in the quick form, M in the long one. */
export function settingsOf(seed: number, switches: Partial<Switches> = {}): MarketSettings {
  return { seed, ...presets[isFull ? 'M' : 'S'], switches: { ...defaultSwitches, ...switches } };
}

export function plantedPanel(settings: MarketSettings): PlantedPanel {
  const market = openMarket(settings);
  const planted = new Map<string, PlantedCoin | null>();
  const pieces = listingsOf(settings).flatMap((listing) => pieceUnder(market, listing, planted) ?? []);
  const panel = emptyPanel({
    symbols: pieces.map(({ symbol }) => symbol),
    startMs: marketStartMs,
    hours: market.hours - burnInHours,
    volumes: true,
  });
  for (const [coin, piece] of pieces.entries()) writePiece(panel, coin, piece);
  return { market, panel, pieces, inputs: { ...barInputs(panel), records: recordsOf(market, pieces) } };
}

function pieceUnder(
  market: Market,
  listing: Listing,
  planted: Map<string, PlantedCoin | null>,
): Piece | null {
  const { id } = listing.entity;
  const coin = planted.has(id) ? planted.get(id)! : plantCoin(market, listing.entity);
  planted.set(id, coin);
  return coin && pieceOf(coin, listing);
}

function writePiece(panel: Panel, index: number, { coin, spans }: Piece): void {
  const { bars, volume, quoteVolume, hours } = panel;
  const shift = coin.fromHour - burnInHours;
  for (const { from, to } of spans) {
    for (let row = from; row < to; row += 1) {
      const cell = index * hours + row + shift;
      bars.set([coin.open[row]!, coin.high[row]!, coin.low[row]!, coin.close[row]!], cell * 4);
      volume![cell] = coin.volume[row]!;
      quoteVolume![cell] = coin.quoteVolume[row]!;
    }
  }
  panel.firstHour[index] = spans[0]!.from + shift;
  panel.endHour[index] = spans.at(-1)!.to + shift;
}

function recordsOf(market: Market, pieces: readonly Piece[]): ColumnInputs['records'] {
  const coins = new Map(pieces.map(({ coin }) => [coin.entity.id, coin]));
  const rows = new Map(instrumentRows(market, [...coins.values()]).map((row) => [row.symbol, row]));
  const facts = pieces.map(({ symbol }) => rows.get(symbol)!);
  return {
    ...noRecords,
    instruments: {
      kind: Uint8Array.from(facts, ({ kind }) => instrumentKinds.indexOf(kind as InstrumentKind)),
      onboardMs: Float64Array.from(facts, ({ onboardMs }) => onboardMs),
      delistedMs: Float64Array.from(facts, ({ delistedMs }) => delistedMs),
    },
  };
}
