import { describe, expect, it } from 'vitest';
import { defaultSwitches, noiseSwitches } from '../../../datasets/planted/settings.ts';
import { parseSwitches } from '../../../datasets/planted/switch-options.ts';

describe('switches from the command line', () => {
  it('change what they name, the last word counting', () => {
    const { switches, faults } = parseSwitches([
      'reversal=0.25',
      'faults=true',
      'proxies=false',
      'core=false',
      'reversal=-0.1',
    ]);
    expect(faults).toEqual([]);
    expect(switches).toEqual({ ...defaultSwitches, reversal: -0.1, faults: true, proxies: false, core: 0 });
  });

  it('start from the noise market where that is named', () => {
    expect(parseSwitches([]).switches).toEqual(defaultSwitches);
    expect(parseSwitches(['noise']).switches).toEqual(noiseSwitches);
    expect(parseSwitches(['noise', 'tcnMotif=true']).switches.tcnMotif).toBeGreaterThan(0);
  });

  it('are refused all at once, each with what it wants', () => {
    const { faults } = parseSwitches([
      'alpha=1',
      'core=lots',
      'core=',
      'faults=0.5',
      'noise=1',
      'toString=true',
      'mark',
    ]);
    expect(faults.map(({ path }) => path)).toEqual([
      '--set alpha=1',
      '--set core=lots',
      '--set core=',
      '--set faults=0.5',
      '--set noise=1',
      '--set toString=true',
      '--set mark',
    ]);
    expect(faults[0]!.message).toContain('core, reversal');
    expect(faults[1]!.message).toContain('strength');
    expect(faults[3]!.message).toContain('true or false');
  });
});
