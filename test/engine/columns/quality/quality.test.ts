import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeBlocks, type FeatureBlock } from '../../../../engine/columns/blocks.ts';
import { features } from '../../../../engine/columns/features/registry.ts';
import {
  addBlock,
  type ColumnQuality,
  emptyQuality,
  mergeQuality,
  type QualityColumn,
} from '../../../../engine/columns/quality/column-quality.ts';
import { mergedQuality, sharedQuality } from '../../../../engine/columns/quality/shared-quality.ts';
import { type QualityRule, qualityReport } from '../../../../engine/columns/quality/verdicts.ts';
import { dayMs, hourMs } from '../../../../engine/panel/hours.ts';
import { siblingModule, WorkerPool } from '../../../../engine/signal/pool.ts';
import { draws, inputsOf, randomPanel } from '../features/s2/random-inputs.ts';
import { routedFeatures, routedTo } from './routed-features.ts';

const startMs = Date.UTC(2024, 6, 1, 7);
const COINS = 26;
const HOURS = 24 * 20;
const symbols = Array.from({ length: COINS - 1 }, (_, coin) => `C${coin}USDT`);
const inputs = inputsOf(randomPanel({ seed: 1, symbols, startMs, hours: HOURS, holes: 0 }));

interface Cell {
  readonly coin: number;
  readonly hour: number;
  readonly draw: number;
}

interface Planted {
  readonly rule: QualityRule | null;
  readonly column?: Partial<QualityColumn>;
  value(cell: Cell): number;
}

const noise = ({ draw }: Cell) => draw - 0.5;
const midday = HOURS / 2;
/** What every column holds, and what is wrong with it. */
const planted: Readonly<Record<string, Planted>> = {
  sound: { rule: null, value: noise },
  constant: { rule: 'constant', value: () => 3 },
  empty: { rule: 'dead', value: () => Number.NaN },
  infinite: { rule: 'dead', value: () => Number.POSITIVE_INFINITY },
  copied: { rule: 'duplicate', value: noise },
  half: {
    rule: 'ended',
    value: ({ coin, hour }) => (hour < midday ? Math.sin(coin * hour + 1) : Number.NaN),
  },
  thousand: {
    rule: 'scale-jump',
    value: ({ coin, hour }) => Math.cos(coin + 7 * hour) * (hour < midday ? 1 : 1000),
  },
  shrunk: {
    rule: 'scale-jump',
    value: ({ coin, hour }) => Math.cos(coin - 3 * hour) * (hour < midday ? 1 : 1e-3),
  },
  sparse: {
    rule: 'under-filled',
    value: ({ coin, hour }) => ((coin + hour) % 12 === 0 ? Number.NaN : coin * hour),
  },
  almost: { rule: null, value: ({ coin, hour }) => ((coin + hour) % 24 === 0 ? Number.NaN : coin - hour) },
  everybody: { rule: 'constant', value: ({ hour }) => Math.sin(hour) },
  declared: {
    rule: null,
    column: { scope: 'market', marketWide: true },
    value: ({ hour }) => Math.cos(hour),
  },
  frozen: { rule: 'constant', column: { scope: 'market', marketWide: true }, value: () => 50 },
  quiet: {
    rule: 'constant-day',
    value: ({ hour, draw }) => (Math.floor((hour + 7) / 24) === 6 ? 0 : Math.floor(draw * 9)),
  },
  resting: {
    rule: 'constant-day',
    column: { restValue: Math.log(3) },
    value: ({ coin, hour }) => (hour < 200 ? Math.log(3) : coin - hour),
  },
  still: { rule: 'constant', column: { restValue: 168 }, value: () => 168 },
  flag: { rule: null, value: ({ coin }) => coin % 2 },
  /** A probability that is next to nothing for weeks. */
  state: {
    rule: null,
    column: { scope: 'market', marketWide: true },
    value: ({ hour }) => (hour > midday ? 1e-12 : 1e-2) * (1 + Math.sin(hour)) + (hour % 60 === 0 ? 0.9 : 0),
  },
  // Next to nothing for weeks: of a probability no change of unit.
  certain: {
    rule: null,
    column: { unit: 'probability' },
    value: ({ coin, hour }) => (hour > midday ? 1e-9 : 0.5) * (0.5 + 0.4 * Math.sin(hour * coin + 1)),
  },
  // Two flags that rest on most days are no copies of each other.
  restingFlag: {
    rule: 'constant-day',
    column: { restValue: 0 },
    value: ({ coin, hour }) => (hour > midday && coin % 5 === 1 ? 1 : 0),
  },
  otherFlag: {
    rule: 'constant-day',
    column: { restValue: 0 },
    value: ({ coin, hour }) => (hour > midday && coin % 3 === 1 ? 1 : 0),
  },
  outlier: {
    rule: null,
    value: ({ coin, hour }) => (coin === 3 && hour === 400 ? 1e7 : Math.sin(hour * coin + 2)),
  },
  warm: {
    rule: null,
    column: { warmupHours: 100 },
    value: ({ coin, hour }) => (hour < 100 ? Number.NaN : hour / (coin + 1)),
  },
  cold: {
    rule: 'under-filled',
    column: { warmupHours: 50 },
    value: ({ coin, hour }) => (hour < 100 ? Number.NaN : hour ** 2 / (coin + 1)),
  },
  never: { rule: null, column: { warmupHours: 10_000 }, value: () => Number.NaN },
};
const names = Object.keys(planted);
const columns: readonly QualityColumn[] = names.map((name) => ({
  ...{ name, unit: 'number', scope: 'coin' as const, warmupHours: 0 },
  ...planted[name]!.column,
}));

function blockOf(fromCoin = 0, toCoin = COINS, fromHour = 0, toHour = HOURS): FeatureBlock {
  const values: number[] = [];
  const eligible: number[] = [];
  for (let coin = fromCoin; coin < toCoin; coin += 1) {
    for (let hour = fromHour; hour < toHour; hour += 1) {
      const isMember = coin !== 0 && (coin + hour) % 17 !== 0;
      eligible.push(isMember ? 1 : 0);
      const draw = cellDraws[coin * HOURS + hour]!;
      // A coin outside of the universe does not count, whatever its columns hold.
      for (const name of names)
        values.push(isMember ? planted[name]!.value({ coin, hour, draw }) : 1e30 * draw);
    }
  }
  return {
    ...{ inputs, features: names, fromCoin, toCoin, fromHour, toHour },
    ...{ values: Float32Array.from(values), eligible: Uint8Array.from(eligible) },
  };
}

const next = draws(7, 'cells');
const cellDraws = Float64Array.from({ length: COINS * HOURS }, () => next());
const span = { startMs, hours: HOURS };

function countedWhole(): ColumnQuality {
  const quality = emptyQuality(columns, span);
  addBlock(quality, blockOf());
  return quality;
}

const whole = countedWhole();
const report = qualityReport(whole);

describe('a report of quality', () => {
  it.each(names)('says of `%s` what is wrong with it, and nothing else', (name) => {
    const rules = report.findings.filter(({ column }) => column === name).map(({ rule }) => rule);
    const wanted = planted[name]!.rule;
    // Half a column is also filled for less than 95 %.
    if (wanted === 'ended') expect(rules).toEqual(['ended', 'under-filled']);
    else expect(rules).toEqual(wanted === null ? [] : [wanted]);
  });

  it('names the day, the other column, the share', () => {
    const of = (name: string) => report.findings.find(({ column }) => column === name)!;
    expect(of('copied').message).toContain('sound');
    const midMs = startMs + midday * hourMs;
    expect(of('thousand').fromMs).toBe(Math.floor(midMs / dayMs) * dayMs);
    expect(of('thousand').message).toMatch(/about ([89]\d\d|1\d{3}) times as large from 2024-07-11 on/);
    expect(of('quiet').fromMs).toBe((Math.floor(startMs / dayMs) + 6) * dayMs);
    const summary = report.columns.find(({ column }) => column === 'sparse')!;
    expect(summary.fillShare).toBeCloseTo(11 / 12, 2);
    const half = report.columns.find(({ column }) => column === 'half')!;
    expect(half.fillByDay).toHaveLength(21);
    expect(half.fillByDay[1]).toBe(1);
    expect(half.fillByDay[20]).toBe(0);
    expect(report.columns.find(({ column }) => column === 'never')!.fillShare).toBeNaN();
  });

  it('fails, unless every finding is allowed by name with a reason', () => {
    expect(report.failing).toBe(true);
    const declared = report.findings.filter(({ allowed: reason }) => reason !== null);
    expect(declared.map(({ column }) => column)).toEqual(['resting', 'still', 'restingFlag', 'otherFlag']);
    const bad = new Set(report.findings.map(({ column }) => column));
    const allowed = new Map([...bad].map((column) => [column, 'known']));
    const pardoned = qualityReport(whole, allowed);
    expect(pardoned.failing).toBe(false);
    expect(pardoned.findings.every(({ allowed: reason }) => reason === 'known')).toBe(true);
    allowed.delete('empty');
    expect(qualityReport(whole, allowed).failing).toBe(true);
    expect(qualityReport(whole, new Map([['sound', 'no need']])).idleAllowances).toEqual(['sound']);
  });

  it('is the same for any cut into blocks, counted in any order by any number of counters', () => {
    const cuts = (most: number) =>
      fc
        .uniqueArray(fc.integer({ min: 1, max: most - 1 }), { maxLength: 3 })
        .map((inner) => [0, ...inner.toSorted((a, b) => a - b), most]);
    fc.assert(
      fc.property(
        cuts(COINS),
        cuts(HOURS),
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat()),
        (byCoin, byHour, counters, chance) => {
          const blocks = byCoin
            .slice(1)
            .flatMap((toCoin, each) =>
              byHour.slice(1).map((toHour, at) => blockOf(byCoin[each]!, toCoin, byHour[at]!, toHour)),
            );
          const order = blocks
            .map((block) => ({ block, place: chance.next().value }))
            .sort((a, b) => a.place - b.place);
          const parts = Array.from({ length: counters }, () => emptyQuality(columns, span));
          for (const { block, place } of order) addBlock(parts[place % counters]!, block);
          const [first, ...others] = parts;
          for (const other of others) mergeQuality(first!, other);
          expect(first).toEqual(whole);
        },
      ),
      { numRuns: 8 },
    );
  });
});

describe('a routing fault', () => {
  it('is caught column by column: 41 of 54 lead to an input that is not there', async () => {
    const panel = randomPanel({ seed: 2, symbols, startMs, hours: 900, holes: 0 });
    const shared = sharedQuality(routedFeatures, { startMs, hours: 900 }, 1);
    const routed = routedFeatures.map(({ name }) => name);
    await computeBlocks(inputsOf(panel), routed, {
      modules: [new URL('./routed-features.ts', import.meta.url).href],
      eligible: true,
      consumer: {
        module: new URL('../../../../engine/columns/quality/shared-quality.ts', import.meta.url).href,
        functionName: 'countBlock',
        argument: shared,
      },
    });
    const { findings, columns: summaries, failing } = qualityReport(mergedQuality(shared));
    const dead = findings.filter(({ rule }) => rule === 'dead').map(({ column }) => column);
    expect(dead).toEqual(routed.filter((_, place) => routedTo[place] === 'prices'));
    expect(dead).toHaveLength(41);
    expect(failing).toBe(true);
    expect(summaries[0]!.rows).toBeGreaterThan(5000);
    // Volumes have holes by design; prices and returns have none.
    expect(new Set(findings.filter(({ rule }) => rule !== 'dead').map(({ rule }) => rule))).toEqual(
      new Set(['under-filled']),
    );
  });
});

it('counts in one thread what it counts in three', async () => {
  const hours = 800;
  const panel = randomPanel({ seed: 3, symbols, startMs, hours, holes: 0.01 });
  const names = ['m_pct_1d', 'rv_7d', 'btc_momentum_24h', 'xs_rank_rv_7d', 'zero_vol_share_7d'];
  const chosen = names.map((name) => features.get(name)!);
  const count = async (threads: number, pool?: WorkerPool) => {
    const shared = sharedQuality(chosen, { startMs, hours }, threads);
    const path = '../../../../engine/columns/quality/shared-quality';
    const module =
      pool === undefined ? new URL(`${path}.ts`, import.meta.url).href : siblingModule(path, import.meta.url);
    const consumer = { module, functionName: 'countBlock', argument: shared };
    const threading = pool === undefined ? {} : { pool };
    await computeBlocks(inputsOf(panel), names, { ...threading, blockCoins: 3, eligible: true, consumer });
    return { quality: mergedQuality(shared), taken: shared.taken[0]! };
  };
  const alone = await count(1);
  const pool = new WorkerPool(3);
  try {
    const together = await count(3, pool);
    expect(together.quality).toEqual(alone.quality);
    expect(together.taken).toBeLessThanOrEqual(3);
    // The threads of a pool keep no slot of an earlier count.
    expect((await count(3, pool)).quality).toEqual(alone.quality);
  } finally {
    await pool.close();
  }
  expect(alone.taken).toBe(1);
  expect(alone.quality.filled.some((rows) => rows > 20)).toBe(true);
});
