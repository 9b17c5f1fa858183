/**
 * Rows of numbers that grow by doubling, for tables whose length is known only at the end. A row is written as a whole into
 * packed memory, and columns are cut out once, when the table is built.
 */
export class GrowingRows<Field extends string> {
  readonly fields: readonly Field[];
  readonly #width: number;
  #values: Float64Array;
  #rows = 0;

  constructor(fields: readonly Field[]) {
    this.fields = fields;
    this.#width = fields.length;
    this.#values = new Float64Array(this.#width * 256);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Appends a row and returns where it begins in `values()`; the caller fills in its fields, in order. */
  add(): number {
    const at = this.#rows * this.#width;
    if (at === this.#values.length) {
      const wider = new Float64Array(at * 2);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#rows += 1;
    return at;
  }

  /** The packed rows; valid until the next `add`. */
  values(): Float64Array {
    return this.#values;
  }

  column(field: Field): Float64Array {
    const out = new Float64Array(this.#rows);
    for (let row = 0, at = this.fields.indexOf(field); row < out.length; row += 1, at += this.#width) {
      out[row] = this.#values[at]!;
    }
    return out;
  }

  checkpoint(): Float64Array {
    return this.#values.slice(0, this.#rows * this.#width);
  }

  restore(values: Float64Array): void {
    this.#rows = values.length / this.#width;
    this.#values = new Float64Array(Math.max(values.length, this.#width * 256));
    this.#values.set(values);
  }
}
