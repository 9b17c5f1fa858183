/** The pages in a real browser, opened as files. Skipped where there is no Chromium; `CHROMIUM` names another place. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthDataset } from '../../datasets/planted/synth.ts';
import { openStore } from '../../datasets/store.ts';
import { fileName } from '../../reports/file-name.ts';
import { figures } from '../../reports/headline.ts';
import { writeIndex } from '../../reports/index-page.ts';
import { writeReport } from '../../reports/report.ts';
import { answerOf, runCommand } from '../cli/run-command.ts';
import { eventfulRun } from '../reports/eventful-run.ts';
import { type SampleRun, sampleRun } from '../reports/sample-run.ts';
import { type StressMarket, stressMarket } from '../scenarios/stress-market.ts';
import { found, launched, openedIn, skipped } from './chromium.ts';

const coin = '币安人生USDT';

describe.skipIf(!found)(`pages in a browser${skipped}`, () => {
  let browser: Browser;
  let dir: string;
  let sample: SampleRun;
  let index: string;
  let stress: string;
  let market: StressMarket;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hourglass-browser-'));
    sample = sampleRun(join(dir, 'run'), { seed: 9, days: 60, coins: 12 });
    await writeReport({ ...sample, coins: [coin] });
    index = await writeIndex({ runs: [sample.run], file: join(dir, 'index.html') });
    market = await stressMarket();
    const ran = await runCommand([
      '--data-dir',
      market.store.dataDir,
      '--quiet',
      '--json',
      'stress',
      market.scenario,
    ]);
    stress = String(answerOf(ran)['report']);
    browser = await launched();
  });
  afterAll(async () => {
    await browser?.close();
    await market?.remove();
    await rm(dir, { recursive: true, force: true });
  });

  const opened = (file: string, width = 1280) => openedIn(browser, file, width);

  it.each([1280, 360])(
    'report.html at %i pixels: all charts drawn, no complaint, no request, nothing cut off',
    async (width) => {
      const file = join(sample.run.dir, 'report.html');
      const { page, complaints, requests } = await opened(file, width);
      await page.waitForSelector('body[data-drawn=yes]');
      const charts = await page.$$eval('[data-chart]', (places) =>
        places.map((place) => ({
          id: place.getAttribute('data-chart'),
          marks: place.querySelectorAll(
            'svg .mark-rect path, svg .mark-line path, svg .mark-area path, svg .mark-symbol path, svg .mark-rule line, svg .mark-text text',
          ).length,
          width: place.querySelector('svg')?.getBoundingClientRect().width ?? 0,
          room: place.getBoundingClientRect().width,
        })),
      );
      expect(charts.length).toBeGreaterThanOrEqual(15);
      for (const chart of charts) {
        expect(chart.marks, `marks of ${chart.id}`).toBeGreaterThan(0);
        expect(chart.width, `width of ${chart.id}`).toBeLessThanOrEqual(chart.room + 1);
        expect(chart.width, `width of ${chart.id}`).toBeGreaterThan(chart.room * 0.8);
      }
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([pathToFileURL(file).href]);
      await page.close();
    },
  );

  it.each([1280, 390])(
    'stress.html at %i pixels: all charts drawn, no complaint, no request, nothing cut off, every link leads somewhere',
    async (width) => {
      const { page, complaints, requests } = await opened(stress, width);
      await page.waitForSelector('body[data-drawn=yes]');
      const charts = await page.$$eval('[data-chart]', (places) =>
        places.map((place) => ({
          id: place.getAttribute('data-chart'),
          marks: place.querySelectorAll(
            'svg .mark-rect path, svg .mark-line path, svg .mark-symbol path, svg .mark-rule line',
          ).length,
          width: place.querySelector('svg')?.getBoundingClientRect().width ?? 0,
          room: place.getBoundingClientRect().width,
        })),
      );
      expect(charts.map(({ id }) => id)).toEqual([
        'equity-cross',
        'equity-isolated',
        'fills',
        'fills-harshest',
        'liquidations',
      ]);
      for (const chart of charts) {
        expect(chart.marks, `marks of ${chart.id}`).toBeGreaterThan(2);
        expect(chart.width, `width of ${chart.id}`).toBeLessThanOrEqual(chart.room + 1);
      }
      expect(await page.textContent('.verdict')).toContain('2.50 points worse');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      const sections = await page.$$eval('nav.toc a', (anchors) =>
        anchors.map((anchor) => anchor.getAttribute('href') ?? ''),
      );
      expect(sections.length).toBeGreaterThan(5);
      for (const section of sections) expect(await page.locator(section).count(), section).toBe(1);
      const links = await page.$$eval('a[href]:not([href^="#"])', (anchors) =>
        anchors.map((anchor) => anchor.getAttribute('href') ?? ''),
      );
      for (const link of links) expect(existsSync(join(dirname(stress), link)), link).toBe(true);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([pathToFileURL(stress).href]);
      await page.close();
    },
  );

  it('the report of an account with two wallets and a liquidation is drawn whole', async () => {
    const eventful = await eventfulRun(join(dir, 'eventful'));
    await writeReport(eventful);
    const { page, complaints } = await opened(join(eventful.run.dir, 'report.html'), 390);
    await page.waitForSelector('body[data-drawn=yes]');
    expect(await page.locator('[data-chart="wallets"] .mark-line path').count()).toBeGreaterThan(1);
    expect(await page.locator('#account table').count()).toBeGreaterThan(3);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('report.html shows the manifest’s figures', async () => {
    const { page } = await opened(join(sample.run.dir, 'report.html'));
    const shown = await page.$$eval('[data-headline]', (cards) =>
      cards.map((card) => [
        card.getAttribute('data-headline'),
        card.getAttribute('data-value'),
        card.textContent,
      ]),
    );
    const { headline } = sample.run.manifest;
    expect(shown).toEqual(figures(headline).map(({ key, text }) => [key, String(headline[key] ?? ''), text]));
    await page.close();
  });

  it('report.html of a run of the command line shows the figures of its --json', async () => {
    const store = openStore(await mkdtemp(join(tmpdir(), 'hourglass-browser-')));
    await synthDataset(store, { name: 'planted', preset: 'S', seed: 2 });
    const ran = await runCommand(['--data-dir', store.dataDir, '--quiet', '--json', 'backtest', 'demo']);
    const answer = answerOf(ran);
    const { page, complaints, requests } = await opened(join(String(answer['dir']), 'report.html'));
    const shown = await page.$$eval('[data-headline]', (cards) =>
      cards.map((card) => [
        card.getAttribute('data-headline'),
        card.getAttribute('data-value'),
        card.textContent,
      ]),
    );
    expect(shown.length).toBeGreaterThan(8);
    for (const [name, value] of shown) expect([name, value]).toEqual([name, String(answer[name!] ?? '')]);
    const texts = new Map(shown.map(([name, , text]) => [name, text]));
    expect(texts.get('trades')).toContain(Number(answer['trades']).toLocaleString('en-US'));
    expect(texts.get('fees')).toContain(
      Number(answer['fees'])
        .toFixed(2)
        .replace(/\B(?=(\d{3})+\.)/, ','),
    );
    expect(complaints).toEqual([]);
    expect(requests).toHaveLength(1);
    await page.close();
    await rm(store.dataDir, { recursive: true, force: true });
  });

  it('every link of report.html inside the run leads to a file', async () => {
    const { page } = await opened(join(sample.run.dir, 'report.html'));
    const links = await page.$$eval('a[href]:not([href^="#"])', (anchors) =>
      anchors.map((anchor) => anchor.getAttribute('href') ?? ''),
    );
    expect(links.length).toBeGreaterThan(30);
    for (const link of links) expect(existsSync(join(sample.run.dir, link)), link).toBe(true);
    await page.close();
  });

  it('a coin page unpacks itself, draws candles and trades, and moves to another trade', async () => {
    const file = join(sample.run.dir, 'coins', `${fileName(coin)}.html`);
    const { page, complaints, requests } = await opened(file);
    await page.waitForSelector('body[data-drawn=yes]');
    const candles = () => page.locator('[data-chart="candles"] .mark-rect path').count();
    expect(await candles()).toBeGreaterThan(40);
    expect(await page.locator('[data-chart="candles"] .mark-symbol path').count()).toBeGreaterThan(0);
    expect(await page.locator('[data-chart="scores"] .mark-symbol path').count()).toBeGreaterThan(0);
    const stamps = (chart: string) =>
      page.locator(`[data-chart="${chart}"] .mark-text.role-axis-label text`).allTextContents();
    const days = (labels: readonly string[]) => labels.filter((label) => /[A-Za-z:]/.test(label));
    expect(days(await stamps('candles')).length).toBeGreaterThan(2);
    expect(days(await stamps('candles')), 'both charts show the same hours').toEqual(
      days(await stamps('scores')),
    );
    await page.click('[data-show="all"]');
    await expect.poll(() => page.textContent('#shown')).not.toContain('each candle is 1 h');
    expect(await candles()).toBeGreaterThan(40);
    const wide = await page.textContent('#shown');
    await page.locator('[data-trade="0"]').click();
    await expect.poll(() => page.textContent('#shown')).toContain('each candle is 1 h');
    await page.locator('[data-chart="candles"]').hover();
    await page.mouse.wheel(0, 600);
    await expect.poll(() => page.textContent('#shown')).not.toBe(wide);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([pathToFileURL(file).href]);
    await page.close();
  });

  it('the index shows each run with its line and figures, and leads to its report', async () => {
    const { page, complaints, requests } = await opened(index);
    expect(await page.locator('a.run svg path').count()).toBe(1);
    expect(await page.getAttribute('[data-headline="trades"]', 'data-value')).toBe(
      String(sample.run.manifest.headline.trades),
    );
    expect(complaints).toEqual([]);
    expect(requests).toHaveLength(1);
    await page.click('a.run');
    await page.waitForSelector('body[data-drawn=yes]');
    expect(page.url()).toBe(pathToFileURL(join(sample.run.dir, 'report.html')).href);
    await page.close();
  });
});
