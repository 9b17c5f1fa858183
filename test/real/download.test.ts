/** A download against recorded answers of the venue itself. Needs the folder `fixtures/venue/captures`. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../datasets/open.ts';
import { openStore } from '../../datasets/store.ts';
import { hourMs } from '../../engine/panel/hours.ts';
import { settlementsOf } from '../../engine/panel/panel.ts';
import { type LocalVenue, openLocalVenue } from '../datasets/download/local-venue.ts';
import { temporaryFolder } from '../scenarios/temporary.ts';

const captures = join(process.env['HOURGLASS_SHARED'] ?? '', 'fixtures', 'venue', 'captures');
const files = {
  funding: join(captures, '20260710T061419Z', 'fapi-v1-fundingRate-BTCUSDT-limit1000.json'),
  info: join(captures, '20260703T051738Z', 'fapi-v1-exchangeInfo.json.gz'),
};
const absent = Object.values(files).filter((path) => !existsSync(path));
const reason = absent.length === 0 ? '' : ` (absent: ${absent.join(', ')})`;
const program = fileURLToPath(new URL('../../bin/hourglass.mjs', import.meta.url));

interface Settlement {
  readonly fundingTime: number;
  readonly fundingRate: string;
  readonly markPrice: string;
}

/** One bar an hour, at the mark of the last settlement before it: the venue's bars of that time were not recorded. */
function bars(url: URL, funding: readonly Settlement[]): unknown[] {
  const [from, to] = ['startTime', 'endTime'].map((name) => Number(url.searchParams.get(name)));
  const rows: unknown[] = [];
  for (let timeMs = Math.ceil(from! / hourMs) * hourMs; timeMs <= to!; timeMs += hourMs) {
    const price = funding.findLast(({ fundingTime }) => fundingTime <= timeMs + 60_000)?.markPrice ?? '60000';
    rows.push([timeMs, price, price, price, price, '1.000', timeMs + hourMs - 1, price, 1, '1', '1', '0']);
  }
  return rows;
}

describe.skipIf(absent.length > 0)(`recorded answers${reason}`, () => {
  let venue: LocalVenue;
  let funding: readonly Settlement[];

  beforeAll(async () => {
    funding = JSON.parse(readFileSync(files.funding, 'utf8')) as Settlement[];
    const info = gunzipSync(readFileSync(files.info)).toString('utf8');
    venue = await openLocalVenue((url) => {
      const [from, to] = ['startTime', 'endTime'].map((name) => Number(url.searchParams.get(name)));
      switch (url.pathname) {
        case '/fapi/v1/time':
          return { body: JSON.stringify({ serverTime: funding.at(-1)!.fundingTime + 2 * hourMs }) };
        case '/fapi/v1/exchangeInfo':
          return { body: info };
        case '/fapi/v1/klines':
          return { body: JSON.stringify(bars(url, funding)) };
        case '/fapi/v1/fundingRate':
          return {
            body: JSON.stringify(
              funding.filter(({ fundingTime }) => fundingTime >= from! && fundingTime <= to!),
            ),
          };
        default:
          return { status: 404, body: '{}' };
      }
    });
  });

  afterAll(async () => await venue?.close());

  it('every recorded settlement is charged at its hour, jitter and all, beside the filters of the day', async () => {
    const dataDir = await temporaryFolder();
    const args = [
      'data',
      'download',
      'recorded',
      '--symbols',
      'BTCUSDT',
      '--from',
      '2026-06-10',
      '--tables',
      'funding',
    ];
    const answer = await new Promise<string>((resolve, reject) => {
      const env = { ...process.env, HTTPS_PROXY: venue.proxy, NODE_EXTRA_CA_CERTS: venue.caFile };
      execFile(
        process.execPath,
        [program, '--data-dir', dataDir, '--json', ...args],
        { env },
        (error, out, err) => (error === null ? resolve(out) : reject(new Error(err))),
      );
    });
    expect(JSON.parse(answer)).toMatchObject({ symbols: 1, rejected: [] });
    const { panel, filters } = await openDataset(openStore(dataDir), 'recorded');
    const found = settlementsOf(panel, 0);
    expect(found).toHaveLength(90);
    expect(found.map(({ rate }) => rate)).toEqual(funding.map(({ fundingRate }) => Number(fundingRate)));
    expect(found.map(({ mark }) => mark)).toEqual(funding.map(({ markPrice }) => Number(markPrice)));
    // Recorded times lie up to 13 ms after the hour.
    for (const [index, { hour }] of found.entries()) {
      expect(Math.abs(panel.startMs + hour * hourMs - funding[index]!.fundingTime)).toBeLessThan(20);
    }
    expect(filters[0]!.filters.get('BTCUSDT')).toMatchObject({ tickSize: 0.1, notionalMin: 50 });
  });
});
