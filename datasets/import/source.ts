/** One file somebody gave us: is it there, what is it, and a plain path that the readers can open. */
import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Fault, Parsed } from '../../engine/config.ts';
import { asStoreFault } from '../faults.ts';
import { unpackZip } from './zip.ts';

export interface SourceFile {
  /** Position among all files of the import: what rows carry to say where they came from. */
  readonly index: number;
  /** As the user gave it. */
  readonly path: string;
  readonly fileName: string;
  /** `jsonl`: one object a line. */
  readonly format: 'parquet' | 'csv' | 'json' | 'jsonl';
  /** Where to read: the file itself, or its unpacked copy. */
  readonly readable: string;
}

/** Looks at a file and unpacks it into `tempDir` if need be; says what is wrong with it and what to do. */
export async function openSource(path: string, index: number, tempDir: string): Promise<Parsed<SourceFile>> {
  const refused = (message: string): Parsed<SourceFile> => ({ ok: false, faults: [{ path, message }] });
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => cause);
  if (found instanceof Error) {
    return refused(
      found.code === 'ENOENT' ? 'is not there. Check the path.' : `cannot be looked at (${found.message}).`,
    );
  }
  if (found.isDirectory()) return refused('is a folder. Name the files in it, such as FOLDER/*.csv.');
  if (found.size === 0) return refused('is empty (0 bytes). Fetch it again, or leave it out.');
  let head: Buffer;
  try {
    head = await firstBytes(path);
  } catch (cause) {
    return refused(`cannot be read (${(cause as Error).message}). Check its mode.`);
  }
  if (head.toString('latin1', 0, 4) === 'PK\x03\x04') return await openZip(path, index, tempDir);
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  const format = formatOf(path, head, packed);
  if (format === null)
    return refused('is none of Parquet, CSV and JSON (.csv, .json, both also .gz or .zip). Convert it.');
  const fileName = basename(path);
  if (!packed) return { ok: true, value: { index, path, fileName, format, readable: path } };
  const readable = join(tempDir, `unpacked-${index}.${format}`);
  const fault = await unpack(path, readable);
  if (fault !== null) return { ok: false, faults: [fault] };
  const { size } = await stat(readable);
  if (size === 0) return refused('unpacks to nothing. Fetch it again, or leave it out.');
  return { ok: true, value: { index, path, fileName, format, readable } };
}

async function openZip(path: string, index: number, tempDir: string): Promise<Parsed<SourceFile>> {
  const readable = join(tempDir, `unpacked-${index}`);
  const unpacked = await unpackZip(path, readable);
  if (!unpacked.ok) return unpacked;
  const { fileName } = unpacked.value;
  const format = fileName.toLowerCase().endsWith('.csv') ? 'csv' : 'json';
  return { ok: true, value: { index, path, fileName, format, readable } };
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function formatOf(path: string, head: Buffer, packed: boolean): SourceFile['format'] | null {
  if (head.toString('latin1', 0, 4) === 'PAR1') return 'parquet';
  const plain = path.toLowerCase().replace(/\.gz$/, '');
  if (plain.endsWith('.parquet')) return packed ? null : 'parquet';
  if (plain.endsWith('.csv') || plain.endsWith('.txt')) return 'csv';
  if (plain.endsWith('.jsonl') || plain.endsWith('.ndjson')) return 'jsonl';
  return plain.endsWith('.json') ? 'json' : null;
}

async function unpack(path: string, readable: string): Promise<Fault | null> {
  try {
    await pipeline(createReadStream(path), createGunzip(), createWriteStream(readable));
    return null;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (code === 'Z_BUF_ERROR') {
      return {
        path,
        message: 'is a gzip file that ends too early. Fetch it again: the rest of its rows is missing.',
      };
    }
    if (code.startsWith('Z_'))
      return { path, message: `is a damaged gzip file (${(cause as Error).message}). Fetch it again.` };
    throw asStoreFault(cause, `Unpacking ${path}`);
  }
}
