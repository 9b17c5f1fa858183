/**
 * Repairs by name: what each does to the bars, and which findings of the data check call for it. None of them fills anything
 * in: what is false becomes absent, what stands at another place or in another unit is put right, and the rest stays.
 */

export type RepairRule =
  | 'drop-off-the-hour'
  | 'sort'
  | 'drop-duplicates'
  | 'drop-broken-bars'
  | 'drop-bad-prints'
  | 'drop-frozen'
  | 'drop-unclosed'
  | 'drop-listing-bar'
  | 'shift-clock'
  | 'redenominate'
  | 'take-revisions';

export interface RepairLaw {
  /** Rules of the data check whose findings it mends. */
  readonly mends: readonly string[];
  readonly action: string;
}

/** In the order in which they are applied: rows first, then single bars, then spans of them. */
export const repairLaws: Readonly<Record<RepairRule, RepairLaw>> = {
  'drop-off-the-hour': {
    mends: ['off-the-hour'],
    action: 'drop the rows whose times are no full hours',
  },
  sort: { mends: ['out-of-order'], action: 'sort the table by symbol and time' },
  'drop-duplicates': {
    mends: ['duplicate-bar'],
    action: 'keep the row that came first of every bar that stands twice',
  },
  'drop-broken-bars': {
    mends: ['ohlc-violation', 'negative-price', 'price-not-positive'],
    action: 'drop these bars: they become absent',
  },
  'drop-bad-prints': { mends: ['bad-print'], action: 'drop these bars: they become absent' },
  'drop-frozen': { mends: ['frozen-price'], action: 'drop these bars: they count as a halt' },
  'drop-unclosed': { mends: ['unclosed-last-bar'], action: 'drop the bars of the last hour' },
  'drop-listing-bar': { mends: ['listing-bar'], action: 'drop the first bar of the listing' },
  'shift-clock': {
    mends: ['clock-offset', 'time-zone'],
    action: 'move the stamps of this span back to their hours; where two bars meet, the unmoved one stays',
  },
  redenominate: {
    mends: ['redenomination'],
    action:
      'note the change of unit in the renames table, or bring the bars back to the unit of the marks where these do not change',
  },
  'take-revisions': {
    mends: ['revised-bar'],
    action:
      'take the later version as the bar, which looks ahead: nobody knew it when the hour ended; not for backtests',
  },
};

export const repairRules = Object.keys(repairLaws) as readonly RepairRule[];

/** The repair that a finding of that rule calls for; null where there is none. */
export function repairFor(rule: string): RepairRule | null {
  return repairRules.find((name) => repairLaws[name].mends.includes(rule)) ?? null;
}
