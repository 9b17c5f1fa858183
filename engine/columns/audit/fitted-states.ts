/** Fitted states: a version that was valid at a time is the one that anybody could have fitted then. */
import { timeAt } from '../../panel/panel.ts';
import type { ColumnInputs } from '../features/inputs.ts';
import type { RegimeVersion } from '../regime/versions.ts';
import { truncated } from './cut.ts';
import type { Leak } from './findings.ts';
import type { Findings } from './look-ahead.ts';
import type { AuditWorld } from './world.ts';

const fitted = ['initial', 'transition', 'centre', 'scale', 'means', 'variances'] as const;

/** Da for the regime: fitted anew with nothing after the close of bar `hours - 1`, every version valid by then has the same bits. */
export function regimeFitAudit(
  world: AuditWorld,
  fit: (inputs: ColumnInputs) => readonly RegimeVersion[],
  hours: number,
): Findings {
  const knownMs = timeAt(world.inputs.panel, hours);
  const whole = world.inputs.regimes.filter(({ validFromMs }) => validFromMs <= knownMs);
  const then = fit({ ...truncated(world, hours).inputs, regimes: [] });
  const leaks = whole.flatMap((version): Leak[] => {
    const same = then.find(({ validFromMs }) => validFromMs === version.validFromMs);
    if (same !== undefined && sameVersion(version, same)) return [];
    return [
      {
        ...{ detector: 'Da', kind: 'fitted state', subject: 'regime', field: 'parameters', symbol: '' },
        ...{
          timeMs: version.validFromMs,
          before: version.trainedToMs,
          after: same?.trainedToMs ?? Number.NaN,
        },
        hint: 'a state fitted to what it judges',
        message: `the regime's parameters valid from ${new Date(version.validFromMs).toISOString()} are others when fitted to the data up to then`,
      },
    ];
  });
  return { leaks, count: whole.length };
}

function sameVersion(a: RegimeVersion, b: RegimeVersion): boolean {
  return (
    a.trainedToMs === b.trainedToMs &&
    fitted.every((name) => a.model[name].every((value, place) => Object.is(value, b.model[name][place])))
  );
}
