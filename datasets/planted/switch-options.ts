/** Switches as a command line gives them: `noise`, `reversal=0.1`, `faults=true`. */
import { describe, type Fault } from '../../engine/config.ts';
import { defaultSwitches, noiseSwitches, type Switches } from './settings.ts';

/** Strengths that `true` stands for: each makes its alpha plain to see, and none makes it the only thing there is. */
const plainStrengths: Readonly<Record<string, number>> = {
  core: defaultSwitches.core,
  reversal: 0.1,
  volumeSurge: 0.5,
  lstmPattern: 0.5,
  tcnMotif: 0.5,
  regimeInteraction: 0.1,
  newsDrift: defaultSwitches.newsDrift,
};

const strengthMax = 5;

/**
 * Later texts win over earlier ones; all faults are reported at once.
 * @example parseSwitches(['noise', 'reversal=0.1'])
 */
export function parseSwitches(texts: readonly string[]): {
  readonly switches: Switches;
  readonly faults: readonly Fault[];
} {
  const faults: Fault[] = [];
  let switches: Switches = defaultSwitches;
  for (const text of texts) {
    if (text === 'noise') {
      switches = noiseSwitches;
      continue;
    }
    const [name = '', given] = text.split('=', 2);
    const path = `--set ${text}`;
    if (!Object.hasOwn(defaultSwitches, name)) {
      const known = Object.keys(defaultSwitches).join(', ');
      faults.push({
        path,
        message: `there is no component ${describe(name)}. Components: ${known}; or the set noise.`,
      });
      continue;
    }
    const value = switchValue(name as keyof Switches, given);
    if (value === null) faults.push({ path, message: wanted(name as keyof Switches) });
    else switches = { ...switches, [name]: value };
  }
  return { switches, faults };
}

function isStrength(name: keyof Switches): boolean {
  return typeof defaultSwitches[name] === 'number';
}

/** Null where the text is none that the component takes. */
function switchValue(name: keyof Switches, given: string | undefined): boolean | number | null {
  if (given === 'true') return isStrength(name) ? plainStrengths[name]! : true;
  if (given === 'false') return isStrength(name) ? 0 : false;
  if (!isStrength(name) || given === undefined || given.trim() === '') return null;
  const strength = Number(given);
  return Math.abs(strength) <= strengthMax ? strength : null;
}

function wanted(name: keyof Switches): string {
  return isStrength(name)
    ? `wants true, false or a strength from -${strengthMax} to ${strengthMax}, such as ${name}=${plainStrengths[name]}.`
    : `wants true or false, such as ${name}=true.`;
}
