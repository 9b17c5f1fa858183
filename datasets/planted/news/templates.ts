/** All templates, parsed and numbered. */
import type { NewsClass } from '../../../engine/columns/records.ts';
import { type NewsFamily, parseTemplate, slotsOf, type TemplateGroup, type TemplatePart } from './grammar.ts';
import { hack } from './templates/hack.ts';
import { listing } from './templates/listing.ts';
import { macro } from './templates/macro.ts';
import { neutral } from './templates/neutral.ts';
import { partnership } from './templates/partnership.ts';
import { regulatory } from './templates/regulatory.ts';
import { tokenomics } from './templates/tokenomics.ts';

export interface NewsTemplate {
  /** `listing-wire-7`: stays with the template as long as none is put before it. */
  readonly name: string;
  readonly family: NewsFamily;
  readonly direction: 1 | -1 | 0;
  readonly misleading: boolean;
  /** Kept from training; so are all of family `notice`. */
  readonly heldOut: boolean;
  readonly parts: readonly TemplatePart[];
  readonly namesCoin: boolean;
  readonly namesOther: boolean;
}

export const coinSlots: readonly string[] = ['coin', 'ticker', 'both', 'cash'];
export const otherSlots: readonly string[] = ['other', 'otherCash'];

export const newsTemplates: Readonly<Record<NewsClass, readonly NewsTemplate[]>> = {
  listing: numbered('listing', listing),
  hack: numbered('hack', hack),
  regulatory: numbered('regulatory', regulatory),
  partnership: numbered('partnership', partnership),
  tokenomics: numbered('tokenomics', tokenomics),
  macro: numbered('macro', macro),
  neutral: numbered('neutral', neutral),
};

function numbered(newsClass: NewsClass, groups: readonly TemplateGroup[]): readonly NewsTemplate[] {
  const counts: Record<NewsFamily, number> = { wire: 0, notice: 0 };
  return groups.flatMap(({ family, direction, misleading, texts }) =>
    texts.map((text, index) => {
      counts[family] += 1;
      const parts = parseTemplate(text);
      const slots = slotsOf(parts);
      return {
        name: `${newsClass}-${family}-${counts[family]}`,
        family,
        direction,
        misleading,
        heldOut: isHeldOut(index),
        parts,
        namesCoin: slots.some((slot) => coinSlots.includes(slot)),
        namesOther: slots.some((slot) => otherSlots.includes(slot)),
      };
    }),
  );
}

/** Three of ten, in every group. */
function isHeldOut(index: number): boolean {
  return index % 10 === 2 || index % 10 === 5 || index % 10 === 8;
}
