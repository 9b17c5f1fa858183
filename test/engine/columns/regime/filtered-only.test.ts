/** Smoothed states and the best path see the future: no column, gate or strategy may come near them. */
import { expect, it } from 'vitest';
import { importsOf } from '../../../tidy/modules.ts';
import { isCode, projectFiles, readSource } from '../../../tidy/sources.ts';

const sources = projectFiles()
  .filter(
    (path) =>
      isCode(path) && /^(?:index\.ts$|engine|strategies|datasets|scenarios|reports|cli|live)/.test(path),
  )
  .map(readSource);

it('K3: the backward pass is for training, and smoothed states and best paths reach nothing but plots', () => {
  const takers = sources.flatMap((source) =>
    importsOf(source)
      .filter(({ target, names }) => {
        if (target === 'engine/columns/regime/chain.ts')
          return names === null || names.includes('backwardPass') || names.includes('viterbiPath');
        return false;
      })
      .map(({ from }) => from),
  );
  expect(takers.sort()).toEqual([
    'engine/columns/regime/baum-welch.ts',
    'engine/columns/regime/gaussian-hmm.ts',
  ]);
  const users = sources
    .filter(({ path }) => path !== 'engine/columns/regime/gaussian-hmm.ts' && !path.startsWith('reports/'))
    .filter(({ bare }) => /\.(?:smooth|viterbi)\b/.test(bare))
    .map(({ path }) => path);
  expect(users).toEqual([]);
});
