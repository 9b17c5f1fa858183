/**
 * Worker threads. A task names a module and one of its exported functions; arguments travel by structured clone, and
 * shared memory stays shared.
 */
import { Piscina } from 'piscina';

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

  /** Calls `functionName` of the module at `moduleUrl` in some worker. */
  run<Result>(moduleUrl: string, functionName: string, argument: unknown): Promise<Result> {
    return this.#piscina.run({ moduleUrl, functionName, argument }) as Promise<Result>;
  }

  async close(): Promise<void> {
    await this.#piscina.destroy();
  }
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
