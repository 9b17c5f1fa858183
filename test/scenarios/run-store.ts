/** A store in a temporary folder with a small planted market in it, and the folds that tests run on it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthDataset } from '../../datasets/planted/synth.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { type LoadedScenario, loadScenario } from '../../scenarios/load.ts';
import type { ScenarioOverrides } from '../../scenarios/overrides.ts';

export async function plantedStore(): Promise<{ readonly store: Store; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'hourglass-scenarios-'));
  const store = openStore(dir);
  // Without marks and spot prices the perpetual stands in for both.
  const switches = { mark: false, spot: false };
  await synthDataset(store, { name: 'planted', preset: 'S', seed: 3, switches });
  return { store, remove: () => rm(dir, { recursive: true, force: true }) };
}

export async function loaded(
  store: Store,
  name: string,
  overrides: ScenarioOverrides = {},
): Promise<LoadedScenario> {
  const parsed = await loadScenario(name, overrides, { store });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.value;
}
