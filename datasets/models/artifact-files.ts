/** The files of an artifact, read and checked. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { featureSets } from '../../engine/columns/features/sets.ts';
import { type ArtifactCheck, checkArtifact, fileBytesMax } from '../../engine/signal/artifact-check.ts';
import { openSession } from '../../engine/signal/session.ts';
import { featureSetHash } from '../columns/set-hash.ts';
import { asStoreFault, StoreFault } from '../faults.ts';

export interface ArtifactFiles {
  /** Content by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Bytes of files that are larger than an artifact's may be, by name: they are not read. */
  readonly oversized: ReadonlyMap<string, number>;
}

/** @throws StoreFault `model-missing` where there is no such folder, `permission-denied`, `disk-fault` */
export async function readArtifact(dir: string): Promise<ArtifactFiles> {
  const files = new Map<string, Uint8Array>();
  const oversized = new Map<string, number>();
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    for (const { name } of entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'))) {
      const { size } = await stat(join(dir, name));
      if (size > fileBytesMax(name)) oversized.set(name, size);
      else files.set(name, await readFile(join(dir, name)));
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new StoreFault('model-missing', `There is no artifact at ${dir}. See: hourglass model list`, {
        cause,
      });
    throw asStoreFault(cause, `Reading the artifact at ${dir}`);
  }
  return { files, oversized };
}

/**
 * Reads an artifact and checks it as docs/models.md says.
 * @param run false leaves out the golden rows, which take a run of the graph
 * @throws StoreFault as `readArtifact`
 */
export async function checkArtifactAt(dir: string, { run } = { run: true }): Promise<ArtifactCheck> {
  const { files, oversized } = await readArtifact(dir);
  const session = run ? openSession : null;
  return await checkArtifact(files, { featureSetOf, sha256, openSession: session, oversized });
}

/** SHA-256 in hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Names of a set's features in their order, and the set's hash; null for a set that the package does not have. */
export function featureSetOf(name: string) {
  const set = featureSets.get(name);
  return set === undefined
    ? null
    : { features: set.features.map((feature) => feature.name), hash: featureSetHash(set) };
}
