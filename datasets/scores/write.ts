/** Puts scores in their place: block by block beside it, where an interrupted run finds them again, then one rename. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ScorePlan } from '../../engine/signal/scored-version.ts';
import { swapIn } from '../columns/write.ts';
import type { TableFile } from '../dataset.ts';
import { asStoreFault } from '../faults.ts';
import { isAlive, type Store } from '../store.ts';
import { readPart, type ScoredPart } from './consume.ts';
import {
  type ScoredColumn,
  type ScoreInputs,
  type ScoreManifest,
  scoreFiles,
  scoreSetDir,
} from './score-set.ts';

/** Scores that are being made. */
export interface ScoreStaging {
  /** Where blocks are written while they pass by; `news.parquet` goes here too. */
  readonly dir: string;
  /** Blocks that a run with the same inputs left behind, by first coin. */
  readonly done: ReadonlyMap<number, ScoredPart>;
  /** Takes the place of former scores; what other interrupted runs left is removed, and what others are at is not. */
  publish(manifest: ScoreManifest): Promise<string>;
}

/**
 * The folder of a run is named by what went in and by the size of blocks, so that a run finds its own beginnings and nobody else's.
 * Where another process is at the very same scores, a run makes them in a folder of its own.
 * @throws StoreFault `disk-full`, `permission-denied`, `disk-fault`, `name-refused`
 */
export async function stageScores(
  store: Store,
  dataset: string,
  inputs: ScoreInputs,
  { again, ...blocks }: { readonly coins: number; readonly blockCoins: number; readonly again: boolean },
): Promise<ScoreStaging> {
  const target = scoreSetDir(store, dataset, inputs.strategy);
  const key = createHash('sha256')
    .update(JSON.stringify([inputs, blocks]))
    .digest('hex')
    .slice(0, 16);
  let dir = `${target}.staging-${key}`;
  const doing = `Storing the scores of ${inputs.strategy} over dataset ${dataset}`;
  const attempt = async <Result>(work: () => Promise<Result>): Promise<Result> =>
    await work().catch((cause: unknown) => {
      throw asStoreFault(cause, doing);
    });
  const done = new Map<number, ScoredPart>();
  await attempt(async () => {
    if (await isTaken(dir)) dir = `${dir}-${process.pid}`;
    if (again) await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, ownerFile), String(process.pid));
    for (let fromCoin = 0; fromCoin < blocks.coins; fromCoin += blocks.blockCoins) {
      const part = await readPart(dir, fromCoin);
      if (part !== null) done.set(fromCoin, part);
    }
  });
  return {
    ...{ dir, done },
    publish: (manifest) =>
      attempt(async () => {
        const files = manifest.files.map(({ file }) => file);
        await removeUnlisted(dir, new Set([...files, scoreFiles.news, ownerFile]));
        await writeFile(join(dir, scoreFiles.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
        await swapIn(dir, target);
        await rm(join(target, ownerFile), { force: true });
        await removeStaging(dirname(target), basename(target));
        return target;
      }),
  };
}

/** Number of the process that is at a folder. */
const ownerFile = 'owner';

async function isTaken(dir: string): Promise<boolean> {
  const owner = await readFile(join(dir, ownerFile), 'utf8').catch(() => '');
  return isAlive(Number(owner));
}

async function removeUnlisted(dir: string, kept: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(dir)) if (!kept.has(entry)) await rm(join(dir, entry), { force: true });
}

async function removeStaging(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`${name}.staging-`) || (await isTaken(join(folder, entry)))) continue;
    await rm(join(folder, entry), { recursive: true, force: true });
  }
}

/** What all parts come to, whatever their size. */
export interface ScoreTotals {
  readonly rows: number;
  readonly hash: string;
  readonly columns: readonly ScoredColumn[];
  readonly files: readonly TableFile[];
}

/** @param versionOf by hour: which of the plan's versions; see `versionsByHour` */
export function totalsOf(plan: ScorePlan, parts: readonly ScoredPart[], versionOf: Int32Array): ScoreTotals {
  const ordered = parts.toSorted((a, b) => a.fromCoin - b.fromCoin);
  const columns = plan.columns.map((name, index) => {
    const rowHash = new Int32Array(versionOf.length * 2);
    for (const part of ordered) {
      for (const [at, word] of part.rowHash[index]!.entries()) rowHash[at] = (rowHash[at]! + word) | 0;
    }
    const filled = ordered.reduce((sum, part) => sum + part.filled[index]!, 0);
    return { name, filled, hash: rowHashText(rowHash) };
  });
  const names = plan.versions.map(({ version }) => version);
  const used = [...versionOf].map((index) => (index < 0 ? null : names[index]!));
  const rows = ordered.reduce((sum, part) => sum + part.rows, 0);
  const hash = createHash('sha256')
    .update(JSON.stringify([rows, columns, used]))
    .digest('hex');
  return { rows, hash, columns, files: ordered.flatMap(({ file }) => file ?? []) };
}

/** SHA-256 over row hashes, two lanes an hour. */
export function rowHashText(rowHash: Int32Array): string {
  const bytes = new Uint8Array(rowHash.byteLength);
  bytes.set(new Uint8Array(rowHash.buffer, rowHash.byteOffset, rowHash.byteLength));
  return createHash('sha256').update(bytes).digest('hex');
}
