/** The built program as a process, against a venue on this machine: what a user's download goes through. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strToU8, zipSync } from 'fflate';
import { afterEach, describe, expect, it } from 'vitest';
import { openDataset } from '../../../datasets/open.ts';
import { openStore } from '../../../datasets/store.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { closeAt, settlementsOf } from '../../../engine/panel/panel.ts';
import { temporaryFolder } from '../../scenarios/temporary.ts';
import { type Answer, type LocalVenue, openLocalVenue } from './local-venue.ts';

const program = fileURLToPath(new URL('../../../bin/hourglass.mjs', import.meta.url));
const startMs = Date.UTC(2025, 0, 30);
/** Half past ten: the bar of 10:00 is still open. */
const nowMs = Date.UTC(2025, 1, 2, 10, 30);

/** Price of a coin in an hour: any function will do, as long as nobody else's comes out the same. */
const priceAt = (symbol: string, timeMs: number) =>
  Number((100 + symbol.length * 10 + ((timeMs / hourMs) % 97) / 10).toFixed(1));

function klines(url: URL, listedMs: number): unknown[] {
  const [symbol, from, to, limit] = ['symbol', 'startTime', 'endTime', 'limit'].map((name) =>
    url.searchParams.get(name),
  );
  const rows: unknown[] = [];
  let timeMs = Math.ceil(Math.max(Number(from), listedMs) / hourMs) * hourMs;
  // The bar that is still open is answered too, as the venue does.
  for (; timeMs <= Math.min(Number(to), nowMs) && rows.length < Number(limit); timeMs += hourMs) {
    const price = priceAt(symbol!, timeMs);
    rows.push([
      timeMs,
      `${price}`,
      `${price + 1}`,
      `${price - 1}`,
      `${price}`,
      '12.5',
      timeMs + hourMs - 1,
      '1250.25',
      42,
      '6',
      '600',
      '0',
    ]);
  }
  return rows;
}

function settlements(url: URL): unknown[] {
  const [symbol, from, to] = ['symbol', 'startTime', 'endTime'].map((name) => url.searchParams.get(name));
  const rows: unknown[] = [];
  for (
    let timeMs = Math.ceil(Number(from) / (8 * hourMs)) * 8 * hourMs;
    timeMs <= Number(to);
    timeMs += 8 * hourMs
  ) {
    // Settlement times carry some milliseconds, and early ones no mark.
    rows.push({ symbol, fundingTime: timeMs + 7, fundingRate: '0.00010000', markPrice: '' });
  }
  return rows;
}

const info = {
  timezone: 'UTC',
  symbols: [
    ['BTCUSDT', 'TRADING'],
    ['1000PEPEUSDT', 'TRADING'],
    ['币安人生USDT', 'TRADING'],
    ['OLDUSDT', 'SETTLING'],
  ].map(([symbol, status]) => ({
    symbol,
    pair: symbol,
    contractType: 'PERPETUAL',
    underlyingType: 'COIN',
    status,
    quoteAsset: 'USDT',
    onboardDate: Date.UTC(2019, 8, 8),
    deliveryDate: 4133404800000,
    liquidationFee: '0.0125',
    filters: [
      { filterType: 'PRICE_FILTER', tickSize: '0.1', minPrice: '0.1', maxPrice: '100000' },
      { filterType: 'LOT_SIZE', stepSize: '0.1', minQty: '0.1', maxQty: '1000' },
      { filterType: 'MARKET_LOT_SIZE', stepSize: '0.1', minQty: '0.1', maxQty: '100' },
      { filterType: 'MIN_NOTIONAL', notional: '5' },
      { filterType: 'PERCENT_PRICE', multiplierUp: '1.05', multiplierDown: '0.95' },
    ],
  })),
};

const json = (value: unknown): Answer => ({ body: JSON.stringify(value) });

/** What a healthy venue answers. 1000PEPEUSDT was listed in the middle of the span. */
function healthy(url: URL): Answer {
  switch (`${url.host}${url.pathname}`) {
    case 'fapi.binance.com/fapi/v1/time':
      return json({ serverTime: nowMs });
    case 'fapi.binance.com/fapi/v1/exchangeInfo':
    case 'api.binance.com/api/v3/exchangeInfo':
      return json(info);
    case 'fapi.binance.com/fapi/v1/klines':
    case 'api.binance.com/api/v3/klines':
      return json(
        klines(url, url.searchParams.get('symbol') === '1000PEPEUSDT' ? Date.UTC(2025, 0, 31, 5) : 0),
      );
    case 'fapi.binance.com/fapi/v1/markPriceKlines':
      return json(klines(url, 0));
    case 'fapi.binance.com/fapi/v1/fundingRate':
      return json(settlements(url));
    default:
      return { status: 404, body: '{"code":-5000,"msg":"Path is invalid"}' };
  }
}

let venue: LocalVenue | undefined;
afterEach(async () => {
  await venue?.close();
  venue = undefined;
});

interface Ran {
  readonly code: number;
  readonly answer: Record<string, unknown>;
  readonly err: string;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, HTTPS_PROXY: venue!.proxy, NODE_EXTRA_CA_CERTS: venue!.caFile };
}

async function download(dataDir: string, ...args: string[]): Promise<Ran> {
  return await new Promise((resolve) => {
    const all = [program, '--data-dir', dataDir, '--json', 'data', 'download', 'down', ...args];
    execFile(process.execPath, all, { env: environment() }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), answer: JSON.parse(out), err });
    });
  });
}

const span = ['--from', '2025-01-30', '--to', '2025-03-01'];

describe('data download', () => {
  it('fetches bars, marks and funding through trouble, and leaves the open bar out', async () => {
    const troubles: Answer[] = [
      { status: 429, headers: { 'retry-after': '1' }, body: '{"code":-1003,"msg":"Too many requests"}' },
      { brokenOff: '[[1738195200000,"1"' },
      { body: '[[1738195200000,"1","2","1","1","5",1738198799999,"5",1,"1","1","0"],[173819' },
      { body: '[[1,"1","2","1","1","5",3599999,"5",1,"1","1","0"]]' },
      { status: 503, body: '<html>bad gateway</html>' },
    ];
    const seen = new Set<string>();
    venue = await openLocalVenue((url) => {
      // Each request fails once at most.
      const again = seen.has(url.href) || !url.pathname.endsWith('/klines');
      seen.add(url.href);
      return (again ? undefined : troubles.shift()) ?? healthy(url);
    });
    const dataDir = await temporaryFolder();
    const { code, answer, err } = await download(
      dataDir,
      '--symbols',
      '币安人生USDT',
      'BTCUSDT',
      '1000PEPEUSDT',
      ...span,
    );
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(troubles).toEqual([]);
    expect(err).toContain('waiting 1 s: the venue asks for patience');
    // 82 hours have closed by 10:00; one coin came 29 hours late.
    expect(answer).toMatchObject({ dataset: 'down', symbols: 3, rows: 82 + 82 + 53, kept: 0, fetched: 18 });
    const { panel, filters } = await openDataset(openStore(dataDir), 'down', { volumes: true });
    const btc = panel.symbols.indexOf('BTCUSDT');
    expect(closeAt(panel, btc, 81)).toBe(priceAt('BTCUSDT', startMs + 81 * hourMs));
    expect(panel.hours).toBe(82);
    expect(panel.quoteVolume![btc * panel.hours + 3]).toBe(1250.25);
    expect(settlementsOf(panel, btc).map(({ hour }) => hour % 8)).toEqual(new Array(11).fill(0));
    expect(panel.series?.markRow[btc]).toBeGreaterThan(0);
    expect(filters[0]!.filters.get('BTCUSDT')!.tickSize).toBe(0.1);
  }, 30_000);

  it('goes on where it was stopped, fetches a damaged month anew, and verifies what it kept', async () => {
    venue = await openLocalVenue(healthy);
    const dataDir = await temporaryFolder();
    const symbols = ['--symbols', 'BTCUSDT', 'OLDUSDT'];
    const child = spawn(
      process.execPath,
      [program, '--data-dir', dataDir, 'data', 'download', 'down', ...symbols, ...span],
      {
        env: environment(),
      },
    );
    const bars = join(dataDir, 'downloads', 'down', 'bars', 'BTCUSDT');
    while ((await readdir(bars).catch(() => [])).length === 0)
      await new Promise((done) => setTimeout(done, 5));
    child.kill('SIGINT');
    expect(await new Promise((done) => child.once('exit', done))).toBe(130);
    const [month = ''] = await readdir(bars);
    const text = await readFile(join(bars, month), 'utf8');
    await writeFile(join(bars, month), text.replace('12.5', '99.9'));

    const first = await download(dataDir, ...symbols, ...span);
    expect(first.code).toBe(0);
    const { fetched, kept } = first.answer as { fetched: number; kept: number };
    expect(fetched + kept).toBe(12);
    expect(await readFile(join(bars, month), 'utf8')).toBe(text);
    const again = await download(dataDir, ...symbols, ...span);
    expect(again.answer).toMatchObject({ fetched: 0, kept: 12, hash: first.answer['hash'] });

    expect(await download(dataDir, ...symbols, ...span, '--verify')).toMatchObject({
      code: 0,
      answer: { compared: 12, differences: [] },
    });
    await venue.close();
    venue = await openLocalVenue((url) => {
      const answer = healthy(url);
      const isBars = url.pathname.endsWith('/fapi/v1/klines') && url.searchParams.get('symbol') === 'OLDUSDT';
      return isBars && 'body' in answer ? { body: String(answer.body).replace('"12.5"', '"12.75"') } : answer;
    });
    const verified = await download(dataDir, ...symbols, ...span, '--verify');
    expect(verified.code).toBe(1);
    expect(verified.answer['differences']).toEqual([
      expect.objectContaining({
        table: 'bars',
        symbol: 'OLDUSDT',
        timeMs: startMs,
        now: expect.stringContaining('12.75'),
      }),
      expect.objectContaining({ symbol: 'OLDUSDT', timeMs: Date.UTC(2025, 1, 1) }),
    ]);
  }, 30_000);

  it('says all that is wrong with a request, and what a venue refuses for good', async () => {
    venue = await openLocalVenue(healthy);
    const dataDir = await temporaryFolder();
    const { code, answer } = await download(dataDir, '--symbols', 'BTC', 'NOPEUSDT', '--from', '2025-05-01');
    expect(code).toBe(2);
    expect(answer['faults']).toEqual([
      expect.objectContaining({ path: '--from' }),
      { path: '--symbols BTC', message: 'is not a market of the venue; did you mean BTCUSDT?' },
      expect.objectContaining({ path: '--symbols NOPEUSDT' }),
    ]);
    expect((await download(dataDir, '--from', 'yesterday')).answer['faults']).toHaveLength(2);
    await venue.close();
    venue = await openLocalVenue((url) =>
      url.pathname.endsWith('/klines')
        ? { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' }
        : healthy(url),
    );
    const refused = await download(dataDir, '--symbols', 'BTCUSDT', ...span);
    expect(refused).toMatchObject({ code: 3, answer: { error: { code: 'venue-refused' } } });
    expect(venue.asked.filter(({ pathname }) => pathname.endsWith('/klines'))).toHaveLength(1);
    expect(await readdir(join(dataDir, 'datasets')).catch(() => [])).toEqual([]);
  }, 30_000);

  it('takes the spot market, and files of the public archive against their checksums', async () => {
    const csv = klines(
      new URL(`https://x/?symbol=BTCUSDT&startTime=${startMs}&endTime=${startMs + 5 * hourMs}&limit=9`),
      0,
    )
      .map((row) => (row as unknown[]).join(','))
      .join('\n');
    const zip = zipSync({ 'BTCUSDT-1h-2025-01.csv': strToU8(`${csv}\n`) });
    const sum = createHash('sha256').update(zip).digest('hex');
    let served = 0;
    venue = await openLocalVenue((url) => {
      if (url.host !== 'data.binance.vision') return healthy(url);
      if (url.pathname.endsWith('.CHECKSUM')) return { body: `${sum}  BTCUSDT-1h-2025-01.zip\n` };
      served += 1;
      // The first copy is damaged on the way.
      return { body: served === 1 ? zip.slice(0, 50) : zip };
    });
    const dataDir = await temporaryFolder();
    const spot = await download(dataDir, '--market', 'spot', '--symbols', 'BTCUSDT', ...span);
    expect(spot).toMatchObject({ code: 0, answer: { rows: 82, symbols: 1 } });
    expect(
      venue.asked.some(({ host, pathname }) => host === 'api.binance.com' && pathname === '/api/v3/klines'),
    ).toBe(true);
    const address =
      'https://data.binance.vision/data/futures/um/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2025-01.zip';
    const archive = await download(dataDir, '--archive', address);
    expect(archive).toMatchObject({ code: 0, answer: { rows: 6, symbols: 1 } });
    expect(served).toBe(2);
    expect((await download(dataDir, '--archive', address)).code).toBe(0);
    expect(served).toBe(2);
  }, 30_000);
});
