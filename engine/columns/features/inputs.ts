/** Everything that columns are computed from. Structured-cloneable, arrays on shared memory: a worker gets views. */
import type { Panel } from '../../panel/panel.ts';
import { type MarketRecords, noRecords } from '../records.ts';
import type { RegimeVersion } from '../regime/versions.ts';

export interface ColumnInputs {
  /** With volumes, where a column needs them. */
  readonly panel: Panel;
  readonly records: MarketRecords;
  /** Dated parameters of the regime chain, oldest first; empty where none were fitted. */
  readonly regimes: readonly RegimeVersion[];
  /** Where a bar has no quote volume, take volume times close. Named in the manifest of what is computed so. */
  readonly approximateQuoteVolume: boolean;
  /** Least median daily quote volume of an eligible coin, quote currency. */
  readonly dailyVolumeMin: number;
}

/** What features of bars alone need: the panel, no records, no fitted state. */
export function barInputs(panel: Panel): ColumnInputs {
  return { panel, records: noRecords, regimes: [], approximateQuoteVolume: false, dailyVolumeMin: 0 };
}
