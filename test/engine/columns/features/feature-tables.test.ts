/** docs/feature-tables.md is printed from the definitions: `npx vitest run FILE --update` writes it anew. */
import { expect, it } from 'vitest';
import type { FeatureDefinition } from '../../../../engine/columns/features/feature.ts';
import { features } from '../../../../engine/columns/features/registry.ts';
import { s2Features } from '../../../../engine/columns/features/s2/index.ts';
import { s3Features } from '../../../../engine/columns/features/s3/index.ts';

const cell = (text: string) => text.replaceAll('|', '\\|');

function tableOf(title: string, rows: readonly FeatureDefinition[]): string {
  const lines = rows.map((feature, index) => {
    const { name, group, formula, lookbackHours, warmupHours, unit, needs, reference = '' } = feature;
    const cells = [`${index + 1}`, `\`${name}\``, group, formula, `${lookbackHours}`, `${warmupHours}`];
    return `| ${[...cells, unit, needs.join(', '), reference].map(cell).join(' | ')} |`;
  });
  const head = [
    '| n | name | group | value at bar t | window h | W h | unit | takes | source |',
    `|${'---|'.repeat(9)}`,
  ];
  return [`## ${title}`, '', ...head, ...lines, ''].join('\n');
}

it('the printed tables are those of the definitions', async () => {
  const sets = new Set([...s2Features, ...s3Features]);
  const others = [...features.values()].filter((feature) => !sets.has(feature));
  const page = [
    '# Tables of features',
    '',
    'Printed from the definitions; symbols and rules stand in [features.md](features.md). Set s1 is set s3 followed by the group `mkt` of s2.',
    '',
    tableOf('Set s2', s2Features),
    tableOf('Set s3', s3Features),
    tableOf('Outside of the sets', others),
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../../../docs/feature-tables.md');
});
