import type { Dependency } from '../container/model.ts';

/** A container as a node of its task's graph. */
export interface Node {
  name: string;
  dependsOn: Dependency[];
}

/** Whether every dependency is on a container of the task, and none leads back to where it began. */
export function isResolvable(nodes: Node[]): boolean {
  const waiting = new Map(nodes.map((node) => [node.name, node.dependsOn]));
  const isKnown = ({ container }: Dependency) => waiting.has(container);
  if (!nodes.every(({ dependsOn }) => dependsOn.every(isKnown))) return false;
  for (let before = -1; waiting.size !== before; ) {
    before = waiting.size;
    for (const [name, dependsOn] of waiting) if (!dependsOn.some(isKnown)) waiting.delete(name);
  }
  return waiting.size === 0;
}

/** The containers that depend on this one, for whatever reason: they stop before it does. */
export const dependentsOf = <Of extends Node>(name: string, nodes: Of[]): Of[] =>
  nodes.filter(({ dependsOn }) => dependsOn.some(({ container }) => container === name));
