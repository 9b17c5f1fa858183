import { describe, expect, it } from 'vitest';
import type { Fault } from '../../engine/config.ts';
import { withOverrides } from '../../scenarios/overrides.ts';
import { builtInStrategies } from '../../strategies/registry.ts';

const definition = builtInStrategies.get('ranked-long-short')!;
const content = { name: 'x', dataset: 'planted', config: { count: 4 }, capital: { usdm: 1 } };

const changed = (set: readonly string[]) => {
  const faults: Fault[] = [];
  return { content: withOverrides(content, { set }, definition, faults), faults };
};

describe('given settings on the command line', () => {
  it('a setting of the strategy goes into config, beside what is there', () => {
    expect(changed(['stopLossFraction=0.05']).content['config']).toEqual({
      count: 4,
      stopLossFraction: 0.05,
    });
    expect(changed(['config.count=7']).content['config']).toEqual({ count: 7 });
  });

  it('a path of the scenario goes where it points, and makes the objects on the way', () => {
    const { content: after, faults } = changed([
      'costs=none',
      'capital.usdm=5000',
      'universe.minimumShare=0',
    ]);
    expect(after).toMatchObject({ costs: 'none', capital: { usdm: 5000 }, universe: { minimumShare: 0 } });
    expect(faults).toEqual([]);
  });

  it('the leverage of the account is a key like any other', () => {
    expect(changed(['leverage=5', 'account.margin=isolated', 'slippage=none'])).toMatchObject({
      content: { leverage: 5, account: { margin: 'isolated' }, slippage: 'none' },
      faults: [],
    });
  });

  it('numbers, truth values and lists are read as such; texts stay texts even where they look like numbers', () => {
    const after = changed(['closeAtEnd=true', 'grid.count=[5,10]', 'excluded=1000', 'dataset=2025']).content;
    expect(after).toMatchObject({
      closeAtEnd: true,
      grid: { count: [5, 10] },
      config: { excluded: '1000' },
      dataset: '2025',
    });
  });

  it('the last of two wins, and a value may hold an equals sign', () => {
    expect(changed(['count=1', 'count=2']).content['config']).toEqual({ count: 2 });
    expect(changed(['column=a=b']).content['config']).toMatchObject({ column: 'a=b' });
  });

  it('what goes nowhere is a fault, and the rest still applies', () => {
    const { content: after, faults } = changed(['cuont=1', 'novalue', '=3', 'count.deep=1', 'holdHours=24']);
    expect(faults.map(({ path }) => path)).toEqual([
      '--set cuont',
      '--set novalue',
      '--set =3',
      '--set count.deep',
    ]);
    expect(faults[0]!.message).toContain('did you mean count?');
    expect(after['config']).toMatchObject({ holdHours: 24 });
  });

  it('a key that would reach behind an object is a key like any other', () => {
    const after = changed(['capital.__proto__={"usdm":9}']).content['capital'] as object;
    expect(Object.keys(after)).toEqual(['usdm', '__proto__']);
    expect(Object.getPrototypeOf(after)).toBe(Object.prototype);
  });

  it('named options replace what the file says, and the file’s own content is left alone', () => {
    const after = withOverrides(content, { dataset: 'other', from: '2025-01-01' }, definition, []);
    expect(after).toMatchObject({ dataset: 'other', from: '2025-01-01' });
    expect(content.dataset).toBe('planted');
  });
});
