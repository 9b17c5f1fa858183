/** Prints the acceptance table as its rows come in, and the count of those that hold as its last line. */
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export default class TruthReporter implements Reporter {
  #passed = 0;
  #failed = 0;

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    const { state, errors } = result;
    if (state === 'pending') return;
    if (state === 'skipped') {
      process.stdout.write(`later  ${test.name}: ${result.note ?? 'left out'}\n`);
      return;
    }
    if (state === 'passed') this.#passed += 1;
    else this.#failed += 1;
    const row = test.meta().row;
    const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1);
    const said =
      row === undefined
        ? `${test.name}: ${errors?.[0]?.message ?? 'no figure'}`
        : `${row.id.padEnd(6)} ${row.title.padEnd(44)} ${row.shown}   (wanted ${row.target}; ${seconds} s)`;
    process.stdout.write(`${state === 'passed' ? 'holds' : 'FAILS'}  ${said}\n`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { readonly message: string }[]): void {
    const broken = modules.flatMap((module) =>
      module.errors().map(({ message }) => `${module.moduleId}: ${message}`),
    );
    for (const message of [...broken, ...unhandled.map((error) => error.message)]) {
      this.#failed += 1;
      process.stdout.write(`FAILS  ${message}\n`);
    }
    process.stdout.write(`${this.#passed} passed, ${this.#failed} failed\n`);
  }
}
