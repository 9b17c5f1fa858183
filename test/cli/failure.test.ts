import { expect, it } from 'vitest';
import { failureOf, failureText, UsageFault } from '../../cli/failure.ts';
import { StoreFault } from '../../datasets/faults.ts';
import { assertInvariant } from '../../engine/invariant.ts';
import { StrategyFault } from '../../engine/run.ts';
import { ScenarioFault } from '../../scenarios/faults.ts';
import { StrategyLoadFault } from '../../scenarios/load-strategy.ts';

function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (cause) {
    return cause;
  }
  return null;
}

const exitCodeOf = (cause: unknown) => failureOf(cause).exitCode;

it('what the user can put right is 2', () => {
  expect(exitCodeOf(new UsageFault('no'))).toBe(2);
  expect(exitCodeOf(new StoreFault('dataset-missing', 'no'))).toBe(2);
  expect(exitCodeOf(new StoreFault('query-refused', 'no'))).toBe(2);
  expect(exitCodeOf(new ScenarioFault([{ path: 'from', message: 'no' }]))).toBe(2);
  expect(exitCodeOf(new StrategyFault('threw'))).toBe(2);
  expect(exitCodeOf(new StrategyLoadFault('strategy-syntax', 'no'))).toBe(2);
});

it('what the world did is 3', () => {
  expect(exitCodeOf(new StoreFault('disk-full', 'no'))).toBe(3);
  expect(exitCodeOf(new StoreFault('rows-refused', 'no'))).toBe(3);
  expect(exitCodeOf(Object.assign(new Error('no'), { code: 'EACCES' }))).toBe(3);
});

it('what the program got wrong is 4, with its trace where nobody had a word for it', () => {
  expect(failureOf(thrownBy(() => assertInvariant(false, 'equity adds up')))).toMatchObject({
    exitCode: 4,
    code: 'broken-invariant',
  });
  expect(failureOf(new TypeError('x is undefined'))).toMatchObject({ exitCode: 4, code: 'unexpected' });
  expect(failureOf(new TypeError('x is undefined')).message).toContain('failure.test.ts');
  expect(exitCodeOf('a text')).toBe(4);
});

it('what was cancelled is 130', () => {
  expect(exitCodeOf(new StoreFault('cancelled', 'no'))).toBe(130);
  expect(exitCodeOf(new DOMException('stopped', 'AbortError'))).toBe(130);
});

it('every fault is listed once, also where the message lists them already', () => {
  const faults = [
    { path: 'from', message: 'lies outside' },
    { path: '', message: 'has no place' },
  ];
  expect(failureText(failureOf(new UsageFault('two faults:', faults)))).toBe(
    'error: two faults:\n  from: lies outside\n  has no place',
  );
  expect(failureText(failureOf(new ScenarioFault(faults.slice(0, 1))))).toBe('error: from: lies outside');
});
