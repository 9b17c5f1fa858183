import { expect, it } from 'vitest';
import { didYouMean, nearest } from '../../scenarios/nearest.ts';

const known = ['count', 'holdHours', 'stopLossFraction'];

it('finds the name that was meant, whatever its case', () => {
  expect(nearest('cuont', known)).toBe('count');
  expect(nearest('HOLDHOURS', known)).toBe('holdHours');
  expect(nearest('stopLosFracton', known)).toBe('stopLossFraction');
});

it('names nothing where nothing is near', () => {
  expect(nearest('leverage', known)).toBeNull();
  expect(nearest('x', [])).toBeNull();
  expect(didYouMean('leverage', known)).toBe('');
  expect(didYouMean('cuont', known)).toBe('; did you mean count?');
});
