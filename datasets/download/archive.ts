/**
 * Files of Binance's public archive, by path or by address. A file from an address is held against the checksum that stands
 * beside it there, and kept; the importer unpacks it like any other file.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fetch, ProxyAgent } from 'undici';
import { type ImportResult, importDataset } from '../import/import.ts';
import type { ImportRequest } from '../import/request.ts';
import type { Store } from '../store.ts';
import { type DownloadOptions, downloadsDir } from './download.ts';
import { DownloadFault } from './fault.ts';
import { type Patience, patiently, type Trouble } from './patience.ts';

interface ArchiveOptions extends Patience {
  readonly proxy?: string;
  readonly remark?: (text: string) => void;
  readonly progress?: (stage: string, fraction?: number) => void;
}

type ArchiveFiles = Pick<ImportRequest, 'bars' | 'mark' | 'funding' | 'spot'>;

/**
 * Fetches what has to be fetched, and imports all of it as dataset `name`.
 * @throws DownloadFault `network-fault`, `venue-refused`, `answer-unreadable`; StoreFault as `importDataset`
 */
export async function downloadArchive(
  store: Store,
  request: { readonly name: string; readonly places: readonly string[]; readonly proxy?: string },
  options: DownloadOptions = {},
): Promise<ImportResult> {
  const { name, places, proxy } = request;
  const files = await archiveFiles(downloadsDir(store, name), places, {
    ...(proxy === undefined ? {} : { proxy }),
    ...options,
  });
  return await importDataset(store, { name, ...files }, options);
}

/** The files by table, those from an address fetched into `folder` first. */
async function archiveFiles(
  folder: string,
  places: readonly string[],
  options: ArchiveOptions,
): Promise<ArchiveFiles> {
  const files = { bars: [] as string[], mark: [] as string[], funding: [] as string[], spot: [] as string[] };
  for (const [index, place] of places.entries()) {
    options.progress?.(`fetching ${basename(place)}`, index / places.length);
    files[tableOf(place)].push(isAddress(place) ? await fetchFile(folder, place, options) : place);
  }
  // The archive keeps futures and spot apart; where only spot was named, these are the bars.
  return files.bars.length === 0 ? { ...files, bars: files.spot, spot: [] } : files;
}

function isAddress(place: string): boolean {
  return /^https?:\/\//.test(place);
}

function tableOf(place: string): keyof ArchiveFiles {
  if (/markPriceKlines/i.test(place)) return 'mark';
  if (/fundingRate/i.test(place)) return 'funding';
  return /\/spot\//.test(place) ? 'spot' : 'bars';
}

async function fetchFile(folder: string, address: string, options: ArchiveOptions): Promise<string> {
  // Files of different tables have the same name: the place they came from keeps them apart.
  const path = join(folder, 'archive', tableOf(address), basename(new URL(address).pathname));
  const wanted = await checksumOf(address, options);
  const kept = await readFile(path).catch(() => null);
  if (kept !== null && wanted !== null && hashOf(kept) === wanted) return path;
  const bytes = await patiently(
    address,
    async () => {
      const body = await get(address, options);
      if (wanted !== null && hashOf(body) !== wanted) throw new Broken('the file does not fit its checksum');
      return body;
    },
    judged,
    options,
  );
  if (wanted === null) options.remark?.(`${address} has no checksum beside it: it was taken as it came`);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(`${path}.new`, bytes);
  await rename(`${path}.new`, path);
  return path;
}

/** Lower-case hex SHA-256 from the file beside an archive; null where there is none. */
async function checksumOf(address: string, options: ArchiveOptions): Promise<string | null> {
  const text = await patiently(
    `${address}.CHECKSUM`,
    async () => await get(`${address}.CHECKSUM`, options).catch(absent),
    judged,
    options,
  );
  if (text === null) return null;
  const found = /^[0-9a-f]{64}/i.exec(text.toString('utf8').trim());
  if (found === null)
    throw new DownloadFault('answer-unreadable', `${address}.CHECKSUM holds no SHA-256. Check the address.`);
  return found[0].toLowerCase();
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

class Broken extends Error {}

class Refused extends Error {
  readonly status: number;
  readonly waitMs: number | null;

  constructor(status: number, waitMs: number | null) {
    super(`the server answered ${status}`);
    this.status = status;
    this.waitMs = waitMs;
  }
}

function absent(cause: unknown): null {
  if (cause instanceof Refused && cause.status === 404) return null;
  throw cause;
}

function judged(cause: unknown): Trouble {
  if (!(cause instanceof Refused)) return { kind: 'again' };
  if (cause.status === 429 || cause.status === 418) return { kind: 'slow-down', waitMs: cause.waitMs };
  return cause.status >= 500 ? { kind: 'again' } : { kind: 'final' };
}

async function get(address: string, { proxy, signal }: ArchiveOptions): Promise<Buffer> {
  const dispatcher = proxy === undefined ? undefined : new ProxyAgent(proxy);
  try {
    const answer = await fetch(address, {
      ...(dispatcher === undefined ? {} : { dispatcher }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!answer.ok) {
      await answer.body?.cancel();
      const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
      throw new Refused(answer.status, Number.isFinite(seconds) ? seconds * 1000 : null);
    }
    return Buffer.from(await answer.arrayBuffer());
  } finally {
    await dispatcher?.close();
  }
}
