/** MarketData over a panel and its columns: the same object serves a stored year and a panel that grows by the hour. */
import type { DetailBars, MarketData } from '../ports.ts';
import { barLayout, hourAt, type Panel } from './panel.ts';
import { type Rows, rowViews } from './rows.ts';
import type { Slice } from './slice.ts';

const { BAR_WIDTH, CLOSE } = barLayout;

export class StoredMarket implements MarketData {
  readonly #panel: Panel;
  readonly #slice: PanelSlice;

  /**
   * `sharedRows` hands out views of the columns instead of copies: a seventh faster for an hourly decision, and only for
   * strategies that are known to look and not to touch, because the hours to come lie behind a view.
   */
  constructor(panel: Panel, columns: readonly Rows[], sharedRows = false) {
    this.#panel = panel;
    this.#slice = new PanelSlice(panel, columns, sharedRows);
  }

  slice(timeMs: number): Slice | null {
    const hour = Math.floor(hourAt(this.#panel, timeMs)) - 1;
    if (hour < 0 || hour >= this.#panel.hours) return null;
    this.#slice.moveTo(timeMs, hour);
    return this.#slice;
  }

  detail(): DetailBars | null {
    return null;
  }
}

/** A row that a strategy may keep, sort or spoil: behind a view of the shared column lie the hours to come. */
interface PrivateColumn {
  readonly views: readonly Float64Array[];
  readonly copy: Float64Array;
  /** The hour that `copy` holds. */
  hour: number;
}

/** One slice per market, moved along the hours. */
class PanelSlice implements Slice {
  readonly symbols: readonly string[];
  timeMs = Number.NaN;
  readonly #panel: Panel;
  readonly #columns: ReadonlyMap<string, PrivateColumn>;
  readonly #rows: readonly Rows[];
  readonly #hashes: Int32Array;
  readonly #sharedRows: boolean;
  #hour = -1;

  constructor(panel: Panel, columns: readonly Rows[], sharedRows: boolean) {
    this.#panel = panel;
    this.#sharedRows = sharedRows;
    this.symbols = panel.symbols;
    this.#rows = columns;
    this.#hashes = new Int32Array((columns.length + 1) * 2);
    this.#columns = new Map(
      columns.map((rows) => [
        rows.name,
        { views: rowViews(rows), copy: new Float64Array(rows.coins), hour: -1 },
      ]),
    );
  }

  moveTo(timeMs: number, hour: number): void {
    this.timeMs = timeMs;
    this.#hour = hour;
  }

  column(name: string): Float64Array {
    const column = this.#columns.get(name);
    if (column === undefined) {
      const known = [...this.#columns.keys()].join(', ') || 'none';
      throw new RangeError(`column ${name} was not declared by the strategy; declared: ${known}`);
    }
    if (this.#sharedRows) return column.views[this.#hour]!;
    if (column.hour !== this.#hour) {
      column.copy.set(column.views[this.#hour]!);
      column.hour = this.#hour;
    }
    return column.copy;
  }

  close(coin: number): number {
    const panel = this.#panel;
    return panel.bars[(coin * panel.hours + this.#hour) * BAR_WIDTH + CLOSE]!;
  }

  hashWords(): Int32Array {
    this.#hashes[0] = this.#panel.closeHash[this.#hour * 2]!;
    this.#hashes[1] = this.#panel.closeHash[this.#hour * 2 + 1]!;
    let at = 2;
    for (const rows of this.#rows) {
      this.#hashes[at] = rows.rowHash[this.#hour * 2]!;
      this.#hashes[at + 1] = rows.rowHash[this.#hour * 2 + 1]!;
      at += 2;
    }
    return this.#hashes;
  }
}
