/**
 * `npm run bench:scoring [-- rounds]`: forests of the published size through the scorer, in turns with the general runtime and, where
 * Python is set up (`HOURGLASS_PYTHON`, else `npm run training:setup`), with XGBoost's own predictor.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const own = join(root, 'training', 'python', '.venv', 'bin', 'python');
const python = process.env['HOURGLASS_PYTHON'] ?? (existsSync(own) ? own : null);
const rounds = Number(process.argv[2] ?? 7);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('Give the number of rounds, 1 or more.');
  process.exit(2);
}
const { scoringBench } = await import(
  pathToFileURL(join(root, 'dist', 'scenarios', 'bench', 'scoring.js')).href
);
const script = join(root, 'test', 'bench', 'xgboost_predictor.py');
await scoringBench({
  xgboost: python === null ? null : { python, script },
  rounds,
  print: (line) => console.log(line),
});
