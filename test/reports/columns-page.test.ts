/** Pages of columns: their figures are those of the build and of the audit, and what is wrong is said at the top. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../datasets/open.ts';
import { openStore } from '../../datasets/store.ts';
import { detectorNames } from '../../engine/columns/audit/findings.ts';
import { rollingOls } from '../../engine/columns/kernels/ols.ts';
import { residualSummary } from '../../engine/columns/residual-summary.ts';
import { universeSizes } from '../../engine/columns/universe/sizes.ts';
import type { Table } from '../../engine/journal/tables.ts';
import { dayMs } from '../../engine/panel/hours.ts';
import { closeAt } from '../../engine/panel/panel.ts';
import { type ColumnAuditFacts, type ColumnBuildFacts, fillFacts } from '../../reports/column-facts.ts';
import { columnsPages, writeAuditPage, writeBuildPage } from '../../reports/columns-report.ts';
import { writeIndex } from '../../reports/index-page.ts';
import { auditColumns } from '../../scenarios/columns/audit.ts';
import { answerOf, runCommand } from '../cli/run-command.ts';
import { auditedMs, builtMs, type SampleColumns, sampleColumns } from './sample-columns.ts';

let sample: SampleColumns;
beforeAll(async () => {
  sample = await sampleColumns();
}, 120_000);
afterAll(() => sample.remove());

/** The page without its scripts. */
const visible = async (file: string | null) => (await readFile(file!, 'utf8')).split('<script')[0]!;
const plain = (markup: string) =>
  markup
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ([.,:])/g, '$1');
const verdictOf = (text: string) => plain(/<p class="verdict">.*?<\/p>/s.exec(text)?.[0] ?? '').trim();
const part = async (page: string | null, name: string) =>
  JSON.parse(await readFile(join(dirname(page!), `${name}.json`), 'utf8')) as ColumnBuildFacts;

describe('given a clean build without an audit', () => {
  it('the page says so, and how to run the audit', async () => {
    const text = await visible(sample.clean.page);
    const rows = sample.clean.manifest.rows.toLocaleString('en-US');
    expect(verdictOf(text)).toBe(
      `4 columns over ${rows} bars, each as it should be. Whether they look ahead has not been audited.`,
    );
    expect(text).toContain('built 2026-01-02 03:04');
    expect(text).toContain('hourglass columns audit small --set clean');
    expect(text).not.toContain('data-headline="leaks"');
  });

  it('every chart of the page is there as SVG, PNG and CSV', async () => {
    const text = await visible(sample.clean.page);
    const charts = [...text.matchAll(/data-chart="([a-z-]+)"/g)].map((match) => match[1]!);
    expect(charts).toEqual(['universe', 'left-out', 'fill', 'regime', 'residual-weeks', 'residual-coins']);
    const files = await readdir(join(dirname(sample.clean.page!), 'charts'));
    expect(files.sort()).toEqual(charts.flatMap((id) => [`${id}.csv`, `${id}.png`, `${id}.svg`]).sort());
  });

  it('every section of the contents is there, once', async () => {
    const text = await visible(sample.clean.page);
    const links = [...(/<nav class="toc".*?<\/nav>/s.exec(text)?.[0] ?? '').matchAll(/href="#([a-z-]+)"/g)];
    expect(links.length).toBeGreaterThanOrEqual(7);
    for (const [, id] of links) expect(text.split(`<section id="${id}">`).length, id).toBe(2);
  });
});

describe('given a build with findings and an audit with a leak', () => {
  it('the page says both at the top, in words', async () => {
    expect(sample.odd.dir).toBeNull();
    const verdict = verdictOf(await visible(sample.odd.page));
    expect(verdict).toContain('2 columns are not as they should be');
    expect(verdict).toContain('the set was not stored: beta_720h, half_input.');
    expect(verdict).toMatch(/\d leaks?: peek_1h sees the future, told by .*truncation/);
  });

  it('every finding stands there with what allows it, and texts from outside are escaped', async () => {
    const text = await visible(sample.odd.page);
    for (const { column, message } of sample.odd.report.findings) {
      expect(plain(text)).toContain(column);
      expect(plain(text).replaceAll('\u00a0', ' ')).toContain(message);
    }
    expect(text).toContain('its source comes &lt;later&gt;');
    expect(text).not.toContain('<later>');
    expect(text).toContain('title="nothing &lt;yet&gt;"');
  });

  it('every detector is named with its comparisons, or with the reason why it did not run', async () => {
    const text = plain(await visible(sample.odd.page));
    for (const [detector, name] of Object.entries(detectorNames)) {
      const made = sample.oddAudit.ran[detector as keyof typeof detectorNames];
      const reason = sample.oddAudit.notRun.find((one) => one.detector === detector)?.reason;
      expect(made === undefined).toBe(reason !== undefined);
      expect(text).toContain(`${name} ${made === undefined ? 'not run' : made.toLocaleString('en-US')}`);
      if (reason !== undefined) expect(text).toContain(`Not run: ${reason}`);
    }
    expect(sample.oddAudit.leaks.length).toBeGreaterThan(0);
    for (const { message } of sample.oddAudit.leaks) expect(text).toContain(message);
    expect(text).toContain('nothing is known of them: odd: dead_input');
  });

  it('the fill table has a row a column, with its share and verdict', async () => {
    const text = await visible(sample.odd.page);
    const table = text.slice(text.indexOf('id="fill-table"')).split('</table>')[0]!;
    const rows = [...table.matchAll(/<tr><td>.*?<\/tr>/gs)].map(([row]) =>
      [...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell]) => plain(cell!).trim()),
    );
    expect(rows.map(([name, , verdict]) => [name, verdict])).toEqual([
      ['beta_30d', 'as it should be'],
      ['beta_720h', 'duplicate'],
      ['dead_input', 'dead: allowed'],
      ['half_input', 'under-filled'],
      ['peek_1h', 'as it should be'],
    ]);
    for (const [row, { fillShare }] of sample.odd.manifest.columns.entries())
      if (fillShare! < 0.9999) expect(rows[row]![1]).toBe(`${(fillShare! * 100).toFixed(2)} %`);
    expect(rows[1]![6]).toBe('beta_30d');
  });
});

it('a set that is built again keeps its audit, and the page says when they differ', async () => {
  const file = join(dirname(sample.store.dataDir), 'clean.js');
  const short = { workers: 1, times: 2, replayHours: 2 };
  const audited = await auditColumns(sample.store, {
    ...{ ...short, dataset: 'small', set: file, pageAtMs: auditedMs },
  });
  expect(audited.page).toBe(sample.clean.page);
  expect(verdictOf(await visible(audited.page))).toContain('Nothing looks ahead, as far as was compared.');
  const build = await part(audited.page, 'build');
  expect(build.builtMs).toBe(builtMs);
  const manifest = { ...build.manifest, datasetHash: 'another' };
  const page = await writeBuildPage(sample.store, { ...build, manifest });
  const text = await visible(page);
  expect(text).toContain('audited 2026-01-02 05:06');
  expect(text).toContain('of different contents of the dataset');
});

it('an audit of a set that was never built has a page, which says so', async () => {
  const audit = JSON.parse(
    await readFile(join(dirname(sample.odd.page!), 'audit.json'), 'utf8'),
  ) as ColumnAuditFacts;
  const store = openStore(join(sample.store.dataDir, 'audited-only'));
  const text = await visible(await writeAuditPage(store, { ...audit, set: 'never' }));
  expect(verdictOf(text)).toMatch(/^The set has not been built\. \d leaks?: peek_1h sees the future/);
  expect(text).toContain('hourglass columns build small --set never');
  expect(text).not.toContain('build.json');
  expect(text).not.toContain('data-chart=');
});

it('the command line names the page, and leaves it out where that is asked for', async () => {
  const build = async (...more: string[]) => {
    const set = join(dirname(sample.store.dataDir), 'clean.js');
    const command = ['--data-dir', sample.store.dataDir, '--quiet', '--json', 'columns', 'build', 'small'];
    return answerOf(await runCommand([...command, '--set', set, ...more]));
  };
  expect((await build())['report']).toBe(sample.clean.page);
  expect((await build('--no-report'))['report']).toBeNull();
});

describe('figures behind the page', () => {
  it('the universe of a day is that of its last hour', async () => {
    const { universe } = await part(sample.clean.page, 'build');
    const dataset = await openDataset(sample.store, 'small', { volumes: true });
    const { unknown: _, ...records } = await dataset.records();
    const inputs = {
      panel: dataset.panel,
      records,
      regimes: [],
      approximateQuoteVolume: false,
      dailyVolumeMin: 0,
    };
    const sizes = universeSizes(inputs, 24);
    const eligible = Array.from({ length: sizes.counts.length / 9 }, (_, day) => sizes.counts[day * 9]!);
    expect(universe.coins.eligible).toEqual(eligible);
    expect(universe.timeMs[0]).toBe(dataset.panel.startMs + dayMs);
    expect(Math.max(...eligible)).toBeGreaterThan(10);
  });

  it('a coin’s residual is that of a regression over its own hours', async () => {
    const dataset = await openDataset(sample.store, 'small', { volumes: true });
    const { unknown: _, ...records } = await dataset.records();
    const { panel } = dataset;
    const inputs = { panel, records, regimes: [], approximateQuoteVolume: false, dailyVolumeMin: 0 };
    const summary = residualSummary(inputs)!;
    const benchmark = panel.symbols.indexOf('BTCUSDT');
    const whole = summary.coins.reduce((most, coin) => (coin.hours > most.hours ? coin : most));
    const coin = panel.symbols.indexOf(whole.symbol);
    const returns = (of: number) =>
      Float64Array.from({ length: panel.hours }, (_, hour) =>
        hour === 0 ? Number.NaN : Math.log(closeAt(panel, of, hour) / closeAt(panel, of, hour - 1)),
      );
    const [x, y] = [returns(benchmark), returns(coin)];
    const fit = rollingOls(x, y, { window: 720, countMin: 540, firstStamp: panel.startMs / 3_600_000 });
    const hours = Array.from(y.keys()).slice(-whole.hours);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(whole.beta).toBeCloseTo(mean(hours.map((hour) => fit.beta[hour - 1]!)), 10);
    expect(whole.rSquared).toBeCloseTo(mean(hours.map((hour) => fit.rSquared[hour - 1]!)), 10);
    const residual = hours.map((hour) => y[hour]! - fit.beta[hour - 1]! * x[hour]!);
    const apart = (values: readonly number[]) => values.map((value) => value - mean(values));
    const dot = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, value, at) => sum + value * b[at]!, 0);
    const [e, market, own] = [
      apart(residual),
      apart(hours.map((hour) => x[hour]!)),
      apart(hours.map((hour) => y[hour]!)),
    ];
    expect(whole.residualCorrelation).toBeCloseTo(
      dot(e, market) / Math.sqrt(dot(e, e) * dot(market, market)),
      8,
    );
    expect(whole.residualShare).toBeCloseTo(Math.sqrt(dot(e, e) / dot(own, own)), 8);
  });

  it('fill by week adds up the days, whatever the table holds', () => {
    const cell = fc.record({
      column: fc.constantFrom('a', 'b'),
      day: fc.integer({ min: 19_000, max: 19_040 }),
      due: fc.integer({ min: 1, max: 50 }),
      missing: fc.nat(50),
      constant: fc.boolean(),
    });
    const cells = fc.uniqueArray(cell, { selector: ({ column, day }) => `${column} ${day}`, maxLength: 60 });
    fc.assert(
      fc.property(cells, (rows) => {
        const filledOf = ({ due, missing }: (typeof rows)[number]) => Math.max(0, due - missing);
        const table: Table = {
          rows: rows.length,
          columns: {
            column: { type: 'text', values: rows.map(({ column }) => column) },
            day_ms: { type: 'time', values: Float64Array.from(rows, ({ day }) => day * dayMs) },
            eligible_rows: { type: 'integer', values: Int32Array.from(rows, ({ due }) => due) },
            filled: { type: 'integer', values: Int32Array.from(rows, filledOf) },
            flags: {
              type: 'text',
              values: rows.map(({ constant }) => (constant ? 'under-filled constant' : '')),
            },
          },
        };
        const { weekMs, columns } = fillFacts(table, ['a', 'b', 'c']);
        for (const { column, weeks, worst, constantDays } of columns) {
          const own = rows.filter((row) => row.column === column);
          for (const [week, fromMs] of weekMs.entries()) {
            expect(new Date(fromMs).getUTCDay()).toBe(1);
            const inside = own.filter(({ day }) => day * dayMs >= fromMs && day * dayMs < fromMs + 7 * dayMs);
            const due = inside.reduce((sum, row) => sum + row.due, 0);
            const filled = inside.reduce((sum, row) => sum + filledOf(row), 0);
            expect(weeks[week]).toBe(due === 0 ? null : filled / due);
          }
          expect(constantDays).toBe(own.filter(({ constant }) => constant).length);
          expect(worst?.share ?? null).toBe(
            own.length === 0 ? null : Math.min(...own.map((row) => filledOf(row) / row.due)),
          );
        }
      }),
    );
  });
});

it('the index leads to every page of columns, with what was found', async () => {
  const file = join(sample.store.runsDir, 'index.html');
  await writeIndex({ runs: [], columns: await columnsPages(sample.store), file });
  const text = await readFile(file, 'utf8');
  const links = [...text.matchAll(/href="([^"]+columns\.html)"/g)].map(([, href]) => href!);
  expect(links).toEqual([
    '../columns/small/clean.report/columns.html',
    '../columns/small/odd.report/columns.html',
  ]);
  for (const link of links)
    expect((await readFile(join(dirname(file), link), 'utf8')).length).toBeGreaterThan(1000);
  expect(plain(text)).toMatch(/odd over small .* columns 5 .*to settle 2 .*audit \d leaks?/);
});
