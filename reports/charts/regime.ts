/** The regime of the market as it was told on each day: filtered probabilities, never smoothed ones. */
import { regimeNames } from '../../engine/columns/regime/names.ts';
import { type Chart, colour, dailyHover, type Spec, timeAxis } from '../chart.ts';
import type { RegimeFacts } from '../column-facts.ts';
import { day, percent, plural } from '../format.ts';

const titles = ['Risk-On', 'Risk-Off', 'Choppy', 'Breakout'] as const;
const fields = regimeNames.map((name) => name.replaceAll('-', '_'));

export function regimeCharts(facts: RegimeFacts): Chart[] {
  if (facts.dayMs.length === 0) return [];
  const columns = {
    time: facts.dayMs,
    ...Object.fromEntries(fields.map((field, state) => [field, facts.probabilities[state]!])),
  };
  return [
    {
      ...{ id: 'regime', title: 'Filtered regime probabilities', wide: true },
      ...{ reading: readingOf(facts), columns, times: ['time'], spec: regimeSpec(facts) },
    },
  ];
}

function regimeSpec({ versionMs }: RegimeFacts): Spec {
  const named = fields.map((field, state) => `datum.state === '${field}' ? '${titles[state]}'`).join(' : ');
  return {
    height: 240,
    layer: [
      {
        transform: [
          { fold: fields, as: ['state', 'probability'] },
          { calculate: `${named} : datum.state`, as: 'regime' },
          { calculate: `indexof(${JSON.stringify(fields)}, datum.state)`, as: 'rank' },
        ],
        mark: { type: 'area', interpolate: 'step-after', opacity: 0.7 },
        encoding: {
          x: timeAxis,
          y: {
            ...{ field: 'probability', type: 'quantitative', stack: 'zero', title: 'probability' },
            ...{ scale: { domain: [0, 1] }, axis: { format: '.0%', tickCount: 5 } },
          },
          color: {
            ...{ field: 'regime', type: 'nominal', sort: titles },
            scale: { domain: titles, range: [colour.gain, colour.loss, colour.muted, colour.third] },
          },
          order: { field: 'rank', type: 'quantitative' },
        },
      },
      {
        data: { values: versionMs.map((timeMs) => ({ time: timeMs })) },
        mark: {
          ...{ type: 'rule', color: colour.ink, strokeDash: [2, 3], strokeWidth: 1 },
          opacity: { expr: 'width < 480 ? 0.15 : 0.35' },
        },
        encoding: { x: timeAxis },
      },
      dailyHover(
        { datum: 1 },
        fields.map((field, state) => ({ field, type: 'quantitative', title: titles[state], format: '.1%' })),
      ),
    ],
  };
}

/** State with the largest probability, by day. */
function mostLikely({ dayMs, probabilities }: RegimeFacts): readonly number[] {
  return dayMs.map((_, row) => {
    const told = probabilities.map((state) => state[row]!);
    return told.indexOf(Math.max(...told));
  });
}

function readingOf(facts: RegimeFacts): string {
  const states = mostLikely(facts);
  const shares = titles.map((title, state) => {
    const days = states.filter((one) => one === state).length;
    return `${title} ${percent(days / states.length, { digits: 0 })}`;
  });
  const changes = states.filter((state, row) => row > 0 && state !== states[row - 1]).length;
  return `Most likely state by days: ${shares.join(', ')}; it changed ${plural(changes, 'time')} from ${day(facts.dayMs[0]!)} on. Dotted lines are the ${plural(facts.versionMs.length, 'version')} of the parameters, each fitted to days before it alone.`;
}
