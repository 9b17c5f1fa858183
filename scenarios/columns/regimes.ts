import type { Dataset } from '../../datasets/dataset.ts';
import type { Progress } from '../../datasets/progress.ts';
import type { ColumnInputs } from '../../engine/columns/features/inputs.ts';
import { fitMarketRegimes } from '../../engine/columns/regime/market-regimes.ts';

/** The inputs with the regime versions of their dataset: those that were fitted to it before, or the same ones fitted now. */
export async function withRegimes(
  inputs: ColumnInputs,
  dataset: Dataset,
  progress?: Progress,
): Promise<ColumnInputs> {
  progress?.('fitting regimes');
  return { ...inputs, regimes: (await dataset.regimeVersions()) ?? fitMarketRegimes(inputs) };
}
