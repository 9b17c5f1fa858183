/**
 * The data check: every rule over one dataset, worst findings first.
 *
 * It reads the Parquet files themselves, so it finds faults in tables that never passed an importer. It sees what is in the
 * rows; what all rows have in common, such as a clock that is wrong for the whole file, no cross-section can tell.
 */
import { setImmediate } from 'node:timers/promises';
import { StoreFault } from '../faults.ts';
import { readManifest } from '../manifest.ts';
import type { Progress } from '../progress.ts';
import { restoreReplaced, type Store } from '../store.ts';
import { type Finding, inOrder, type Rule } from './finding.ts';
import { readInput } from './input.ts';
import { badPrint } from './rules/bad-print.ts';
import { duplicateBar } from './rules/duplicate-bar.ts';
import { extremeMove } from './rules/extreme-move.ts';
import { filtersFitBars } from './rules/filters-fit-bars.ts';
import { frozenPrice } from './rules/frozen-price.ts';
import { fundingCoverage } from './rules/funding-coverage.ts';
import { fundingInterval } from './rules/funding-interval.ts';
import { gap } from './rules/gap.ts';
import { hole } from './rules/hole.ts';
import { listingBar } from './rules/listing-bar.ts';
import { massEnding } from './rules/mass-ending.ts';
import { missingVolume } from './rules/missing-volume.ts';
import { offTheHour } from './rules/off-the-hour.ts';
import { ohlcViolation } from './rules/ohlc-violation.ts';
import { outOfOrder } from './rules/out-of-order.ts';
import { priceNotPositive } from './rules/price-not-positive.ts';
import { raggedBeginning } from './rules/ragged-beginning.ts';
import { raggedEnd } from './rules/ragged-end.ts';
import { seam } from './rules/seam.ts';
import { shiftedClock } from './rules/shifted-clock.ts';
import { stablecoin } from './rules/stablecoin.ts';
import { unclosedLastBar } from './rules/unclosed-last-bar.ts';
import { zeroVolume } from './rules/zero-volume.ts';

const rules: readonly (readonly [string, Rule])[] = [
  ['duplicate bars', duplicateBar],
  ['order', outOfOrder],
  ['times off the hour', offTheHour],
  ['OHLC', ohlcViolation],
  ['prices', priceNotPositive],
  ['holes', hole],
  ['ragged beginning', raggedBeginning],
  ['ragged end', raggedEnd],
  ['seams', seam],
  ['mass endings', massEnding],
  ['last bars', unclosedLastBar],
  ['gaps', gap],
  ['moves', extremeMove],
  ['bad prints', badPrint],
  ['frozen prices', frozenPrice],
  ['listing bars', listingBar],
  ['missing volumes', missingVolume],
  ['zero volumes', zeroVolume],
  ['clocks', shiftedClock],
  ['stablecoins', stablecoin],
  ['funding coverage', fundingCoverage],
  ['funding intervals', fundingInterval],
  ['filters', filtersFitBars],
];

/**
 * All findings about a stored dataset; an empty list means that no rule found anything.
 * @example (await checkDataset(store, 'usdm')).filter(({ severity }) => severity === 'error')
 * @throws StoreFault `dataset-missing`, `dataset-damaged`
 */
export async function checkDataset(
  store: Store,
  name: string,
  progress?: Progress,
): Promise<readonly Finding[]> {
  await restoreReplaced(store, name);
  const manifest = await readManifest(store, name);
  progress?.('reading bars');
  const input = await readInput(store.datasetDir(name), manifest).catch((cause: unknown) => {
    throw new StoreFault(
      'dataset-damaged',
      `The tables of dataset ${name} cannot be read: ${(cause as Error).message}. Import it again.`,
      { cause },
    );
  });
  const findings: Finding[] = [];
  for (const [index, [title, rule]] of rules.entries()) {
    progress?.(`checking ${title}`, index / rules.length);
    findings.push(...rule(input));
    // Lets a Ctrl-C be heard between rules.
    await setImmediate();
  }
  return inOrder(findings);
}
