/**
 * Headlines from templates. `{slot}` stands for a word that is filled in, `<one|two>` for paraphrases of which one is taken;
 * paraphrases may hold slots, not paraphrases.
 */
import { assertInvariant } from '../../../engine/invariant.ts';

export type NewsFamily = 'wire' | 'notice';

/** Templates that share a style and a meaning. */
export interface TemplateGroup {
  readonly family: NewsFamily;
  /** Which way the news points, where its class has two ways; else 0. */
  readonly direction: 1 | -1 | 0;
  /** Words of another class: a denial, a false rumour, a listing that ends. */
  readonly misleading: boolean;
  readonly texts: readonly string[];
}

export type TemplatePart =
  | string
  | { readonly slot: string }
  | { readonly choices: readonly TemplatePart[][] };

export function parseTemplate(text: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (const piece of text.split(/(<[^<>]*>)/)) {
    if (piece.startsWith('<')) parts.push({ choices: piece.slice(1, -1).split('|').map(plainParts) });
    else parts.push(...plainParts(piece));
  }
  return parts;
}

function plainParts(text: string): TemplatePart[] {
  assertInvariant(!/[<>|]/.test(text), `a template's brackets match: ${text}`);
  return text
    .split(/(\{[^{}]*\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (piece.startsWith('{') ? { slot: piece.slice(1, -1) } : piece));
}

/** Every slot that the template may ask for. */
export function slotsOf(parts: readonly TemplatePart[]): readonly string[] {
  return parts.flatMap((part) => {
    if (typeof part === 'string') return [];
    return 'slot' in part ? [part.slot] : part.choices.flatMap(slotsOf);
  });
}

/** `draw` gives the next uniform number of the headline; `fill` what stands in a slot. */
export function renderTemplate(
  parts: readonly TemplatePart[],
  draw: () => number,
  fill: (slot: string) => string,
): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if ('slot' in part) text += fill(part.slot);
    else text += renderTemplate(part.choices[Math.floor(draw() * part.choices.length)]!, draw, fill);
  }
  return text;
}
