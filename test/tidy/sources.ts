/** The project's own files, and their text with comments and strings told apart from code. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Source {
  /** Path from the root of the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments blanked out; lines and columns stay where they were. */
  readonly code: string;
  /** The same with the contents of strings, templates and regular expressions blanked out as well. */
  readonly bare: string;
}

const skippedFolders = new Set(['node_modules', 'dist', '.git', '.hourglass']);

/** Every file that is tracked, or is not and would be. */
export function projectFiles(): string[] {
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const paths = listed.toString().split('\0').filter(Boolean);
    return [...new Set(paths)].filter((path) => existsSync(join(root, path))).toSorted();
  } catch {
    // No git, or no repository around the files: take what lies there.
    return walk('').toSorted();
  }
}

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return skippedFolders.has(entry.name) ? [] : walk(path);
  });
}

const codeExtensions = new Set(['.ts', '.mts', '.mjs', '.js']);

export function readSource(path: string): Source {
  return sourceOf(path, readFileSync(join(root, path), 'utf8'));
}

export function sourceOf(path: string, text: string): Source {
  if (!codeExtensions.has(extname(path))) return { path, text, code: text, bare: text };
  return { path, text, ...blanked(text) };
}

export function isCode(path: string): boolean {
  return codeExtensions.has(extname(path));
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** What may stand right before a regular expression; anything else makes the slash a division. */
const beforePattern =
  /(?:^|[=([{,;:!&|?+\-*%~^<>}]|\b(?:return|typeof|case|in|of|do|else|void|yield|await))\s*$/;

interface Piece {
  readonly kind: 'comment' | 'literal' | 'code';
  readonly from: number;
  readonly to: number;
}

function blanked(text: string): { readonly code: string; readonly bare: string } {
  const code: string[] = [];
  const bare: string[] = [];
  for (const { kind, from, to } of pieces(text)) {
    const part = text.slice(from, to);
    code.push(kind === 'comment' ? blank(part) : part);
    bare.push(kind === 'comment' ? blank(part) : kind === 'literal' ? hollow(part) : part);
  }
  return { code: code.join(''), bare: bare.join('') };
}

function blank(part: string): string {
  return part.replaceAll(/[^\n]/g, ' ');
}

/** Keeps the quotes, so that a literal still reads as one. */
function hollow(part: string): string {
  return part.length < 2 ? part : part[0] + blank(part.slice(1, -1)) + part.at(-1);
}

function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let plainFrom = 0;
  let at = 0;
  const take = (kind: Piece['kind'], to: number): void => {
    if (at > plainFrom) found.push({ kind: 'code', from: plainFrom, to: at });
    found.push({ kind, from: at, to });
    at = to;
    plainFrom = to;
  };
  while (at < text.length) {
    const [here, next] = [text[at], text[at + 1]];
    if (here === '/' && next === '/') take('comment', endOr(text.indexOf('\n', at), text));
    else if (here === '/' && next === '*') take('comment', endOr(text.indexOf('*/', at + 2), text, 2));
    else if (here === "'" || here === '"' || here === '`') take('literal', literalEnd(text, at, here));
    else if (here === '/' && beforePattern.test(text.slice(Math.max(0, at - 40), at)))
      take('literal', patternEnd(text, at));
    else at += 1;
  }
  if (at > plainFrom) found.push({ kind: 'code', from: plainFrom, to: at });
  return found;
}

function endOr(offset: number, text: string, length = 0): number {
  return offset < 0 ? text.length : offset + length;
}

/** A template counts as one literal, what it interpolates included. */
function literalEnd(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at + 1;
    else if (quote === '`' && text[at] === '$' && text[at + 1] === '{')
      at = interpolationEnd(text, at + 2) - 1;
  }
  return text.length;
}

function interpolationEnd(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    const here = text[at]!;
    if (here === "'" || here === '"' || here === '`') at = literalEnd(text, at, here) - 1;
    else if (here === '{') depth += 1;
    else if (here === '}') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function patternEnd(text: string, from: number): number {
  let inClass = false;
  for (let at = from + 1; at < text.length && text[at] !== '\n'; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '[') inClass = true;
    else if (text[at] === ']') inClass = false;
    else if (text[at] === '/' && !inClass) return at + 1;
  }
  return from + 1;
}
