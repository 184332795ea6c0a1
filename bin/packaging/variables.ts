// Writes the table of settings into README.md, between two comments, from the agent's own table.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { durationText } from '../config/parse.ts';
import type { Platform, Variable } from '../variables/variable.ts';
import { fileKeys, forTestsOnly, readByOthers, variables } from '../variables/variables.ts';

const readme = join(import.meta.dirname, '../../README.md');
const [begin, end] = ['<!-- variables: npm run variables -->', '<!-- end of variables -->'];

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

/** Something that may be another on Windows. */
function onBoth(of: (platform: Platform) => string): string {
  const [linux, windows] = [of('linux'), of('windows')];
  return linux === windows || windows === '' ? linux : `${linux || '–'}, on Windows ${windows}`;
}

function defaultOf({ kind, otherwise, otherwiseIs, only }: Variable<unknown>): string {
  if (otherwiseIs !== undefined) return otherwiseIs;
  const on = (platform: Platform) =>
    code(kind.show(typeof otherwise === 'function' ? otherwise(platform, {}) : otherwise));
  return only === undefined ? onBoth(on) : on(only);
}

function leastOf({ least, only }: Variable<unknown>): string {
  if (least === undefined) return '';
  const on = (platform: Platform) =>
    durationText(typeof least === 'function' ? least(platform, {}) : least);
  return only === undefined ? onBoth(on) : on(only);
}

/** Its meaning, its bounds, and what there is to know of it. */
function meaningOf(variable: Variable<unknown>): string {
  const { meaning, most, only, alias, own, was, idle } = variable;
  const least = leastOf(variable);
  return [
    meaning,
    least && `Raised to at least ${least}.`,
    most && `Lowered to at most ${durationText(most)}.`,
    alias && `Also ${code(alias)}.`,
    only && `Only on ${only === 'linux' ? 'Linux' : 'Windows'}.`,
    own && 'Of this agent alone.',
    was && `In v1.14: ${was}.`,
    idle && `*No effect: ${idle}.*`,
  ]
    .filter(Boolean)
    .join(' ');
}

function keyOf({ file, idleInFile }: Variable<unknown>): string {
  if (file !== undefined) return (typeof file === 'string' ? [file] : file).map(code).join(', ');
  return idleInFile === undefined ? '' : `${code(idleInFile)}, without effect`;
}

const rowOf = (cells: string[]): string => `| ${cells.join(' | ')} |`;

const rowsOf = (table: Record<string, Variable<unknown>>, name: (key: string) => string) =>
  Object.entries(table).map(([key, variable]) =>
    rowOf([
      name(key),
      variable.kind.words,
      defaultOf(variable),
      variable.in114 ? '●' : '',
      keyOf(variable),
      meaningOf(variable),
    ]),
  );

/** The table, and what others read. */
export const variablesText = (): string =>
  [
    rowOf(['variable', 'what it takes', 'default', '1.14', 'key in the file', 'meaning']),
    rowOf(Array(6).fill('---')),
    ...rowsOf(variables as unknown as Record<string, Variable<unknown>>, code),
    ...rowsOf(fileKeys as unknown as Record<string, Variable<unknown>>, () => 'none'),
    '',
    ...readByOthers.map(({ by, names }) => `Read by ${by}: ${names.map(code).join(', ')}.\n`),
    `For tests of Amazon’s agent, and passed over: ${forTestsOnly.map(code).join(', ')}.`,
  ].join('\n');

/** The README with the table as it is now. */
export function withVariables(text: string): string {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`README.md must have the comments ${begin} and ${end}`);
  return `${before}${begin}\n\n${variablesText()}\n\n${end}${after}`;
}

if (process.argv[1]?.endsWith('variables.ts')) {
  writeFileSync(readme, withVariables(readFileSync(readme, 'utf8')));
  console.log('README.md');
}
