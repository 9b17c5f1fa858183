import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunTable } from '../../datasets/runs.ts';
import { exitReasons } from '../../engine/journal/records.ts';
import { accountParts } from '../../reports/account.ts';
import { cautionFacts } from '../../reports/caution-facts.ts';
import { numbers } from '../../reports/columns.ts';
import { figures } from '../../reports/headline.ts';
import { exitClause, refusalClause } from '../../reports/reasons.ts';
import { writeReport } from '../../reports/report.ts';
import { stopRows } from '../../reports/stops.ts';
import { summary } from '../../reports/terminal.ts';
import { readTrades } from '../../reports/trades.ts';
import { why } from '../../reports/why.ts';
import { decidedMs, eventfulRun } from './eventful-run.ts';
import { type SampleRun, sampleRun } from './sample-run.ts';

const hourMs = 3_600_000;
let dir: string;
let eventful: SampleRun;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hourglass-account-'));
  eventful = await eventfulRun(join(dir, 'eventful'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const visible = async (file: string) => (await readFile(file, 'utf8')).split('<script')[0]!;

describe('trades of an account with partial fills, a rename and two wallets', () => {
  it('are each joined with their own fills, whatever name and market they ended under', async () => {
    const { trades, fills, open } = await readTrades(eventful.run);
    const joined = trades.map(({ symbol, market, entryFill, exitFill }) => [
      symbol,
      market,
      entryFill?.symbol,
      exitFill?.exitReason,
    ]);
    expect(joined).toEqual([
      ['CRASH', 'usdm', 'CRASH', 'liquidation'],
      ['SPOTTY', 'spot', 'SPOTTY', 'signal'],
      ['THIN', 'usdm', 'THIN', 'time'],
      ['LIMIT', 'usdm', 'LIMIT', 'time'],
      ['REBORN', 'usdm', 'OLD', 'signal'],
    ]);
    expect(open.map(({ symbol }) => symbol)).toEqual(['SPOTTY']);
    const closed = trades.reduce((sum, trade) => sum + trade.slippage, 0);
    const stillOpen = fills.find(({ symbol, leg }) => symbol === 'SPOTTY' && leg === 'entry')!.slippage / 2;
    const all = fills.reduce((sum, fill) => sum + fill.slippage, 0);
    expect(closed + stillOpen).toBeCloseTo(all, 12);
  });

  it('count a liquidation among what filled beyond its level: that is the mark which set it off', async () => {
    const [row, ...others] = stopRows((await readTrades(eventful.run)).trades, eventful.panel);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ kind: 'liquidation', symbol: 'CRASH', gap: 0 });
    // Entered at 100.02 with a tenth of it as margin; maintenance 1 %.
    expect(row!.level).toBeCloseTo((100.02 * 0.9) / 0.99, 6);
    expect(row!.costBeyond).toBeGreaterThan(0);
  });
});

describe('the account behind the page', () => {
  it('adds its costs by kind up to the headline', async () => {
    const { headline } = eventful.run.manifest;
    const { costs } = await accountParts(eventful.run, await readTrades(eventful.run), eventful.panel);
    const amount = (kind: string) => costs.find((row) => row.kind === kind)!.amount;
    expect(amount('clearance fees')).toBeCloseTo(headline.clearanceFees, 12);
    expect(amount('clearance fees')).toBeGreaterThan(1);
    expect(amount('maker fees')).toBeCloseTo(headline.makerFees, 12);
    const fees = amount('taker fees') + amount('maker fees') + amount('clearance fees');
    expect(fees).toBeCloseTo(headline.fees, 12);
    expect(amount('slippage')).toBeCloseTo(headline.slippage, 12);
  });

  it('says whether funding was paid or received', async () => {
    const { run, panel } = sampleRun('unused', { days: 20, coins: 8 });
    const kindOf = async (sign: 1 | -1) => {
      const funding = await run.table('funding');
      const cash = Float64Array.from(numbers(funding, 'cash'), (value) => sign * Math.abs(value));
      const turned = {
        ...funding,
        columns: { ...funding.columns, cash: { type: 'double' as const, values: cash } },
      };
      const given = {
        ...run,
        table: async (name: RunTable) => (name === 'funding' ? turned : await run.table(name)),
      };
      const { costs } = await accountParts(given, await readTrades(given), panel);
      return costs.find(({ kind }) => kind.startsWith('funding'));
    };
    expect(await kindOf(1)).toMatchObject({ kind: 'funding received' });
    expect((await kindOf(1))!.amount).toBeLessThan(0);
    expect(await kindOf(-1)).toMatchObject({ kind: 'funding paid' });
  });

  it('counts limit orders by what became of them, and rests that were dropped', async () => {
    const { orders, events, wallets } = await accountParts(
      eventful.run,
      await readTrades(eventful.run),
      eventful.panel,
    );
    expect(orders).toMatchObject({ limits: 2, limitsByOutcome: { filled: 1, expired: 1 }, partial: 1 });
    expect(events.map(({ event }) => event).sort()).toEqual([
      'dropped-rest',
      'insurance',
      'redenomination',
      'transfer',
    ]);
    expect(wallets.spot).toBeGreaterThan(300);
  });
});

describe('the report of such a run', () => {
  it('has a section that tells of all of it', async () => {
    const { files } = await writeReport(eventful);
    const page = await visible(files.at(-1)!);
    const section = page.slice(page.indexOf('<section id="account">'), page.indexOf('<section id="costs">'));
    for (const text of [
      'Liquidations',
      '1 position liquidated',
      'trigger mark',
      'How far beyond the level fills were',
      'limit orders: filled',
      'rests that were dropped',
      '100.00 from the futures to the spot wallet',
      'became REBORN: quantity divided by 10',
      'proxy: the perpetual stood in',
      'isolated; all positions together',
    ]) {
      expect(section, text).toContain(text);
    }
    expect(section).not.toContain('borne by the insurance fund');
    expect(page).toContain('clearance fees');
    expect(page).toContain('data-chart="wallets"');
    expect(page).toContain('spot long');
    expect(page).not.toMatch(/NaN|undefined/);
  });

  it('leaves the section and its parts out where there is nothing to tell', async () => {
    const plain = sampleRun(join(dir, 'plain'), { seed: 4, days: 20, coins: 8 });
    const { files } = await writeReport(plain);
    const page = await visible(files.at(-1)!);
    for (const text of ['>Liquidations<', 'trigger mark', 'Events of the account', 'clearance', 'wallet'])
      expect(page, text).not.toContain(text);
    const idle = sampleRun(join(dir, 'idle'), { days: 3, coins: 4, slotsMax: 0 });
    const empty = await visible((await writeReport(idle)).files.at(-1)!);
    expect(empty).not.toContain('id="account"');
  });

  it('says at the top and in the terminal what the account was reckoned with', async () => {
    const { manifest } = eventful.run;
    const shown = figures(manifest.headline).map(({ key }) => key);
    expect(shown).toEqual(expect.arrayContaining(['liquidations', 'insurance', 'makerFees', 'partialFills']));
    const text = summary(manifest, await cautionFacts(eventful.run));
    expect(text).toContain('isolated margin');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('(proxy)');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('1 position ended in liquidation');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const plain = sampleRun('unused', { days: 20, coins: 8 }).run;
    expect(summary(plain.manifest, await cautionFacts(plain))).not.toMatch(/Account:|Liquidations/);
  });
});

describe('the ledger of assumptions in a report', () => {
  const row = (flip: string, deltaReturn: number, sense: string) => ({
    flip,
    from: 'this',
    to: 'that',
    sense,
    totalReturn: 0.1 + deltaReturn,
    maxDrawdown: 0.2,
    trades: 10,
    deltaReturn,
    deltaDrawdown: 0.01,
    deltaTrades: -1,
  });
  const given = {
    rows: [row('small', 0.001, 'optimistic'), row('dear <b>', -0.031, 'pessimistic')],
    triple: {
      pessimistic: { totalReturn: 0.05, maxDrawdown: 0.3, trades: 9 },
      realistic: { totalReturn: 0.1, maxDrawdown: 0.2, trades: 11 },
      optimistic: null,
    },
    leftOut: [{ flip: 'impossible', reason: 'the dataset has no such thing' }],
  };

  it('is a table, dearest first, the triple, and a chart of the changes', async () => {
    const sample = sampleRun(join(dir, 'with-ledger'), { days: 20, coins: 8 });
    await mkdir(sample.run.dir, { recursive: true });
    await writeFile(join(sample.run.dir, 'ledger.json'), JSON.stringify(given));
    const { files } = await writeReport(sample);
    const page = await visible(files.at(-1)!);
    const dear = page.indexOf('dear &lt;b&gt;: this → that');
    expect(dear).toBeGreaterThan(0);
    expect(dear).toBeLessThan(page.indexOf('small: this → that'));
    expect(page).toContain('−3.10 %');
    expect(page).toContain('cannot run');
    expect(page).toContain('impossible: the dataset has no such thing');
    const csv = await readFile(join(sample.run.dir, 'charts', 'assumption-ledger.csv'), 'utf8');
    expect(
      csv
        .split('\r\n')
        .slice(1, 4)
        .map((line) => line.split(',')[0]),
    ).toEqual(['all pessimistic', 'dear <b> → that', 'small → that']);
  });

  it('is told where it cannot be read', async () => {
    const sample = sampleRun(join(dir, 'broken-ledger'), { days: 3, coins: 4 });
    await mkdir(sample.run.dir, { recursive: true });
    await writeFile(join(sample.run.dir, 'ledger.json'), '{"rows": 7');
    await expect(writeReport(sample)).rejects.toMatchObject({
      code: 'ledger-unreadable',
      message: expect.stringContaining('--assumptions'),
    });
  });
});

describe('why, of an account to which everything happens', () => {
  const story = async (symbol: string, timeMs = decidedMs) =>
    (await why(eventful.run, eventful.panel, { timeMs, symbol })).steps;
  const step = (steps: Awaited<ReturnType<typeof story>>, name: string) =>
    steps.find((one) => one.step === name)!;

  it('tells of a liquidation: the mark, the fee, what the margin did not bear', async () => {
    const steps = await story('CRASH');
    expect(step(steps, 'exit').text).toContain('by liquidation');
    const { text, values } = step(steps, 'liquidation');
    expect(text).toMatch(/at 10×.*clearance fee of \d.*insurance fund bore/);
    expect(values['insurance']).toBeGreaterThan(0);
  });

  it('tells of a limit order that rested and was traded through', async () => {
    const steps = await story('LIMIT');
    expect(step(steps, 'order').text).toContain('with a limit of 98');
    expect(step(steps, 'fill').text).toContain('filled at its limit, without slippage');
    expect(step(steps, 'fill').values).toMatchObject({ liquidity: 'maker', price: 98 });
    expect(step(steps, 'exit').text).toContain('by its time limit');
  });

  it('tells of one that nobody traded with', async () => {
    const steps = await story('CRASH', decidedMs + 4 * hourMs);
    expect(step(steps, 'refusal').text).toContain('expired (it rested to the end of its time');
    expect(step(steps, 'fill')).toBeUndefined();
  });

  it('tells of the part that filled, and of the rest', async () => {
    const { text } = step(await story('THIN'), 'fill');
    expect(text).toMatch(/Of 50 units 20 filled; the rest was given up/);
  });

  it('follows a coin through its redenomination to its end', async () => {
    const steps = await story('OLD');
    expect(step(steps, 'redenomination').text).toContain('it became REBORN: the quantity was divided by 10');
    expect(step(steps, 'exit').text).toContain('because the strategy asked for it');
  });

  it('tells of what was sold of a spot position, and that the rest stayed', async () => {
    const steps = await story('SPOTTY');
    expect(step(steps, 'target').text).toContain('on the spot market');
    expect(step(steps, 'funding').text).toContain('neither pays nor receives');
    expect(step(steps, 'end').text).toContain('The rest of the position was still open');
    const closing = await story('SPOTTY', decidedMs + 3 * hourMs);
    expect(step(closing, 'fill').text).toMatch(/^2 units were closed/);
  });
});

describe('reasons', () => {
  it('each has a clause that says more than its name', () => {
    for (const reason of exitReasons) expect(exitClause(reason)).not.toBe(`by ${reason}`);
    expect(refusalClause('insufficient-margin')).toContain('margin available');
    expect(refusalClause('from-a-newer-version')).toBe('from-a-newer-version');
  });
});
