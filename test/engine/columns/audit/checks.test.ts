/** The static checks, the comparison of bits, and the two rules of thumb: lags and delay. */
import { describe, expect, it } from 'vitest';
import { drawnHours, normalAt } from '../../../../engine/columns/audit/chance.ts';
import { regimeFitAudit } from '../../../../engine/columns/audit/fitted-states.ts';
import { labelSubject } from '../../../../engine/columns/audit/label-subject.ts';
import { LagAudit } from '../../../../engine/columns/audit/lags.ts';
import { lineageAudit } from '../../../../engine/columns/audit/lineage.ts';
import { lookAheadAudit } from '../../../../engine/columns/audit/look-ahead.ts';
import { splitAudit } from '../../../../engine/columns/audit/splits.ts';
import {
  type AuditSubject,
  differences,
  type ObservedColumn,
} from '../../../../engine/columns/audit/subject.ts';
import { computeColumns } from '../../../../engine/columns/compute.ts';
import { splitSamples } from '../../../../engine/columns/folds/split.ts';
import { walkForwardFolds } from '../../../../engine/columns/folds/walk-forward.ts';
import type { RegimeVersion } from '../../../../engine/columns/regime/versions.ts';
import { dayMs, hourMs } from '../../../../engine/panel/hours.ts';
import { closeAt, timeAt } from '../../../../engine/panel/panel.ts';
import { smallMarket } from '../../../leakage/market.ts';

const world = smallMarket(24, 400);
const { panel } = world.inputs;
const coins = panel.symbols.length;

function column(fromHour: number, ...values: number[]): ObservedColumn {
  return { name: 'x', fromHour, symbols: ['A', 'B'], values: Float64Array.from(values) };
}

describe('the comparison', () => {
  it('counts bits: a zero is not its negative, a NaN is any other', () => {
    expect(differences([column(5, 0, Number.NaN)], [column(5, 0, Number.NaN)], 9)).toEqual([]);
    const [found] = differences([column(5, 1, 0, 1, 2)], [column(5, 1, -0, 1, 3)], 9);
    expect(found).toEqual({ field: 'x', hour: 5, symbol: 'B', before: 0, after: -0, cells: 2 });
  });

  it('lines columns up by hour, and stops where it is told to', () => {
    const whole = column(5, 1, 2, 3, 4, 5, 6);
    expect(differences([whole], [column(6, 3, 4, 5, 0)], 7)).toEqual([]);
    expect(differences([whole], [column(6, 3, 4, 5, 0)], 8)).toMatchObject([{ hour: 7, symbol: 'B' }]);
  });
});

describe('the times drawn', () => {
  it('are distinct, inside their bounds, and the same for the same seed', () => {
    const hours = drawnHours(4, 20, 100, 130);
    expect(new Set(hours).size).toBe(20);
    expect(hours.every((hour) => hour >= 100 && hour < 130)).toBe(true);
    expect(drawnHours(4, 20, 100, 130)).toEqual(hours);
    expect(drawnHours(5, 20, 100, 130)).not.toEqual(hours);
    expect(drawnHours(4, 20, 100, 105)).toEqual([100, 101, 102, 103, 104]);
  });
});

/** A column of the wanted mixture of the next return, of all of the next six, and of noise. */
function lagged(next: number, later: number): ObservedColumn {
  const fromHour = 20;
  const hours = panel.hours - fromHour - 30;
  const change = (coin: number, from: number, to: number) =>
    Math.log(closeAt(panel, coin, to) / closeAt(panel, coin, from));
  const values = Float64Array.from({ length: hours * coins }, (_, cell) => {
    const [hour, coin] = [fromHour + Math.floor(cell / coins), cell % coins];
    const noise = 0.012 * normalAt(9, cell);
    return next * change(coin, hour, hour + 1) + later * change(coin, hour, hour + 6) + noise;
  });
  return { name: 'x', fromHour, symbols: panel.symbols, values };
}

function lagsOf(observed: ObservedColumn): number {
  const lags = new LagAudit(panel);
  lags.add({ kind: 'features', name: 'columns', observe: () => [] }, [observed]);
  const { leaks, count } = lags.findings();
  expect(count).toBe(1);
  return leaks.length;
}

describe('information by lag', () => {
  it('alarms where the next return is known and those after it are not', () => {
    expect(lagsOf(lagged(1, 0))).toBe(1);
    expect(lagsOf(lagged(-1, 0))).toBe(1);
  });

  it('is silent over noise, and over a forecast that lasts', () => {
    expect(lagsOf(lagged(0, 0))).toBe(0);
    expect(lagsOf(lagged(0, 0.05))).toBe(0);
  });

  it('alarms where all hours to come are known as only a label knows them', () => {
    expect(lagsOf(lagged(0, 1))).toBe(1);
    expect(lagsOf(lagged(0, -1))).toBe(1);
  });
});

describe('a label', () => {
  const labels = (horizonHours: number) =>
    labelSubject({
      ...{ name: 'label', horizonHours: 24 },
      labels: async ({ inputs }) => {
        const [rows] = await computeColumns(inputs, ['history_hours'], {});
        const values = rows!.values.map((_, cell) =>
          closeAt(inputs.panel, cell % coins, Math.floor(cell / coins) + horizonHours),
        );
        return [{ ...rows!, values }];
      },
    });

  it.each([
    { horizonHours: 24, leaks: 0 },
    { horizonHours: 0, leaks: 1 },
  ])('must change with what comes after: $horizonHours hours ahead', async ({ horizonHours, leaks }) => {
    const { perturbation, truncation } = await lookAheadAudit(world, [labels(horizonHours)], {
      ...{ cuts: [200, 250], seed: 1 },
    });
    expect(perturbation.leaks.map(({ hint }) => hint)).toEqual(
      leaks === 0 ? [] : ['a label that does not look ahead'],
    );
    expect(truncation).toEqual({ leaks: [], count: 0 });
  });
});

describe('perturbation', () => {
  it('names the source that a leak hangs on', async () => {
    const peeks: AuditSubject = {
      ...{ kind: 'features', name: 'peeks' },
      observe: ({ tables, inputs }, { fromHour, toHour }) => {
        const { values } = tables['fearGreed']!;
        const newest = values.at(-1)!;
        const next = Float64Array.from({ length: toHour - fromHour }, (_, row) =>
          closeAt(inputs.panel, 0, fromHour + row + 1),
        );
        return [
          { name: 'newest', fromHour, symbols: [''], values: next.map(() => newest) },
          { name: 'next', fromHour, symbols: [''], values: next },
        ];
      },
    };
    const { perturbation } = await lookAheadAudit(world, [peeks], { cuts: [200], seed: 1 });
    const found = perturbation.leaks.map(({ field, timeMs, hint }) => ({ field, timeMs, hint }));
    expect(found).toEqual([
      { field: 'newest', timeMs: timeAt(panel, 153), hint: 'a row joined before it was available' },
      { field: 'next', timeMs: timeAt(panel, 200), hint: 'bars that have not closed' },
    ]);
  });
});

describe('lineage', () => {
  const nodes = [
    { name: 'ret', kind: 'column', inputs: [] },
    { name: 'hmm', kind: 'fitted state', inputs: [], trainedToMs: 10, validFromMs: 20 },
    { name: 'p_risk_on', kind: 'column', inputs: ['hmm'] },
    { name: 'label_3d', kind: 'label', inputs: [] },
    { name: 'model', kind: 'gate', inputs: ['ret', 'p_risk_on'] },
  ] as const;

  it('tells what reaches a gate, with the end of its training', () => {
    const { leaks, reached } = lineageAudit(nodes);
    expect(leaks).toEqual([]);
    expect(reached).toEqual([
      { gate: 'model', columns: ['p_risk_on', 'ret'], states: [{ name: 'hmm', trainedToMs: 10 }] },
    ]);
  });

  it.each([
    { wrong: { name: 'm_pct', kind: 'column', inputs: ['label_3d'] }, subject: 'model', field: 'label_3d' },
    { wrong: { name: 'm_pct', kind: 'column', inputs: ['nobody'] }, subject: 'model', field: 'nobody' },
    {
      wrong: { name: 'm_pct', kind: 'fitted state', inputs: [], trainedToMs: 20, validFromMs: 20 },
      ...{ subject: 'm_pct', field: 'm_pct' },
    },
    { wrong: { name: 'm_pct', kind: 'fitted state', inputs: [] }, subject: 'm_pct', field: 'm_pct' },
  ] as const)('refuses $field', ({ wrong, subject, field }) => {
    const gate = { name: 'model', kind: 'gate' as const, inputs: ['ret', 'm_pct'] };
    const { leaks } = lineageAudit([...nodes.slice(0, 4), gate, wrong]);
    expect(leaks).toMatchObject([{ detector: 'lineage', subject, field }]);
  });
});

describe('splits', () => {
  const startMs = Date.UTC(2025, 0, 1);
  const endMs = startMs + 100 * dayMs;
  const starts = Float64Array.from({ length: 100 * 24 }, (_, hour) => startMs + hour * hourMs);
  const samples = { startMs: starts, endMs: starts.map((start) => start + 72 * hourMs) };
  const [, split] = walkForwardFolds({ startMs, endMs, labelHours: 72 });
  const honest = { name: 'fold', kind: 'days' as const, split: split!, samples };

  it('pass where they are purged, embargoed and cut at midnight', () => {
    expect(splitAudit([honest])).toEqual({ leaks: [], count: 1 });
  });

  it('are refused without a purge, off midnight, at random and by share of rows', () => {
    const { test } = splitSamples(split!, samples);
    const unpurged = Int32Array.from({ length: test[0]! }, (_, row) => row);
    const [block] = split!.test;
    const offMidnight = { ...split!, test: [{ ...block!, startMs: block!.startMs + hourMs }] };
    const { leaks } = splitAudit([
      { ...honest, name: 'no purge', chosen: { train: unpurged, test } },
      { ...honest, name: 'off midnight', split: offMidnight },
      { ...honest, name: 'random', kind: 'random' },
      { ...honest, name: 'rows', kind: 'row-share' },
    ]);
    expect(leaks.map(({ subject, field }) => `${subject}: ${field}`)).toEqual([
      'no purge: overlap',
      'off midnight: border',
      'random: kind',
      'rows: kind',
    ]);
  });
});

describe('fitted regimes', () => {
  /** A version a week, its one parameter the mean close of the benchmark up to the end of its training. */
  function fit(
    trainedTo: (hour: number) => number,
  ): (inputs: typeof world.inputs) => readonly RegimeVersion[] {
    return ({ panel: known }) =>
      [96, 192, 288].flatMap((hour): readonly RegimeVersion[] => {
        const to = Math.min(known.hours, trainedTo(hour));
        if (hour > known.hours) return [];
        let sum = 0;
        for (let at = 0; at < to; at += 1) sum += closeAt(known, 0, at);
        const one = Float64Array.of(sum / to);
        const model = { initial: one, transition: one, centre: one, scale: one, means: one, variances: one };
        return [
          {
            ...{ trainedToMs: timeAt(panel, hour - 1), validFromMs: timeAt(panel, hour), logLikelihood: 0 },
            model: { ...model, states: 1, dimensions: 1 } as unknown as RegimeVersion['model'],
          },
        ];
      });
  }

  it.each([
    { trainedTo: (hour: number) => hour, leaks: 0 },
    { trainedTo: () => panel.hours, leaks: 2 },
  ])('are those that could be fitted then: $leaks leaks', ({ trainedTo, leaks }) => {
    const known = { ...world, inputs: { ...world.inputs, regimes: fit(trainedTo)(world.inputs) } };
    const findings = regimeFitAudit(known, fit(trainedTo), 250);
    expect(findings.count).toBe(2);
    expect(findings.leaks).toHaveLength(leaks);
  });
});
