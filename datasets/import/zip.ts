/** Zip files as public archives hand them out: one table inside. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { unzipSync } from 'fflate';
import type { Parsed } from '../../engine/config.ts';

/** Unpacks the one table that the file holds; gives the name it has inside. */
export async function unpackZip(
  path: string,
  readable: string,
): Promise<Parsed<{ readonly fileName: string }>> {
  const refused = (message: string) => ({ ok: false, faults: [{ path, message }] }) as const;
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(await readFile(path));
  } catch (cause) {
    return refused(`is a damaged zip file (${(cause as Error).message}). Fetch it again.`);
  }
  const names = Object.keys(entries).filter((name) => /\.(csv|json)$/i.test(name));
  const [name] = names;
  if (name === undefined || names.length > 1) {
    return refused(`holds ${names.length} tables where one is wanted. Unpack it and name the files in it.`);
  }
  await writeFile(readable, entries[name]!);
  return { ok: true, value: { fileName: basename(name) } };
}
