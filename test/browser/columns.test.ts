/** Pages of columns in a real browser, opened as files. Skipped where there is no Chromium. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SampleColumns, sampleColumns } from '../reports/sample-columns.ts';
import { found, launched, openedIn, skipped } from './chromium.ts';

describe.skipIf(!found)(`pages of columns in a browser${skipped}`, () => {
  let browser: Browser;
  let sample: SampleColumns;

  beforeAll(async () => {
    sample = await sampleColumns();
    browser = await launched();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await sample?.remove();
  });

  it.each([
    ['clean', 1280],
    ['clean', 390],
    ['odd', 1280],
    ['odd', 390],
  ] as const)(
    'columns.html of set %s at %i pixels: all charts drawn, no complaint, no request, nothing cut off, every link leads somewhere',
    async (set, width) => {
      const file = sample[set].page!;
      const { page, complaints, requests } = await openedIn(browser, file, width);
      await page.waitForSelector('body[data-drawn=yes]');
      const charts = await page.$$eval('[data-chart]', (places) =>
        places.map((place) => ({
          id: place.getAttribute('data-chart'),
          marks: place.querySelectorAll('svg .mark-rect path, svg .mark-area path, svg .mark-symbol path')
            .length,
          legend: place.querySelectorAll('svg .role-legend text').length,
          width: place.querySelector('svg')?.getBoundingClientRect().width ?? 0,
          room: place.getBoundingClientRect().width,
        })),
      );
      expect(charts.map(({ id }) => id)).toContain('universe');
      expect(charts.length).toBe(set === 'clean' ? 6 : 5);
      for (const chart of charts) {
        expect(chart.marks, `marks of ${chart.id}`).toBeGreaterThan(1);
        expect(chart.legend, `legend of ${chart.id}`).toBeGreaterThan(0);
        expect(chart.width, `width of ${chart.id}`).toBeLessThanOrEqual(chart.room + 1);
      }
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      const links = await page.$$eval('a[href]', (anchors) =>
        anchors.map((anchor) => anchor.getAttribute('href') ?? ''),
      );
      expect(links.length).toBeGreaterThan(20);
      for (const link of links) {
        if (link.startsWith('#')) expect(await page.locator(link).count(), link).toBe(1);
        else expect(existsSync(join(dirname(file), link)), link).toBe(true);
      }
      expect(complaints).toEqual([]);
      expect(requests).toEqual([pathToFileURL(file).href]);
      await page.close();
    },
  );

  it('says at the top what is wrong, and shows the figures of the build', async () => {
    const { page } = await openedIn(browser, sample.odd.page!, 390);
    expect(await page.textContent('.verdict')).toContain('2 columns are not as they should be');
    expect(await page.textContent('.verdict')).toContain('peek_1h sees the future');
    expect(await page.textContent('[data-headline="rows"]')).toBe(
      sample.odd.manifest.rows.toLocaleString('en-US'),
    );
    expect(await page.textContent('[data-headline="leaks"]')).toBe(String(sample.oddAudit.leaks.length));
    expect(await page.locator('[data-leak]').count()).toBe(sample.oddAudit.leaks.length);
    await page.close();
  });

  it('sorts the fill table by a press on a heading, and the other way round by the next', async () => {
    const { page, complaints } = await openedIn(browser, sample.odd.page!, 1280);
    const first = () => page.textContent('#fill-table tbody tr:first-child td:first-child');
    expect(await first()).toBe('beta_30d');
    const filled = page.locator('#fill-table th', { hasText: /^filled$/ });
    await filled.click();
    expect(await first()).toBe('dead_input');
    expect(await filled.getAttribute('aria-sort')).toBe('ascending');
    await filled.press('Enter');
    expect(await first()).toBe('beta_30d');
    expect(await page.locator('#fill-table tbody tr').count()).toBe(sample.odd.manifest.columns.length);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
