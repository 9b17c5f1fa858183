/**
 * A strategy's configuration as a table of typed fields. One table gives the TypeScript type, the parser that reports
 * every fault at once, and the JSON Schema an editor completes from.
 */
export interface NumberField {
  readonly kind: 'number' | 'integer';
  readonly default: number;
  readonly min?: number;
  readonly max?: number;
  readonly doc: string;
}
export interface BooleanField {
  readonly kind: 'boolean';
  readonly default: boolean;
  readonly doc: string;
}
export interface TextField {
  readonly kind: 'text';
  readonly default: string;
  readonly doc: string;
}
export interface ChoiceField<Value extends string = string> {
  readonly kind: 'choice';
  readonly default: Value;
  readonly values: readonly Value[];
  readonly doc: string;
}
export type ConfigField = NumberField | BooleanField | TextField | ChoiceField;
export type ConfigFields = Readonly<Record<string, ConfigField>>;

type ValueOf<Field> = Field extends NumberField
  ? number
  : Field extends BooleanField
    ? boolean
    : Field extends ChoiceField<infer Value>
      ? Value
      : string;
export type ConfigOf<Fields extends ConfigFields> = {
  readonly [Name in keyof Fields]: ValueOf<Fields[Name]>;
};

export function number(field: Omit<NumberField, 'kind'>): NumberField {
  return { kind: 'number', ...field };
}
export function integer(field: Omit<NumberField, 'kind'>): NumberField {
  return { kind: 'integer', ...field };
}
export function boolean(field: Omit<BooleanField, 'kind'>): BooleanField {
  return { kind: 'boolean', ...field };
}
export function text(field: Omit<TextField, 'kind'>): TextField {
  return { kind: 'text', ...field };
}
export function choice<const Value extends string>(
  field: Omit<ChoiceField<Value>, 'kind'>,
): ChoiceField<Value> {
  return { kind: 'choice', ...field };
}

/** One thing wrong with an input: where, and what to do about it. */
export interface Fault {
  /** Path inside the input, such as `config.stopLossFraction`. */
  readonly path: string;
  readonly message: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Reads a configuration, filling defaults; unknown keys and every bad value are reported together. */
export function parseConfig<Fields extends ConfigFields>(
  fields: Fields,
  input: unknown,
  path = 'config',
): Parsed<ConfigOf<Fields>> {
  const faults: Fault[] = [];
  const given = input === undefined ? {} : input;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { ok: false, faults: [{ path, message: `must be an object, was ${describe(input)}` }] };
  }
  const known = Object.keys(fields);
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) {
      faults.push({
        path: `${path}.${name}`,
        message: `is not known; known are ${known.join(', ') || 'none'}`,
      });
    }
  }
  const value: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const raw = (given as Record<string, unknown>)[name];
    const message = raw === undefined ? null : fieldFault(field, raw);
    if (message !== null) faults.push({ path: `${path}.${name}`, message });
    value[name] = raw === undefined ? field.default : raw;
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: value as ConfigOf<Fields> };
}

function fieldFault(field: ConfigField, raw: unknown): string | null {
  switch (field.kind) {
    case 'number':
    case 'integer': {
      if (typeof raw !== 'number' || !Number.isFinite(raw)) return `must be a number, was ${describe(raw)}`;
      if (field.kind === 'integer' && !Number.isInteger(raw)) return `must be a whole number, was ${raw}`;
      if (field.min !== undefined && raw < field.min) return `must be at least ${field.min}, was ${raw}`;
      if (field.max !== undefined && raw > field.max) return `must be at most ${field.max}, was ${raw}`;
      return null;
    }
    case 'boolean':
      return typeof raw === 'boolean' ? null : `must be true or false, was ${describe(raw)}`;
    case 'text':
      return typeof raw === 'string' ? null : `must be a text, was ${describe(raw)}`;
    case 'choice':
      return field.values.includes(raw as string)
        ? null
        : `must be one of ${field.values.join(', ')}, was ${describe(raw)}`;
  }
}

export function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  const shown = JSON.stringify(value) ?? String(value);
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
}

/** JSON Schema (2020-12) of a configuration. */
export function configSchema(fields: ConfigFields): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) properties[name] = fieldSchema(field);
  return { type: 'object', additionalProperties: false, properties };
}

function fieldSchema(field: ConfigField): Record<string, unknown> {
  const shared = { default: field.default, description: field.doc };
  switch (field.kind) {
    case 'number':
    case 'integer':
      return {
        type: field.kind,
        ...(field.min === undefined ? {} : { minimum: field.min }),
        ...(field.max === undefined ? {} : { maximum: field.max }),
        ...shared,
      };
    case 'boolean':
      return { type: 'boolean', ...shared };
    case 'text':
      return { type: 'string', ...shared };
    case 'choice':
      return { enum: field.values, ...shared };
  }
}
