/** Label builders as subjects of the audit. They are held to the contrary of columns: what comes after must change them. */

import type { Rows } from '../../panel/rows.ts';
import { type HourSpan, windowOf } from './cut.ts';
import { type AuditSubject, observedRows } from './subject.ts';
import type { AuditWorld } from './world.ts';

export interface LabelSubjectOptions {
  readonly name: string;
  /** Hours that a label may take to be known. */
  readonly horizonHours: number;
  /** Hours of history that it takes besides. */
  readonly historyHours?: number;
  /** Labels of all hours of the world, `[hour][coin]`. */
  readonly labels: (world: AuditWorld) => readonly Rows[] | Promise<readonly Rows[]>;
}

export function labelSubject(options: LabelSubjectOptions): AuditSubject {
  const { name, horizonHours, historyHours = 0, labels } = options;
  return {
    kind: 'label',
    name,
    observe: async (world, span: HourSpan) => {
      const { panel } = world.inputs;
      const fromHour = Math.max(0, span.fromHour - historyHours);
      const toHour = Math.min(panel.hours, span.toHour + horizonHours);
      const rows = await labels(windowOf(world, { fromHour, toHour }));
      return observedRows(rows, panel.symbols, fromHour);
    },
  };
}
