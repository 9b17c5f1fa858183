/**
 * Named repairs of a dataset, as a new version of it. Nothing is repaired that the data check does not find, nothing beyond
 * what was asked for, and every bar that was touched is told in the manifest.
 *
 *   1. the data check says what there is to repair; what was asked for and is not there is refused, all of it at once
 *   2. the bars are read as they lie, mended step by step (`bars.ts`) in the order of `repairLaws`, and written again
 *   3. all other tables are carried over, but for renames and later versions where a repair is about these
 */
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type Fault } from '../../engine/config.ts';
import { everyFinding } from '../check/check.ts';
import type { Finding } from '../check/finding.ts';
import type { DatasetManifest, Repair } from '../dataset.ts';
import { relationOf } from '../dense-span.ts';
import { allRows, withDuck } from '../duck.ts';
import { refuse, stopIfAborted } from '../faults.ts';
import { readManifest } from '../manifest.ts';
import { type PublishedDataset, type PublishOptions, publishDataset, publishedDataset } from '../publish.ts';
import { checkedName, type Store } from '../store.ts';
import { loadBars, mendBars, writeBars } from './bars.ts';
import type { RepairJob } from './job.ts';
import { type RepairRule, repairRules } from './rules.ts';
import { mendUnits } from './units.ts';

export interface RepairRequest {
  readonly name: string;
  /** Names of repairs, such as `drop-duplicates`. */
  readonly rules: readonly string[];
  /** Of these symbols alone; without it, of all. */
  readonly symbols?: readonly string[];
  /** Name of the new version; without it, it replaces the dataset. */
  readonly as?: string;
}

export interface RepairResult extends PublishedDataset {
  /** Hash of the dataset that was repaired. */
  readonly parent: string;
  readonly repaired: readonly Repair[];
}

/**
 * @example await repairDataset(store, { name: 'usdm', rules: ['drop-duplicates'], as: 'usdm-clean' })
 * @throws StoreFault `repair-refused` (with all faults), `dataset-missing`, `dataset-damaged`, `name-refused`, `cancelled`
 */
export async function repairDataset(
  store: Store,
  request: RepairRequest,
  options: PublishOptions = {},
): Promise<RepairResult> {
  const { name } = request;
  const target = checkedName(request.as ?? name);
  const manifest = await readManifest(store, name);
  const source = { dir: store.datasetDir(name), tables: manifest.tables };
  const known = await symbolsOf(source);
  const findings = await everyFinding(store, name, options.progress);
  const jobs = jobsOf(request, known, findings);
  let repaired: readonly Repair[] = [];
  const fill = async (dir: string) => {
    repaired = await mendInto(dir, source, manifest, jobs, options);
    return {
      sources: manifest.sources,
      rejected: manifest.rejected,
      notes: manifest.notes ?? [],
      repairs: [...(manifest.repairs ?? []), ...repaired],
      parent: manifest.hash,
    };
  };
  const published = await publishDataset(store, target, fill, options);
  return { ...publishedDataset(published), parent: manifest.hash, repaired };
}

type Source = Parameters<typeof relationOf>[0];

async function symbolsOf(source: Source): Promise<readonly string[]> {
  return await withDuck(async (duck) => {
    const rows = await allRows(
      duck,
      `SELECT DISTINCT symbol FROM ${relationOf(source, 'bars')} ORDER BY symbol`,
    );
    return rows.map(({ symbol }) => String(symbol));
  });
}

function jobsOf(
  { name, rules, symbols }: RepairRequest,
  known: readonly string[],
  findings: readonly Finding[],
): readonly RepairJob[] {
  const faults: Fault[] = [];
  const wanted = symbols ?? known;
  for (const symbol of new Set(symbols ?? [])) {
    if (!known.includes(symbol))
      faults.push({
        path: `--symbol ${symbol}`,
        message: `${name} has no bars of it. Symbols are written as in the bars.`,
      });
  }
  const concerned = findings.filter(
    ({ repair, symbol }) => repair !== null && (symbol === null || wanted.includes(symbol)),
  );
  const jobs: RepairJob[] = [];
  for (const rule of repairRules.filter((one) => rules.includes(one))) {
    const own = concerned.filter(({ repair }) => repair?.rule === rule);
    if (own.length > 0) jobs.push({ rule, findings: own, symbols: wanted });
    else
      faults.push({
        path: `--rule ${rule}`,
        message: `there is nothing to repair by it${symbols === undefined ? '' : ' in these symbols'}. \`hourglass data check ${name} --json\` names the repair of each finding.`,
      });
  }
  const names = repairRules.join(', ');
  for (const rule of new Set(rules)) {
    if (!repairRules.includes(rule as RepairRule))
      faults.push({
        path: `--rule ${rule}`,
        message: `there is no repair ${describe(rule)}. Repairs: ${names}.`,
      });
  }
  if (rules.length === 0) faults.push({ path: '--rule', message: `names no repair. Repairs: ${names}.` });
  if (faults.length > 0) throw refuse('repair-refused', `${name} was not repaired.`, faults);
  return jobs;
}

async function mendInto(
  dir: string,
  source: Source,
  manifest: DatasetManifest,
  jobs: readonly RepairJob[],
  { progress, signal }: PublishOptions,
): Promise<readonly Repair[]> {
  const workDir = join(dir, 'work');
  await mkdir(workDir);
  progress?.('carrying tables over');
  for (const [table, { file }] of Object.entries(manifest.tables)) {
    stopIfAborted(signal, `Repairing ${manifest.name}`);
    if (table !== 'bars') await copyFile(join(source.dir, file), join(dir, file));
  }
  const repairs: Repair[] = [];
  await withDuck(
    async (duck) => {
      await loadBars(duck, source);
      for (const job of jobs) {
        stopIfAborted(signal, `Repairing ${manifest.name}`);
        progress?.(`repairing: ${job.rule}`);
        const mended =
          job.rule === 'redenominate'
            ? await mendUnits(duck, job, source, dir)
            : await mendBars(duck, job, source, dir);
        repairs.push(...mended);
      }
      progress?.('writing bars');
      await writeBars(duck, dir);
    },
    { tempDir: workDir, ...(signal === undefined ? {} : { signal }) },
  );
  await rm(workDir, { recursive: true, force: true });
  return repairs;
}
