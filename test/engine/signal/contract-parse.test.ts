/** The parser of contracts: what it reads is what was written, and nothing more, less or other than its fields is a contract. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseContract } from '../../../engine/signal/contract-parse.ts';
import { artifactFiles, contractIn } from './sample-artifact.ts';
import {
  classArtifact,
  returnArtifact,
  sequenceArtifact,
  textArtifact,
  treeArtifact,
} from './sample-models.ts';

const samples = [treeArtifact, classArtifact, returnArtifact, sequenceArtifact, textArtifact];
const contracts = await Promise.all(samples.map(async (make) => contractIn(await artifactFiles(make()))));

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Objects whose fields are named by what they describe may have any field. */
const open = new Set(['hyperparameters', 'files']);

/** Every path to a field, as names. */
function paths(value: unknown, from: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    [...from, name],
    ...paths(inner, [...from, name]),
  ]);
}

/** A copy in which the object that holds the last name of the path is changed. */
function changed(
  value: unknown,
  path: readonly string[],
  change: (parent: Record<string, Json>) => void,
): unknown {
  const copy = structuredClone(value) as Record<string, Json>;
  let parent = copy;
  for (const name of path.slice(0, -1)) parent = parent[name] as Record<string, Json>;
  change(parent);
  return copy;
}

const faultsOf = (input: unknown) => {
  const parsed = parseContract(input);
  return parsed.ok ? [] : parsed.faults.map(({ path }) => path);
};

const place = fc
  .constantFrom(...contracts)
  .chain((contract) => fc.tuple(fc.constant(contract), fc.constantFrom(...paths(contract))));

describe('a contract', () => {
  it('of every kind of model is read as it was written', () => {
    for (const contract of contracts) expect(parseContract(contract)).toEqual({ ok: true, value: contract });
  });

  it('without one of its fields is refused, with that field', () => {
    fc.assert(
      fc.property(place, ([contract, path]) => {
        const name = path.at(-1)!;
        const input = changed(contract, path, (parent) => {
          delete parent[name];
        });
        // A hyperparameter more or less is no fault; a file less may be missed by the kind of model alone.
        if (path.length === 2 && open.has(path[0]!)) return;
        expect(faultsOf(input)).toContain(path.join('.'));
      }),
      { numRuns: 400 },
    );
  });

  it('with one field more is refused, wherever it stands', () => {
    fc.assert(
      fc.property(place, ([contract, path]) => {
        const input = changed(contract, path, (parent) => {
          parent['extra'] = 1;
        });
        const at = [...path.slice(0, -1), 'extra'].join('.');
        if (path.length === 2 && path[0] === 'hyperparameters') expect(faultsOf(input)).toEqual([]);
        else expect(faultsOf(input)).toContain(at);
      }),
      { numRuns: 400 },
    );
  });

  it('with a value of another kind is refused, with its field', () => {
    const odd = fc.constantFrom<Json>({ odd: [] }, [[1]], 1e300, '', Number.NaN);
    fc.assert(
      fc.property(place, odd, ([contract, path], value) => {
        if (path[0] === 'hyperparameters' && path.length === 2) return;
        const input = changed(contract, path, (parent) => {
          parent[path.at(-1)!] = value;
        });
        const at = path.join('.');
        const faults = faultsOf(input);
        // 1e300 is a number where any number may be; an empty note is a text.
        if (faults.length === 0) expect([1e300, '']).toContain(value);
        else expect(faults.some((fault) => fault.startsWith(at) || at.startsWith(fault))).toBe(true);
      }),
      { numRuns: 600 },
    );
  });

  it('is nothing but an object', () => {
    for (const input of [null, 1, 'x', [], undefined]) expect(faultsOf(input)).toEqual(['']);
  });

  it('may not contradict itself', () => {
    const [trees, classes, , sequence, text] = contracts;
    const input = (contract: (typeof contracts)[number] | undefined, change: object) => ({
      ...contract,
      input: { ...contract!.input, ...change },
    });
    expect(faultsOf(input(trees, { steps: 2 }))).toEqual(['input.steps']);
    expect(faultsOf(input(trees, { strideHours: 24 }))).toEqual(['input.strideHours']);
    expect(faultsOf(input(trees, { features: ['a', 'b', 'a'] }))).toEqual(['input.features']);
    expect(faultsOf(input(sequence, { features: [] }))).toEqual(['input.features']);
    expect(faultsOf(input(text, { features: ['a'] }))).toEqual(['input.features']);
    expect(faultsOf({ ...classes, output: { kind: 'class-logits', classes: ['one'] } })).toEqual([
      'output.classes',
    ]);
    expect(faultsOf({ ...trees, output: { kind: 'logit', classes: ['no', 'yes'] } })).toEqual([
      'output.classes',
    ]);
    expect(faultsOf({ ...trees, train: { ...trees!.train, fromMs: trees!.train.toMs! + 1 } })).toEqual([
      'train.fromMs',
    ]);
    const stray = { ...trees!.files, '../model.onnx': { sha256: 'a'.repeat(64), bytes: 1 } };
    expect(faultsOf({ ...trees, files: stray })).toEqual(['files.../model.onnx']);
    const { 'golden.bin': _, ...few } = trees!.files;
    expect(faultsOf({ ...trees, files: few })).toEqual(['files.golden.bin']);
  });
});
