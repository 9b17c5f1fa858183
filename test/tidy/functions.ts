/** Functions and how many lines they take. */
import { lineAt, type Source } from './sources.ts';

export interface FunctionSpan {
  readonly path: string;
  readonly line: number;
  readonly name: string;
  readonly lines: number;
}

const controlWords = new Set(['if', 'for', 'while', 'switch', 'catch', 'with']);
/** The end of a head: a closing parenthesis, then perhaps a return type, which may hold braces but no empty line. */
const headEnd = /\)\s*(?::\s*(?:(?!\n\s*\n)[^;{}=]|\{[^{}]*\}|=>)*)?$/;

/** Functions whose body is a block of more than `linesMin` lines, counted from the head to the closing brace. */
export function longFunctions({ path, bare }: Source, linesMin: number): FunctionSpan[] {
  const found: FunctionSpan[] = [];
  const open: number[] = [];
  for (let at = 0; at < bare.length; at += 1) {
    if (bare[at] === '{') open.push(at);
    if (bare[at] !== '}') continue;
    const from = open.pop();
    if (from === undefined) continue;
    const lines = lineAt(bare.slice(from), at - from);
    if (lines <= linesMin) continue;
    const name = functionName(bare.slice(0, from));
    if (name !== null) found.push({ path, line: lineAt(bare, from), name, lines });
  }
  return found;
}

/** The name of the function whose body begins where `before` ends; null where no function's body does. */
function functionName(before: string): string | null {
  const text = before.trimEnd();
  const isArrow = text.endsWith('=>');
  const head = isArrow ? text.slice(0, -2).trimEnd() : text;
  const end = headEnd.exec(head);
  if (end === null) return isArrow ? 'arrow' : null;
  const start = openingParenthesis(head, end.index);
  const word = /([\w$#]+)\s*(?:<[^()]*>)?\s*$/.exec(head.slice(0, start))?.[1] ?? null;
  if (word !== null && controlWords.has(word)) return null;
  if (!isArrow) return word;
  return /(?:const|let)\s+([\w$]+)[^=]*=\s*(?:async\s*)?$/.exec(head.slice(0, start))?.[1] ?? 'arrow';
}

function openingParenthesis(text: string, closing: number): number {
  let depth = 0;
  for (let at = closing; at >= 0; at -= 1) {
    if (text[at] === ')') depth += 1;
    if (text[at] === '(') depth -= 1;
    if (depth === 0) return at;
  }
  return 0;
}
