/** One headline: a template, the coins it names, and the facts that fill it. */
import type { NewsClass } from '../../../engine/columns/records.ts';
import { fillUniform, type Stream } from '../streams.ts';
import type { NewsCoin } from './coins.ts';
import { type NewsFamily, renderTemplate } from './grammar.ts';
import { coinSlots, type NewsTemplate, newsTemplates, otherSlots } from './templates.ts';
import { fillWord } from './words.ts';

export type Draw = () => number;

const bufferLength = 32;

/** The stream's numbers from `from` on, one after the other. */
export function drawsFrom(stream: Stream, from: number): Draw {
  const buffer = new Float64Array(bufferLength);
  let at = 0;
  return () => {
    const inBuffer = at % bufferLength;
    if (inBuffer === 0) fillUniform(buffer, stream, from + at);
    at += 1;
    return buffer[inBuffer]!;
  };
}

/** What a headline is written about. */
export interface Topic {
  readonly family: NewsFamily;
  readonly newsClass: NewsClass;
  readonly direction: 1 | -1 | 0;
  readonly misleading: boolean;
  readonly coin: NewsCoin;
  /** Another coin to name; null where there is none before this one. */
  readonly other: NewsCoin | null;
  /** Whether the headline has to name `coin`. */
  readonly mustName: boolean;
}

export interface Headline {
  readonly title: string;
  readonly template: NewsTemplate;
  /** Coins that are named. */
  readonly coins: readonly NewsCoin[];
  /** The same facts in other words. */
  readonly again: (draw: Draw) => string;
}

export function writeHeadline(topic: Topic, draw: Draw): Headline {
  const fitting = poolOf(topic);
  const template = fitting[Math.floor(draw() * fitting.length)]!;
  const facts = new Map<string, string>();
  const named = new Set<NewsCoin>();
  const fill = (slot: string): string => {
    if (coinSlots.includes(slot)) named.add(topic.coin);
    if (otherSlots.includes(slot) && topic.other !== null) named.add(topic.other);
    const known = facts.get(slot);
    if (known !== undefined) return known;
    let text = fillSlot(topic, slot, draw);
    // Two venues in one headline are two.
    while (slot === 'venue2' && text === facts.get('venue')) text = fillSlot(topic, slot, draw);
    facts.set(slot, text);
    return text;
  };
  const title = renderTemplate(template.parts, draw, fill);
  const coins = [...named];
  return { title, template, coins, again: (fresh) => renderTemplate(template.parts, fresh, fill) };
}

const pools = new Map<string, readonly NewsTemplate[]>();

function poolOf(topic: Topic): readonly NewsTemplate[] {
  const { family, newsClass, direction, misleading, other, mustName } = topic;
  const key = [newsClass, direction, misleading, other !== null, mustName, family].join();
  let pool = pools.get(key);
  if (pool === undefined) {
    pool = newsTemplates[newsClass].filter(
      (template) =>
        template.family === family &&
        template.direction === direction &&
        template.misleading === misleading &&
        (other !== null || !template.namesOther) &&
        (!mustName || template.namesCoin),
    );
    pools.set(key, pool);
  }
  return pool;
}

function fillSlot({ coin, other }: Topic, slot: string, draw: Draw): string {
  if (slot === 'coin') return coin.name;
  if (slot === 'ticker') return coin.ticker;
  if (slot === 'both') return `${coin.name} (${coin.ticker})`;
  if (slot === 'cash') return `$${coin.ticker}`;
  if (slot === 'other') return other!.name;
  if (slot === 'otherCash') return `$${other!.ticker}`;
  return fillWord(slot, draw);
}

/** One slip of the keyboard in one word of four letters or more: two letters changed about, one lost, or one doubled. */
export function withTypo(title: string, draw: Draw): string {
  const places = [...title.matchAll(/\p{L}{4,}/gu)];
  const word = places[Math.floor(draw() * places.length)];
  if (word === undefined) return title;
  const at = word.index + 1 + Math.floor(draw() * (word[0].length - 2));
  const [before, letter, after] = [title.slice(0, at), title[at]!, title.slice(at + 1)];
  const kind = draw();
  if (kind < 0.4 && after[0] !== letter) return before + after[0] + letter + after.slice(1);
  return kind < 0.7 ? before + after : before + letter + letter + after;
}
