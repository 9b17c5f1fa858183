/** What runs in a worker thread: looks up the function that a task names, and calls it. */
export interface WorkerTask {
  readonly moduleUrl: string;
  readonly functionName: string;
  readonly argument: unknown;
}

const modules = new Map<string, Promise<Record<string, (argument: unknown) => unknown>>>();

export default async function work(task: WorkerTask): Promise<unknown> {
  let loaded = modules.get(task.moduleUrl);
  if (loaded === undefined) {
    loaded = import(task.moduleUrl) as Promise<Record<string, (argument: unknown) => unknown>>;
    modules.set(task.moduleUrl, loaded);
  }
  const call = (await loaded)[task.functionName];
  if (call === undefined) throw new Error(`${task.moduleUrl} does not export ${task.functionName}`);
  return call(task.argument);
}
