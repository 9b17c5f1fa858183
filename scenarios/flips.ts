/**
 * The assumptions of a scenario that can be made otherwise, one by one, and in which sense: more optimistic than it is, more pessimistic,
 * or neither for certain. What does not apply to the scenario or its dataset is left out with the reason.
 */
import type { LeftOut, Sense } from '../datasets/assumption-ledger.ts';
import type { Dataset } from '../datasets/dataset.ts';
import type { Headline } from '../datasets/runs.ts';
import type { FeeTier } from '../engine/exchange/fees.ts';
import type { Panel } from '../engine/panel/panel.ts';
import {
  accountOf,
  costModel,
  impactDefaults,
  type NamedCosts,
  type SlippagePart,
  slippageModel,
  venueModel,
} from './cost-models.ts';
import { fundingHoles } from './funding-holes.ts';
import type { AccountChoice, FillChoice, Scenario } from './scenario.ts';
import { detailMinutesOf, marginOf } from './venue-rules.ts';

export interface Flip {
  /** What is assumed, in a few words. */
  readonly flip: string;
  readonly from: string;
  readonly to: string;
  /** Of `to`, seen from `from`. */
  readonly sense: Sense;
  /** The scenario with this assumption made otherwise; the others stay, so that flips can be put on top of each other. */
  apply(scenario: Scenario): Scenario;
}

export interface FlipContext {
  readonly scenario: Scenario;
  readonly dataset: Dataset;
  /** Of the run as it is. */
  readonly headline: Headline;
}

type Entry = Flip | LeftOut;

export function isFlip(entry: Entry): entry is Flip {
  return 'apply' in entry;
}

/**
 * Every assumption of the list, in its order; of two flips of one sense and assumption the one further from what is assumed comes last,
 * so that it is what stays where all of a sense are put on top of each other.
 */
export function flipsOf(context: FlipContext): readonly Entry[] {
  return [
    ...pathFlips(context),
    ...delayFlips(context),
    ...feeFlips(context.scenario.costs),
    ...slippageFlips(context),
    ...marginFlips(context),
    ...fundingFlips(context),
    ...lifeFlips(context),
    {
      flip: 'universe',
      reason: 'the dataset holds one universe: what was never collected cannot be traded',
    },
  ];
}

function withFills(change: Partial<FillChoice>): Flip['apply'] {
  return (scenario) => ({ ...scenario, fills: { ...scenario.fills, ...change } });
}

function withAccount(change: Partial<AccountChoice>): Flip['apply'] {
  return (scenario) => ({ ...scenario, account: { ...scenario.account, ...change } });
}

function withCosts(change: (costs: NamedCosts) => NamedCosts): Flip['apply'] {
  return (scenario) => ({ ...scenario, costs: change(scenario.costs) });
}

/** From the kindest to the harshest. */
const stopFills = [
  { value: 'level', text: 'at level', place: 0 },
  { value: 'open', text: 'gap rule', place: 1 },
  { value: 'worst', text: 'at the bar’s worst', place: 2 },
] as const;

function placeOf(gaps: FillChoice['gaps']): number {
  return stopFills.findIndex(({ value }) => value === gaps);
}

function pathFlips({ scenario, dataset }: FlipContext): Entry[] {
  const { gaps, path } = scenario.fills;
  const adaptive = path === 'adaptive';
  const minutes = detailMinutesOf(scenario, dataset);
  const finest = dataset.detailMinutes[0];
  const entries: Entry[] = [
    ...stopFills
      .filter(({ value }) => value !== gaps)
      .map(({ value, text, place }) => ({
        flip: 'stop fills',
        from: stopFills.find((each) => each.value === gaps)!.text,
        to: text,
        sense: place < placeOf(gaps) ? ('optimistic' as const) : ('pessimistic' as const),
        apply: withFills({ gaps: value }),
      })),
    {
      flip: 'path in a bar',
      from: path,
      to: adaptive ? 'adverse-first' : 'adaptive',
      sense: adaptive ? 'pessimistic' : 'optimistic',
      apply: withFills({ path: adaptive ? 'adverse-first' : 'adaptive' }),
    },
  ];
  const flip = 'finer bars';
  if (finest === undefined) entries.push({ flip, reason: 'the dataset has none' });
  else if (minutes === null)
    entries.push({
      flip,
      from: 'none',
      to: `${finest} min`,
      sense: 'neutral',
      apply: withFills({ detail: finest }),
    });
  else
    entries.push({
      flip,
      from: `${minutes} min`,
      to: 'none',
      sense: 'neutral',
      apply: withFills({ detail: 'none' }),
    });
  return entries;
}

/** The values other than the current one, the nearest first. */
function outward(values: readonly number[], current: number): readonly number[] {
  return values
    .filter((value) => value !== current)
    .toSorted((a, b) => Math.abs(a - current) - Math.abs(b - current));
}

function delayFlips({ scenario, dataset }: FlipContext): Entry[] {
  const { delayMinutes } = scenario.fills;
  const minutes = detailMinutesOf(scenario, dataset) ?? 60;
  return outward([0, 10, 60], delayMinutes).map((to) =>
    to % minutes === 0
      ? {
          flip: 'delay of orders',
          from: `${delayMinutes} min`,
          to: `${to} min`,
          sense: to < delayMinutes ? 'optimistic' : 'pessimistic',
          apply: withFills({ delayMinutes: to }),
        }
      : { flip: `delay of ${to} min`, reason: 'no finer bars whose interval divides it are in use' },
  );
}

function feeFlips(costs: NamedCosts): Entry[] {
  const account = accountOf(costs.name);
  const flip = 'fee tier';
  if (account === null) return [{ flip, reason: `costs ${costs.name} belong to no tier of the venue` }];
  const { tier, bnb } = account;
  const next = (to: number, sense: Sense): Entry => {
    const name = venueModel(to as FeeTier, bnb);
    const apply = withCosts((own) => ({ ...costModel(name), ...slippagePart(own) }));
    return { flip, from: costs.name, to: name, sense, apply };
  };
  return [
    tier > 0 ? next(tier - 1, 'pessimistic') : { flip: 'fee tier below', reason: 'there is no tier below' },
    tier < 9 ? next(tier + 1, 'optimistic') : { flip: 'fee tier above', reason: 'there is no tier above' },
  ];
}

function slippagePart({ slippageBps, impact }: SlippagePart): SlippagePart {
  return { slippageBps, ...(impact === undefined ? {} : { impact }) };
}

function slippageFlips({ scenario: { costs }, dataset }: FlipContext): Entry[] {
  const { slippageBps, impact } = costs;
  const flip = 'slippage';
  const from = impact === undefined ? `${slippageBps} bps` : 'model';
  const fixed = withCosts(({ impact: _, ...rest }) => ({ ...rest, slippageBps: 0 }));
  const entries: Entry[] = [];
  if (slippageBps === 0 && impact === undefined) {
    entries.push({ flip: 'slippage of 0 or twice', reason: 'there is none' });
  } else {
    entries.push({ flip, from, to: 'none', sense: 'optimistic', apply: fixed });
    entries.push({ flip, from, to: 'twice', sense: 'pessimistic', apply: withCosts(doubled) });
  }
  if (impact === undefined) {
    const model = slippageModel({ halfSpreadBps: slippageBps });
    const to = `model (${slippageBps} bps + √ law)`;
    // On top of a doubled slippage the model keeps the double as half its spread.
    const apply = withCosts((own) => ({ ...own, impact: model.impact! }));
    entries.push(
      hasVolumes(dataset.panel)
        ? { flip, from, to, sense: 'pessimistic', apply }
        : { flip: 'slippage by a model', reason: 'the dataset has no volumes' },
    );
    entries.push({ flip: 'participation rest', reason: 'without an impact model there is no limit' });
  } else if (impact.participationMax === null) {
    entries.push({ flip: 'participation rest', reason: 'the impact model has no limit' });
  } else {
    const to = impact.rest === 'drop' ? ('carry' as const) : ('drop' as const);
    const apply = withCosts((own) => ({ ...own, impact: { ...impactDefaults, ...own.impact, rest: to } }));
    entries.push({ flip: 'participation rest', from: impact.rest, to, sense: 'neutral', apply });
  }
  return entries;
}

function hasVolumes({ volume, quoteVolume }: Panel): boolean {
  return [volume, quoteVolume].some((column) => column?.some((cell) => !Number.isNaN(cell)) ?? false);
}

function doubled(costs: NamedCosts): NamedCosts {
  const { slippageBps, impact } = costs;
  if (impact === undefined) return { ...costs, slippageBps: slippageBps * 2 };
  return {
    ...costs,
    slippageBps: slippageBps * 2,
    impact: { ...impact, coefficient: impact.coefficient * 2 },
  };
}

function marginFlips({ scenario, dataset }: FlipContext): Entry[] {
  const { account } = scenario;
  const margin = marginOf(scenario, dataset);
  const entries: Entry[] = [];
  if (margin !== 'none')
    entries.push({
      flip: 'margin',
      from: margin,
      to: 'none',
      sense: 'optimistic',
      apply: withAccount({ margin: 'none' }),
    });
  else if (dataset.brackets.length > 0)
    entries.push({
      flip: 'margin',
      from: 'none',
      to: 'cross',
      sense: 'pessimistic',
      apply: withAccount({ margin: 'cross' }),
    });
  else entries.push({ flip: 'margin', reason: 'the dataset has no leverage brackets' });
  if (margin === 'cross') entries.push(...poolFlips(account));
  else entries.push({ flip: 'adverse state and close of the pool', reason: 'there is no cross pool' });
  if (margin !== 'none' && dataset.brackets.length > 1) {
    const to = account.brackets === 'dated' ? 'latest' : 'dated';
    entries.push({
      flip: 'brackets',
      from: account.brackets,
      to,
      sense: 'neutral',
      apply: withAccount({ brackets: to }),
    });
  } else entries.push({ flip: 'brackets', reason: 'there are not two editions in use' });
  const marked = dataset.panel.series?.markRow.some((row) => row >= 0) ?? false;
  if (marked) {
    const to = account.mark === 'mark' ? 'trade' : 'mark';
    entries.push({
      flip: 'marks',
      from: account.mark,
      to,
      sense: 'neutral',
      apply: withAccount({ mark: to }),
    });
  } else entries.push({ flip: 'marks', reason: 'the dataset has no mark prices' });
  return entries;
}

function poolFlips({ intrabar, close }: AccountChoice): Entry[] {
  const joint = intrabar === 'path-correlated';
  const all = close === 'all';
  const state = joint ? 'all-adverse' : 'path-correlated';
  const closes = all ? 'worst-first' : 'all';
  return [
    {
      flip: 'adverse state of the pool',
      from: intrabar,
      to: state,
      sense: joint ? 'pessimistic' : 'optimistic',
      apply: withAccount({ intrabar: state }),
    },
    {
      flip: 'a broken pool closes',
      from: close,
      to: closes,
      sense: all ? 'optimistic' : 'pessimistic',
      apply: withAccount({ close: closes }),
    },
  ];
}

function fundingFlips({ scenario, dataset }: FlipContext): Entry[] {
  const { missing, boundary } = scenario.funding;
  const { rowOf } = dataset.panel.funding;
  const withFunding =
    (change: Partial<Scenario['funding']>): Flip['apply'] =>
    (own) => ({ ...own, funding: { ...own.funding, ...change } });
  const entries: Entry[] = [];
  const to = missing === 'interpolate' ? 'zero' : 'interpolate';
  if (missing === 'strict') entries.push({ flip: 'missing funding', reason: 'strict: none was missing' });
  else if (fundingHoles(dataset.panel).length === 0)
    entries.push({
      flip: 'missing funding',
      reason:
        'no settlement is missing between two that were recorded; for coins or times without any, nothing stands to interpolate between',
    });
  else
    entries.push({
      flip: 'missing funding',
      from: missing,
      to,
      sense: 'neutral',
      apply: withFunding({ missing: to }),
    });
  if (rowOf.every((row) => row < 0))
    return [...entries, { flip: 'funding boundary', reason: 'the dataset has no funding' }];
  const other = boundary === 'half-open' ? 'include-same-stamp' : 'half-open';
  entries.push({
    flip: 'funding boundary',
    from: boundary,
    to: other,
    sense: 'neutral',
    apply: withFunding({ boundary: other }),
  });
  return entries;
}

function lifeFlips({ scenario, headline }: FlipContext): Entry[] {
  const { delistHaircut } = scenario.life;
  const flip = 'haircut at a delisting';
  if ((headline.exitsByReason['delist'] ?? 0) === 0)
    return [{ flip, reason: 'no position was held to a delisting' }];
  return outward([0, 0.1, 0.5], delistHaircut).map((to) => ({
    flip,
    from: `${delistHaircut * 100} %`,
    to: `${to * 100} %`,
    sense: to < delistHaircut ? 'optimistic' : 'pessimistic',
    apply: (own) => ({ ...own, life: { ...own.life, delistHaircut: to } }),
  }));
}
