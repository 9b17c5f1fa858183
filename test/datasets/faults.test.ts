import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { asStoreFault, refuse, StoreFault, stopIfAborted } from '../../datasets/faults.ts';

describe('faults of the disk', () => {
  it.runIf(process.platform === 'linux')('a full disk is named as such, and what to do', async () => {
    const cause = await writeFile('/dev/full', 'x').catch((error: unknown) => error);
    const fault = asStoreFault(cause, 'Importing usdm');
    expect(fault.code).toBe('disk-full');
    expect(fault.message).toContain('Free some space');
    expect(fault.cause).toBe(cause);
  });

  it('recognises what the database says about disk and permissions', () => {
    const said = (text: string) => asStoreFault(new Error(text), 'Writing').code;
    expect(said('IO Error: Could not write file "x": No space left on device')).toBe('disk-full');
    expect(said('IO Error: Cannot open file "x": Permission denied')).toBe('permission-denied');
    expect(said('IO Error: something else')).toBe('disk-fault');
  });

  it('leaves coded faults as they are', () => {
    const fault = new StoreFault('query-refused', 'no');
    expect(asStoreFault(fault, 'Writing')).toBe(fault);
  });
});

describe('many faults', () => {
  it('are all carried, and listed as long as the list can be read', () => {
    const faults = Array.from({ length: 60 }, (_, index) => ({ path: `file${index}`, message: 'is empty.' }));
    const fault = refuse('rows-refused', 'Nothing was imported.', faults);
    expect(fault.faults).toHaveLength(60);
    expect(fault.message.split('\n')).toHaveLength(52);
    expect(fault.message).toContain('… and 10 more');
  });
});

describe('cancelling', () => {
  it('stops only once the signal is up', () => {
    const controller = new AbortController();
    expect(() => stopIfAborted(controller.signal, 'Importing')).not.toThrow();
    expect(() => stopIfAborted(undefined, 'Importing')).not.toThrow();
    controller.abort();
    expect(() => stopIfAborted(controller.signal, 'Importing')).toThrow(/cancelled/);
  });
});
