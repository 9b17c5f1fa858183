import { afterAll, expect, it } from 'vitest';
import { WorkerPool } from '../../../engine/signal/pool.ts';

const pool = new WorkerPool(1);
afterAll(() => pool.close());

const source = `export function coded() {
  throw Object.assign(new Error('the disk is full'), { name: 'StoreFault', code: 'disk-full', faults: [{ path: 'a', message: 'b' }] });
}
export function plain() { throw new TypeError('a mistake'); }
export function twice(value) { return 2 * value; }`;
const module = `data:text/javascript,${encodeURIComponent(source)}`;

it('hands on results and faults: a coded one keeps its code, a mistake its kind', async () => {
  expect(await pool.run(module, 'twice', 21)).toBe(42);
  await expect(pool.run(module, 'coded', null)).rejects.toMatchObject({
    ...{ name: 'StoreFault', message: 'the disk is full', code: 'disk-full' },
    faults: [{ path: 'a', message: 'b' }],
  });
  const mistake = await pool.run(module, 'plain', null).catch((cause: unknown) => cause);
  expect(mistake).toBeInstanceOf(TypeError);
  expect(mistake).not.toHaveProperty('code');
  await expect(pool.run(module, 'absent', null)).rejects.toThrow(/does not export absent/);
});
