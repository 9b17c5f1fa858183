/**
 * Worker threads. A task names a module and one of its exported functions; arguments travel by structured clone, and
 * shared memory stays shared.
 */
import { Piscina } from 'piscina';
import type { CarriedFault } from './worker.ts';

export class WorkerPool {
  readonly workers: number;
  readonly #piscina: Piscina;

  constructor(workers: number) {
    this.workers = workers;
    this.#piscina = new Piscina({
      filename: siblingModule('worker', import.meta.url),
      minThreads: workers,
      maxThreads: workers,
    });
  }

  /** Calls `functionName` of the module at `moduleUrl` in some worker; a coded error that it throws keeps its code and faults. */
  async run<Result>(moduleUrl: string, functionName: string, argument: unknown): Promise<Result> {
    try {
      return (await this.#piscina.run({ moduleUrl, functionName, argument })) as Result;
    } catch (error) {
      throw unpacked(error);
    }
  }

  async close(): Promise<void> {
    await this.#piscina.destroy();
  }
}

function unpacked(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const carried = error.cause as Partial<CarriedFault> | null | undefined;
  return typeof carried?.code === 'string' ? Object.assign(error, carried) : error;
}

/** URL of a module that lies beside the caller, as a worker can load it. */
export function siblingModule(name: string, callerUrl: string): string {
  const extension = callerUrl.endsWith('.ts') ? 'ts' : 'js';
  return builtModule(new URL(`./${name}.${extension}`, callerUrl).href);
}

const packageRoot = new URL('../../', import.meta.url).href;

/** Workers run what was built, also for a caller that runs from its TypeScript source (as tests do). */
function builtModule(url: string): string {
  if (!url.endsWith('.ts') || !url.startsWith(packageRoot)) return url;
  return `${packageRoot}dist/${url.slice(packageRoot.length, -'.ts'.length)}.js`;
}
