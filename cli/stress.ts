import { join } from 'node:path';
import type { Command } from 'commander';
import type { Fault } from '../engine/config.ts';
import type { StressMargin, StressResult, StressRow } from '../reports/stress.ts';
import type { LoadedScenario } from '../scenarios/load.ts';
import type { ScenarioOverrides } from '../scenarios/overrides.ts';
import { UsageFault } from './failure.ts';
import { wholeNumber } from './numbers.ts';
import type { Act } from './program.ts';
import { addScenarioOptions, requestedScenario } from './scenario-options.ts';
import type { Session } from './session.ts';
import { sessionStore } from './store.ts';
import { tableText } from './table.ts';

interface StressOptions extends ScenarioOverrides {
  readonly at?: string;
  readonly leverage: string;
  readonly margin: string;
  readonly detail?: string;
  readonly workers?: number;
  readonly report: boolean;
}

interface Asked {
  readonly atMs: number | null;
  readonly leverages: readonly number[];
  readonly margins: readonly StressMargin[];
  /** Settings of the scenario that the options stand for. */
  readonly settings: readonly string[];
}

const leverageMax = 150;

export function addStress(program: Command, act: Act): void {
  const command = program
    .command('stress <scenario>')
    .description('one hour under several leverages and margin modes, hourly bars beside finer ones');
  addScenarioOptions(command)
    .option('--at <time>', "opening of the hour to look at; else the scenario's own, or the worst one")
    .option('--leverage <list>', 'leverages from 1 to 150', '1,2,5,10')
    .option('--margin <list>', 'cross, isolated or both', 'cross,isolated')
    .option('--detail <length>', 'finer bars, such as 15m, or none; else the finest there are')
    .option('--workers <n>', 'worker threads that compute columns', wholeNumber(1))
    .option('--no-report', 'leave page and charts out')
    .action(async (nameOrFile: string, options: StressOptions) => {
      await act(command, async (session) => await stress(session, nameOrFile, options));
    });
}

async function stress(session: Session, nameOrFile: string, options: StressOptions): Promise<void> {
  const { scenario, strategy, ...asked } = await requested(session, nameOrFile, options);
  const { runStress } = await import('../scenarios/stress.ts');
  const store = await sessionStore(session);
  const { result, assumptions, id } = await runStress(
    store,
    { scenario, strategy, ...asked },
    {
      ...(options.workers === undefined ? {} : { workers: options.workers }),
      progress: session.progress,
      signal: session.signal,
    },
  );
  const report = options.report ? await written(session, id, result, assumptions) : null;
  const { isoMinute } = await import('../engine/panel/hours.ts');
  const { rows, positions, detailMinutes } = result;
  const wallMs = Math.round(performance.now());
  session.answer(
    { scenario: result.scenario, at: isoMinute(result.atMs), detailMinutes, rows, positions, report, wallMs },
    await answerText(result, report),
  );
}

async function written(
  session: Session,
  id: string,
  result: StressResult,
  assumptions: readonly string[],
): Promise<string> {
  const { writeStress } = await import('../reports/stress-report.ts');
  const { engineVersion } = await import('../engine/version.ts');
  const out = join(session.dataDir, 'stress', id);
  const request = { result, assumptions, engineVersion, out, signal: session.signal };
  return await writeStress(request, session.progress);
}

async function answerText(result: StressResult, report: string | null): Promise<string> {
  const { verdictOf } = await import('../reports/stress-page.ts');
  const { minute, money, percent } = await import('../reports/format.ts');
  const returnOf = (value: number | null | undefined) => percent(value ?? null, { signed: true });
  const line = ({ leverage, margin, hourly, detail, ...row }: StressRow) => ({
    leverage: `${leverage}×`,
    margin,
    before: money(hourly.equityBefore),
    hourly: returnOf(hourly.hourReturn),
    detail: returnOf(detail?.hourReturn),
    'worse by': row.hourlyWorseBy === null ? '–' : returnOf(row.hourlyWorseBy),
    stops: hourly.stops,
    gapped: hourly.gappedStops,
    liquidated: hourly.liquidations,
    'in the run': hourly.runLiquidations,
  });
  return [
    `${result.scenario}: the hour of ${minute(result.atMs)} UTC`,
    tableText(result.rows.map(line)),
    ...result.rows.slice(0, 1).map((row) => verdictOf(row, result)),
    ...(report === null ? [] : [report]),
  ].join('\n\n');
}

/** The scenario with the options' settings in it. @throws UsageFault listing what is wrong with options and scenario alike. */
async function requested(
  session: Session,
  nameOrFile: string,
  options: StressOptions,
): Promise<LoadedScenario & Omit<Asked, 'settings'>> {
  const faults: Fault[] = [];
  const { settings, ...asked } = await parsed(options, faults);
  const set = [...(options.set ?? []), ...settings];
  try {
    const loaded = await requestedScenario(session, nameOrFile, { ...options, set });
    if (faults.length === 0) return { ...loaded, ...asked };
  } catch (cause) {
    if (!(cause instanceof UsageFault)) throw cause;
    faults.push(...cause.faults);
  }
  throw new UsageFault(faults.length === 1 ? 'a fault:' : `${faults.length} faults:`, faults);
}

async function parsed(options: StressOptions, faults: Fault[]): Promise<Asked> {
  return {
    atMs: options.at === undefined ? null : await instantOf(options.at, faults),
    leverages: leveragesOf(options.leverage, faults),
    margins: marginsOf(options.margin, faults),
    settings: detailSettings(options.detail, faults),
  };
}

async function instantOf(text: string, faults: Fault[]): Promise<number | null> {
  const { instant } = await import('../scenarios/instant.ts');
  const read = instant(text);
  if (read.ok) return read.timeMs;
  faults.push({ path: '--at', message: read.message });
  return null;
}

function leveragesOf(text: string, faults: Fault[]): readonly number[] {
  const values = itemsOf(text).map(Number);
  const wrong = values.filter((value) => !(value >= 1 && value <= leverageMax));
  if (values.length === 0 || wrong.length > 0) {
    const message = `must be a list of leverages from 1 to ${leverageMax}, such as 1,2,5,10; was ${JSON.stringify(text)}`;
    faults.push({ path: '--leverage', message });
  }
  return [...new Set(values)];
}

function marginsOf(text: string, faults: Fault[]): readonly StressMargin[] {
  const items = itemsOf(text);
  const known = items.filter((item) => item === 'cross' || item === 'isolated');
  if (known.length === 0 || known.length < items.length) {
    const message = `must be cross, isolated, or both: cross,isolated; was ${JSON.stringify(text)}`;
    faults.push({ path: '--margin', message });
  }
  return [...new Set(known)];
}

function detailSettings(text: string | undefined, faults: Fault[]): readonly string[] {
  if (text === undefined) return [];
  if (text === 'none') return ['fills.detail=none'];
  const minutes = /^(\d+)m?$/.exec(text)?.[1];
  if (minutes !== undefined) return [`fills.detail=${minutes}`];
  const message = `must be the length of finer bars in minutes, such as 15m, or none; was ${JSON.stringify(text)}`;
  faults.push({ path: '--detail', message });
  return [];
}

function itemsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
