/** PM17: every statistic against its golden vector. */
import { goldenChecks } from '../golden/checks.ts';
import { truthRow } from './row.ts';

for (const [name, largestError] of Object.entries(goldenChecks)) {
  truthRow('PM17', name, 'error <= 1e-9', () => {
    const error = largestError();
    return { shown: error.toExponential(1), holds: error <= 1e-9 };
  });
}
