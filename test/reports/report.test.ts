import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Table } from '../../engine/journal/tables.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { closeAt } from '../../engine/panel/panel.ts';
import { cautionFacts } from '../../reports/caution-facts.ts';
import { runUniverse, runUniverseCharts } from '../../reports/charts/run-universe.ts';
import { fileName } from '../../reports/file-name.ts';
import { groupTrades } from '../../reports/groups.ts';
import { figures, verdict } from '../../reports/headline.ts';
import { indexPage, writeIndex } from '../../reports/index-page.ts';
import { writeReport } from '../../reports/report.ts';
import { stopRows } from '../../reports/stops.ts';
import { demoText, summary } from '../../reports/terminal.ts';
import { readTrades } from '../../reports/trades.ts';
import { type SampleRun, sampleRun } from './sample-run.ts';

let dir: string;
let sample: SampleRun;
let files: readonly string[];
const stages: [string, number | undefined][] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hourglass-report-'));
  sample = sampleRun(join(dir, 'run one'), { seed: 5, days: 45, coins: 16 });
  const written = await writeReport(
    { ...sample, coins: ['ETHUSDT', '币安人生USDT', 'NOPEUSDT'] },
    (stage, fraction) => stages.push([stage, fraction]),
  );
  files = written.files;
  expect(written.untraded).toEqual(['NOPEUSDT']);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** The page without its scripts: what a reader can see, and short enough to print when a test fails. */
const visible = async (file: string) => (await readFile(file, 'utf8')).split('<script')[0]!;
const page = () => visible(join(sample.run.dir, 'report.html'));

describe('given a run, when its report is written', () => {
  it('then every file named is there, whole, and nothing temporary is left', async () => {
    for (const file of files) expect((await stat(file)).size).toBeGreaterThan(40);
    expect(files.at(-1)).toBe(join(sample.run.dir, 'report.html'));
    const all = await readdir(sample.run.dir, { recursive: true });
    expect(all.filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('then every chart is there as SVG with marks, as PNG and as CSV with rows', async () => {
    const text = await page();
    const charts = [...text.matchAll(/data-chart="([a-z-]+)"/g)].map((match) => match[1]!);
    expect(charts.length).toBeGreaterThanOrEqual(15);
    for (const chart of charts) {
      const path = join(sample.run.dir, 'charts', chart);
      const svg = await readFile(`${path}.svg`, 'utf8');
      expect(svg.match(/<(path|rect|line|text)[ >]/g)?.length).toBeGreaterThan(8);
      expect(svg).not.toContain('var(--');
      expect([...(await readFile(`${path}.png`)).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
      expect((await readFile(`${path}.csv`, 'utf8')).trim().split('\r\n').length).toBeGreaterThan(1);
      expect(text).toContain(`href="charts/${chart}.svg"`);
    }
  });

  it('then the page asks for nothing from anywhere', async () => {
    const text = await readFile(join(sample.run.dir, 'report.html'), 'utf8');
    expect(text.match(/<script[^>]+src=/)).toBeNull();
    expect((await page()).match(/<(img|link|iframe)[^>]+(src|href)="(?!data:)/)).toBeNull();
    expect(await page()).toContain("default-src 'none'");
  });

  it('then the headline figures are the manifest’s', async () => {
    const text = await page();
    for (const figure of figures(sample.run.manifest.headline)) {
      expect(text).toContain(
        `data-headline="${figure.key}" data-value="${figure.value ?? ''}">${figure.text}<`,
      );
    }
  });

  it('then it links the coin pages that exist and says how to get the others', async () => {
    const text = await page();
    expect(text).toContain(`href="coins/${fileName('币安人生USDT')}.html"`);
    expect(text).not.toContain('href="coins/C08USDT.html"');
    expect(text).toContain('--coins all');
  });

  it('then its universe counts the coins that had a bar at the end of each day', async () => {
    expect(await page()).toContain('<section id="universe">');
    const csv = await readFile(join(sample.run.dir, 'charts', 'run-universe.csv'), 'utf8');
    const rows = csv.trim().split('\r\n').slice(1);
    expect(rows.length).toBeGreaterThanOrEqual(44);
    const { symbols, startMs, hours } = sample.panel;
    for (const row of rows) {
      const [time, present] = row.split(',');
      const hour = (Date.parse(time!) - startMs) / hourMs - 1;
      expect(Number.isInteger(hour) && hour < hours && (hour + 1) % 24 === 0).toBe(true);
      const closes = symbols.map((_, coin) => closeAt(sample.panel, coin, hour));
      expect(Number(present)).toBe(closes.filter((close) => !Number.isNaN(close)).length);
    }
  });

  it('then a universe that was built over the same bars is drawn beside them, hour for hour', () => {
    const { startMs } = sample.panel;
    const times = Float64Array.from({ length: 90 }, (_, hour) => startMs + (hour + 1) * hourMs);
    const built: Table = {
      rows: 60,
      columns: {
        ts: { type: 'time', values: Float64Array.from({ length: 60 }, (_, hour) => startMs + hour * hourMs) },
        eligible: { type: 'integer', values: Int32Array.from({ length: 60 }, (_, hour) => hour) },
      },
    };
    const { timeMs, eligible } = runUniverse(times, sample.panel, built);
    expect(timeMs.map((timeAt) => (timeAt - startMs) / hourMs)).toEqual([24, 48, 72]);
    expect(eligible).toEqual([23, 47, null]);
    expect(runUniverseCharts(runUniverse(times.subarray(0, 20), sample.panel, built))).toEqual([]);
  });

  it('then progress ran to the end', () => {
    expect(stages.at(-1)).toEqual(['writing the report', 1]);
    expect(stages.length).toBeGreaterThan(15);
  });
});

describe('the tables behind the page', () => {
  it('join every trade with its fills', async () => {
    const { trades } = await readTrades(sample.run);
    expect(trades.length).toBeGreaterThan(50);
    for (const trade of trades) {
      expect(trade.entryFill?.timeMs).toBe(trade.entryMs);
      expect(trade.exitFill?.timeMs).toBe(trade.exitMs);
      expect(trade.exitFill?.exitReason).toBe(trade.exitReason);
      expect(trade.slippage).toBeGreaterThan(0);
    }
    const slippage = trades.reduce((sum, trade) => sum + trade.slippage, 0);
    expect(slippage).toBeCloseTo(sample.run.manifest.headline.slippage, 6);
  });

  it('group without losing a trade or a cent', async () => {
    const { trades } = await readTrades(sample.run);
    const groups = groupTrades(trades, (trade) => trade.symbol);
    const net = sample.run.manifest.headline.finalEquity - sample.run.manifest.headline.startEquity;
    expect(groups.reduce((sum, group) => sum + group.trades, 0)).toBe(trades.length);
    expect(groups.reduce((sum, group) => sum + group.pnl, 0)).toBeCloseTo(net, 6);
    expect(groups.map((group) => group.pnl)).toEqual(
      [...groups.map((group) => group.pnl)].sort((a, b) => b - a),
    );
  });

  it('show gaps through stops as larger losses than planned', async () => {
    const stops = stopRows((await readTrades(sample.run)).trades, sample.panel);
    const gapped = stops.filter((stop) => stop.gap > 1e-6);
    expect(gapped.length).toBeGreaterThan(0);
    for (const stop of stops) expect(stop.planned).toBeCloseTo(-0.08, 9);
    for (const stop of stops) expect(stop.hourWorst).toBeLessThanOrEqual(stop.planned + 1e-9);
    for (const stop of gapped) expect(stop.realised).toBeLessThan(stop.planned - stop.gap * 0.9);
  });
});

describe('a run without trades', () => {
  it('still has a page, and it says so', async () => {
    const idle = sampleRun(join(dir, 'idle'), { days: 3, coins: 4, slotsMax: 0 });
    expect(idle.run.manifest.headline.trades).toBe(0);
    const written = await writeReport(idle);
    const text = await visible(written.files.at(-1)!);
    expect(text).toContain('Made no trade');
    expect(text).toContain('No trade was closed');
    expect(text).not.toContain('NaN');
  });
});

describe('words about the result', () => {
  it('call losing losing', async () => {
    const facts = await cautionFacts(sample.run);
    const { manifest } = sample.run;
    const headline = { ...manifest.headline, totalReturn: -0.25, finalEquity: 7500 };
    expect(verdict({ ...manifest, headline })).toMatch(/^Lost 25\.00 % in 45 days/);
    expect(summary({ ...manifest, headline }, facts)).toContain('Lost 25.00 %');
  });

  it('fit 80 columns in the terminal, plain unless colour is asked for', async () => {
    const facts = await cautionFacts(sample.run);
    const text = summary(sample.run.manifest, facts);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(text).not.toContain('\u001b');
    expect(summary(sample.run.manifest, facts, { colour: true })).toContain('\u001b[');
    const lines = demoText({ runs: [sample.run], report: 'x', url: 'file:///x' }).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('the index', () => {
  it('links each run from where it lies', async () => {
    const file = join(dir, 'index.html');
    await writeIndex({ runs: [sample.run], file, title: 'All <runs>' });
    const text = await readFile(file, 'utf8');
    expect(text).toContain('href="run%20one/report.html"');
    expect(text).toContain('All &lt;runs&gt;');
    expect(await indexPage([sample.run])).toContain('href="run%20one/report.html"');
  });
});

describe('a folder that cannot be written', () => {
  it('is reported with what to do', async () => {
    const blocked = join(sample.run.dir, 'report.html', 'below-a-file');
    await expect(writeReport({ ...sample, out: blocked })).rejects.toMatchObject({
      code: 'report-not-written',
      message: expect.stringContaining('choose another folder'),
    });
  });
});
