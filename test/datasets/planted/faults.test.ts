import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDataset } from '../../../datasets/check/check.ts';
import type { Finding } from '../../../datasets/check/finding.ts';
import { writeTables } from '../../../datasets/duck.ts';
import { openDataset } from '../../../datasets/open.ts';
import { entitiesOf } from '../../../datasets/planted/entities.ts';
import { type BarColumns, type BarRow, rowsOf } from '../../../datasets/planted/faults/bars.ts';
import {
  exchangeHalt,
  type FaultKind,
  faultKindOf,
  faultKinds,
} from '../../../datasets/planted/faults/kinds.ts';
import { type FaultedCoin, plantFaults, showWicks } from '../../../datasets/planted/faults/plant.ts';
import {
  revisionsTable,
  truthFaultBarsTable,
  truthFaultsTable,
} from '../../../datasets/planted/faults/tables.ts';
import { tradesAt } from '../../../datasets/planted/life.ts';
import { openMarket, type PlantedCoin, plantCoin } from '../../../datasets/planted/market.ts';
import { defaultSwitches, hourTimeMs } from '../../../datasets/planted/settings.ts';
import { publishDataset } from '../../../datasets/publish.ts';
import { openStore, type Store } from '../../../datasets/store.ts';
import type { Table } from '../../../engine/journal/tables.ts';
import { hourMs } from '../../../engine/panel/hours.ts';

const settings = {
  seed: 4,
  coins: 60,
  days: 110,
  // No coin but those with faults has anything to tell.
  switches: { ...defaultSwitches, listings: false, delistings: false, renames: false, halt: false },
};
const market = openMarket(settings);
const coins = entitiesOf(settings).flatMap((entity) => plantCoin(market, entity) ?? []);
const all = coins.map((coin) => ({ coin, made: faulted(coin, faultKinds) }));
const truth = all.flatMap(({ made }) => made.truth);
const ofKind = (kind: FaultKind) => all.filter(({ made }) => made.truth.some((fault) => fault.kind === kind));

function barsOf(coin: PlantedCoin, hours = market.hours): BarColumns {
  const rows = [...coin.close.keys()].filter(
    (row) => coin.fromHour + row < hours && tradesAt(coin.life, coin.fromHour + row),
  );
  const pick = (column: Float64Array) => Float64Array.from(rows, (row) => column[row]!);
  return {
    hour: Int32Array.from(rows, (row) => coin.fromHour + row),
    open: pick(coin.open),
    high: pick(coin.high),
    low: pick(coin.low),
    close: pick(coin.close),
    volume: pick(coin.volume),
    quoteVolume: pick(coin.quoteVolume),
    trades: Int32Array.from(rows, (row) => coin.trades[row]!),
  };
}

function faulted(coin: PlantedCoin, kinds: ReadonlySet<FaultKind>, hours = market.hours): FaultedCoin {
  return plantFaults({ ...coin, seed: settings.seed, kinds, marketHours: hours, bars: barsOf(coin, hours) });
}

describe('planted faults', () => {
  it('are of every kind', () => {
    expect(new Set(truth.map(({ kind }) => kind))).toEqual(faultKinds);
    expect(new Set(truth.map(({ id }) => id)).size).toBe(truth.length);
  });

  it('change nothing beyond the range that their truth names, and the truth restores the rest', () => {
    for (const { coin, made } of all) {
      const ranges = made.truth.map(({ fromMs, toMs }) => [fromMs, toMs] as const);
      const inRange = ({ hour }: BarRow) =>
        ranges.some(([fromMs, toMs]) => hourTimeMs(hour) >= fromMs && hourTimeMs(hour) <= toMs);
      const restored = new Map(
        [
          ...rowsOf(made.bars).filter((row) => !inRange(row)),
          ...made.truth.flatMap(({ originals }) => originals),
        ].map((row) => [row.hour, row]),
      );
      const before = rowsOf(barsOf(coin));
      expect(restored.size).toBe(before.length);
      const wrong = before.find((row) => JSON.stringify(restored.get(row.hour)) !== JSON.stringify(row));
      if (wrong !== undefined) expect.fail(`${coin.entity.id} hour ${wrong.hour} is not restored`);
    }
  });

  it('of one kind come without those of another, at the same place', () => {
    for (const kind of faultKinds) {
      const alone = coins.flatMap((coin) => faulted(coin, new Set([kind])).truth);
      const place = ({ id, fromMs, toMs, value }: (typeof truth)[number]) => [id, fromMs, toMs, value];
      expect(alone.map(place)).toEqual(truth.filter((fault) => fault.kind === kind).map(place));
    }
    expect(coins.flatMap((coin) => faulted(coin, new Set()).truth)).toEqual([]);
  });

  it('of earlier days are the same in a longer market, but for its last bar', () => {
    const kinds = new Set([...faultKinds].filter((kind) => kind !== 'unclosed-last-bar'));
    const hours = market.hours - 24;
    for (const coin of coins) {
      const longer = rowsOf(faulted(coin, kinds).bars).filter(({ hour }) => hour < hours);
      expect(rowsOf(faulted(coin, kinds, hours).bars)).toEqual(longer);
    }
  });

  it('spare coins of two names', () => {
    const coin = coins.find(({ entity }) => entity.id === 'P001')!;
    expect(faultKindOf(coin.entity, coin.life, coin.traits)).toBe('redenomination');
    const life = { ...coin.life, rename: { hour: coin.toHour - 1000, symbol: 'N001USDT' } };
    expect(faultKindOf(coin.entity, life, coin.traits)).toBeNull();
  });

  it('stand still with the whole exchange for six hours', () => {
    const { fromHour, toHour } = exchangeHalt(settings.seed);
    expect(toHour - fromHour).toBe(6);
    for (const { made } of all) {
      expect(made.bars.hour.some((hour) => hour >= fromHour && hour < toHour)).toBe(false);
      expect(made.truth.filter(({ kind }) => kind === 'exchange-halt')).toMatchObject([
        { fromMs: hourTimeMs(fromHour), toMs: hourTimeMs(toHour - 1) },
      ]);
    }
  });

  it('shift clocks by one hour or three for two months', () => {
    for (const kind of ['clock-offset', 'time-zone'] as const) {
      for (const { coin, made } of ofKind(kind)) {
        const fault = made.truth.find((one) => one.kind === kind)!;
        expect(Math.abs(fault.value)).toBe(kind === 'time-zone' ? 3 : 1);
        expect((fault.toMs - fault.fromMs) / hourMs).toBe(1439);
        const rows = new Map(rowsOf(made.bars).map((row) => [row.hour, row]));
        const closes = rowsOf(barsOf(coin));
        const from = closes.findIndex(({ hour }) => hourTimeMs(hour) === fault.fromMs);
        for (const row of closes.slice(from, from + 1440)) {
          expect(rows.get(row.hour)!.close).toBe(
            closes.find(({ hour }) => hour === row.hour - fault.value)!.close,
          );
        }
      }
    }
  });

  it('revise bars that stand first as they were first known', () => {
    for (const { made } of ofKind('revised-bar')) {
      expect(made.revisions.length).toBe(3);
      for (const { bar, ingestedMs } of made.revisions) {
        const first = rowsOf(made.bars).find(({ hour }) => hour === bar.hour)!;
        expect(first.volume).toBeLessThan(bar.volume);
        expect(ingestedMs).toBeGreaterThanOrEqual(hourTimeMs(bar.hour + 1) + hourMs / 2);
      }
    }
    expect(all.filter(({ made }) => made.revisions.length > 0)).toEqual(ofKind('revised-bar'));
  });

  it('show a true wick in the finer bars, and no bad print', () => {
    for (const { coin, made } of ofKind('wick')) {
      const [wick] = made.wicks;
      const [day] = made.detail;
      const hour = Math.floor(wick!.minute / 60);
      expect(day!.fromHour <= hour && hour < day!.toHour && day!.toHour - day!.fromHour === 24).toBe(true);
      const bar = rowsOf(made.bars).find((row) => row.hour === hour)!;
      const before = rowsOf(barsOf(coin)).find((row) => row.hour === hour)!;
      const reach = Math.max(
        bar.high / Math.max(bar.open, bar.close),
        Math.min(bar.open, bar.close) / bar.low,
      );
      expect(reach).toBeGreaterThan(1.29);
      // Quarters of the hour before the wick, cut anyhow inside its high and low.
      const quarters = {
        minute: Int32Array.from([0, 15, 30, 45], (minute) => hour * 60 + minute),
        high: new Float64Array(4).fill(before.high),
        low: new Float64Array(4).fill(before.low),
      };
      const shown = showWicks(quarters, 15, made.wicks);
      expect([Math.max(...shown.high), Math.min(...shown.low)]).toEqual([bar.high, bar.low]);
      expect(
        shown.high.filter((high, row) => high !== before.high || shown.low[row] !== before.low).length,
      ).toBe(1);
    }
    for (const { made } of ofKind('bad-print')) {
      expect(made.detail.length).toBe(1);
      expect(made.wicks).toEqual([]);
    }
  });
});

describe('a dataset with faults', () => {
  let store: Store;
  let findings: readonly Finding[];
  beforeAll(async () => {
    store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-faults-')));
    await publishDataset(store, 'faulty', async (dir) => {
      await writeTables([{ path: join(dir, 'bars.parquet'), table: barsTable(all) }]);
      return { sources: ['planted'] };
    });
    findings = await checkDataset(store, 'faulty');
  }, 60_000);
  afterAll(() => rm(store.dataDir, { recursive: true, force: true }));

  it('can be stored and opened, unsorted as it is', async () => {
    const { panel, manifest } = await openDataset(store, 'faulty');
    expect(manifest.rows).toBe(all.reduce((sum, { made }) => sum + made.bars.hour.length, 0));
    expect(panel.symbols.length).toBe(coins.length);
  });

  /** The rule that finds a kind today, and whether it names its very range. */
  const rules: readonly (readonly [FaultKind, string])[] = [
    ['duplicate-bar', 'duplicate-bar'],
    ['out-of-order', 'out-of-order'],
    ['ohlc-violation', 'ohlc-violation'],
    ['negative-price', 'negative-price'],
    ['missing-hours', 'missing-hours'],
    ['zero-volume', 'zero-volume'],
    ['frozen-price', 'frozen-price'],
    ['bad-print', 'bad-print'],
  ];
  it.each(rules)('has its %s found, with the range', (kind, rule) => {
    const planted = truth.filter((fault) => fault.kind === kind);
    expect(planted.length).toBeGreaterThan(0);
    for (const { symbol, fromMs, toMs } of planted) {
      expect(findings).toContainEqual(expect.objectContaining({ rule, symbol, fromMs, toMs }));
    }
  });

  it('has its halt, its last bar, its redenominations and its clocks found', () => {
    const market = (kind: FaultKind, rule: string) => {
      const { fromMs, toMs } = truth.find((fault) => fault.kind === kind)!;
      expect(findings).toContainEqual(expect.objectContaining({ rule, symbol: null, fromMs, toMs }));
    };
    market('exchange-halt', 'exchange-halt');
    market('unclosed-last-bar', 'unclosed-last-bar');
    for (const { symbol, fromMs } of truth.filter(({ kind }) => kind === 'redenomination')) {
      expect(findings).toContainEqual(expect.objectContaining({ rule: 'redenomination', symbol, fromMs }));
    }
    for (const { symbol, value } of truth.filter(
      ({ kind }) => kind === 'clock-offset' || kind === 'time-zone',
    )) {
      const found = findings.find((finding) => finding.symbol === symbol && finding.value === value);
      expect(found).toMatchObject({ rule: Math.abs(value) === 1 ? 'clock-offset' : 'time-zone' });
      expect(found!.message).toContain(value > 0 ? 'too late' : 'too early');
    }
  });

  it('is accused of nothing else', () => {
    const serious = findings.filter(({ severity, symbol }) => severity !== 'note' && symbol !== null);
    const ofMarket = new Set(['exchange-halt', 'unclosed-last-bar']);
    const own = new Set(truth.filter(({ kind }) => !ofMarket.has(kind)).map(({ symbol }) => symbol));
    expect(own.size).toBeLessThan(coins.length / 2);
    expect(serious.filter(({ symbol }) => !own.has(symbol!))).toEqual([]);
    const wicks = new Set(truth.filter(({ kind }) => kind === 'wick').map(({ symbol }) => symbol));
    expect(serious.filter(({ symbol }) => wicks.has(symbol!))).toEqual([]);
  });
});

describe('tables of faults', () => {
  it('hold a row for each fault, each replaced bar and each revision', () => {
    const revisions = all.flatMap(({ made }) => made.revisions);
    const later = revisionsTable(revisions);
    expect(later.rows).toBe(revisions.length);
    expect(Object.keys(later.columns)).toEqual(
      'ts symbol open high low close volume quote_volume trades ingested_ms'.split(' '),
    );
    const faults = truthFaultsTable(truth);
    expect(faults.rows).toBe(truth.length);
    const bars = truthFaultBarsTable(truth);
    expect(bars.rows).toBe(truth.reduce((sum, { originals }) => sum + originals.length, 0));
    const texts = ({ columns }: Table, name: string) => new Set([...columns[name]!.values]);
    expect(texts(bars, 'fault')).toEqual(texts(faults, 'id'));
  });
});

/** Coins by symbol; the rows of each as they come. */
function barsTable(made: readonly { readonly coin: PlantedCoin; readonly made: FaultedCoin }[]): Table {
  const sorted = [...made].sort((a, b) =>
    Buffer.compare(Buffer.from(a.coin.entity.symbol), Buffer.from(b.coin.entity.symbol)),
  );
  const rows = sorted.flatMap(({ coin, made: { bars } }) =>
    rowsOf(bars).map((row) => ({ ...row, symbol: coin.entity.symbol })),
  );
  const doubles = (pick: (row: BarRow) => number) => ({
    type: 'double' as const,
    values: Float64Array.from(rows, pick),
  });
  return {
    rows: rows.length,
    columns: {
      ts: { type: 'time', values: Float64Array.from(rows, ({ hour }) => hourTimeMs(hour)) },
      symbol: { type: 'text', values: rows.map(({ symbol }) => symbol) },
      open: doubles(({ open }) => open),
      high: doubles(({ high }) => high),
      low: doubles(({ low }) => low),
      close: doubles(({ close }) => close),
      volume: doubles(({ volume }) => volume),
      quote_volume: doubles(({ quoteVolume }) => quoteVolume),
      trades: doubles(({ trades }) => trades),
    },
  };
}
