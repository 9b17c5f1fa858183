/** A run from the session's store, with the bars it read. */
import type { StoredRun } from '../datasets/runs.ts';
import type { Table } from '../engine/journal/tables.ts';
import type { Panel } from '../engine/panel/panel.ts';
import type { Session } from './session.ts';
import { sessionStore } from './store.ts';

export async function storedRun(session: Session, runId: string): Promise<StoredRun> {
  const { readRun } = await import('../datasets/runs.ts');
  return await readRun(await sessionStore(session), runId);
}

/** What callers of `--json` rely on: the run's name, place, digests and headline figures. */
export function runFigures({ dir, manifest }: StoredRun) {
  const { runId, signalDigest, digest, headline } = manifest;
  return { runId, dir, signalDigest, digest, ...headline };
}

/** The panel of the run's dataset; null, with a remark, where the dataset is gone or is another one now. */
export async function panelOf(session: Session, run: StoredRun): Promise<Panel | null> {
  const { openDataset } = await import('../datasets/open.ts');
  const { StoreFault } = await import('../datasets/faults.ts');
  const { name, hash } = run.manifest.dataset;
  try {
    const dataset = await openDataset(await sessionStore(session), name);
    if (dataset.hash === hash) return dataset.panel;
    session.remark(`dataset ${name} has changed since this run: its bars are left out`);
  } catch (cause) {
    if (!(cause instanceof StoreFault)) throw cause;
    session.remark(`the run's bars are left out: ${cause.message}`);
  }
  return null;
}

/** Writes pages and charts beside the run; the paths, main page last. */
export async function writePages(
  session: Session,
  run: StoredRun,
  panel: Panel | null,
  coins?: readonly string[] | 'all',
): Promise<{ readonly files: readonly string[]; readonly untraded: readonly string[] }> {
  const { writeReport } = await import('../reports/report.ts');
  const universe = panel === null ? null : await universeOf(session, run);
  const request = { run, panel, universe, ...(coins === undefined ? {} : { coins }) };
  return await writeReport(request, session.progress);
}

/** The universe by hour, where some set has been built over the very dataset of the run. */
async function universeOf(session: Session, { manifest }: StoredRun): Promise<Table | null> {
  const { columnSetFile, listColumnSets } = await import('../datasets/columns/column-set.ts');
  const { name, hash } = manifest.dataset;
  for (const set of await listColumnSets(await sessionStore(session), name)) {
    if (set.manifest.datasetHash !== hash) continue;
    const path = await columnSetFile(set, 'universe');
    if (path === null) continue;
    const { readTable } = await import('../datasets/duck.ts');
    return await readTable(path);
  }
  return null;
}
