/** MarketData over a panel and its columns: the same object serves a stored year and a panel that grows by the hour. */
import type { DetailBars, MarketData } from '../ports.ts';
import { barLayout, hourAt, type Panel } from './panel.ts';
import { type Rows, rowViews } from './rows.ts';
import type { Slice } from './slice.ts';

const { BAR_WIDTH, CLOSE } = barLayout;

export class StoredMarket implements MarketData {
  readonly #panel: Panel;
  readonly #slice: PanelSlice;

  constructor(panel: Panel, columns: readonly Rows[]) {
    this.#panel = panel;
    this.#slice = new PanelSlice(panel, columns);
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

/** One slice per market, moved along: the cross-section itself is a view into the columns, nothing is copied. */
class PanelSlice implements Slice {
  readonly symbols: readonly string[];
  timeMs = Number.NaN;
  readonly #panel: Panel;
  readonly #views: ReadonlyMap<string, readonly Float64Array[]>;
  readonly #rows: readonly Rows[];
  readonly #hashes: Int32Array;
  #hour = -1;

  constructor(panel: Panel, columns: readonly Rows[]) {
    this.#panel = panel;
    this.symbols = panel.symbols;
    this.#rows = columns;
    this.#hashes = new Int32Array(columns.length * 2);
    this.#views = new Map(columns.map((rows) => [rows.name, rowViews(rows)]));
  }

  moveTo(timeMs: number, hour: number): void {
    this.timeMs = timeMs;
    this.#hour = hour;
  }

  column(name: string): Float64Array {
    const view = this.#views.get(name)?.[this.#hour];
    if (view === undefined) {
      const known = [...this.#views.keys()].join(', ') || 'none';
      throw new RangeError(`column ${name} was not declared by the strategy; declared: ${known}`);
    }
    return view;
  }

  close(coin: number): number {
    const panel = this.#panel;
    return panel.bars[(coin * panel.hours + this.#hour) * BAR_WIDTH + CLOSE]!;
  }

  hashWords(): Int32Array {
    let at = 0;
    for (const rows of this.#rows) {
      this.#hashes[at] = rows.rowHash[this.#hour * 2]!;
      this.#hashes[at + 1] = rows.rowHash[this.#hour * 2 + 1]!;
      at += 2;
    }
    return this.#hashes;
  }
}
