/** An installed Chromium, and pages opened in it as files; `CHROMIUM` names another place than the usual one. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
export const found = existsSync(executablePath);
/** For the name of what is skipped. */
export const skipped = found ? '' : ` (skipped: no Chromium at ${executablePath}; set CHROMIUM to its path)`;

export function launched(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Opens a page and keeps what it complains about and what it asks for. */
export async function openedIn(
  browser: Browser,
  file: string,
  width: number,
): Promise<{ page: Page; complaints: string[]; requests: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  return { page, complaints, requests: requests.filter((url) => !url.startsWith('data:')) };
}
