import { type Command, Option } from 'commander';
import { wholeNumber } from './numbers.ts';
import type { Act } from './program.ts';

/** As the workload's own scripts expect it. */
const repetitionsDefault = 7;

export function addBench(program: Command, act: Act): void {
  program
    .command('bench [input-dir] [output-dir]')
    .description('workload W through the engine, timed: one JSON line a task on stdout')
    .addOption(
      new Option('--repetitions <n>', 'runs of each task')
        .env('HOURGLASS_BENCH_REPS')
        .argParser(wholeNumber(1))
        .default(repetitionsDefault),
    )
    .action(
      async (
        inputDir: string | undefined,
        outputDir: string | undefined,
        options: { repetitions: number },
        command: Command,
      ) => {
        await act(command, async (session) => {
          const { benchMain } = await import('../scenarios/bench/main.ts');
          await benchMain({
            ...(inputDir === undefined ? {} : { inputDir }),
            ...(outputDir === undefined ? {} : { outputDir }),
            repetitions: options.repetitions,
            print: session.line,
          });
        });
      },
    );
}
