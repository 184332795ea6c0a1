import { spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { type Breach, rooms, root, type Source } from './source.ts';

const limits = { linesOfAFile: 300, filesInARoom: 8 };
/** One file an actor, a command or a package: their number is not a matter of taste. */
const crowded = new Set(['actors/', 'bin/commands/', 'bin/packaging/']);
const drawers = /(^|\/)(utils|helpers|common|lib|src)(\.\w+)*(\/|$)/;

/** A file that is too long, at the first line too many. */
export function lengthBreaches({ path, text }: Source): Breach[] {
  const lines = text.replace(/\n$/, '').split('\n').length;
  if (lines <= limits.linesOfAFile) return [];
  const line = limits.linesOfAFile + 1;
  return [{ path, line, says: `has ${lines} lines, at most ${limits.linesOfAFile} are wanted` }];
}

/** Folders of the product with too many files, among these paths. */
export const roomBreaches = (paths: string[]): Breach[] =>
  paths
    .filter((folder) => folder.endsWith('/') && !crowded.has(folder))
    .filter((folder) => rooms.includes(folder.split('/')[0] ?? ''))
    .map((folder) => ({ folder, files: paths.filter((path) => isFileIn(folder, path)).length }))
    .filter(({ files }) => files > limits.filesInARoom)
    .map(({ folder, files }) => ({
      path: folder,
      line: 1,
      says: `has ${files} files, at most ${limits.filesInARoom} are wanted`,
    }));

const isFileIn = (folder: string, path: string): boolean =>
  path.startsWith(folder) &&
  path.length > folder.length &&
  !path.slice(folder.length).includes('/');

/** Files and folders whose name says nothing of what is in them. */
export const nameBreaches = (paths: string[]): Breach[] =>
  paths
    .filter((path) => drawers.test(path))
    .map((path) => ({ path, line: 1, says: 'is named like a drawer, not like what is in it' }));

/** Functions in a folder that are too long for its `biome.json`. */
export function functionBreaches(folder: string): Breach[] {
  const biome = join(root, 'node_modules/.bin/biome');
  const options = ['lint', '--reporter=github', '--max-diagnostics=none'];
  const { stdout, error } = spawnSync(biome, options, { cwd: folder, encoding: 'utf8' });
  if (error) throw error;
  return [...stdout.matchAll(/noExcessiveLines.*?,file=(.*?),line=(\d+).*?::(.*)/g)].map(
    ([, path = '', line, says = '']) => ({
      path: relative(folder, path),
      line: Number(line),
      says,
    }),
  );
}
