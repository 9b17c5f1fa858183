/** Shapes of parsed JSON: each tells everything that is wrong with a value, with its path. */
import { describe, type Fault } from '../config.ts';

/** Tells what is wrong with a value at a path. */
export type Shape = (value: unknown, path: string, faults: Fault[]) => void;

export const expected =
  (what: string, holds: (value: unknown) => boolean): Shape =>
  (value, path, faults) => {
    if (!holds(value)) faults.push({ path, message: `must be ${what}, was ${describe(value)}` });
  };

/** The shape, or null. */
export const orNull =
  (shape: Shape): Shape =>
  (value, path, faults) => {
    if (value !== null) shape(value, path, faults);
  };

/** All of the fields, and no others. */
export function record(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, path, faults) => {
    if (!isRecord(value)) {
      faults.push({ path, message: `must be an object, was ${describe(value)}` });
      return;
    }
    const at = (name: string) => (path === '' ? name : `${path}.${name}`);
    const known = new Map(Object.entries(shapes));
    for (const name of Object.keys(value)) {
      if (!known.has(name))
        faults.push({ path: at(name), message: `is not known; known are ${[...known.keys()].join(', ')}` });
    }
    for (const [name, shape] of known) {
      if (Object.hasOwn(value, name)) shape(value[name], at(name), faults);
      else faults.push({ path: at(name), message: 'is missing' });
    }
  };
}

/** An object whose fields are named by what it describes. */
export function mapOf(shape: Shape): Shape {
  return (value, path, faults) => {
    if (!isRecord(value)) faults.push({ path, message: `must be an object, was ${describe(value)}` });
    else for (const [name, item] of Object.entries(value)) shape(item, `${path}.${name}`, faults);
  };
}

export function listOf(shape: Shape): Shape {
  return (value, path, faults) => {
    if (!Array.isArray(value)) faults.push({ path, message: `must be a list, was ${describe(value)}` });
    else for (const [index, item] of value.entries()) shape(item, `${path}[${index}]`, faults);
  };
}

export function oneOf(...values: readonly (string | number)[]): Shape {
  return expected(values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`, (value) =>
    values.includes(value as string),
  );
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const text = expected('a text', (value) => typeof value === 'string' && value !== '');
export const number = expected('a number', (value) => typeof value === 'number' && Number.isFinite(value));
export const count = expected(
  'a whole number from 0 up',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
);
/** Beyond 8.64e15 ms no date can be written. */
export const timeMs = expected(
  'whole epoch ms',
  (value) => Number.isSafeInteger(value) && Math.abs(Number(value)) <= 8.64e15,
);
export const hash = expected(
  '64 hex digits',
  (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
);
