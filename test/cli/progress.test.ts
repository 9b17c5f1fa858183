import { describe, expect, it } from 'vitest';
import { progressDisplay } from '../../cli/progress.ts';

function display(isTTY: boolean) {
  const written: string[] = [];
  const time = { ms: 0 };
  const output = { isTTY, columns: 60, write: (text: string) => void written.push(text) };
  return { ...progressDisplay(output, () => time.ms), written, time };
}

describe('given no terminal', () => {
  it('writes a plain line for each stage and each tenth of it', () => {
    const { report, written } = display(false);
    report('opening');
    for (let step = 0; step <= 1000; step += 1) report('replaying', step / 1000);
    report('writing');
    expect(written).toEqual([
      'opening\n',
      ...Array.from({ length: 11 }, (_, tenth) => `replaying ${tenth * 10} %\n`),
      'writing\n',
    ]);
  });
});

describe('given a terminal', () => {
  it('draws one line over and over, within its width, not faster than can be seen', () => {
    const { report, written, time } = display(true);
    for (let step = 0; step <= 100; step += 1) {
      time.ms = step * 10;
      report('replaying a scenario with a name so long that it would need a second line', step / 100);
    }
    expect(written).toHaveLength(13);
    const erase = '\r\u001b[2K';
    expect(written.at(-1)!.slice(erase.length)).toMatch(/^█+░* +96 % {2}replaying/);
    for (const text of written) expect(text.length).toBeLessThanOrEqual(60 + erase.length);
  });

  it('shows a new stage at once and leaves a clean line behind', () => {
    const { report, clear, written } = display(true);
    report('opening');
    report('writing');
    clear();
    clear();
    expect(written).toEqual(['\r\u001b[2Kopening …', '\r\u001b[2Kwriting …', '\r\u001b[2K']);
  });
});
