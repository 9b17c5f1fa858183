import { defineConfig } from 'vitest/config';

/** The acceptance table against planted truth: `npm run truth`. */
export default defineConfig({
  test: {
    include: ['test/truth/**/*.truth.ts'],
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['./test/truth/reporter.ts'],
  },
});
