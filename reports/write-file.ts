/** Whole files only: the text goes to a temporary name in the same folder and is renamed when it is complete. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** @throws ReportError `report-not-written` where the folder or the disk refuses. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(part, content);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ReportError(
      'report-not-written',
      `cannot write ${path}: ${reason}. Free some space or choose another folder, then write the report again; the run itself is untouched.`,
      cause,
    );
  }
}

export class ReportError extends Error {
  readonly code: 'report-not-written' | 'ledger-unreadable';
  constructor(code: ReportError['code'], message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ReportError';
    this.code = code;
  }
}
