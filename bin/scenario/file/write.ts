import type { Document, Node } from 'yaml';
import type { Scenario } from '../model.ts';

/** Members that are lines of text, and stand as a block. */
const blocks = new Set(['submitted', 'acknowledged', 'asked', 'happened', 'answered', 'logged']);

/** As long as a map may be that stands on one line. */
const shortest = 72;

/** Writes a scenario as YAML, as its reader takes it. */
export async function yamlOf(scenario: Scenario): Promise<string> {
  const yaml = await import('yaml');
  const document = new yaml.Document(asWritten(scenario));
  yaml.visit(document, {
    Collection: (_, node, path) => {
      // Steps, and what stands at the left margin, are never on one line.
      if (path.length > 4 && isPlain(node) && widthOf(document, node) <= shortest) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** The same, with each list of lines as one text over several lines, and lists of one as that one. */
function asWritten(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    if (blocks.has(name) && value.length > 0) return `${value.join('\n')}\n`;
    const only: unknown = value[0];
    const isWord = value.length === 1 && typeof only === 'string';
    const mayBeOne = ['run', 'stop', 'manifest', 'verified', 'roles'].includes(name);
    return isWord && mayBeOne ? only : value.map((one) => asWritten(one));
  }
  if (typeof value !== 'object' || value === null) return value;
  const [[first, does] = [], ...rest] = Object.entries(value);
  if (first === 'does' && rest.length === 0) return does;
  return Object.fromEntries(
    Object.entries(value).map(([member, one]) => [member, asWritten(one, member)]),
  );
}

/** Whether nothing in it goes over several lines. */
function isPlain(node: Node): boolean {
  const { items } = node as { items?: unknown[] };
  if (items) return items.every((item) => isPlain(item as Node));
  const { value } = node as { value?: unknown };
  if (typeof value === 'object' && value !== null) return isPlain(value as Node);
  return !String(value).includes('\n');
}

const widthOf = (document: Document, node: Node): number =>
  JSON.stringify(node.toJS(document))?.length ?? 0;
