// Runs the specs that take too long for every build: files named `*.soak.ts`. Some use the real Engine;
// all print their seeds, and those of spec/interop repeat a run whose seed is in INTEROP_SEED.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Mocha from 'mocha';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../spec');
const hourMs = 3_600_000;

const mocha = new Mocha({ timeout: hourMs });
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
for (const file of files.filter((name) => name.endsWith('.soak.ts')))
  mocha.addFile(join(folder, file));
await mocha.loadFilesAsync();
mocha.run((failures) => {
  process.exitCode = failures === 0 ? 0 : 1;
});
