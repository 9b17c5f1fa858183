import { expect, describe as group, it } from 'vitest';
import {
  boolean,
  choice,
  configSchema,
  describe,
  integer,
  number,
  parseConfig,
  text,
} from '../../engine/config.ts';

const fields = {
  share: number({ default: 0.5, min: 0, max: 1, doc: 'a share' }),
  count: integer({ default: 3, min: 1, doc: 'how many' }),
  open: boolean({ default: false, doc: 'open or not' }),
  label: text({ default: 'none', doc: 'a label' }),
  mood: choice({ default: 'calm', values: ['calm', 'wild'], doc: 'a mood' }),
};

const faultsOf = (input: unknown) => {
  const parsed = parseConfig(fields, input);
  return parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path} ${message}`);
};

group('given a table of fields', () => {
  it('when nothing is given, then every default stands', () => {
    const defaults = { share: 0.5, count: 3, open: false, label: 'none', mood: 'calm' };
    expect(parseConfig(fields, undefined)).toEqual({ ok: true, value: defaults });
    expect(parseConfig(fields, {})).toEqual({ ok: true, value: defaults });
  });

  it('when some are given, then they stand beside the other defaults', () => {
    expect(parseConfig(fields, { share: 0, mood: 'wild' })).toMatchObject({
      ok: true,
      value: { share: 0, mood: 'wild', count: 3 },
    });
  });

  it('when everything is wrong, then everything is reported at once, with its path', () => {
    const input = { share: 1.5, count: 2.5, open: 'yes', label: 7, mood: 'cross', extra: 1 };
    expect(faultsOf(input)).toEqual([
      'config.extra is not known; known are share, count, open, label, mood',
      'config.share must be at most 1, was 1.5',
      'config.count must be a whole number, was 2.5',
      'config.open must be true or false, was "yes"',
      'config.label must be a text, was 7',
      'config.mood must be one of calm, wild, was "cross"',
    ]);
  });

  it('when a number is no number, then NaN, infinities, null and texts are all refused', () => {
    for (const share of [Number.NaN, Number.POSITIVE_INFINITY, null, '0.5']) {
      expect(faultsOf({ share })).toHaveLength(1);
    }
    expect(faultsOf({ count: 0 })).toEqual(['config.count must be at least 1, was 0']);
  });

  it('when the whole is no object, then that is the one fault', () => {
    for (const input of [null, [], 'text', 3])
      expect(faultsOf(input)).toEqual([expect.stringContaining('must be an object')]);
  });

  it('when the caller names another place, then paths begin there', () => {
    const parsed = parseConfig(fields, { count: 0 }, 'grid');
    expect(parsed).toMatchObject({ ok: false, faults: [{ path: 'grid.count' }] });
  });
});

it('the JSON Schema of a table holds types, limits, defaults and docs, and no other keys', () => {
  expect(configSchema(fields)).toEqual({
    type: 'object',
    additionalProperties: false,
    properties: {
      share: { type: 'number', minimum: 0, maximum: 1, default: 0.5, description: 'a share' },
      count: { type: 'integer', minimum: 1, default: 3, description: 'how many' },
      open: { type: 'boolean', default: false, description: 'open or not' },
      label: { type: 'string', default: 'none', description: 'a label' },
      mood: { enum: ['calm', 'wild'], default: 'calm', description: 'a mood' },
    },
  });
});

it('values in messages are short and name what is missing', () => {
  expect(describe(undefined)).toBe('missing');
  expect(describe('x'.repeat(100))).toHaveLength(58);
});
