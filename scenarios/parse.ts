/**
 * From anything to a scenario, or to a list of everything that is wrong with it:
 *
 *   1. `scenarioSchema`    shape, types, ranges, unknown keys
 *   2. `instant`           from and to, and their order
 *   3. `parseConfig`       the strategy's settings, and the grid over them
 *   4. `scheduleFault`     a schedule the bars can carry
 *
 * A step that cannot run because of an earlier fault is left out; every other one adds to the same list.
 */
import { describe, type Fault, type Parsed, parseConfig } from '../engine/config.ts';
import { hourMs } from '../engine/panel/hours.ts';
import { scheduleFault } from '../engine/schedule.ts';
import { bindStrategy } from '../engine/strategy.ts';
import { type AnyStrategyDefinition, builtInStrategies } from '../strategies/registry.ts';
import { instant } from './instant.ts';
import { didYouMean } from './nearest.ts';
import { costModels, type NamedCosts, type Scenario } from './scenario.ts';
import { keysAt, type ScenarioFile, scenarioSchema } from './schema.ts';

export interface ParseOptions {
  /** The strategy, where it is a user's file: built-in ones are found by name. `null` if loading it failed already. */
  readonly definition?: AnyStrategyDefinition | null;
  /** Prefix of every fault's path. */
  readonly path?: string;
}

const barMinutes = 60;

export function parseScenario(input: unknown, options: ParseOptions = {}): Parsed<Scenario> {
  const faults: Fault[] = [];
  const definition = options.definition === undefined ? builtInOf(input, faults) : options.definition;
  const shape = scenarioSchema.safeParse(input, { error: (issue) => issueMessage(issue) });
  if (!shape.success) faults.push(...shape.error.issues.flatMap((issue) => faultsOf(issue, [])));

  const raw = isRecord(input) ? input : {};
  const span = parseSpan(raw, faults);
  const config = definition === null ? null : parseSettings(definition, raw, faults);

  if (!shape.success || config === null || faults.length > 0) {
    const prefix = options.path === undefined ? '' : `${options.path}: `;
    return { ok: false, faults: faults.map(({ path, message }) => ({ path: `${prefix}${path}`, message })) };
  }
  return { ok: true, value: resolved(shape.data, span, config) };
}

function resolved(
  file: ScenarioFile,
  span: { readonly fromMs: number | null; readonly toMs: number | null },
  config: Readonly<Record<string, unknown>>,
): Scenario {
  const { slotsMax, sideNotionalFractionMax } = file.limits;
  return {
    name: file.name,
    strategy: file.strategy,
    config,
    dataset: file.dataset,
    fromMs: span.fromMs,
    toMs: span.toMs,
    capital: file.capital,
    costs: namedCosts(file.costs),
    fills: file.fills,
    funding: file.funding,
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

function namedCosts(costs: ScenarioFile['costs']): NamedCosts {
  return typeof costs === 'string' ? { name: costs, ...costModels[costs] } : { name: 'custom', ...costs };
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
  key: 'from' | 'to',
  faults: Fault[],
): number | null {
  const value = raw[key];
  // Values of another type are the schema's to report.
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const parsed = instant(value);
  if (!parsed.ok) {
    if (typeof value === 'string' || Number.isInteger(value))
      faults.push({ path: key, message: parsed.message });
    return null;
  }
  if (parsed.timeMs % hourMs !== 0) {
    faults.push({ path: key, message: `must fall on a full hour UTC, was ${describe(value)}` });
    return null;
  }
  return parsed.timeMs;
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
    const fault = scheduleFault(schedule, barMinutes);
    if (fault !== null) faults.push({ path: 'config', message: `gives a schedule that ${fault}` });
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
    const meant = issue.errors.find((branch) =>
      branch.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
    );
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

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
