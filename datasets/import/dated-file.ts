/** Files that hold from a time on: the time is given with the path, stands in the file, or in its name. */
import { stat } from 'node:fs/promises';
import type { Fault } from '../../engine/config.ts';

export interface DatedFile {
  readonly path: string;
  /** Epoch ms UTC; null where only the path was given. */
  readonly effectiveMs: number | null;
}

const dateText = /^\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?)?$/;

/** `FILE` or `FILE@DATE`; an `@` that no date follows belongs to the path. */
export function datedFile(text: string): DatedFile {
  const at = text.lastIndexOf('@');
  const effectiveMs = at < 0 ? null : timeOf(text.slice(at + 1));
  return effectiveMs === null ? { path: text, effectiveMs } : { path: text.slice(0, at), effectiveMs };
}

/** Epoch ms of `2026-03`, `2026-03-01` or `2026-03-01T12:00Z`, always UTC; null for any other text. */
export function timeOf(text: string): number | null {
  if (!dateText.test(text)) return null;
  const timeMs = Date.parse(text.length > 10 ? `${text.replace(' ', 'T').replace(/Z$/, '')}Z` : text);
  // Date.parse takes 2026-02-30 for the 2nd of March.
  const isCalendarDay = !Number.isNaN(timeMs) && new Date(timeMs).toISOString().startsWith(text.slice(0, 10));
  return isCalendarDay ? timeMs : null;
}

/** The last date in a file's name: `leverage_tiers_2026-03.json.gz` is of 2026-03-01; null without any. */
export function dateInName(fileName: string): number | null {
  const found = [...fileName.matchAll(/(?<!\d)\d{4}-\d{2}(-\d{2})?(?!\d)/g)].map(([text]) => timeOf(text));
  return found.findLast((timeMs) => timeMs !== null) ?? null;
}

/** What is wrong with a path that is not there because what follows its `@` was meant as a date; null for any other path. */
export async function misdatedFault(path: string): Promise<Fault | null> {
  const at = path.lastIndexOf('@');
  if (at <= 0 || (await isFile(path)) || !(await isFile(path.slice(0, at)))) return null;
  const message = `is there, but ${path.slice(at + 1)} is no date. Write it (UTC) such as FILE@2026-03-01.`;
  return { path: path.slice(0, at), message };
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

export function undatedFault(path: string): Fault {
  return {
    path,
    message: 'does not say from when it holds. Add the date (UTC), such as FILE@2026-03-01.',
  };
}
