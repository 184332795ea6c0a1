// Makes a fresh clone ready: installs what is missing, and with --build bundles what has changed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const sources = ['actors', 'bin', 'machines', 'persistence', 'transport', 'package.json'];

const timeOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** The latest change of a file or of any file in a folder. */
function newest(path) {
  if (!statSync(path).isDirectory()) return timeOf(path);
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function run(command, args, what) {
  // Not on standard output: that belongs to the command that follows.
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  console.error(`${what} failed; the lines above say why.`);
  process.exit(1);
}

const installed = join(root, 'node_modules', '.package-lock.json');
if (timeOf(installed) < timeOf(join(root, 'package-lock.json')))
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], 'Installing the packages');

const bundle = join(root, 'dist', 'ecs-agent.cjs');
if (process.argv.includes('--build')) {
  const changed = Math.max(...sources.map((source) => newest(join(root, source))));
  if (timeOf(bundle) < changed)
    run(process.execPath, [join(root, 'bin/packaging/build.mjs')], 'Building the agent');
}
