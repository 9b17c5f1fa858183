import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { showDataset } from '../../../datasets/catalogue.ts';
import type { Dataset } from '../../../datasets/dataset.ts';
import { readTable } from '../../../datasets/duck.ts';
import { datedFile, dateInName } from '../../../datasets/import/dated-file.ts';
import { type ImportResult, importDataset } from '../../../datasets/import/import.ts';
import type { ImportRequest } from '../../../datasets/import/request.ts';
import { openDataset } from '../../../datasets/open.ts';
import type { Progress } from '../../../datasets/progress.ts';
import { runSql } from '../../../datasets/sql.ts';
import type { Store } from '../../../datasets/store.ts';
import { hourMs } from '../../../engine/panel/hours.ts';
import { faultOf, freshStore, startMs, type TinyCoin, tinyRows, writeBars } from '../tiny-market.ts';

type Place = Store & { readonly files: string };
type Given = Omit<ImportRequest, 'name' | 'bars'>;

const coins: readonly TinyCoin[] = [
  { symbol: 'AUSDT', firstHour: 0, bars: 100 },
  { symbol: 'BTCUSDT', firstHour: 0, bars: 100 },
  { symbol: 'ENDSUSDT', firstHour: 0, bars: 20 },
];

async function given(place: Place, name: string, content: unknown): Promise<string> {
  const path = join(place.files, name);
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}

async function imported(
  place: Place,
  request: Given,
  progress?: Progress,
): Promise<ImportResult & { readonly opened: Dataset }> {
  const bars = [await writeBars(join(place.files, 'bars.parquet'), tinyRows(coins))];
  const options = progress === undefined ? {} : { progress };
  const result = await importDataset(place, { name: 'tiny', bars, ...request }, options);
  return { ...result, opened: await openDataset(place, 'tiny') };
}

/** What an import is refused for, with the folder of the files left out. */
async function refusal(place: Place, request: Given): Promise<readonly string[]> {
  const bars = [await writeBars(join(place.files, 'bars.parquet'), tinyRows(coins))];
  const fault = await faultOf(importDataset(place, { name: 'bad', bars, ...request }));
  expect(fault.code).toBe('rows-refused');
  return fault.faults.map(({ path, message }) => `${path}: ${message}`.replaceAll(`${place.files}/`, ''));
}

const tier = (floor: number, cap: number, rate: number, cum: number, leverage: number) => ({
  minNotional: floor,
  maxNotional: cap,
  maintenanceMarginRate: rate,
  maxLeverage: leverage,
  info: { cum: String(cum) },
});
const perpetual = [tier(0, 50_000, 0.004, 0, 125), tier(50_000, 600_000, 0.005, 50, 100)];
const quarterly = [tier(0, 375_000, 0.02, 0, 25), tier(375_000, 2_000_000, 0.05, 11_250, 10)];

describe('dates of editions', () => {
  it.each([
    ['a/tiers.json', 'a/tiers.json', null],
    ['a/tiers.json@2026-03-01', 'a/tiers.json', Date.UTC(2026, 2, 1)],
    ['a/tiers.json@2026-03', 'a/tiers.json', Date.UTC(2026, 2, 1)],
    ['a@b/tiers.json@2026-03-01T12:30Z', 'a@b/tiers.json', Date.UTC(2026, 2, 1, 12, 30)],
    ['a@2025-01-01/tiers.json', 'a@2025-01-01/tiers.json', null],
    [
      'a@2025-01-01/tiers@home.json@2026-03-01 06:00',
      'a@2025-01-01/tiers@home.json',
      Date.UTC(2026, 2, 1, 6),
    ],
    ['tiers.json@2026-02-30', 'tiers.json@2026-02-30', null],
    ['tiers.json@noon', 'tiers.json@noon', null],
  ])('%s', (text, path, effectiveMs) => {
    expect(datedFile(text)).toEqual({ path, effectiveMs });
  });

  it.each([
    ['leverage_tiers_2026-03.json.gz', Date.UTC(2026, 2, 1)],
    ['info_2025-12-24.json', Date.UTC(2025, 11, 24)],
    ['from-2024-01-01-to-2024-02-02.json', Date.UTC(2024, 1, 2)],
    ['tiers-2024-13.json', null],
    ['tiers.json', null],
  ])('in the name %s', (name, timeMs) => {
    expect(dateInName(name)).toBe(timeMs);
  });
});

describe('leverage tiers', () => {
  it('of ccxt and of the venue itself become the same editions; a quarterly contract stands beside its perpetual', async () => {
    const place = await freshStore();
    const ccxt = {
      'BTC/USDT:USDT': perpetual,
      'BTC/USDT:USDT-260626': quarterly,
      '币安人生/USDT:USDT': quarterly,
    };
    const venue = [
      {
        symbol: 'BTCUSDT',
        brackets: [
          {
            bracket: 2,
            initialLeverage: 100,
            notionalCap: 600000,
            notionalFloor: '50000',
            maintMarginRatio: 0.005,
            cum: 50,
          },
          {
            bracket: 1,
            initialLeverage: 125,
            notionalCap: 50000,
            notionalFloor: 0,
            maintMarginRatio: '0.004',
            cum: 0,
          },
        ],
      },
    ];
    await mkdir(join(place.files, 'at@home'));
    const { opened, rejected } = await imported(place, {
      brackets: [
        `${await given(place, 'at@home/venue.json', venue)}@2024-01-02T06:00Z`,
        await given(place, 'tiers_2024-01.json.gz', ccxt),
      ],
    });
    expect(rejected).toEqual([]);
    expect(opened.brackets.map(({ effectiveMs }) => effectiveMs)).toEqual([
      Date.UTC(2024, 0, 1),
      Date.UTC(2024, 0, 2, 6),
    ]);
    const [first, second] = opened.brackets;
    expect([...first!.tiers.keys()]).toEqual(['BTCUSDT', 'BTCUSDT_260626', '币安人生USDT']);
    expect(second!.tiers.get('BTCUSDT')).toEqual(first!.tiers.get('BTCUSDT'));
    expect(first!.tiers.get('BTCUSDT')).toEqual([
      { floor: 0, cap: 50_000, maintenanceRate: 0.004, cum: 0, leverageMax: 125 },
      { floor: 50_000, cap: 600_000, maintenanceRate: 0.005, cum: 50, leverageMax: 100 },
    ]);
    expect(first!.tiers.get('BTCUSDT_260626')![0]!.leverageMax).toBe(25);
    const { rows } = await runSql(place, 'SELECT count(*) AS rows, max(tier) AS tiers FROM tiny_brackets');
    expect(rows).toEqual([{ rows: 8, tiers: 2 }]);
  });

  it('are told with file, market and tier: gaps, amounts that do not join, unreadable numbers, empty markets, twins', async () => {
    const place = await freshStore();
    const faults = await refusal(place, {
      brackets: [
        await given(place, 'a_2024-01.json', {
          'GAP/USDT:USDT': [perpetual[0], tier(60_000, 600_000, 0.005, 60, 100)],
          'CUM/USDT:USDT': [perpetual[0], tier(50_000, 600_000, 0.005, 60, 100)],
          'TEXT/USDT:USDT': [tier(0, 'much' as unknown as number, 0.004, 0, 125)],
          'LACK/USDT:USDT': [{ ...perpetual[0], info: {} }],
          'NONE/USDT:USDT': [],
          'BTC/USDT:USDT': perpetual,
          BTCUSDT: perpetual,
        }),
        await given(place, 'undated.json', { 'BTC/USDT:USDT': perpetual }),
        await given(place, 'b_2024-01-01.json', [{ symbol: 'BTCUSDT', brackets: [] }, 7]),
      ],
    });
    const expected = [
      /^a_2024-01\.json, NONE\/USDT:USDT: has no tiers/,
      /^a_2024-01\.json, GAP\/USDT:USDT: tier 2: floor 60000 must be 50000/,
      /^a_2024-01\.json, CUM\/USDT:USDT: tier 2: maintenance amount 60 must be 50/,
      /^a_2024-01\.json, TEXT\/USDT:USDT tier 1, maxNotional or notionalCap: must be a number, was "much"/,
      /^a_2024-01\.json, LACK\/USDT:USDT tier 1, cum: is missing/,
      /^a_2024-01\.json, BTCUSDT: is BTCUSDT, and so is BTC\/USDT:USDT/,
      /^undated\.json: does not say from when it holds\. Add the date \(UTC\), such as FILE@2026-03-01/,
      /^b_2024-01-01\.json, BTCUSDT: has no tiers/,
      /^b_2024-01-01\.json, market 2: must be an object with symbol and brackets, was 7/,
      /^b_2024-01-01\.json: holds from 2024-01-01T00:00Z on, and so does a_2024-01\.json/,
    ];
    for (const pattern of expected)
      expect(
        faults.filter((fault) => pattern.test(fault)),
        String(pattern),
      ).toHaveLength(1);
    expect(faults).toHaveLength(expected.length);
  });

  it('are counted as the file has them, whatever their order', async () => {
    const place = await freshStore();
    const turned = {
      'BTC/USDT:USDT': [
        tier(600_000, 1e6, 0.005, 50, 100),
        tier(50_000, 600_000, 0.005, 60, 100),
        perpetual[0],
      ],
    };
    expect(await refusal(place, { brackets: [await given(place, 'turned_2024-01.json', turned)] })).toEqual([
      expect.stringMatching(
        /^turned_2024-01\.json, BTC\/USDT:USDT: tier 2: maintenance amount 60 must be 50/,
      ),
      expect.stringMatching(/: tier 1: maintenance rate 0\.005 must lie above 0\.005, the rate of tier 2\.$/),
    ]);
  });

  it('of no coin with bars are refused, and so are such filters; coins that go without are counted', async () => {
    const place = await freshStore();
    const strange = {
      brackets: [await given(place, 't_2024-01.json', { 'ETH/USDT:USDT': perpetual })],
      exchangeInfo: [await given(place, 'i_2024-01.json', info([market('ETHUSDT')]))],
    };
    expect(await refusal(place, strange)).toEqual([
      't_2024-01.json, symbol: none of its symbols has bars (ETHUSDT here, AUSDT there). Name the coins alike.',
      'i_2024-01.json, symbol: none of its symbols has bars (ETHUSDT here, AUSDT there). Name the coins alike.',
    ]);
    const seen: string[] = [];
    const some = {
      brackets: [await given(place, 't_2024-02.json', { 'BTC/USDT:USDT': perpetual })],
      exchangeInfo: [
        await given(place, 'i_2024-02.json', info([market('AUSDT')])),
        await given(place, 'i_2024-03.json', info([market('BTCUSDT'), market('ENDSUSDT')])),
      ],
    };
    await imported(place, some, (stage) => seen.push(stage));
    expect(seen.filter((stage) => stage.includes('coins with bars'))).toEqual([
      '2 of 3 coins with bars have no leverage tiers, such as AUSDT',
    ]);
  });

  it('dated by what is no date are refused for the date, not for the file', async () => {
    const place = await freshStore();
    const tiers = await given(place, 'tiers.json', { 'BTC/USDT:USDT': perpetual });
    const absent = join(place.files, 'absent.json@2025-13-01');
    expect(await refusal(place, { brackets: [`${tiers}@2025-13-01`, absent] })).toEqual([
      'tiers.json: is there, but 2025-13-01 is no date. Write it (UTC) such as FILE@2026-03-01.',
      'absent.json@2025-13-01: is not there. Check the path.',
    ]);
  });

  it('must be JSON, whole, and an object', async () => {
    const place = await freshStore();
    const faults = await refusal(place, {
      brackets: [
        await given(place, 'cut_2024-01.json', '{"BTC/USDT:USDT": ['),
        await given(place, 'text_2024-02.json', '"tiers"'),
        await given(place, 'tiers_2024-03.csv', 'a,b\n1,2\n'),
        join(place.files, 'nowhere_2024-04.json'),
      ],
    });
    expect(faults.map((fault) => fault.split(/[.(]/)[0])).toEqual([
      'cut_2024-01',
      'text_2024-02',
      'tiers_2024-03',
      'nowhere_2024-04',
    ]);
    expect(faults[0]).toMatch(/cannot be read as JSON/);
  });
});

interface Listed {
  symbol: string;
  status: string;
  deliveryDate: number;
  filters: Record<string, string>[];
  liquidationFee?: string;
}

const never = 4_133_404_800_000;
const asked = (tickSize: string) => [
  { filterType: 'PRICE_FILTER', tickSize, minPrice: '0.1' },
  { filterType: 'LOT_SIZE', stepSize: '0.001', minQty: '0.002', maxQty: '1000' },
  { filterType: 'SOMETHING_NEW', wish: 'unreadable' },
];
const market = (symbol: string, more: Partial<Listed> = {}): Listed => ({
  symbol,
  status: 'TRADING',
  deliveryDate: never,
  filters: asked('0.10'),
  ...more,
});
const info = (symbols: readonly Listed[], serverTime?: number) => ({
  symbols,
  ...(serverTime && { serverTime }),
});

describe('the list of instruments', () => {
  it('gives dated filters; what the venue does not ask for is neutral, and stays so in the cache', async () => {
    const place = await freshStore();
    const full = market('BTCUSDT', {
      liquidationFee: '0.0125',
      filters: [
        ...asked('0.10'),
        { filterType: 'MARKET_LOT_SIZE', maxQty: '120' },
        { filterType: 'MIN_NOTIONAL', notional: '50' },
        { filterType: 'PERCENT_PRICE', multiplierUp: '1.05', multiplierDown: '0.95' },
      ],
    });
    const { opened } = await imported(place, {
      exchangeInfo: [
        await given(place, 'now.json.gz', info([full, market('AUSDT')], Date.UTC(2026, 6, 4))),
        await given(place, 'info_2025-06.json', info([market('BTCUSDT', { filters: asked('0.5') })])),
        `${await given(place, 'first.json', info([market('AUSDT')], Date.UTC(2026, 0, 1)))}@2024-01-01`,
      ],
    });
    expect(opened.filters.map(({ effectiveMs }) => new Date(effectiveMs).toISOString().slice(0, 10))).toEqual(
      ['2024-01-01', '2025-06-01', '2026-07-04'],
    );
    expect(opened.filters[2]!.filters.get('BTCUSDT')).toEqual({
      tickSize: 0.1,
      stepSize: 0.001,
      quantityMin: 0.002,
      marketQuantityMax: 120,
      notionalMin: 50,
      percentUp: 1.05,
      percentDown: 0.95,
      liquidationFee: 0.0125,
    });
    const bare = {
      tickSize: 0.1,
      stepSize: 0.001,
      quantityMin: 0.002,
      marketQuantityMax: 1000,
      notionalMin: 0,
      percentUp: Number.POSITIVE_INFINITY,
      percentDown: 0,
      liquidationFee: Number.NaN,
    };
    expect(opened.filters[0]!.filters.get('AUSDT')).toEqual(bare);
    const rebuilt = await openDataset(place, 'tiny', { verify: true });
    expect(rebuilt.filters).toEqual(opened.filters);
    expect(rebuilt.panel).toEqual(opened.panel);
    const { rows } = await runSql(
      place,
      "SELECT percent_up, liquidation_fee FROM tiny_filters WHERE symbol = 'AUSDT' LIMIT 1",
    );
    expect(rows).toEqual([{ percent_up: null, liquidation_fee: null }]);
  });

  it('refuses a tick size of 0 for a coin with bars, and leaves the row out for any other', async () => {
    const place = await freshStore();
    const zero = await given(
      place,
      'info_2024-01.json',
      info([market('AUSDT', { filters: asked('0') }), market('ELSEUSDT', { filters: asked('0.00000000') })]),
    );
    expect(await refusal(place, { exchangeInfo: [zero] })).toEqual([
      expect.stringMatching(
        /^info_2024-01\.json, AUSDT: tickSize 0 must be positive and finite\. The coin has bars/,
      ),
    ]);
    const elsewhere = await given(
      place,
      'other_2024-01.json',
      info([
        market('AUSDT'),
        market('ELSEUSDT', { filters: asked('0') }),
        market('BAREUSDT', { filters: [] }),
      ]),
    );
    const { rejected, opened } = await imported(place, { exchangeInfo: [elsewhere] });
    expect(rejected).toEqual([
      {
        file: 'other_2024-01.json',
        rule: 'broken-filters',
        rows: 2,
        example: 'ELSEUSDT: tickSize 0 must be positive and finite',
      },
    ]);
    expect([...opened.filters[0]!.filters.keys()]).toEqual(['AUSDT']);
  });

  it('says which filter a coin with bars lacks, and what else is wrong with the others', async () => {
    const place = await freshStore();
    const bare = market('AUSDT', { filters: [{ filterType: 'MIN_NOTIONAL', notional: '-5' }] });
    const half = market('BTCUSDT', { filters: asked('0.1').slice(0, 1) });
    const path = await given(place, 'bare_2024-01.json', info([bare, half]));
    expect(await refusal(place, { exchangeInfo: [path] })).toEqual([
      expect.stringMatching(
        /^bare_2024-01\.json, AUSDT: has no PRICE_FILTER with a tickSize\. The coin has bars/,
      ),
      expect.stringMatching(/AUSDT: has no LOT_SIZE with a stepSize\./),
      expect.stringMatching(/AUSDT: notionalMin -5 must be finite and not negative\./),
      expect.stringMatching(/BTCUSDT: has no LOT_SIZE with a stepSize\./),
    ]);
  });

  it('tells delistings from data that end: by the newest list that has the coin', async () => {
    const deliveredAt = async (hour: number | null) => {
      const delivery = hour === null ? never : startMs + hour * hourMs;
      const place = await freshStore();
      const status = hour === null ? 'TRADING' : 'SETTLING';
      const ends = market('ENDSUSDT', { status, deliveryDate: delivery });
      const { opened } = await imported(place, {
        exchangeInfo: [
          await given(place, 'a_2023-01.json', info([market('ENDSUSDT'), market('AUSDT')])),
          await given(place, 'b_2026-01.json', info([ends])),
        ],
      });
      const { endHour, life } = opened.panel;
      return [endHour[2], life!.delisted[2], life!.dataEnds[2]];
    };
    expect(await deliveredAt(20 + 48)).toEqual([20, 1, 0]);
    expect(await deliveredAt(3)).toEqual([20, 1, 0]);
    expect(await deliveredAt(20 + 49)).toEqual([20, 0, 1]);
    expect(await deliveredAt(null)).toEqual([20, 0, 1]);
    const place = await freshStore();
    const silent = await given(place, 'c_2026-01.json', info([market('AUSDT')]));
    const { panel } = (await imported(place, { exchangeInfo: [silent] })).opened;
    expect([panel.endHour[2], panel.life!.delisted[2], panel.life!.dataEnds[2]]).toEqual([20, 0, 0]);
  });

  it('must be one', async () => {
    const place = await freshStore();
    const faults = await refusal(place, {
      exchangeInfo: [
        await given(place, 'a_2024-01.json', { symbols: [] }),
        await given(place, 'b.json', info([market('AUSDT')])),
        await given(
          place,
          'c_2024-03.json',
          info([market('AUSDT'), market('AUSDT', { filters: asked('a tenth') })]),
        ),
      ],
    });
    expect(faults).toEqual([
      expect.stringMatching(/^a_2024-01\.json: must be an answer of exchangeInfo with a list of symbols/),
      expect.stringMatching(/^b\.json: does not say from when it holds/),
      expect.stringMatching(/^c_2024-03\.json, AUSDT: stands twice/),
      expect.stringMatching(/^c_2024-03\.json, AUSDT tickSize: must be a number, was "a tenth"/),
    ]);
  });
});

describe('renames', () => {
  it('arrive in the panel by time; those outside the data are counted', async () => {
    const place = await freshStore();
    const csv = await given(
      place,
      'renames.csv',
      `from,to,factor,time\nENDSUSDT,AUSDT,1000,2024-01-01T20:00Z\nBTCUSDT,BTCUSDT,10,${startMs + 7 * hourMs}\nAUSDT,BTCUSDT,,2023-01-01T00:00Z\n`,
    );
    const { opened, rejected } = await imported(place, { renames: [csv] });
    expect(opened.panel.life?.renames).toEqual([
      { hour: 7, from: 1, to: 1, factor: 10 },
      { hour: 20, from: 2, to: 0, factor: 1000 },
    ]);
    expect(rejected).toEqual([
      { file: 'renames.csv', rule: 'outside-span', rows: 1, example: 'AUSDT 2023-01-01T00:00Z' },
    ]);
    const { tables } = await showDataset(place, 'tiny');
    expect(tables.find(({ table }) => table === 'renames')).toMatchObject({
      rows: 2,
      symbols: 2,
      fromMs: startMs + 7 * hourMs,
    });
    const json = await given(place, 'renames.json', [
      { from: 'ENDS/USDT:USDT', to: 'AUSDT', factor: 1000, time: startMs + 20 * hourMs },
    ]);
    const again = await imported(place, { renames: [json] });
    expect(again.opened.panel.life?.renames).toEqual([{ hour: 20, from: 2, to: 0, factor: 1000 }]);
  });

  it('are refused with file and row: factors, coins, times, twins and loops', async () => {
    const place = await freshStore();
    const time = startMs + 5 * hourMs;
    const csv = await given(
      place,
      'r.csv',
      [
        'from,to,factor,time',
        `AUSDT,BTCUSDT,0,${time}`,
        `AUSDT,GONEUSDT,1,${time}`,
        `AUSDT,BTCUSDT,1,${time + 60_000}`,
        'AUSDT,BTCUSDT,1,soon',
        `AUSDT,BTCUSDT,1,${time}`,
        `BTCUSDT,ENDSUSDT,1,${time}`,
        `ENDSUSDT,AUSDT,2,${time + hourMs}`,
        `,AUSDT,2,${time}`,
        `AUSDT,BTCUSDT,1,${time / 1000}`,
        `AUSDT,BTCUSDT,1,${time}000000`,
      ].join('\n'),
    );
    expect(await refusal(place, { renames: [csv] })).toEqual([
      'r.csv row 1, factor: must be above 0, was "0".',
      'r.csv row 3, time: 2024-01-01T05:01:00.000Z does not lie on the hour.',
      'r.csv row 4, time: must be epoch milliseconds or a time such as 2025-06-01T08:00Z, was "soon".',
      'r.csv row 8, from: must be a symbol, was null.',
      'r.csv row 9, time: 1704085200 looks like a time in seconds. Multiply by 1,000: times are epoch milliseconds.',
      'r.csv row 10, time: 1704085200000000000 looks like a time in nanoseconds. Divide by 1,000,000: times are epoch milliseconds.',
      'r.csv row 2, to: GONEUSDT has no bars. Import them too, or drop the row.',
      'r.csv row 5: AUSDT is renamed at 2024-01-01T05:00Z by r.csv row 2 too. Keep one of the two.',
      'r.csv row 2: AUSDT to BTCUSDT to ENDSUSDT to AUSDT leads back to itself. Drop one of these rows.',
    ]);
  });
});

describe('the hash of a dataset', () => {
  it('speaks of tiers, filters and renames too, and not of the order in files', async () => {
    const hashOf = async (request: (place: Place) => Promise<Given>) => {
      const place = await freshStore();
      return (await imported(place, await request(place))).hash;
    };
    const markets = { 'BTC/USDT:USDT': perpetual, 'A/USDT:USDT': perpetual };
    const turned = Object.fromEntries(Object.entries(markets).toReversed());
    const tiers = (content: unknown) => async (place: Place) => ({
      brackets: [await given(place, 't_2024-01.json', content)],
    });
    const plain = await hashOf(async () => ({}));
    const tiered = await hashOf(tiers(markets));
    expect(tiered).not.toBe(plain);
    expect(await hashOf(tiers(turned))).toBe(tiered);
    expect(await hashOf(tiers({ ...markets, 'A/USDT:USDT': quarterly }))).not.toBe(tiered);
  });

  it('is that of rows that can be read back', async () => {
    const place = await freshStore();
    await imported(place, {
      brackets: [await given(place, 't_2024-01.json', { 'BTC/USDT:USDT': perpetual })],
    });
    const table = await readTable(join(place.datasetDir('tiny'), 'brackets.parquet'));
    expect(Object.keys(table.columns)).toEqual([
      'effective_ms',
      'symbol',
      'tier',
      'floor',
      'cap',
      'maintenance_rate',
      'cum',
      'leverage_max',
    ]);
  });
});
