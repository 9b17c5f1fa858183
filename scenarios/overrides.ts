/** What the command line changes about a scenario, applied to the file's content before it is parsed. */
import type { Fault } from '../engine/config.ts';
import type { AnyStrategyDefinition } from '../strategies/registry.ts';
import { didYouMean } from './nearest.ts';
import { scenarioKeys } from './schema.ts';

export interface ScenarioOverrides {
  readonly dataset?: string;
  readonly from?: string;
  readonly to?: string;
  /** Built-in name, or a path relative to the working directory. */
  readonly strategy?: string;
  /** `key=value` each: a key of the strategy's config, or a path into the scenario such as `capital.usdm`. */
  readonly set?: readonly string[];
}

type Content = Record<string, unknown>;

/** The content with the overrides in it. Faults are added for settings that go nowhere; the rest still applies. */
export function withOverrides(
  content: Readonly<Content>,
  overrides: ScenarioOverrides,
  definition: AnyStrategyDefinition | null,
  faults: Fault[],
): Content {
  const changed: Content = structuredClone(content);
  for (const key of ['dataset', 'from', 'to', 'strategy'] as const) {
    if (overrides[key] !== undefined) changed[key] = overrides[key];
  }
  for (const setting of overrides.set ?? []) applySetting(changed, setting, definition, faults);
  return changed;
}

function applySetting(
  content: Content,
  setting: string,
  definition: AnyStrategyDefinition | null,
  faults: Fault[],
): void {
  const equals = setting.indexOf('=');
  if (equals <= 0) {
    faults.push({ path: `--set ${setting}`, message: 'must be key=value, such as stopLossFraction=0.05' });
    return;
  }
  const key = setting.slice(0, equals);
  const text = setting.slice(equals + 1);
  const [first = '', ...rest] = key.split('.');
  const configKeys = Object.keys(definition?.config ?? {});
  if (first === 'config' && rest.length === 1) {
    setConfig(content, rest[0]!, text, definition);
  } else if (scenarioKeys.includes(first)) {
    setPath(content, [first, ...rest], scenarioValue(first, text));
  } else if (rest.length === 0 && (configKeys.includes(first) || definition === null)) {
    // Without a strategy nobody knows its settings; the strategy's own fault is reported already.
    setConfig(content, first, text, definition);
  } else {
    const known = [...configKeys, ...scenarioKeys];
    faults.push({
      path: `--set ${key}`,
      message: `is neither a setting of ${definition?.name ?? 'the strategy'} (${configKeys.join(', ')}) nor of the scenario (${scenarioKeys.join(', ')})${didYouMean(key, known)}`,
    });
  }
}

function setConfig(
  content: Content,
  key: string,
  text: string,
  definition: AnyStrategyDefinition | null,
): void {
  const kind = definition?.config[key]?.kind;
  setPath(content, ['config', key], kind === 'text' || kind === 'choice' ? text : literal(text));
}

/** Names and dates stay texts even where they look like numbers. */
function scenarioValue(key: string, text: string): unknown {
  return ['name', 'strategy', 'dataset', 'from', 'to'].includes(key) ? text : literal(text);
}

/** JSON where it is JSON (numbers, true, lists), the bare text otherwise. */
function literal(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Sets a value deep inside, making the objects on the way; whatever else stood there gives way. */
function setPath(content: Content, path: readonly string[], value: unknown): void {
  let place = content;
  for (const key of path.slice(0, -1)) {
    const inner = Object.hasOwn(place, key) ? place[key] : undefined;
    const next: Content =
      typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Content) : {};
    own(place, key, next);
    place = next;
  }
  own(place, path.at(-1)!, value);
}

/** Defined, not assigned: a key such as `__proto__` is then an unknown key like any other. */
function own(place: Content, key: string, value: unknown): void {
  Object.defineProperty(place, key, { value, enumerable: true, configurable: true, writable: true });
}
