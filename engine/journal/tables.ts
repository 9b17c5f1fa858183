/** The tables of a run, as columns: what a run folder holds and what eval, paper and live will write alike. */

/** One column of a table: typed numbers, texts with gaps, or lists of numbers with gaps. */
export type TableColumn =
  | { readonly type: 'double'; readonly values: Float64Array }
  | { readonly type: 'integer'; readonly values: Int32Array }
  | { readonly type: 'time'; readonly values: Float64Array }
  | { readonly type: 'text'; readonly values: readonly (string | null)[] };

/** NaN in a `double` column stands for "no value" and is stored as NULL; times are epoch ms UTC. */
export interface Table {
  readonly rows: number;
  readonly columns: Readonly<Record<string, TableColumn>>;
}
