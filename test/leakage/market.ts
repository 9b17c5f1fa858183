/** A small market with everything that a trap can be planted in: coins that come and go, news, sentiment, capitalisation, revised bars. */
import { normalAt, uniformAt } from '../../engine/columns/audit/chance.ts';
import { type AuditWorld, type DatedTable, worldOf } from '../../engine/columns/audit/world.ts';
import type { MarketRecords } from '../../engine/columns/records.ts';
import { dayMs, hourMs } from '../../engine/panel/hours.ts';
import { BAR_WIDTH, barOffset, closeAt, type Panel, sharedFloat64 } from '../../engine/panel/panel.ts';
import { madeUpWorkload } from '../../scenarios/bench/made-up.ts';
import { prepareWorkload } from '../../scenarios/bench/workload.ts';

const SEED = 11;

/** Every fourth coin leaves in the second half. */
export function smallMarket(coins: number, hours: number): AuditWorld {
  const { panel: bare } = prepareWorkload(madeUpWorkload(coins, hours, SEED));
  for (let coin = 4; coin < coins; coin += 4) {
    if (bare.endHour[coin] === hours) leave(bare, coin, hours - 8 * coin);
  }
  const panel = withVolumes(bare);
  const tables = {
    fearGreed: fearGreedTable(panel),
    marketCap: marketCapTable(panel),
    news: newsTable(panel),
  };
  const records: MarketRecords = {
    fearGreed: null,
    news: null,
    marketCap: null,
    instruments: {
      kind: new Uint8Array(new SharedArrayBuffer(coins)),
      onboardMs: sharedFloat64(coins).map((_, coin) => panel.startMs + panel.firstHour[coin]! * hourMs),
      delistedMs: sharedFloat64(coins).map((_, coin) =>
        panel.endHour[coin]! < hours ? panel.startMs + panel.endHour[coin]! * hourMs : Number.NaN,
      ),
    },
  };
  return worldOf(
    { panel, records, regimes: [], approximateQuoteVolume: false, dailyVolumeMin: 0 },
    { tables, revisions: revisionsOf(panel) },
  );
}

function withVolumes(panel: Panel): Panel {
  const cells = panel.symbols.length * panel.hours;
  const [volume, quoteVolume] = [sharedFloat64(cells), sharedFloat64(cells)];
  for (let cell = 0; cell < cells; cell += 1) {
    const coin = Math.floor(cell / panel.hours);
    const quote = 40_000 * Math.exp(normalAt(SEED, cell, 3));
    quoteVolume[cell] = Number.isNaN(closeAt(panel, coin, cell % panel.hours)) ? Number.NaN : quote;
    volume[cell] = quoteVolume[cell]! / closeAt(panel, coin, cell % panel.hours);
  }
  return { ...panel, volume, quoteVolume };
}

/** Ends the coin's life, after a fall by six tenths in its last day. */
function leave(panel: Panel, coin: number, end: number): void {
  panel.endHour[coin] = end;
  panel.bars.fill(Number.NaN, barOffset(panel, coin, end), barOffset(panel, coin + 1, 0));
  for (let hour = end - 24; hour < end; hour += 1) {
    const factor = 0.4 ** ((hour - end + 25) / 24);
    const at = barOffset(panel, coin, hour);
    for (let field = 0; field < BAR_WIDTH; field += 1)
      panel.bars[at + field] = panel.bars[at + field]! * factor;
  }
}

function tableOf(
  rows: readonly { publishedMs: number; ingestedMs?: number; aboutMs: number; coin: number; value: number }[],
): DatedTable {
  return {
    publishedMs: Float64Array.from(rows, ({ publishedMs }) => publishedMs),
    ingestedMs: Float64Array.from(rows, ({ ingestedMs }) => ingestedMs ?? Number.NaN),
    aboutMs: Float64Array.from(rows, ({ aboutMs }) => aboutMs),
    coins: Int32Array.from(rows, ({ coin }) => coin),
    values: Float64Array.from(rows, ({ value }) => value),
  };
}

function daysOf({ startMs, hours }: Panel): readonly number[] {
  return Array.from({ length: Math.ceil(hours / 24) }, (_, day) => startMs + day * dayMs);
}

/** The value of a day is published just after the next midnight. */
function fearGreedTable(panel: Panel): DatedTable {
  return tableOf(
    daysOf(panel).map((aboutMs, day) => ({
      ...{ aboutMs, publishedMs: aboutMs + dayMs + Math.floor(uniformAt(SEED, day, 5) * 20 * 60_000) },
      ...{ coin: -1, value: Math.floor(uniformAt(SEED, day, 6) * 100) },
    })),
  );
}

/** Drifts across ten million dollars in most coins' lives; the value of a day is published at its end. */
function marketCapTable(panel: Panel): DatedTable {
  const rows = panel.symbols.flatMap((_, coin) =>
    daysOf(panel).map((aboutMs, day) => ({
      ...{ aboutMs, publishedMs: aboutMs + dayMs, coin },
      value: 10e6 * Math.exp(1.5 * normalAt(SEED, coin * 1000 + Math.floor(day / 5), 8)),
    })),
  );
  return tableOf(rows);
}

/** Three articles a day; every second one was in our hands some hours before the world had it. */
function newsTable(panel: Panel): DatedTable {
  const count = Math.floor(panel.hours / 8);
  const rows = Array.from({ length: count }, (_, row) => {
    const publishedMs = panel.startMs + row * 8 * hourMs + Math.floor(uniformAt(SEED, row, 9) * 6 * hourMs);
    const early = row % 2 === 0;
    return {
      ...{ publishedMs, aboutMs: publishedMs, value: 1 },
      ingestedMs: publishedMs + (early ? -5 * hourMs : 10 * 60_000),
      coin: Math.floor(uniformAt(SEED, row, 10) * panel.symbols.length),
    };
  });
  return tableOf(rows);
}

/** One bar in fifty was put right two days later. */
export function revisionsOf(panel: Panel): AuditWorld['revisions'] {
  const revisions: AuditWorld['revisions'][number][] = [];
  for (let coin = 0; coin < panel.symbols.length; coin += 1) {
    for (let hour = panel.firstHour[coin]!; hour < panel.endHour[coin]!; hour += 1) {
      if (uniformAt(SEED, coin * panel.hours + hour, 12) > 0.02) continue;
      const at = barOffset(panel, coin, hour);
      const [open, high, low, close] = panel.bars.subarray(at, at + BAR_WIDTH) as unknown as number[];
      if (open === undefined || Number.isNaN(open)) continue;
      const availableMs = panel.startMs + (hour + 48) * hourMs;
      const prices = { open, high: high! * 1.01, low: low!, close: close! * 1.01 };
      const cell = coin * panel.hours + hour;
      const amounts = { volume: panel.volume![cell]!, quoteVolume: panel.quoteVolume![cell]! };
      revisions.push({ coin, hour, availableMs, ...prices, ...amounts });
    }
  }
  return revisions;
}
