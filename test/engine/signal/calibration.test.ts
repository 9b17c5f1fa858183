import { describe, expect, it } from 'vitest';
import { calibrateBeside } from '../../../engine/signal/calibration.ts';
import { logitOf } from '../../../engine/signal/probability.ts';
import golden from '../../golden/golden_vectors.json' with { type: 'json' };
import { importsOf } from '../../tidy/modules.ts';
import { isCode, projectFiles, readSource } from '../../tidy/sources.ts';

describe('calibration beside a score', () => {
  it('gives the golden values, and null where there is no score', () => {
    const { x, y, pred_train } = golden.isotonic;
    const { values, rows } = calibrateBeside([...x.map(logitOf), Number.NaN], [...y, 1], 0.8);
    for (const [row, wanted] of pred_train.entries()) expect(values[row]).toBeCloseTo(wanted, 9);
    expect(values.at(-1)).toBeNull();
    expect(rows).toBe(x.length);
  });

  it('shows how much a gate behind it would let through', () => {
    const rows = Array.from({ length: 1000 }, (_, row) => (row + 0.5) / 1000);
    // One row in two wins at the bottom, three in five at the top.
    const wins = rows.map((probability, row) => ((row * 7) % 10 < (probability > 0.8 ? 6 : 5) ? 1 : 0));
    const found = calibrateBeside(rows.map(logitOf), wins, 0.8);
    expect(found.shareBefore).toBeCloseTo(0.2, 10);
    expect(found.shareAfter).toBeLessThan(0.02);
    expect(calibrateBeside([1], [Number.NaN], 0.8)).toMatchObject({
      values: [null],
      rows: 0,
      largest: Number.NaN,
    });
  });

  it('cannot be reached by what gates, decides, admits or fills', () => {
    const imports = new Map<string, readonly string[]>();
    for (const path of projectFiles().filter(isCode)) {
      const targets = importsOf(readSource(path)).flatMap(({ target }) => target ?? []);
      imports.set(path, targets);
    }
    const calibrated = new Set(['engine/signal/calibration.ts', 'engine/stats/isotonic.ts']);
    const deciding =
      /^(?:strategies|engine\/(?:risk|portfolio|simulator|execution|panel|exchange))\/|^engine\/(?:run|backtest|ports|strategy)\.ts$|^engine\/signal\/(?:ensemble|probability|score-block|session)\.ts$/;
    const roots = [...imports.keys()].filter((path) => deciding.test(path));
    expect(roots.length).toBeGreaterThan(30);
    const reached = new Set(roots);
    for (const path of reached) for (const target of imports.get(path) ?? []) reached.add(target);
    expect([...reached].filter((path) => calibrated.has(path))).toEqual([]);
    const reading = roots.filter((path) => /iso_score/.test(readSource(path).text));
    expect(reading).toEqual([]);
  });
});
