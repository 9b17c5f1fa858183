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
import { repairFor, repairLaws } from '../repair/rules.ts';
import { restoreReplaced, type Store } from '../store.ts';
import { type Finding, inOrder, type Observation, type Rule } from './finding.ts';
import { readInput } from './input.ts';
import { badPrint } from './rules/bad-print.ts';
import { bothSides } from './rules/both-sides.ts';
import { duplicateBar } from './rules/duplicate-bar.ts';
import { extremeMove } from './rules/extreme-move.ts';
import { filtersFitBars } from './rules/filters-fit-bars.ts';
import { finerBars } from './rules/finer-bars.ts';
import { frozenPrice } from './rules/frozen-price.ts';
import { fundingCoverage } from './rules/funding-coverage.ts';
import { fundingInterval } from './rules/funding-interval.ts';
import { gap } from './rules/gap.ts';
import { laterSnapshot } from './rules/later-snapshot.ts';
import { listingBar } from './rules/listing-bar.ts';
import { markCoverage, markMove } from './rules/marks.ts';
import { massEnding } from './rules/mass-ending.ts';
import { missingHours } from './rules/missing-hours.ts';
import { missingVolume } from './rules/missing-volume.ts';
import { newsLinks } from './rules/news-links.ts';
import { offTheHour } from './rules/off-the-hour.ts';
import { ohlcViolation } from './rules/ohlc-violation.ts';
import { outOfOrder } from './rules/out-of-order.ts';
import { priceNotPositive } from './rules/price-not-positive.ts';
import { raggedBeginning } from './rules/ragged-beginning.ts';
import { raggedEnd } from './rules/ragged-end.ts';
import { records } from './rules/records.ts';
import { redenomination } from './rules/redenomination.ts';
import { revisedBar } from './rules/revised-bar.ts';
import { seam } from './rules/seam.ts';
import { shiftedClock } from './rules/shifted-clock.ts';
import { stablecoin } from './rules/stablecoin.ts';
import { survivorship } from './rules/survivorship.ts';
import { symbolNames } from './rules/symbol-names.ts';
import { unclosedLastBar } from './rules/unclosed-last-bar.ts';
import { wick } from './rules/wick.ts';
import { zeroVolume } from './rules/zero-volume.ts';

const rules: readonly (readonly [string, Rule])[] = [
  ['duplicate bars', duplicateBar],
  ['order', outOfOrder],
  ['times off the hour', offTheHour],
  ['OHLC', ohlcViolation],
  ['prices', priceNotPositive],
  ['missing hours', missingHours],
  ['ragged beginning', raggedBeginning],
  ['ragged end', raggedEnd],
  ['seams', seam],
  ['mass endings', massEnding],
  ['last bars', unclosedLastBar],
  ['gaps', gap],
  ['moves', extremeMove],
  ['units', redenomination],
  ['bad prints', badPrint],
  ['wicks', wick],
  ['revised bars', revisedBar],
  ['frozen prices', frozenPrice],
  ['listing bars', listingBar],
  ['missing volumes', missingVolume],
  ['zero volumes', zeroVolume],
  ['clocks', shiftedClock],
  ['stablecoins', stablecoin],
  ['funding coverage', fundingCoverage],
  ['funding intervals', fundingInterval],
  ['filters', filtersFitBars],
  ['marks', markCoverage],
  ['marks in storms', markMove],
  ['finer bars', finerBars],
  ['order inside bars', bothSides],
  ['names', symbolNames],
  ['snapshots', laterSnapshot],
  ['survivors', survivorship],
  ['records', records],
  ['news links', newsLinks],
];

/**
 * All findings about a stored dataset; an empty list means that no rule found anything. What a rule finds again and again in
 * one symbol is summed up after the first ones.
 * @example (await checkDataset(store, 'usdm')).filter(({ severity }) => severity === 'error')
 * @throws StoreFault `dataset-missing`, `dataset-damaged`
 */
export async function checkDataset(
  store: Store,
  name: string,
  progress?: Progress,
): Promise<readonly Finding[]> {
  return inOrder(summedUp(await everyFinding(store, name, progress)));
}

/** The same without summing up, for repairs: each finding's span holds the bars concerned and no others. */
export async function everyFinding(
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
    for (const seen of rule(input)) findings.push(withRepair(seen));
    // Lets a Ctrl-C be heard between rules.
    await setImmediate();
  }
  return findings;
}

/** What concerns the whole market is never a repair of single bars, but for the hour that was still open. */
function withRepair(seen: Observation): Finding {
  const rule = seen.symbol === null && seen.rule !== 'unclosed-last-bar' ? null : repairFor(seen.rule);
  return { ...seen, repair: rule === null ? null : { rule, action: repairLaws[rule].action } };
}

/** Findings of one rule about one symbol that are told one by one. */
const toldMax = 20;

function summedUp(findings: readonly Finding[]): readonly Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = [finding.rule, finding.severity, finding.symbol ?? ''].join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()].flatMap((group) => {
    const [told, rest] = [group.slice(0, toldMax), group.slice(toldMax)];
    const [first] = rest;
    if (first === undefined || first.symbol === null) return group;
    const count = rest.reduce((sum, one) => sum + one.count, 0);
    const message = `And ${rest.length} times more in this span, ${count} bars in all. The first of them: ${first.message}`;
    const { value: _, ...shared } = first;
    return [...told, { ...shared, toMs: Math.max(...rest.map(({ toMs }) => toMs)), count, message }];
  });
}
