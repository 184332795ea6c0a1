import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SyntaxKind } from 'typescript/unstable/ast';
import { createScanner } from 'typescript/unstable/ast/scanner';

/** A file of the project; `path` is relative to its root, with slashes. */
export interface Source {
  path: string;
  text: string;
}

/** A place that breaks a rule. */
export interface Breach {
  path: string;
  line: number;
  says: string;
}

/** One token of TypeScript; comments and white space are none. `value` is a string's content. */
export interface Token {
  kind: SyntaxKind;
  text: string;
  value: string;
  line: number;
}

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const rooms = ['actors', 'bin', 'machines', 'persistence', 'transport'];
const notOurs = new Set(['node_modules', '.git', 'dist']);

/** Paths of all files and folders under `folder` of the project; a folder's ends with a slash. */
export function pathsIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    if (notOurs.has(entry.name)) return [];
    return entry.isDirectory() ? [`${path}/`, ...pathsIn(`${path}/`)] : [path];
  });
}

export const read = (path: string): Source => ({
  path,
  text: readFileSync(join(root, path), 'utf8'),
});

/** Every TypeScript file of the product. */
export const productSources = (): Source[] =>
  rooms
    .flatMap((room) => pathsIn(`${room}/`))
    .filter((path) => path.endsWith('.ts'))
    .map(read);

/** A text as the style specs print it: what breaks a rule, one place a line. */
export const listed = (breaches: Breach[]): string =>
  breaches.map(({ path, line, says }) => `${path}:${line}: ${says}`).join('\n');

/** Whether a slash behind this token divides; behind any other it begins a regular expression. */
const endsAnOperand = ({ text }: Token): boolean =>
  /([\w$)\]}'"`]|\+\+|--)$/.test(text) &&
  !/^(return|typeof|case|in|of|void|delete|throw|await|yield|else|do|new|instanceof)$/.test(text);

export function tokensOf({ text }: Source): Token[] {
  const scanner = createScanner(true);
  scanner.setText(text);
  const tokens: Token[] = [];
  const open: boolean[] = []; // for each open brace: whether a template goes on behind it
  let line = 1;
  let counted = 0;
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFile; kind = scanner.scan()) {
    const before = tokens.at(-1);
    if (kind === SyntaxKind.SlashToken && !(before && endsAnOperand(before)))
      kind = scanner.reScanSlashToken();
    if (kind === SyntaxKind.CloseBraceToken && open.pop()) {
      kind = scanner.reScanTemplateToken(false);
      if (kind === SyntaxKind.TemplateMiddle) open.push(true);
    }
    if (kind === SyntaxKind.OpenBraceToken) open.push(false);
    if (kind === SyntaxKind.TemplateHead) open.push(true);
    const start = scanner.getTokenStart();
    line += text.slice(counted, start).split('\n').length - 1;
    counted = start;
    tokens.push({ kind, text: scanner.getTokenText(), value: scanner.getTokenValue(), line });
  }
  return tokens;
}
