/** The scenarios that come with the package, by name: JSON files beside this module. */
import { readdir, readFile } from 'node:fs/promises';

const folder = new URL('./builtin/', import.meta.url);

export async function builtInScenarios(): Promise<readonly string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** The text of a built-in scenario; null where there is none of that name. */
export async function builtInScenarioText(name: string): Promise<string | null> {
  if (!(await builtInScenarios()).includes(name)) return null;
  return await readFile(new URL(`${name}.json`, folder), 'utf8');
}

/** How to get a dataset that a built-in scenario asks for. */
export function datasetAdvice(name: string): string {
  if (name === 'planted') return 'make it: hourglass data synth planted --preset S';
  return `import it: hourglass data import ${name} --bars FILE… [--funding FILE…] [--mark FILE…] [--scores FILE…]`;
}
