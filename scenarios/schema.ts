/** The shape of a scenario file, once: it parses, and it is published as JSON Schema for editors to complete from. */
import * as z from 'zod';
import { configSchema } from '../engine/config.ts';
import { LEVERAGE_MAX } from '../engine/run.ts';
import { builtInStrategies } from '../strategies/registry.ts';
import {
  accountSchema,
  costsSchema,
  fillsSchema,
  fundingSchema,
  lifeSchema,
  slippageSchema,
  time,
} from './account-schema.ts';

export const scenarioSchema = z.strictObject({
  $schema: z.string().optional().describe('where the schema lies, for editors'),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'must be in kebab case: lower-case letters, digits and "-"' })
    .describe('kebab-case name; part of every run id'),
  strategy: z
    .string()
    .min(1)
    .describe('name of a built-in strategy, or path of a .ts or .js file relative to this file'),
  config: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("the strategy's settings; defaults fill the rest"),
  dataset: z.string().min(1).describe('name of a dataset in the store'),
  from: time('first stamp').optional(),
  to: time('end, exclusive').optional(),
  capital: z
    .strictObject({
      usdm: z.number().positive().describe('quote currency in the futures wallet at the start'),
      spot: z.number().min(0).default(0).describe('quote currency in the spot wallet at the start'),
    })
    .describe('money at the start, by wallet'),
  leverage: z
    .number()
    .min(1)
    .max(LEVERAGE_MAX)
    .default(1)
    .describe(
      "leverage of the account's futures positions, where their bracket allows it; strategies size by it",
    ),
  account: accountSchema,
  costs: costsSchema,
  slippage: slippageSchema.optional(),
  fills: fillsSchema,
  funding: fundingSchema,
  life: lifeSchema,
  closeAtEnd: z
    .boolean()
    .default(false)
    .describe('close what is open at the last close instead of marking it'),
  universe: z
    .strictObject({
      minimumShare: z
        .number()
        .min(0)
        .max(1)
        .default(0.5)
        .describe('a decision is skipped when fewer than this share of the recent cross-section is present'),
      dailyVolumeMin: z
        .number()
        .min(0)
        .default(0)
        .describe(
          'least median daily quote volume of an eligible coin, for strategies that read columns of the universe',
        ),
      approximateQuoteVolume: z
        .boolean()
        .default(false)
        .describe('take volume times close where a bar has no quote volume'),
    })
    .prefault({})
    .describe('which coins and decisions count'),
  limits: z
    .strictObject({
      slotsMax: z.int().min(0).optional().describe('most positions open at once'),
      sideNotionalFractionMax: z
        .number()
        .positive()
        .optional()
        .describe('most notional on one side, as a fraction of equity'),
    })
    .default({})
    .describe("takes the place of the strategy's own limits"),
  shocks: z
    .array(z.unknown())
    .max(0, { error: 'must be empty: shocks are not available yet' })
    .default([])
    .describe('not available yet: leave it empty'),
  grid: z
    .record(z.string(), z.array(z.unknown()).min(1, { error: 'must hold at least one value' }))
    .default({})
    .describe('config key to the values that a sweep tries'),
  seed: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(1)
    .describe('seed of everything random in the run'),
});

export type ScenarioFile = z.output<typeof scenarioSchema>;

/** Keys of a scenario file. */
export const scenarioKeys: readonly string[] = Object.keys(scenarioSchema.shape);

interface SchemaNode {
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly anyOf?: readonly SchemaNode[];
}

/** Keys known at a place of the file, such as `['capital']`; none where any key goes. */
export function keysAt(places: readonly PropertyKey[]): readonly string[] {
  let node: SchemaNode | undefined = z.toJSONSchema(scenarioSchema, { io: 'input' }) as SchemaNode;
  for (const place of places) {
    node = typeof place === 'number' ? itemsOf(node) : propertiesOf(node)?.[String(place)];
  }
  return Object.keys(propertiesOf(node) ?? {});
}

function propertiesOf(node: SchemaNode | undefined): SchemaNode['properties'] {
  return node?.properties ?? node?.anyOf?.find((choice) => choice.properties !== undefined)?.properties;
}

function itemsOf(node: SchemaNode | undefined): SchemaNode | undefined {
  return node?.items ?? node?.anyOf?.find((choice) => choice.items !== undefined)?.items;
}

/** JSON Schema (2020-12) of a scenario file, with the settings of every built-in strategy. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input' }) as Record<string, unknown>;
  return {
    ...schema,
    $id: 'scenario.schema.json',
    title: 'Hourglass scenario',
    description: 'Strategy, data, costs, dates and seed of one backtest.',
    allOf: [...builtInStrategies].map(([name, definition]) => ({
      if: { properties: { strategy: { const: name } }, required: ['strategy'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nobody awaits this object
      then: { properties: { config: configSchema(definition.config) } },
    })),
  };
}
