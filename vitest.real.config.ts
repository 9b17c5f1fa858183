import { defineConfig } from 'vitest/config';

/** Tests on real market data: `npm run test:real -- DIR`. One file at a time, because each of them wants the memory. */
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
