/** Runs one command line in this process, with its streams caught. */
import { runCommandLine } from '../../cli/program.ts';

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export async function runCommand(
  args: readonly string[],
  signal = new AbortController().signal,
): Promise<Ran> {
  const ran = { out: '', err: '' };
  const exitCode = await runCommandLine(
    args,
    {
      out: {
        write: (text) => {
          ran.out += text;
        },
      },
      err: {
        write: (text) => {
          ran.err += text;
        },
      },
    },
    signal,
  );
  return { exitCode, ...ran };
}

/** The one JSON object that --json promises; throws where stdout holds anything else. */
export function answerOf(ran: Ran): Record<string, unknown> {
  const lines = ran.out.trimEnd().split('\n');
  if (lines.length !== 1) throw new Error(`stdout holds ${lines.length} lines: ${ran.out}`);
  return JSON.parse(lines[0]!) as Record<string, unknown>;
}
