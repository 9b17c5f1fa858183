/** The process around the command line: arguments, streams, Ctrl-C, exit code. Importing it starts it. */
import { exitCodes } from './failure.ts';
import { runCommandLine } from './program.ts';

const stop = new AbortController();

function onSignal(): void {
  // The first asks commands to stop where nothing is lost; the second does not wait for them.
  if (stop.signal.aborted) process.exit(exitCodes.interrupted);
  stop.abort();
}

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
// Whoever reads our output may leave early (`| head`): then there is nobody left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  throw error;
});
process.exitCode = await runCommandLine(
  process.argv.slice(2),
  { out: process.stdout, err: process.stderr },
  stop.signal,
);
