/** `columns audit` as a user calls it: over a clean set, over one that looks ahead, and over a strategy. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Leak } from '../../engine/columns/audit/findings.ts';
import { BAR_WIDTH, barOffset, isPresent, timeAt } from '../../engine/panel/panel.ts';
import { smallMarket } from '../leakage/market.ts';
import { answerOf, runCommand } from './run-command.ts';

const HOURS = 420;

/** Two features: the return of the hour, and that of an hour `ahead` of it. */
function setText(name: string, ahead: number): string {
  const facts =
    "group: 'own', scope: 'coin', formula: 'r(t)', unit: 'log return', lookbackHours: 1, needs: []";
  const feature = (own: string, shift: number) =>
    `{ name: '${own}', ${facts}, warmupHours: 1, compute(coin, from, to, out) { for (let i = from; i < to; i += 1) out[i] = coin.returns[i + ${shift}] ?? Number.NaN; } }`;
  return `export const own = [${feature('now', 0)}, ${feature('then', ahead)}];\nexport default { name: '${name}', features: own };\n`;
}

/**
 * A user's set in TypeScript: the mean of five closes, a z-score and a return as they should be, and each as it should not: with two closes
 * to come, over all of the data, and of the next hour.
 */
const userSet = `
interface Coin { readonly close: Float64Array; readonly returns: Float64Array }
type Value = (coin: Coin, index: number) => number;

function feature(name: string, formula: string, warmupHours: number, valueAt: Value) {
  return {
    name, group: 'own', scope: 'coin' as const, formula, unit: 'fraction', lookbackHours: warmupHours, warmupHours, needs: [],
    compute(coin: Coin, from: number, to: number, out: Float64Array): void {
      for (let index = from; index < to; index += 1) out[index] = valueAt(coin, index);
    },
  };
}

function zScore(value: number, values: Float64Array): number {
  const present = values.filter((each) => !Number.isNaN(each));
  const mean = present.reduce((sum, each) => sum + each, 0) / present.length;
  const square = present.reduce((sum, each) => sum + (each - mean) ** 2, 0) / present.length;
  return (value - mean) / Math.sqrt(square);
}

const meanGap = (first: number, last: number): Value => ({ close }, index) => {
  let sum = 0;
  for (let place = index + first; place <= index + last; place += 1) sum += close[place] ?? Number.NaN;
  return sum / (last - first + 1) / close[index]! - 1;
};

export const own = [
  feature('mean_gap', 'mean(c(t-4..t)) / c(t) - 1', 4, meanGap(-4, 0)),
  feature('mean_gap_centred', 'mean(c(t-2..t+2)) / c(t) - 1', 4, meanGap(-2, 2)),
  feature('close_z', 'z of c(t) in c(t-23..t)', 24, ({ close }, i) => zScore(close[i]!, close.subarray(i - 23, i + 1))),
  feature('close_z_whole', 'z of c(t) in all closes', 24, ({ close }, i) => zScore(close[i]!, close)),
  feature('hour_return', 'r(t)', 1, ({ returns }, i) => returns[i]!),
  feature('hour_return_shifted', 'r(t+1)', 1, ({ returns }, i) => returns[i + 1] ?? Number.NaN),
];
export default { name: 'home-made', features: own };
`;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hourglass-audit-'));
  const { panel } = smallMarket(16, HOURS).inputs;
  const lines = ['symbol,ts,open,high,low,close,volume,quote_volume'];
  for (const [coin, symbol] of panel.symbols.entries()) {
    for (let hour = 0; hour < HOURS; hour += 1) {
      if (!isPresent(panel, coin, hour)) continue;
      const at = barOffset(panel, coin, hour);
      const cell = coin * HOURS + hour;
      const amounts = [panel.volume![cell], panel.quoteVolume![cell]];
      lines.push(
        [symbol, timeAt(panel, hour), ...panel.bars.subarray(at, at + BAR_WIDTH), ...amounts].join(','),
      );
    }
  }
  await writeFile(join(dir, 'bars.csv'), `${lines.join('\n')}\n`);
  await writeFile(join(dir, 'clean.ts'), setText('clean', 0));
  await writeFile(join(dir, 'leaky.ts'), setText('leaky', 1));
  const imported = await runCommand([...store(), 'data', 'import', 'small', '--bars', join(dir, 'bars.csv')]);
  expect(imported.exitCode, imported.err).toBe(0);
}, 60_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

const store = () => ['--data-dir', join(dir, 'store'), '--quiet'];
const audit = (set: string, ...more: string[]) =>
  runCommand([...store(), 'columns', 'audit', 'small', '--set', set, '--workers', '1', ...more]);

describe('columns audit', () => {
  it('says that nothing looks ahead, what it compared and what it could not, and exits with 0', async () => {
    const { exitCode, out, err } = await audit(join(dir, 'clean.ts'), '--strategy', 'residual-momentum');
    expect(err).toBe('');
    expect(out).toContain('clean over small: nothing looks ahead');
    expect(out).toMatch(/compared: truncation \d+, perturbation \d+/);
    expect(out).toContain('not run: trials ledger: not available until the trials ledger exists');
    expect(out).toContain('without a value wherever it was compared: forward residual: residual_72h_ahead');
    expect(exitCode).toBe(0);
  }, 60_000);

  it('names the column that looks ahead, with detector, coin and first hour, and exits with 1', async () => {
    const ran = await audit(join(dir, 'leaky.ts'), '--json');
    const {
      clean,
      leaks,
      set,
      ran: counts,
    } = answerOf(ran) as { clean: boolean; leaks: Leak[]; set: string; ran: object };
    expect(ran.exitCode, ran.err).toBe(1);
    expect({ clean, set }).toEqual({ clean: false, set: 'leaky' });
    expect(new Set(leaks.map(({ field }) => field))).toEqual(new Set(['then']));
    expect(leaks.map(({ detector }) => detector).sort()).toEqual(['Da', 'Db', 'Dc', 'Dg']);
    expect(leaks.every(({ subject, timeMs }) => subject === 'leaky' && timeMs > 0)).toBe(true);
    expect(Object.keys(counts)).toContain('Df');
    const text = await audit(join(dir, 'leaky.ts'));
    expect(text.out).toMatch(/perturbation: leaky from 2024-01-\S+Z: then of \S+ at/);
  }, 60_000);

  it("names each leak of a user's own set, and none of the features beside it", async () => {
    await writeFile(join(dir, 'home-made.ts'), userSet);
    const ran = await audit(join(dir, 'home-made.ts'), '--json', '--no-report');
    const { leaks } = answerOf(ran) as { leaks: Leak[] };
    expect(ran.exitCode, ran.err).toBe(1);
    const detectorsOf = (field: string) =>
      leaks.filter((leak) => leak.field === field).map(({ detector }) => detector);
    expect(new Set(leaks.map(({ subject, field }) => `${subject}: ${field}`))).toEqual(
      new Set(
        ['mean_gap_centred', 'close_z_whole', 'hour_return_shifted'].map((field) => `home-made: ${field}`),
      ),
    );
    expect(detectorsOf('mean_gap_centred')).toEqual(expect.arrayContaining(['Da', 'Db', 'Dg']));
    expect(detectorsOf('close_z_whole')).toEqual(expect.arrayContaining(['Da', 'Db', 'Dg']));
    expect(detectorsOf('hour_return_shifted')).toEqual(expect.arrayContaining(['Da', 'Db', 'Dc', 'Dg']));
    for (const { timeMs, symbol, detector, message } of leaks) {
      expect(Number.isInteger(timeMs / 3_600_000)).toBe(true);
      if (detector !== 'Dc')
        expect(message).toContain(`of ${symbol} at ${new Date(timeMs).toISOString().slice(0, 16)}`);
    }
  }, 60_000);

  it('refuses what it cannot audit, all at once, with 2', async () => {
    const unknown = await audit('s1', '--strategy', 'nobody', 'score-gate');
    expect(unknown.exitCode).toBe(2);
    expect(unknown.err).toContain('there is no strategy nobody');
    const scoreless = await audit('s1', '--strategy', 'score-gate');
    expect(scoreless.exitCode).toBe(2);
    expect(scoreless.err).toMatch(/score-gate reads column \S+, which dataset small does not store/);
  });

  it('refuses to train what it cannot, before it compares anything', async () => {
    const modelless = await audit('s3', '--train', 'residual-momentum');
    expect(modelless.exitCode).toBe(2);
    expect(modelless.err).toContain('has no models to train');
    const named = process.env['HOURGLASS_PYTHON'];
    process.env['HOURGLASS_PYTHON'] = '/nowhere/python';
    try {
      const ran = await audit('s3', '--train', 'v2-ensemble');
      expect(ran.exitCode).not.toBe(0);
      expect(ran.err).toContain('HOURGLASS_PYTHON names /nowhere/python');
    } finally {
      if (named === undefined) delete process.env['HOURGLASS_PYTHON'];
      else process.env['HOURGLASS_PYTHON'] = named;
    }
  });
});
