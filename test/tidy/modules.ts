/** Who imports what, and what is exported to nobody. */
import { dirname, join } from 'node:path/posix';
import { lineAt, type Source } from './sources.ts';

export interface Import {
  readonly from: string;
  readonly line: number;
  /** As written: a package, a `node:` module, or a relative path. */
  readonly specifier: string;
  /** Path from the root of the project; null for packages. */
  readonly target: string | null;
  /** Names taken from the target, as it exports them; null where all of them are. */
  readonly names: readonly string[] | null;
}

const statement = /\b(?:import|export)\s+(?:type\s+)?([\w$*\s{},]*?)\s*from\s*(['"])([^'"\n]+)\2/g;
const bareImport = /\bimport\s*(?:\(\s*)?(['"])([^'"\n]+)\1/g;
const moduleUrl = /\bnew URL\(\s*(['"])(\.[^'"\n]+\.[mc]?[jt]s)\1\s*,\s*import\.meta\.url/g;
const siblingUrl = /\bsiblingModule\(\s*(['"])([^'"\n]+)\1\s*,\s*import\.meta\.url/g;

export function importsOf({ path, code, bare }: Source): Import[] {
  const found: Import[] = [];
  const add = (offset: number, specifier: string, names: readonly string[] | null): void => {
    // The keyword must be code, not the contents of a string.
    if (bare[offset] === ' ') return;
    const target = specifier.startsWith('.') ? sourcePath(join(dirname(path), specifier)) : null;
    found.push({ from: path, line: lineAt(code, offset), specifier, target, names });
  };
  for (const match of code.matchAll(statement)) add(match.index, match[3]!, namesIn(match[1]!));
  for (const match of code.matchAll(bareImport)) add(match.index, match[2]!, null);
  for (const match of code.matchAll(moduleUrl)) add(match.index, match[2]!, null);
  for (const match of code.matchAll(siblingUrl)) add(match.index, `./${match[2]!}.ts`, null);
  return found;
}

/** What is imported from the build comes from the source it was built from. */
function sourcePath(path: string): string {
  return path.replace(/^dist\/(.*)\.js$/, '$1.ts');
}

/** `Default, { a, type b as c }` takes default, a and b; a star takes everything. */
function namesIn(clause: string): string[] | null {
  if (clause.includes('*')) return null;
  const [outer = '', inner = ''] = clause.split('{');
  const named = inner
    .replace('}', '')
    .split(',')
    .map((name) =>
      name
        .trim()
        .replace(/^type\s+/, '')
        .replace(/\s+as\s+.*$/s, ''),
    )
    .filter(Boolean);
  return outer.replace(',', '').trim() === '' ? named : ['default', ...named];
}

export interface Export {
  readonly path: string;
  readonly line: number;
  readonly name: string;
}

const declared =
  /^export\s+(?:declare\s+)?(?:async\s+)?(?:abstract\s+)?(function\s*\*?|class|const|let|interface|type)\s+([\w$]+)/gm;
const defaulted = /^export\s+default\b/gm;
const listed = /^export\s+(?:type\s+)?\{([^}]*)\}\s*(?!\s*from)[;\n]/gm;

export function exportsOf({ path, bare }: Source): (Export & { readonly isType: boolean })[] {
  const found: (Export & { readonly isType: boolean })[] = [];
  const add = (offset: number, name: string, isType: boolean): void => {
    found.push({ path, line: lineAt(bare, offset), name, isType });
  };
  for (const match of bare.matchAll(declared))
    add(match.index, match[2]!, match[1] === 'interface' || match[1] === 'type');
  for (const match of bare.matchAll(defaulted)) add(match.index, 'default', false);
  for (const match of bare.matchAll(listed)) {
    for (const name of match[1]!
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean)) {
      add(match.index, name.replace(/^.*\s+as\s+/s, ''), false);
    }
  }
  return found;
}

/**
 * Exports that nobody imports, nor calls by its quoted name (as tasks for worker threads do). A type may stand unimported when its own file uses it: it then names the shape of
 * something that is imported.
 */
export function deadExports(sources: readonly Source[]): Export[] {
  const used = new Set<string>();
  for (const source of sources) {
    for (const { target, names } of importsOf(source)) {
      for (const name of names ?? ['*']) used.add(`${target} ${name}`);
    }
  }
  return sources.flatMap((source) =>
    exportsOf(source).filter(({ path, name, isType }) => {
      if (used.has(`${path} ${name}`) || used.has(`${path} *`)) return false;
      if (sources.some(({ code }) => code.includes(`'${name}'`))) return false;
      const mentions = source.bare.match(new RegExp(`\\b${name.replaceAll('$', '\\$')}\\b`, 'g')) ?? [];
      return !(isType && mentions.length > 1);
    }),
  );
}
