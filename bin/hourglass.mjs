#!/usr/bin/env node
// Starts the command line that `npm run build` put into dist/. Plain JavaScript that any Node can read, so that an old
// one gets a sentence instead of a syntax error.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
const main = new URL('../dist/cli/main.js', import.meta.url);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`hourglass needs Node 20.19 or later; this is ${process.versions.node}.\n`);
  process.exitCode = 3;
} else if (!existsSync(main)) {
  process.stderr.write('hourglass is not built yet: run npm run build\n');
  process.exitCode = 3;
} else {
  await import(main.href);
}
