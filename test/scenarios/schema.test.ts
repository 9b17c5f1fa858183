import { describe, expect, it } from 'vitest';
import { keysAt, scenarioJsonSchema, scenarioKeys } from '../../scenarios/schema.ts';

describe('the published JSON Schema', () => {
  const schema = scenarioJsonSchema() as {
    readonly properties: Readonly<Record<string, object>>;
    readonly required: readonly string[];
    readonly additionalProperties: boolean;
    readonly allOf: readonly { if: object; then: { properties: { config: { properties: object } } } }[];
  };

  it('knows the same keys as the parser, and no others', () => {
    expect(Object.keys(schema.properties)).toEqual(scenarioKeys);
    expect(schema.additionalProperties).toBe(false);
  });

  it('asks only for what has no default', () => {
    expect(schema.required).toEqual(['name', 'strategy', 'dataset', 'capital', 'costs']);
  });

  it('describes every key', () => {
    for (const property of Object.values(schema.properties)) expect(property).toHaveProperty('description');
  });

  it('completes the settings of each built-in strategy', () => {
    const settings = schema.allOf.map((rule) => Object.keys(rule.then.properties.config.properties));
    expect(settings).toHaveLength(3);
    for (const keys of settings) expect(keys).toContain('stopLossFraction');
  });
});

it('keys are known at every place', () => {
  expect(keysAt([])).toEqual(scenarioKeys);
  expect(keysAt(['costs']).slice(0, 2)).toEqual(['takerFeeBps', 'slippageBps']);
  expect(keysAt(['costs', 'impact'])).toEqual(['coefficient', 'participationMax', 'rest']);
  expect(keysAt(['account', 'transfers', 0])).toEqual(['at', 'from', 'to', 'amount']);
  expect(keysAt(['limits'])).toEqual(['slotsMax', 'sideNotionalFractionMax']);
  expect(keysAt(['name'])).toEqual([]);
});
