/** Columns as subjects of the audit: features, universe and regime, computed by the code that a build and a live feed run. */
import { symbolLanes } from '../../panel/fingerprint.ts';
import { sharedInt32 } from '../../panel/panel.ts';
import type { WorkerPool } from '../../signal/pool.ts';
import { computeColumns, computeHour, definitionsOf } from '../compute.ts';
import type { FeatureDefinition } from '../features/feature.ts';
import type { ColumnInputs } from '../features/inputs.ts';
import { Room } from './cut.ts';
import { type AuditSubject, observedRows, type SubjectKind } from './subject.ts';
import type { AuditWorld } from './world.ts';

export interface ColumnSubjectOptions {
  readonly kind?: Extract<SubjectKind, 'features' | 'universe' | 'regime'>;
  /** Set or column, as findings name it. */
  readonly name: string;
  /** Names of registered features, or of `definitions`, or of the modules. */
  readonly columns: readonly string[];
  readonly definitions?: readonly FeatureDefinition[];
  /** URLs of modules whose exported features count as well. */
  readonly modules?: readonly string[];
  readonly pool?: WorkerPool;
  /** The join under audit: what of the world the columns are computed from; bars and records as they stand if absent. */
  readonly inputsOf?: (world: AuditWorld) => ColumnInputs;
}

/** `observe` is the batch in blocks and workers, `observeNewest` the live path of one hour. */
export function columnSubject(options: ColumnSubjectOptions): AuditSubject {
  const { kind = 'features', name, columns, pool } = options;
  const inputsOf = options.inputsOf ?? (({ inputs }: AuditWorld) => inputs);
  const sources = {
    ...(options.definitions === undefined ? {} : { definitions: options.definitions }),
    ...(options.modules === undefined ? {} : { modules: options.modules }),
  };
  const room = new Room();
  return {
    kind,
    name,
    observe: async (world, { fromHour, toHour }) => {
      const inputs = inputsOf(world);
      const rows = await computeColumns(inputs, columns, {
        ...{ fromHour, toHour, ...sources },
        ...(pool === undefined ? {} : { pool }),
      });
      return observedRows(rows, inputs.panel.symbols, fromHour);
    },
    observeNewest: async (world, hour) => {
      const inputs = inputsOf(world);
      const { symbols, hours } = inputs.panel;
      const coins = symbols.length;
      const rowHash = sharedInt32(hours * 2);
      // Not filled: of each column only the row of the hour is touched, and memory is taken as it is touched.
      const rows = columns.map((column) => ({
        ...{ name: column, coins, hours },
        ...{ values: room.float64(column, coins * hours), rowHash },
      }));
      computeHour(inputs, rows, symbolLanes(symbols), hour, await definitionsOf(sources));
      return observedRows(
        rows.map((row) => ({ ...row, values: row.values.slice(hour * coins, (hour + 1) * coins) })),
        symbols,
        hour,
      );
    },
  };
}
