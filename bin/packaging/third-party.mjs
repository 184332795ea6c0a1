// The licences of what is in the bundle, made from what esbuild says it took.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const notices = /^(licen[cs]e|copying|notice|copyright)([.-].*)?$/i;
const line = '-'.repeat(80);

/** Packages whose code is in the bundle under another name, or beside it. */
const alongside = ['node_modules/classic-level'];
/** What the LevelDB addon is compiled from. */
const inside = {
  'node_modules/classic-level/deps/leveldb/leveldb-1.20': 'LevelDB',
  'node_modules/classic-level/deps/snappy/snappy': 'Snappy',
};

/** The text of THIRD-PARTY for the inputs of a bundle. Throws where a package has no licence at all. */
export function thirdParty(root, { inputs }) {
  const folders = new Set([...Object.keys(inputs).flatMap(packageOf), ...alongside]);
  const parts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    );
    return section(root, folder, { name: `${name} ${version}`, license });
  });
  const addon = Object.entries(inside).map(([folder, name]) => section(root, folder, { name }));
  const head = 'This agent contains the following software, each under its own licence.\n';
  return [head, ...parts, ...addon].join(`\n${line}\n\n`);
}

/** `node_modules/a/node_modules/@b/c/index.js` is of `node_modules/a/node_modules/@b/c`. */
function packageOf(input) {
  const path = input
    .split(sep)
    .join('/')
    .replace(/^[\w-]+:/, '');
  const found = /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
  return found ? [found[1]] : [];
}

function section(root, folder, { name, license }) {
  const files = readdirSync(join(root, folder))
    .filter((file) => notices.test(file))
    .sort();
  if (files.length === 0 && typeof license !== 'string')
    throw new Error(`${relative(root, join(root, folder))} names no licence`);
  const texts = files.map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
  const declared = typeof license === 'string' ? `Licence: ${license}\n` : '';
  return `${name}\n${declared}${texts.map((text) => `\n${text}\n`).join('')}`;
}
