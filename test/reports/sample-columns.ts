/** Two pages of columns over a small planted market: a clean set, and one with a leak, a dead input, a twin and an oddity that is allowed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSwitches } from '../../datasets/planted/settings.ts';
import { synthMarket } from '../../datasets/planted/synth.ts';
import { openStore, type Store } from '../../datasets/store.ts';
import { auditColumns, type ColumnAudit } from '../../scenarios/columns/audit.ts';
import { buildColumns, type ColumnBuild } from '../../scenarios/columns/build.ts';

const facts = "group: 'own', scope: 'coin', needs: [], unit: 'fraction', lookbackHours: 1, warmupHours: 0";
const oddSet = `
const dead = { name: 'dead_input', ${facts}, formula: 'nothing <yet>', compute() {} };
const half = { name: 'half_input', ${facts}, formula: 'close', compute(coin, from, to, out) {
  for (let i = from; i < to; i += 1) if (coin.market.closeTimeMs(i) % (2 * 86400000) < 86400000) out[i] = coin.close[i];
} };
const peek = { name: 'peek_1h', ${facts}, formula: 'r(t+1)', compute(coin, from, to, out) {
  for (let i = from; i < to; i += 1) out[i] = coin.returns[i + 1] ?? Number.NaN;
} };
export const own = [dead, half, peek];
export default { name: 'odd', features: ['beta_30d', 'beta_720h', ...own, 'lstm_prob_buy'] };
`;
const cleanSet = `export default { name: 'clean', features: ['btc_momentum_24h', 'beta_30d', 'p_risk_on', 'rv_7d'] };`;

export interface SampleColumns {
  readonly store: Store;
  readonly clean: ColumnBuild;
  readonly odd: ColumnBuild;
  readonly oddAudit: ColumnAudit;
  remove(): Promise<void>;
}

export const builtMs = Date.UTC(2026, 0, 2, 3, 4);
export const auditedMs = Date.UTC(2026, 0, 2, 5, 6);

export async function sampleColumns(): Promise<SampleColumns> {
  const dir = await mkdtemp(join(tmpdir(), 'hourglass-columns-page-'));
  const store = openStore(join(dir, 'store'));
  const settings = { seed: 3, coins: 26, days: 105, switches: defaultSwitches };
  await synthMarket(store, { name: 'small', settings, title: 'for a test' });
  const [cleanFile, oddFile] = [join(dir, 'clean.js'), join(dir, 'odd.js')];
  await writeFile(cleanFile, cleanSet);
  await writeFile(oddFile, oddSet);
  const request = { dataset: 'small', workers: 1 };
  const clean = await buildColumns(store, { ...request, set: cleanFile, pageAtMs: builtMs });
  const allowed = [{ column: 'dead_input', reason: 'its source comes <later>' }];
  const odd = await buildColumns(store, { ...request, set: oddFile, allowed, pageAtMs: builtMs });
  const oddAudit = await auditColumns(store, {
    ...{ ...request, set: oddFile, times: 3, replayHours: 3, pageAtMs: auditedMs },
  });
  return { store, clean, odd, oddAudit, remove: () => rm(dir, { recursive: true, force: true }) };
}
