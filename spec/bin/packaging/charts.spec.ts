import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AnyStateNode } from 'xstate';
import { setup } from 'xstate';
import { graphOf, type Node } from '../../../bin/packaging/chart-graph.ts';
import { svgOf } from '../../../bin/packaging/chart-svg.ts';
import { draw, machines } from '../../../bin/packaging/charts.ts';

const flat = (node: Node): Node[] => [node, ...node.children.flatMap(flat)];
const states = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap(states),
];

describe('the pictures of the charts', () => {
  for (const [name, machine] of Object.entries(machines))
    it(`show every state and every transition of ${name}`, () => {
      const { root, edges } = graphOf(machine);
      const all = states(machine.root);
      expect(flat(root).map(({ id }) => id)).to.have.members(all.map(({ id }) => id));
      const transitions = all.flatMap((state) => [
        ...[...state.transitions.values()].flat(),
        ...(state.always ?? []),
      ]);
      const labels = edges.flatMap((edge) => edge.labels);
      expect(labels).to.have.length(transitions.length);
    });

  it('show nested and parallel states, guards, invokes and transitions without an event', () => {
    const machine = setup({ guards: { isReady: () => true } }).createMachine({
      id: 'sample',
      initial: 'both',
      states: {
        both: {
          type: 'parallel',
          states: { left: {}, right: {} },
          always: { guard: 'isReady', target: 'over' },
        },
        over: { type: 'final' },
      },
    });
    const { root, edges } = graphOf(machine);
    expect(edges).to.deep.equal([
      { source: 'sample.both', target: 'sample.over', labels: ['[isReady]'] },
    ]);
    expect(flat(root).map(({ name, kind }) => `${name} ${kind}`)).to.deep.equal([
      'sample plain',
      'both parallel',
      'left plain',
      'right plain',
      'over final',
    ]);
    expect(root.initial).to.equal('sample.both');
  });

  it('have words that cannot break the picture', async () => {
    const leaf = { kind: 'plain', tone: 'steady', lines: [], children: [], initial: null } as const;
    const node = { ...leaf, id: 'a', name: '<b> & "c"', lines: [], children: [] };
    const svg = await svgOf({ root: node, edges: [] }, 'x');
    expect(svg).to.include('&lt;b> &amp; &quot;c&quot;');
  });

  it('are those of the definitions (if not: npm run charts)', async () => {
    for (const [name, svg] of Object.entries(await draw()))
      expect(readFileSync(join(import.meta.dirname, '../../../.readme', name), 'utf8')).to.equal(
        svg,
      );
  });
});
