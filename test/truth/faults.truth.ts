/** PM15: the data check against the truth rows of planted faults. What it says of clean markets stands in `stored.truth.ts`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDataset } from '../../datasets/check/check.ts';
import type { Finding } from '../../datasets/check/finding.ts';
import { faultKinds } from '../../datasets/planted/faults/kinds.ts';
import { presets } from '../../datasets/planted/settings.ts';
import { openStore } from '../../datasets/store.ts';
import { type FaultRow, findingOf, plantFaulty } from '../datasets/check/truth-rows.ts';
import { isFull, onceBySeed, overSeeds, seedsOf, truthRow } from './row.ts';

interface Checked {
  readonly truth: readonly FaultRow[];
  readonly missed: readonly FaultRow[];
  /** Errors and warnings that no planted fault explains. */
  readonly unexplained: readonly Finding[];
}

const checkedOf = onceBySeed(async (seed): Promise<Checked> => {
  const store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-truth-')));
  try {
    const truth = await plantFaulty(store, 'faulty', { seed, ...presets[isFull ? 'M' : 'S'] });
    const findings = await checkDataset(store, 'faulty');
    const explained = new Set(truth.map((fault) => findingOf(findings, fault)));
    return {
      truth,
      missed: truth.filter((fault) => findingOf(findings, fault) === null),
      unexplained: findings.filter((found) => found.severity !== 'note' && !explained.has(found)),
    };
  } finally {
    await rm(store.dataDir, { recursive: true, force: true });
  }
});
const ofAllSeeds = () => overSeeds(seedsOf(), checkedOf);

truthRow('PM15', 'planted faults found', 'all, with kind, symbol, range and size', async () => {
  const all = await ofAllSeeds();
  const truth = all.flatMap((one) => one.truth);
  const missed = all.flatMap((one) => one.missed);
  const kinds = new Set(truth.map(({ kind }) => kind));
  const [first] = missed;
  const example = first === undefined ? '' : `, not ${first.kind} of ${first.symbol}`;
  return {
    shown: `${truth.length - missed.length} of ${truth.length} of ${kinds.size} kinds${example}`,
    // A market without a kind of fault would leave that kind untested.
    holds: missed.length === 0 && kinds.size === faultKinds.size,
  };
});

truthRow('PM15', 'other findings on markets with faults', 'no error, no warning', async () => {
  const found = (await ofAllSeeds()).flatMap((one) => one.unexplained);
  const [first] = found;
  const example = first === undefined ? '' : `, the first ${first.rule} of ${first.symbol ?? 'the market'}`;
  return { shown: `${found.length}${example}`, holds: found.length === 0 };
});
