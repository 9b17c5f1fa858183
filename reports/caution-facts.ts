/** What the cautions need beside the manifest; only the tables that a run gives cause to read are read. */
import type { StoredRun } from '../datasets/runs.ts';
import { numbers, texts } from './columns.ts';

export interface CautionFacts {
  /** Greatest leverage of a trade; 1 where margin is kept or there is none. */
  readonly leverageMax: number;
  /** Greatest notional of the larger side, of both sides where no spot was held, as a multiple of equity; 0 where margin is kept. */
  readonly grossMax: number;
  /** Targets on the spot market; 0 where none lacked cash. */
  readonly spotTargets: number;
}

/** @throws StoreFault where a table of the run cannot be read. */
export async function cautionFacts(run: StoredRun): Promise<CautionFacts> {
  const { margin, refusalsByReason } = run.manifest.headline;
  const unkept = margin === 'none';
  const lacksCash = (refusalsByReason['insufficient-cash'] ?? 0) > 0;
  return {
    leverageMax: unkept ? await leverageMaxOf(run) : 1,
    grossMax: unkept ? await grossMaxOf(run) : 0,
    spotTargets: lacksCash
      ? texts(await run.table('targets'), 'market').filter((market) => market === 'spot').length
      : 0,
  };
}

async function leverageMaxOf(run: StoredRun): Promise<number> {
  let most = 1;
  for (const leverage of numbers(await run.table('trades'), 'leverage')) if (leverage > most) most = leverage;
  return most;
}

/** Marks do not tell spot from futures: where spot was held, its side and the side that hedges it are taken apart. */
async function grossMaxOf(run: StoredRun): Promise<number> {
  const table = await run.table('equity');
  const equity = numbers(table, 'equity');
  const [long, short] = [numbers(table, 'long_notional'), numbers(table, 'short_notional')];
  const hedged = run.manifest.headline.spot !== 'none';
  let most = 0;
  for (const [row, mark] of equity.entries()) {
    if (!(mark > 0)) continue;
    const sides = [long[row]!, Math.abs(short[row]!)] as const;
    most = Math.max(most, (hedged ? Math.max(...sides) : sides[0] + sides[1]) / mark);
  }
  return most;
}
