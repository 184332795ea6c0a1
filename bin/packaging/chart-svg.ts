import elkjs, { type ElkExtendedEdge, type ElkNode } from 'elkjs';
import type { Edge, Graph, Node } from './chart-graph.ts';

const fonts = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const nameSize = 13;
const labelSize = 11;
/** The width of a character of these fonts, of their size; wide rather than narrow. */
const widthOf = (text: string, size: number): number => Math.ceil(text.length * size * 0.6);
const lineHeight = 16;
const headHeight = 24;

const fills = { steady: '#dcf5e3', waiting: '#fff3d6', passing: '#eef1f5' } as const;
const strokes = { steady: '#2c8a4b', waiting: '#b7791f', passing: '#6b7785' } as const;

const layout = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.edgeLabels.inline': 'true',
  'elk.layered.spacing.nodeNodeBetweenLayers': '34',
  'elk.layered.spacing.edgeNodeBetweenLayers': '16',
  'elk.spacing.nodeNode': '30',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
  'elk.padding': '[top=34,left=18,bottom=18,right=18]',
};

const dotOf = ({ id }: Node): string => `${id} begins`;

/** Lays a graph out and draws it as one SVG text; the same graph gives the same bytes. */
export async function svgOf({ root, edges }: Graph, title: string): Promise<string> {
  const nodes = new Map<string, Node>();
  const starts: Edge[] = [];
  const tree = elkNodeOf(root, nodes, starts);
  const all = [...edges, ...starts];
  const page: ElkNode = {
    id: 'page',
    layoutOptions: { ...layout, 'elk.padding': '[top=8,left=8,bottom=8,right=8]' },
    children: [tree],
    edges: all.map(elkEdgeOf),
  };
  const laid: ElkNode = await new elkjs.default().layout(page);
  const { width = 0, height = 0 } = laid;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" font-family="${fonts}">`,
    `<title>${safe(title)}</title>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#475260"/></marker></defs>',
    `<rect width="100%" height="100%" rx="10" fill="#ffffff"/>`,
    ...(laid.children ?? []).flatMap((node) => shapes(node, nodes)),
    ...(laid.edges ?? []).flatMap(arrows),
    '</svg>\n',
  ].join('\n');
}

function elkNodeOf(node: Node, nodes: Map<string, Node>, starts: Edge[]): ElkNode {
  nodes.set(node.id, node);
  const width = Math.max(
    72,
    widthOf(node.name, nameSize) + 28,
    ...node.lines.map((line) => widthOf(line, labelSize) + 20),
  );
  const height = headHeight + 8 + node.lines.length * lineHeight;
  if (node.children.length === 0) return { id: node.id, width, height };
  const children = node.children.map((child) => elkNodeOf(child, nodes, starts));
  if (node.initial !== null) {
    children.unshift({ id: dotOf(node), width: 10, height: 10 });
    starts.push({ source: dotOf(node), target: node.initial, labels: [] });
  }
  const top = headHeight + 14 + node.lines.length * lineHeight;
  return {
    id: node.id,
    children,
    layoutOptions: {
      'elk.padding': `[top=${top},left=18,bottom=18,right=18]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width},${height})`,
    },
  };
}

const labelHeight = 14;

function elkEdgeOf({ source, target, labels }: Edge, at: number): ElkExtendedEdge {
  const shown = labels.filter(Boolean);
  const width = Math.max(0, ...shown.map((label) => widthOf(label, labelSize))) + 6;
  const words = { text: shown.join('\n'), width, height: shown.length * labelHeight + 4 };
  return {
    id: `edge ${at}`,
    sources: [source],
    targets: [target],
    labels: shown.length > 0 ? [words] : [],
  };
}

function shapes(laid: ElkNode, nodes: Map<string, Node>): string[] {
  const { x = 0, y = 0, width = 0, height = 0 } = laid;
  const node = nodes.get(laid.id);
  if (!node) return [`<circle cx="${round(x + 5)}" cy="${round(y + 5)}" r="5" fill="#475260"/>`];
  const box = (inset: number, more: string) =>
    `<rect x="${round(x + inset)}" y="${round(y + inset)}" width="${round(width - 2 * inset)}" height="${round(height - 2 * inset)}" rx="7" ${more}/>`;
  const nested = node.children.length > 0;
  const fill = nested ? '#ffffff' : fills[node.tone];
  const stroke = nested ? '#8a96a3' : strokes[node.tone];
  const dashes = node.kind === 'parallel' ? ' stroke-dasharray="6 4"' : '';
  const middle = round(x + width / 2);
  return [
    `<g data-id="${safe(node.id)}">`,
    box(0, `fill="${fill}" stroke="${stroke}" stroke-width="1.4"${dashes}`),
    ...(node.kind === 'final' ? [box(3, `fill="none" stroke="${stroke}"`)] : []),
    text(node.name, {
      x: middle,
      y: y + 19,
      size: nameSize,
      more: 'font-weight="600" fill="#1c2430"',
    }),
    ...node.lines.map((line, at) =>
      text(line, {
        x: middle,
        y: y + 19 + (at + 1) * lineHeight,
        size: labelSize,
        more: 'fill="#475260"',
      }),
    ),
    '</g>',
    ...(laid.children ?? []).flatMap((child) => shapes(child, nodes)),
  ];
}

function arrows(edge: ElkExtendedEdge): string[] {
  const lines = (edge.sections ?? []).map(({ startPoint, bendPoints = [], endPoint }) => {
    const points = [startPoint, ...bendPoints, endPoint].map(
      ({ x, y }) => `${round(x)} ${round(y)}`,
    );
    return `<path d="M${points.join(' L')}" fill="none" stroke="#475260" stroke-width="1.2" marker-end="url(#tip)"/>`;
  });
  const labels = (edge.labels ?? []).flatMap(({ text: words = '', x = 0, y = 0, width = 0 }) =>
    words.split('\n').map((line, at) =>
      text(line, {
        x: round(x + width / 2),
        y: y + 12 + at * labelHeight,
        size: labelSize,
        more: 'fill="#22303f" stroke="#ffffff" stroke-width="3" paint-order="stroke"',
      }),
    ),
  );
  return [...lines, ...labels];
}

const text = (
  words: string,
  { x, y, size, more }: { x: number; y: number; size: number; more: string },
): string =>
  `<text x="${x}" y="${round(y)}" font-size="${size}" text-anchor="middle" ${more}>${safe(words)}</text>`;

const round = (number: number): number => Math.round(number * 10) / 10;

const safe = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
