/** What `data synth` is told, checked as a whole before any work begins. */
import { detailLengths } from '../datasets/detail-tables.ts';
import type { DetailRequest } from '../datasets/planted/detail-table.ts';
import type { PresetName, Switches } from '../datasets/planted/settings.ts';
import { parseSwitches } from '../datasets/planted/switch-options.ts';
import type { Fault } from '../engine/config.ts';
import { UsageFault } from './failure.ts';

/** As the command line gives them. */
export interface SynthFlags {
  readonly preset: PresetName;
  readonly seed: number;
  readonly set?: readonly string[];
  readonly detail?: string;
  readonly detailSymbols?: readonly string[];
  readonly workers?: number;
}

export interface ParsedSynth {
  readonly preset: PresetName;
  readonly seed: number;
  readonly switches: Switches;
  readonly detail?: DetailRequest;
  readonly workers?: number;
}

/** @throws UsageFault with every fault of the options */
export function parseSynth(flags: SynthFlags): ParsedSynth {
  const { preset, seed, detailSymbols } = flags;
  const { switches, faults: switchFaults } = parseSwitches(flags.set ?? []);
  const faults: Fault[] = [...switchFaults];
  const minutes = detailLengths.find((length) => `${length}m` === flags.detail);
  if (flags.detail !== undefined && minutes === undefined) {
    const lengths = detailLengths.map((length) => `${length}m`).join(', ');
    faults.push({ path: `--detail ${flags.detail}`, message: `must be one of ${lengths}.` });
  }
  if (flags.detail === undefined && detailSymbols !== undefined) {
    faults.push({ path: '--detail-symbols', message: 'needs --detail, such as --detail 15m.' });
  }
  if (faults.length > 0) throw new UsageFault('data synth cannot take these options', faults);
  return {
    preset,
    seed,
    switches,
    ...(minutes === undefined ? {} : { detail: { minutes, symbols: detailSymbols ?? null } }),
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
  };
}
