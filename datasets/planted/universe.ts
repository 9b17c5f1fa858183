/** Truth about who trades when: what the eligible set of every hour must follow from. */
import type { InstrumentKind } from '../../engine/columns/records.ts';
import type { Table } from '../../engine/journal/tables.ts';
import { type Entity, instrumentKindOf } from './entities.ts';
import { type Life, namesOf } from './life.ts';
import { burnInHours, hourTimeMs } from './settings.ts';

export type UniverseState = 'listed' | 'halted' | 'delisted' | 'renamed';

export interface UniverseRow {
  readonly symbol: string;
  /** The coin under all of its names. */
  readonly entity: string;
  /** Close times T (epoch ms UTC) with fromMs < T <= toMs: the bar that closes at T has that state. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Only `listed` hours have a bar. */
  readonly state: UniverseState;
  readonly kind: InstrumentKind;
}

/**
 * States of every symbol from its first bar to the market's end, in turn and without a hole. A symbol is eligible at a close
 * T where it is listed there, was listed in 540 of the 720 hours up to T, and is of kind `coin` (thresholds of volume aside).
 * At the very close at which it is delisted its last bar is there, but nobody can trade it any more: it is not eligible.
 */
export function universeTruth(
  market: { readonly hours: number },
  coins: readonly { readonly entity: Entity; readonly life: Life }[],
): readonly UniverseRow[] {
  return coins.flatMap(({ entity, life }) =>
    namesOf(entity, life).flatMap((name) => {
      const fromHour = Math.max(burnInHours, life.listHour, name.fromHour);
      const toHour = Math.min(life.endHour, name.toHour);
      const after = toHour === life.endHour ? 'delisted' : 'renamed';
      return statesOf(life, fromHour, toHour, after)
        .map((span) => ({ ...span, toHour: Math.min(span.toHour, market.hours) }))
        .filter((span) => span.fromHour < span.toHour)
        .map((span) => ({
          symbol: name.symbol,
          entity: entity.id,
          fromMs: hourTimeMs(span.fromHour),
          toMs: hourTimeMs(span.toHour),
          state: span.state,
          kind: instrumentKindOf(entity),
        }));
    }),
  );
}

interface StateSpan {
  readonly fromHour: number;
  readonly toHour: number;
  readonly state: UniverseState;
}

function statesOf(life: Life, fromHour: number, toHour: number, after: UniverseState): readonly StateSpan[] {
  if (fromHour >= toHour) return [];
  const spans: StateSpan[] = [];
  let at = fromHour;
  for (const gap of life.gaps) {
    spans.push({ fromHour: at, toHour: gap.fromHour, state: 'listed' });
    spans.push({ ...gap, state: 'halted' });
    at = gap.toHour;
  }
  spans.push({ fromHour: at, toHour, state: 'listed' });
  spans.push({ fromHour: toHour, toHour: Number.POSITIVE_INFINITY, state: after });
  return spans;
}

/** `truth/universe`: one row a state. */
export function truthUniverseTable(rows: readonly UniverseRow[]): Table {
  const text = (pick: (row: UniverseRow) => string) => ({ type: 'text' as const, values: rows.map(pick) });
  const time = (pick: (row: UniverseRow) => number) => ({
    type: 'time' as const,
    values: Float64Array.from(rows, pick),
  });
  return {
    rows: rows.length,
    columns: {
      symbol: text((row) => row.symbol),
      entity: text((row) => row.entity),
      from_ms: time((row) => row.fromMs),
      to_ms: time((row) => row.toMs),
      state: text((row) => row.state),
      kind: text((row) => row.kind),
    },
  };
}
