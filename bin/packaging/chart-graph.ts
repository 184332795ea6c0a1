import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { type DirectedGraphNode, toDirectedGraph } from 'xstate/graph';
import type { StateMeta } from '../../machines/names/effects.ts';

/** A state of a chart, or a node of a tree, as it is drawn. */
export interface Node {
  id: string;
  name: string;
  kind: 'plain' | 'parallel' | 'final';
  /** Whether it may last for ever, waits for something, or is passed through. */
  tone: 'steady' | 'waiting' | 'passing';
  /** What it invokes, a line each. */
  lines: string[];
  children: Node[];
  /** The child it begins in, by id. */
  initial: string | null;
}

/** An arrow from state to state, for all the transitions between them, a label each. */
export interface Edge {
  source: string;
  target: string;
  labels: string[];
}

export interface Graph {
  root: Node;
  edges: Edge[];
}

/** What a machine's definition says: every state, and every transition with its guard. */
export function graphOf(machine: AnyStateMachine): Graph {
  const root = toDirectedGraph(machine);
  const edges = new Map<string, Edge>();
  collect(root, (source, target, transition) => {
    const key = `${source} to ${target}`;
    const edge = edges.get(key) ?? { source, target, labels: [] };
    edges.set(key, { ...edge, labels: [...edge.labels, labelOf(transition)] });
  });
  return { root: nodeOf(root), edges: [...edges.values()] };
}

function nodeOf({ id, stateNode, children }: DirectedGraphNode): Node {
  const [initial] = stateNode.type === 'parallel' ? [] : (stateNode.initial?.target ?? []);
  return {
    id,
    name: stateNode.key,
    kind: kindOf(stateNode),
    tone: toneOf(stateNode),
    lines: stateNode.invoke.map(({ src }) => `invoke ${String(src)}`),
    children: children.map(nodeOf),
    initial: initial?.id ?? null,
  };
}

const kindOf = ({ type }: AnyStateNode): Node['kind'] =>
  type === 'parallel' || type === 'final' ? type : 'plain';

function toneOf(state: AnyStateNode): Node['tone'] {
  if (state.type === 'final') return 'passing';
  const meta = state.meta as StateMeta | undefined;
  if (!meta) return 'passing';
  return 'steady' in meta ? 'steady' : 'waiting';
}

type Found = (source: string, target: string, transition: AnyTransitionDefinition) => void;

/** The graph utilities tell of transitions on events only; those without are added here. */
function collect({ id, stateNode, children, edges }: DirectedGraphNode, found: Found): void {
  for (const { source, target, transition } of edges) found(source.id, target.id, transition);
  for (const transition of stateNode.always ?? [])
    for (const target of transition.target ?? [stateNode]) found(id, target.id, transition);
  for (const child of children) collect(child, found);
}

function labelOf({ eventType, guard }: AnyTransitionDefinition): string {
  const event = eventType
    .replace(/^xstate\.done\.actor\.(.+)$/, '$1 done')
    .replace(/^xstate\.error\.actor\.\*$/, 'a child failed')
    .replace(/^xstate\.error\.actor\.(.+)$/, '$1 failed');
  const named =
    typeof guard === 'object' && guard !== null
      ? (guard as { type: string; params?: unknown })
      : null;
  const name = named?.type ?? (typeof guard === 'string' ? guard : '');
  return [event, name && `[${name}]`].filter(Boolean).join(' ');
}
