import { expect, it } from 'vitest';
import { goldenChecks } from './checks.ts';

it.each(Object.entries(goldenChecks))('%s', (_, largestError) => {
  expect(largestError()).toBeLessThanOrEqual(1e-9);
});
