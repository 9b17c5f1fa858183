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
const book = 'portfolio/book.ts';

/** Caught by markets under the plain rules. */
export const plainMutants: readonly Mutant[] = [
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
      { file: venue, from: 'if (row >= 0) this.#chargeFunding(this.#hour, row, false);', to: 'void row;' },
      {
        file: venue,
        from: "      if (row >= 0 && this.#rules.funding.boundary === 'include-same-stamp') {\n        this.#chargeFunding(hour, row, true);\n",
        to: '      if (row >= 0) {\n        this.#chargeFunding(hour, row, false);\n',
      },
    ],
  },
  {
    name: 'a gap through the stop fills at the stop',
    edits: [
      {
        file: 'simulator/frame.ts',
        from: "if (touch === 'gap-stop') return this.#rules.gaps === 'level' ? level : open;",
        to: "if (touch === 'gap-stop') return level;",
      },
    ],
  },
  {
    name: 'time exits come after the entries',
    edits: [
      {
        file: venue,
        from: 'if (this.#desk.lives.leavesEarly) this.#leaveEarly();\n    if (this.book.dueMinuteMin <= this.#now) this.#exitWhatIsDue();\n',
        to: 'if (this.#desk.lives.leavesEarly) this.#leaveEarly();\n',
      },
      {
        file: venue,
        from: '      this.#positionBars += this.book.positionCount;\n',
        to: '      if (this.book.dueMinuteMin <= this.#now) this.#exitWhatIsDue();\n',
      },
    ],
  },
  {
    name: 'a delisted position leaves at the open',
    edits: [
      {
        file: venue,
        from: 'const price = this.book.tradePrice(k, hour);\n    const raw = haircut',
        to: 'const price = this.#desk.hourOpen(coin, this.book.marketOf(k), hour);\n    const raw = haircut',
      },
    ],
  },
  {
    name: 'shorts pay funding where longs do',
    edits: [
      {
        file: venue,
        from: 'const paid = reals[real + SIGNED_QUANTITY]! * price * rate;',
        to: 'const paid = reals[real + QUANTITY]! * price * rate;',
      },
    ],
  },
  {
    name: 'closing shifts the list instead of moving the last position, which only the last bits show',
    edits: [
      {
        file: book,
        from: [
          '    reals.copyWithin(k * REALS, last * REALS, (last + 1) * REALS);',
          '    wholes.copyWithin(whole, last * WHOLES, (last + 1) * WHOLES);',
          '    asides.copyWithin(k * ASIDES, last * ASIDES, (last + 1) * ASIDES);',
          '    this.#reasons[k] = this.#reasons[last]!;',
          '    this.#place[this.#slotAt(k)] = k;\n',
        ].join('\n'),
        to: [
          '    reals.copyWithin(k * REALS, (k + 1) * REALS, (last + 1) * REALS);',
          '    wholes.copyWithin(whole, whole + WHOLES, (last + 1) * WHOLES);',
          '    asides.copyWithin(k * ASIDES, (k + 1) * ASIDES, (last + 1) * ASIDES);',
          '    this.#reasons.copyWithin(k, k + 1, last + 1);',
          '    for (let at = k; at < last; at += 1) this.#place[this.#slotAt(at)] = at;\n',
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
