/** What runs in a worker thread: looks up the function that a task names, and calls it. */
export interface WorkerTask {
  readonly moduleUrl: string;
  readonly functionName: string;
  readonly argument: unknown;
}

const modules = new Map<string, Promise<Record<string, (argument: unknown) => unknown>>>();

/** What a coded error says besides its message, as its cause carries it from thread to thread. */
export interface CarriedFault {
  readonly name: string;
  readonly code: string;
  readonly faults: unknown;
}

export default async function work(task: WorkerTask): Promise<unknown> {
  try {
    return await call(task);
  } catch (cause) {
    throw carrier(cause);
  }
}

/** Fields of an error do not pass between threads, and its cause does. */
function carrier(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const { name, message, stack } = cause;
  const { code, faults } = cause as { code?: unknown; faults?: unknown };
  if (typeof code !== 'string') return cause;
  const carried: CarriedFault = { name, code, faults };
  return Object.assign(new Error(message, { cause: carried }), { stack });
}

async function call(task: WorkerTask): Promise<unknown> {
  let loaded = modules.get(task.moduleUrl);
  if (loaded === undefined) {
    loaded = import(task.moduleUrl) as Promise<Record<string, (argument: unknown) => unknown>>;
    modules.set(task.moduleUrl, loaded);
  }
  const named = (await loaded)[task.functionName];
  if (named === undefined) throw new Error(`${task.moduleUrl} does not export ${task.functionName}`);
  return await named(task.argument);
}
