/** The page of trained models in a real browser, opened as a file. Skipped where there is no Chromium. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addVersion } from '../../datasets/models/add-version.ts';
import { namedModels } from '../../datasets/models/named-models.ts';
import { openStore } from '../../datasets/store.ts';
import { modelFacts } from '../../reports/model-facts.ts';
import { writeModelPage } from '../../reports/model-report.ts';
import { sampleVersion } from '../datasets/models/sample-version.ts';
import { found, launched, openedIn, skipped } from './chromium.ts';

describe.skipIf(!found)(`the page of models in a browser${skipped}`, () => {
  let browser: Browser;
  let dir: string;
  let file: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hourglass-model-page-'));
    const store = openStore(join(dir, 'data'));
    const { manifest, artifacts } = await sampleVersion(join(dir, 'out'));
    await addVersion(store, manifest, artifacts);
    const [named] = await namedModels(store, 'sample');
    const final = named!.artifacts.filter(({ fold }) => fold === null);
    file = await writeModelPage(store, await modelFacts({ ...named!, artifacts: final }));
    browser = await launched();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await rm(dir, { recursive: true, force: true });
  });

  it.each([1280, 390])(
    'at %i pixels: all charts drawn, no complaint, no request, nothing cut off, every link leads somewhere',
    async (width) => {
      const { page, complaints, requests } = await openedIn(browser, file, width);
      await page.waitForSelector('body[data-drawn=yes]');
      const charts = await page.$$eval('[data-chart]', (places) =>
        places.map((place) => ({
          id: place.getAttribute('data-chart'),
          marks: place.querySelectorAll('svg .mark-rect path, svg .mark-line path, svg .mark-symbol path')
            .length,
          width: place.querySelector('svg')?.getBoundingClientRect().width ?? 0,
          room: place.getBoundingClientRect().width,
        })),
      );
      expect(charts.length).toBe(5);
      for (const chart of charts) {
        expect(chart.marks, `marks of ${chart.id}`).toBeGreaterThan(1);
        expect(chart.width, `width of ${chart.id}`).toBeLessThanOrEqual(chart.room + 1);
      }
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      const links = await page.$$eval('a[href]', (anchors) =>
        anchors.map((anchor) => anchor.getAttribute('href') ?? ''),
      );
      expect(links.length).toBeGreaterThan(15);
      for (const link of links) {
        if (link.startsWith('#')) expect(await page.locator(link).count(), link).toBe(1);
        else expect(existsSync(join(dirname(file), link)), link).toBe(true);
      }
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !url.startsWith('file:'))).toEqual([]);
      await page.close();
    },
  );
});
