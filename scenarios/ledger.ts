/**
 * The ledger of assumptions: a scenario once more for every assumption made otherwise, and for all that cost and all that helped together. Columns
 * and data are read once; every row is one fold.
 */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  type AssumptionLedger,
  type LedgerFigures,
  type LedgerRow,
  type LeftOut,
  ledgerFile,
} from '../datasets/assumption-ledger.ts';
import { asStoreFault } from '../datasets/faults.ts';
import type { Headline, StoredRun } from '../datasets/runs.ts';
import { ScenarioFault } from './faults.ts';
import { type Flip, flipsOf, isFlip } from './flips.ts';
import type { Scenario } from './scenario.ts';
import { type Prepared, type SimulationOptions, simulate } from './simulate.ts';

/**
 * Runs every assumption that applies the other way round. `headline` is that of the scenario as it is.
 * @throws what the signal was aborted with
 */
export async function assumptionLedger(
  prepared: Prepared,
  scenario: Scenario,
  headline: Headline,
  options: SimulationOptions = {},
): Promise<AssumptionLedger> {
  const entries = flipsOf({ scenario, dataset: prepared.dataset, headline });
  const flips = entries.filter(isFlip);
  const leftOut: LeftOut[] = entries.filter((entry): entry is LeftOut => !isFlip(entry));
  const realistic = figuresOf(headline);
  const { signal, progress } = options;
  let done = 0;
  // Null, with the reason, where the scenario cannot run that way round: strict funding, a schedule that only finer bars carry.
  const fold = async (what: string, changed: Scenario): Promise<LedgerFigures | null> => {
    // A fold gives nothing else a turn; between two of them the user's Ctrl-C gets its own.
    await setImmediate();
    signal?.throwIfAborted();
    progress?.(`assumptions: ${what}`, done / (flips.length + 2));
    done += 1;
    try {
      const { manifest } = await simulate(prepared, changed, signal === undefined ? {} : { signal });
      const lost = barsLacking(manifest.headline) - barsLacking(headline);
      if (lost <= 0) return figuresOf(manifest.headline);
      leftOut.push({
        flip: what,
        reason: `finer bars cover the run in part: ${lost} orders had none to act at`,
      });
      return null;
    } catch (cause) {
      if (!(cause instanceof ScenarioFault)) throw cause;
      leftOut.push({ flip: what, reason: cause.message });
      return null;
    }
  };
  const rows: LedgerRow[] = [];
  const tried: { readonly flip: Flip; readonly row: LedgerRow }[] = [];
  for (const flip of flips) {
    const figures = await fold(`${flip.flip} → ${flip.to}`, flip.apply(scenario));
    if (figures === null) continue;
    const row = rowOf(flip, figures, realistic);
    tried.push({ flip, row });
    rows.push(row);
  }
  const whole = (what: string, direction: 1 | -1) =>
    fold(
      what,
      telling(tried, direction).reduce((changed, flip) => flip.apply(changed), scenario),
    );
  const triple = {
    pessimistic: await whole('all that cost', -1),
    realistic,
    optimistic: await whole('all that helped', 1),
  };
  return { rows, triple, leftOut };
}

/** Of each assumption the flip that moved the return furthest in the direction, in the order of the table; none where it did not move. */
function telling(
  tried: readonly { readonly flip: Flip; readonly row: LedgerRow }[],
  direction: 1 | -1,
): readonly Flip[] {
  return tried
    .filter(({ row }) => row.deltaReturn * direction > 0)
    .filter(({ row }, _, kept) =>
      kept.every(
        (other) =>
          other.row.flip !== row.flip || other.row.deltaReturn * direction <= row.deltaReturn * direction,
      ),
    )
    .map(({ flip }) => flip);
}

function barsLacking({ refusalsByReason }: Headline): number {
  return refusalsByReason['no-detail-bar'] ?? 0;
}

function figuresOf({ totalReturn, maxDrawdown, trades }: Headline): LedgerFigures {
  return { totalReturn, maxDrawdown, trades };
}

function rowOf({ flip, from, to, sense }: Flip, figures: LedgerFigures, realistic: LedgerFigures): LedgerRow {
  return {
    flip,
    from,
    to,
    sense,
    ...figures,
    deltaReturn: figures.totalReturn - realistic.totalReturn,
    deltaDrawdown: figures.maxDrawdown - realistic.maxDrawdown,
    deltaTrades: figures.trades - realistic.trades,
  };
}

/** Writes the ledger beside the run's tables. */
export async function writeLedger({ dir }: StoredRun, ledger: AssumptionLedger): Promise<void> {
  const file = join(dir, ledgerFile);
  try {
    await writeFile(`${file}.partial`, `${JSON.stringify(ledger, null, 2)}\n`);
    await rename(`${file}.partial`, file);
  } catch (cause) {
    throw asStoreFault(cause, `writing the ledger of assumptions to ${file}`);
  }
}
