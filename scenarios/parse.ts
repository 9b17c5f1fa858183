/**
 * From anything to a scenario, or to a list of everything that is wrong with it:
 *
 *   1. `scenarioSchema`    shape, types, ranges, unknown keys
 *   2. `instant`           from and to, and their order
 *   3. `parseConfig`       the strategy's settings, and the grid over them
 *   4. `timingFaults`      a schedule and a delay that the bars can carry, as far as the scenario says which
 *   5. `parseTransfers`    stamps and wallets of listed transfers
 *
 * A step that cannot run because of an earlier fault is left out; every other one adds to the same list.
 */
import { detailLengths } from '../datasets/detail-tables.ts';
import { describe, type Fault, type Parsed, parseConfig } from '../engine/config.ts';
import { hourMs } from '../engine/panel/hours.ts';
import type { Transfer } from '../engine/simulator/rules.ts';
import { bindStrategy } from '../engine/strategy.ts';
import { type AnyStrategyDefinition, builtInStrategies } from '../strategies/registry.ts';
import { costModel, type NamedCosts, slippageModel } from './cost-models.ts';
import { instant } from './instant.ts';
import { didYouMean } from './nearest.ts';
import type { Scenario } from './scenario.ts';
import { keysAt, type ScenarioFile, scenarioSchema } from './schema.ts';
import { timingFaults } from './timing.ts';

const HOUR = 60;

export interface ParseOptions {
  /** The strategy, where it is a user's file: built-in ones are found by name. `null` if loading it failed already. */
  readonly definition?: AnyStrategyDefinition | null;
  /** Prefix of every fault's path. */
  readonly path?: string;
}

export function parseScenario(input: unknown, options: ParseOptions = {}): Parsed<Scenario> {
  const faults: Fault[] = [];
  const definition = options.definition === undefined ? builtInOf(input, faults) : options.definition;
  const shape = scenarioSchema.safeParse(input, { error: (issue) => issueMessage(issue) });
  if (!shape.success) faults.push(...shape.error.issues.flatMap((issue) => faultsOf(issue, [])));

  const raw = isRecord(input) ? input : {};
  const span = parseSpan(raw, faults);
  const transfers = parseTransfers(raw, faults);
  const config = definition === null ? null : parseSettings(definition, raw, faults);

  if (!shape.success || config === null || faults.length > 0) {
    const prefix = options.path === undefined ? '' : `${options.path}: `;
    return { ok: false, faults: faults.map(({ path, message }) => ({ path: `${prefix}${path}`, message })) };
  }
  return { ok: true, value: resolved(shape.data, { ...span, transfers }, config) };
}

function resolved(
  file: ScenarioFile,
  times: {
    readonly fromMs: number | null;
    readonly toMs: number | null;
    readonly transfers: readonly Transfer[];
  },
  config: Readonly<Record<string, unknown>>,
): Scenario {
  const { slotsMax, sideNotionalFractionMax } = file.limits;
  const { transfers } = file.account;
  return {
    name: file.name,
    strategy: file.strategy,
    config,
    dataset: file.dataset,
    fromMs: times.fromMs,
    toMs: times.toMs,
    capital: file.capital,
    leverage: file.leverage,
    account: { ...file.account, transfers: typeof transfers === 'string' ? transfers : times.transfers },
    costs: namedCosts(file),
    fills: file.fills,
    funding: file.funding,
    life: file.life,
    closeAtEnd: file.closeAtEnd,
    universe: file.universe,
    limits: {
      ...(slotsMax === undefined ? {} : { slotsMax }),
      ...(sideNotionalFractionMax === undefined ? {} : { sideNotionalFractionMax }),
    },
    shocks: [],
    grid: file.grid,
    seed: file.seed,
  };
}

function namedCosts({ costs, slippage }: ScenarioFile): NamedCosts {
  const named = typeof costs === 'string' ? costModel(costs) : customCosts(costs);
  if (slippage === undefined) return named;
  const { slippageBps: _, impact: __, ...fees } = named;
  return { ...fees, ...slippageModel(slippage) };
}

function customCosts(costs: Exclude<ScenarioFile['costs'], string>): NamedCosts {
  const { takerFeeBps, slippageBps, makerFeeBps = takerFeeBps, impact } = costs;
  const { spotTakerFeeBps = takerFeeBps, spotMakerFeeBps = spotTakerFeeBps } = costs;
  return {
    name: 'custom',
    takerFeeBps,
    makerFeeBps,
    spotTakerFeeBps,
    spotMakerFeeBps,
    slippageBps,
    ...(impact === undefined ? {} : { impact }),
  };
}

/** True for what is meant as the path of a strategy file rather than as a name. */
export function isStrategyPath(strategy: string): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(strategy);
}

function builtInOf(input: unknown, faults: Fault[]): AnyStrategyDefinition | null {
  const name = isRecord(input) ? input['strategy'] : undefined;
  // What is no text, or missing, is the schema's to report.
  if (typeof name !== 'string' || name === '') return null;
  const definition = builtInStrategies.get(name);
  if (definition !== undefined) return definition;
  const names = [...builtInStrategies.keys()];
  faults.push({
    path: 'strategy',
    message: isStrategyPath(name)
      ? `the file ${name} was not loaded`
      : `${describe(name)} is no built-in strategy${didYouMean(name, names)} Built in are ${names.join(', ')}; a file is given by its path, such as ./${name}.ts`,
  });
  return null;
}

function parseSpan(
  raw: Readonly<Record<string, unknown>>,
  faults: Fault[],
): { readonly fromMs: number | null; readonly toMs: number | null } {
  const fromMs = parseStamp(raw, 'from', faults);
  const toMs = parseStamp(raw, 'to', faults);
  if (fromMs !== null && toMs !== null && fromMs >= toMs) {
    faults.push({
      path: 'to',
      message: `must lie after from, was ${describe(raw['to'])} with from ${describe(raw['from'])} (to is exclusive)`,
    });
  }
  return { fromMs, toMs };
}

function parseStamp(
  raw: Readonly<Record<string, unknown>>,
  key: string,
  faults: Fault[],
  path = key,
): number | null {
  const value = raw[key];
  // Values of another type are the schema's to report.
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const parsed = instant(value);
  if (!parsed.ok) {
    if (typeof value === 'string' || Number.isInteger(value)) faults.push({ path, message: parsed.message });
    return null;
  }
  if (parsed.timeMs % hourMs !== 0) {
    faults.push({ path, message: `must fall on a full hour UTC, was ${describe(value)}` });
    return null;
  }
  return parsed.timeMs;
}

/** Listed transfers; whatever is no list, or has another shape, is the schema's to report. */
function parseTransfers(raw: Readonly<Record<string, unknown>>, faults: Fault[]): readonly Transfer[] {
  const account = raw['account'];
  const listed = isRecord(account) ? account['transfers'] : undefined;
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((entry: unknown, index) => {
    if (!isRecord(entry)) return [];
    const path = `account.transfers[${index}]`;
    const atMs = parseStamp(entry, 'at', faults, `${path}.at`);
    const { from, to, amount } = entry as unknown as Transfer;
    if (from === to && from !== undefined) {
      faults.push({ path: `${path}.to`, message: `must be the other wallet, was ${describe(to)} like from` });
    }
    return atMs === null ? [] : [{ atMs, from, to, amount }];
  });
}

/** The filled-in configuration, or null where it has faults; the grid and the schedule are checked with it. */
function parseSettings(
  definition: AnyStrategyDefinition,
  raw: Readonly<Record<string, unknown>>,
  faults: Fault[],
): Readonly<Record<string, unknown>> | null {
  const config = raw['config'] ?? {};
  // Anything but an object is the schema's to report.
  if (!isRecord(config)) return null;
  checkGrid(definition, raw['grid'], faults);
  const parsed = parseConfig(definition.config, config);
  if (!parsed.ok) {
    faults.push(...parsed.faults.map((fault) => withNearest(fault, Object.keys(definition.config))));
    return null;
  }
  try {
    const { schedule } = bindStrategy(definition, parsed.value);
    const fills = isRecord(raw['fills']) ? raw['fills'] : {};
    const delayMinutes = Number.isInteger(fills['delayMinutes']) ? Number(fills['delayMinutes']) : 0;
    faults.push(...timingFaults(schedule, delayMinutes, finestBar(fills['detail'])));
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    faults.push({ path: 'strategy', message: `${definition.name} threw while it was set up: ${text}` });
  }
  return parsed.value;
}

function checkGrid(definition: AnyStrategyDefinition, grid: unknown, faults: Fault[]): void {
  if (!isRecord(grid)) return;
  for (const [key, values] of Object.entries(grid)) {
    const field = definition.config[key];
    if (field === undefined) {
      const known = Object.keys(definition.config);
      faults.push({
        path: `grid.${key}`,
        message: `is no setting of ${definition.name}${didYouMean(key, known) || ';'} known are ${known.join(', ')}`,
      });
      continue;
    }
    if (!Array.isArray(values)) continue;
    for (const [index, value] of values.entries()) {
      const parsed = parseConfig({ [key]: field }, { [key]: value });
      if (parsed.ok) continue;
      for (const { message } of parsed.faults) faults.push({ path: `grid.${key}[${index}]`, message });
    }
  }
}

function withNearest(fault: Fault, known: readonly string[]): Fault {
  const prefix = 'is not known; ';
  if (!fault.message.startsWith(prefix)) return fault;
  const name = fault.path.slice('config.'.length);
  return {
    path: fault.path,
    message: `is not known${didYouMean(name, known) || ';'} ${fault.message.slice(prefix.length)}`,
  };
}

type Issue = NonNullable<ReturnType<typeof scenarioSchema.safeParse>['error']>['issues'][number];
type RawIssue = Parameters<
  NonNullable<Exclude<NonNullable<Parameters<typeof scenarioSchema.safeParse>[1]>['error'], undefined>>
>[0];

/** What is wrong, in our words; undefined leaves the schema's own. */
function issueMessage(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing: give ${article(String(issue.expected))}`
        : `must be ${article(String(issue.expected))}, was ${describe(issue.input)}`;
    case 'invalid_value':
      return `must be ${(issue.values as readonly unknown[]).join(' or ')}, was ${describe(issue.input)}`;
    case 'too_small':
      if (typeof issue.input !== 'number') return 'must not be empty';
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}, was ${issue.input}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}, was ${describe(issue.input)}`;
    default:
      return undefined;
  }
}

function article(expected: string): string {
  const words: Record<string, string> = {
    object: 'an object',
    record: 'an object',
    array: 'a list',
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
  };
  return words[expected] ?? expected;
}

/** One fault per unknown key; of a choice between shapes, the faults of the shape that was evidently meant. */
function faultsOf(issue: Issue, parents: readonly PropertyKey[]): Fault[] {
  const places = [...parents, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(places);
    return issue.keys.map((key) => ({
      path: pathText([...places, key]),
      message: `is not known${didYouMean(key, known) || ';'} known are ${known.join(', ')}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    const [meant] = issue.errors
      .filter((branch) => branch.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'))
      .toSorted((a, b) => a.length - b.length);
    if (meant !== undefined) return meant.flatMap((inner) => faultsOf(inner as Issue, places));
  }
  return [{ path: pathText(places), message: issue.message }];
}

function pathText(places: readonly PropertyKey[]): string {
  const text = places
    .map((place) => (typeof place === 'number' ? `[${place}]` : `.${String(place)}`))
    .join('');
  return text === '' ? 'scenario' : text.replace(/^\./, '');
}

/** Minutes of the finest bars that a choice of detail can come to; with `auto` only the dataset knows. */
function finestBar(detail: unknown): number {
  if (detail === 'none') return HOUR;
  return detailLengths.find((minutes) => minutes === detail) ?? 1;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
