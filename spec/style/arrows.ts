import { posix } from 'node:path';
import { SyntaxKind } from 'typescript/unstable/ast';
import { type Breach, type Source, type Token, tokensOf } from './source.ts';

/** One import, re-export or dynamic import; `values` names what is more than a type. */
interface Import {
  /** Empty where it is computed. */
  specifier: string;
  values: string[];
  line: number;
}

/** What an arrow points at: a file of the project, a package, or a module of Node's. */
interface Target {
  path: string;
  typesOnly: boolean;
  errorsOnly: boolean;
}

type Rule = (target: Target) => boolean;

const within =
  (...folders: string[]): Rule =>
  ({ path }) =>
    folders.some((folder) => path.startsWith(folder));
const anyOf =
  (...rules: Rule[]): Rule =>
  (target) =>
    rules.some((rule) => rule(target));

const isPort: Rule = ({ path, typesOnly, errorsOnly }) =>
  /^(transport\/\w+\/port|persistence\/store)\.ts$/.test(path) && (typesOnly || errorsOnly);
const isModelType: Rule = ({ path, typesOnly }) =>
  /^machines\/\w+\/model\.ts$/.test(path) && typesOnly;

/** Which room may import what. A package has the path `package:NAME/`. */
const arrows: Record<string, Rule> = {
  machines: within('machines/', 'package:xstate/'),
  actors: anyOf(within('machines/', 'actors/', 'package:xstate/'), isPort),
  transport: anyOf(within('transport/', 'machines/names/', 'node:', 'package:'), isModelType),
  persistence: within('persistence/', 'node:', 'package:level/', 'package:classic-level/'),
  bin: ({ path }) => !path.startsWith('spec/'),
};

/** The imports of a product file that its room may not have. */
export function arrowBreaches(source: Source): Breach[] {
  const room = source.path.split('/')[0] ?? '';
  return importsOf(tokensOf(source))
    .filter((found) => !arrows[room]?.(targetOf(source.path, found)))
    .map(({ specifier, values, line }) => ({
      path: source.path,
      line,
      says: `${room} may not import ${values.join(', ') || 'types'} from ${specifier || 'a computed place'}`,
    }));
}

function targetOf(from: string, { specifier, values }: Import): Target {
  const kinds = {
    typesOnly: values.length === 0,
    errorsOnly: values.every((name) => name.endsWith('Error')),
  };
  if (specifier.startsWith('.'))
    return { path: posix.join(posix.dirname(from), specifier), ...kinds };
  if (specifier === '' || specifier.startsWith('node:')) return { path: specifier, ...kinds };
  const parts = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1);
  return { path: `package:${parts.join('/')}/`, ...kinds };
}

function importsOf(tokens: Token[]): Import[] {
  return tokens.flatMap((token, at) => {
    const next = tokens[at + 1];
    if (token.kind === SyntaxKind.ImportKeyword && next?.kind !== SyntaxKind.DotToken)
      return next?.kind === SyntaxKind.OpenParenToken
        ? [dynamicImport(tokens, at)]
        : staticImport(tokens, at);
    const clauseFollows =
      next?.text === '*' || next?.text === '{' || /^[*{]$/.test(tokens[at + 2]?.text ?? '');
    return token.kind === SyntaxKind.ExportKeyword && clauseFollows ? staticImport(tokens, at) : [];
  });
}

function dynamicImport(tokens: Token[], at: number): Import {
  const [keyword, , argument] = tokens.slice(at, at + 3);
  const literal = argument?.kind === SyntaxKind.StringLiteral;
  return {
    specifier: literal ? argument.value : '',
    values: ['*'],
    line: keyword?.line ?? 0,
  };
}

/** Reads `import … from 'x'`, `import 'x'` and `export … from 'x'`; an export may have no source. */
function staticImport(tokens: Token[], at: number): Import[] {
  const clause: Token[] = [];
  for (const token of tokens.slice(at + 1)) {
    const from = clause.at(-1)?.text === 'from' || clause.length === 0;
    if (token.kind === SyntaxKind.StringLiteral && from)
      return [{ specifier: token.value, values: valuesOf(clause), line: token.line }];
    if (token.text === ';' || (clause.at(-1)?.text === '}' && token.text !== 'from')) return [];
    clause.push(token);
  }
  return [];
}

/** The names in an import clause that are values: `a, { type B, c as d } from` has `a` and `c`. */
function valuesOf(clause: Token[]): string[] {
  const texts = clause.slice(0, -1).map(({ text }) => text);
  if (clause.length === 0) return ['*'];
  if (texts[0] === 'type' && texts.length > 1 && texts[1] !== ',') return [];
  return texts
    .join(' ')
    .split(/[{},]/)
    .map((item) => item.trim())
    .filter((item) => item !== '' && !/^type (?!as )/.test(item))
    .map((item) => item.split(' ')[0] ?? '');
}
