/**
 * Engines with one deliberate mistake each. A mutant is the engine's own source with a few exact texts replaced, bundled
 * and imported; the engine's files are not touched. A text that is no longer there exactly once is an error: then the
 * mutant is to be written anew.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Engine } from './engine-adapter.ts';

export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
}

interface Edit {
  /** Path below `engine/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const venue = 'simulator/venue.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'the target is looked at before the stop',
    edits: [
      {
        file: 'simulator/path.ts',
        from: "  if (adverse <= stop) return 'stop';\n  if (favourable >= target) return 'target';\n",
        to: "  if (favourable >= target) return 'target';\n  if (adverse <= stop) return 'stop';\n",
      },
    ],
  },
  {
    name: 'funding is charged to a position opened at the stamp',
    edits: [
      { file: venue, from: 'if (row >= 0) this.#chargeFunding(this.#hour, row);', to: 'void row;' },
      {
        file: venue,
        from: '  #liveThroughBar(hour: number): void {\n',
        to: '  #liveThroughBar(hour: number): void {\n    const row = this.#panel.funding.rowOf[hour]!;\n    if (row >= 0) this.#chargeFunding(hour, row);\n',
      },
    ],
  },
  {
    name: 'a gap through the stop fills at the stop',
    edits: [{ file: 'simulator/path.ts', from: "return 'gap-stop';", to: "return 'stop';" }],
  },
  {
    name: 'time exits come after the entries',
    edits: [
      { file: venue, from: 'if (this.#dueHourMin <= this.#hour) this.#exitWhatIsDue(this.#hour);', to: '' },
      {
        file: venue,
        from: '  #liveThroughBar(hour: number): void {\n',
        to: '  #liveThroughBar(hour: number): void {\n    if (this.#dueHourMin <= hour) this.#exitWhatIsDue(hour);\n',
      },
    ],
  },
  {
    name: 'a delisted position leaves at the open',
    edits: [
      {
        file: venue,
        from: 'const price = this.book.markPrice(k, hour);\n    this.#close(k',
        to: 'const price = this.#panel.bars[(coin * this.#panel.hours + hour) * BAR_WIDTH]!;\n    this.#close(k',
      },
    ],
  },
  {
    name: 'shorts pay funding where longs do',
    edits: [
      {
        file: venue,
        from: 'const paid = reals[real + SIGNED_QUANTITY]! * price',
        to: 'const paid = reals[real + QUANTITY]! * price',
      },
    ],
  },
  {
    name: 'closing shifts the list instead of moving the last position, which only the last bits show',
    edits: [
      {
        file: 'portfolio/book.ts',
        from: '    reals.copyWithin(real, last * REALS, (last + 1) * REALS);\n',
        to: [
          '    reals.copyWithin(real, real + REALS, (last + 1) * REALS);',
          '    wholes.copyWithin(whole, whole + WHOLES, (last + 1) * WHOLES);',
          '    for (let at = k; at < last; at += 1) this.#place[wholes[at * WHOLES + COIN]!] = at;',
          '    if (k < last) return;\n',
        ].join('\n'),
      },
    ],
  },
];

const engineDir = fileURLToPath(new URL('../../engine/', import.meta.url));

/** The engine with the edits applied; without edits it is the engine itself, built the same way. */
export async function engineWith(edits: readonly Edit[]): Promise<Engine> {
  const dir = mkdtempSync(join(tmpdir(), 'hourglass-mutant-'));
  try {
    const outfile = join(dir, 'engine.mjs');
    await build({
      entryPoints: [join(engineDir, 'backtest.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'silent',
      plugins: [editing(edits)],
    });
    return (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as Engine;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function editing(edits: readonly Edit[]): Plugin {
  return {
    name: 'edits',
    setup({ onLoad }) {
      for (const file of new Set(edits.map((edit) => edit.file))) {
        const path = join(engineDir, file);
        onLoad({ filter: new RegExp(`${escaped(path)}$`) }, () => ({
          contents: edited(
            path,
            edits.filter((edit) => edit.file === file),
          ),
          loader: 'ts',
        }));
      }
    },
  };
}

function edited(path: string, edits: readonly Edit[]): string {
  return edits.reduce(
    (source, { from, to }) => {
      const parts = source.split(from);
      if (parts.length === 2) return parts.join(to);
      throw new Error(`${path} holds ${parts.length - 1} times, not once: ${from}`);
    },
    readFileSync(path, 'utf8'),
  );
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
