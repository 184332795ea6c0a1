import { AgentError } from '../../../machines/names/errors.ts';

/** A scenario that cannot be read. Its message is `FILE:LINE:COLUMN: what is wanted, not what is there`. */
export class ScenarioError extends AgentError {
  constructor(message: string) {
    super('SCENARIO_INVALID', message);
  }
}

/** One place of the file and what is there; members of a map have the place of their key. */
export interface Branch {
  file: string;
  line: number;
  column: number;
  /** What it is called where it is complained of: the nearest member around it. */
  name: string;
  value: string | number | boolean | null | Branch[] | Map<string, Branch>;
  /** A scalar as it is written, without quotes. */
  text: string;
  /** Of a text over several lines: the place of each. */
  lines: { line: number; column: number }[];
}

/** Complains of a place of the file. */
export function complain({ file, line, column }: Omit<Place, never>, message: string): never {
  throw new ScenarioError(`${file}:${line}:${column}: ${message}`);
}

type Place = Pick<Branch, 'file' | 'line' | 'column'>;

/** Reads YAML, each part with its place. Throws {@link ScenarioError}. */
export async function treeOf(file: string, text: string): Promise<Branch> {
  const yaml = await import('yaml');
  const counter = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const spot = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { file, line, column: col };
  };
  const [error] = document.errors;
  if (error) complain(spot(error.pos[0]), `this is not YAML: ${error.message}`);
  const rows = text.split('\n');

  const branch = (node: unknown, name: string, at: Place): Branch => {
    const bare = { ...at, name, text: '', lines: [] };
    if (yaml.isAlias(node) || (yaml.isNode(node) && node.tag))
      complain(at, `${name} must be written out: no tags, anchors and aliases`);
    if (yaml.isMap(node)) {
      const entries = node.items.map(({ key, value }): [string, Branch] => {
        const from = yaml.isNode(key) && key.range ? spot(key.range[0]) : at;
        if (!yaml.isScalar(key)) complain(from, `a member of ${name} must be named by a text`);
        const member = String(key.source ?? key.value);
        return [member, branch(value, member, from)];
      });
      return { ...bare, value: new Map(entries) };
    }
    if (yaml.isSeq(node)) {
      const items = node.items.map((item) => {
        const range = yaml.isNode(item) ? item.range : null;
        return branch(item, name, range ? spot(range[0]) : at);
      });
      return { ...bare, value: items };
    }
    if (!yaml.isScalar(node)) return { ...bare, value: null };
    const value = node.value as Branch['value'];
    const isBlock = node.type === 'BLOCK_LITERAL' && node.range;
    const lines = isBlock ? linesAfter(spot(node.range?.[0] ?? 0).line, String(value)) : [];
    return { ...bare, value, text: String(node.source ?? value), lines };
  };
  /** A block's lines stand below its mark. */
  const linesAfter = (mark: number, block: string) =>
    block.split('\n').map((_, index) => {
      const row = rows[mark + index] ?? '';
      return { line: mark + index + 1, column: row.length - row.trimStart().length + 1 };
    });
  return branch(document.contents, 'the scenario', spot(0));
}
