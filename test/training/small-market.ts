/** A planted market that is just large enough to train on, made once for a test file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSwitches } from '../../datasets/planted/settings.ts';
import { synthMarket } from '../../datasets/planted/synth.ts';
import { openStore, type Store } from '../../datasets/store.ts';

export interface SmallMarket {
  readonly store: Store;
  readonly name: string;
  remove(): Promise<void>;
}

export async function smallMarket(days: number, coins = 26): Promise<SmallMarket> {
  const folder = await mkdtemp(join(tmpdir(), 'hourglass-training-'));
  const store = openStore(folder);
  const settings = { seed: 7, coins, days, switches: defaultSwitches };
  await synthMarket(store, { name: 'small', settings, title: 'for a test' });
  return { store, name: 'small', remove: () => rm(folder, { recursive: true, force: true }) };
}
