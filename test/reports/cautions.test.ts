import { describe, expect, it } from 'vitest';
import type { RunManifest } from '../../datasets/runs.ts';
import type { CautionFacts } from '../../reports/caution-facts.ts';
import { cautionFacts } from '../../reports/caution-facts.ts';
import { numbers } from '../../reports/columns.ts';
import { ratio } from '../../reports/format.ts';
import { cautions } from '../../reports/headline.ts';
import { sampleRun } from './sample-run.ts';

const { run } = sampleRun('unused', { days: 20, coins: 8 });
const plain: CautionFacts = { leverageMax: 1, grossMax: 1, spotTargets: 0 };
const targets = run.manifest.tables['targets']!.rows;

const said = (
  headline: Partial<RunManifest['headline']>,
  facts: Partial<CautionFacts> = {},
  account: object = {},
) =>
  cautions(
    {
      ...run.manifest,
      scenario: { ...run.manifest.scenario, account },
      headline: { ...run.manifest.headline, ...headline },
    },
    null,
    { ...plain, ...facts },
  ).join('\n');

describe('cautions', () => {
  it('without margin, leverage is told of, and why nothing was liquidated', () => {
    const text = 'No margin is kept: nothing can be liquidated at 5×, because the dataset has no brackets.';
    expect(said({}, {}, { margin: 'cross', leverage: 5 })).toContain(text);
    expect(said({}, { leverageMax: 5 })).toContain(text);
    expect(said({}, {}, { margin: 'none', leverage: 5 })).toContain('the scenario asks for none');
    expect(said({}, { grossMax: 1.83 })).toContain('Positions reached 1.83× equity');
    expect(said({}, {}, { leverage: 1 })).not.toContain('margin');
    expect(said({ margin: 'cross', mark: 'mark' }, {}, { leverage: 5 })).not.toContain('No margin');
  });

  it('orders between finer bars are told of from a twentieth of the targets on', () => {
    const refused = (share: number) =>
      said({ refusalsByReason: { 'no-detail-bar': Math.floor(targets * share) } });
    expect(refused(0.5)).toContain('fell where no finer bar exists');
    expect(refused(0.05)).not.toContain('finer bar');
  });

  it('an empty spot wallet is told of where it refused more than a fifth of the spot targets', () => {
    const refused = (noCash: number) =>
      said({ refusalsByReason: { 'insufficient-cash': noCash } }, { spotTargets: 100 });
    expect(refused(21)).toContain('21 of 100 spot targets were refused: the spot wallet has no money');
    expect(refused(20)).not.toContain('wallet');
  });

  it('take the size of the book from the marks', async () => {
    const equity = await run.table('equity');
    const sizes = Array.from(
      numbers(equity, 'equity'),
      (mark, row) =>
        (numbers(equity, 'long_notional')[row]! + Math.abs(numbers(equity, 'short_notional')[row]!)) / mark,
    );
    expect((await cautionFacts(run)).grossMax).toBeCloseTo(Math.max(...sizes), 12);
  });
});

describe('a ratio', () => {
  it('has no more digits than mean something', () => {
    expect(ratio(1e58)).toBe('> 1,000,000');
    expect(ratio(-1e58)).toBe('< −1,000,000');
    expect(ratio(12.345)).toBe('12.35');
  });
});
