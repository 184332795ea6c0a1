import { expect } from 'chai';
import { dependentsOf, isResolvable } from '../../../machines/dependency/graph.ts';

/** Nodes such as `a: b c`: what a container depends on stands behind it. */
const nodesOf = (...lines: string[]) =>
  lines.map((line) => {
    const [name = '', on = ''] = line.split(':');
    const names = on.split(' ').filter((text) => text !== '');
    const dependsOn = names.map((container) => ({ container, condition: 'START' as const }));
    return { name, dependsOn };
  });

describe('the dependencies of the containers of a task', () => {
  const tables: [string, boolean, string[]][] = [
    ['none', true, []],
    ['containers that need nothing', true, ['a', 'b']],
    ['a chain, whatever its order', true, ['a: b', 'c', 'b: c']],
    ['two that need one, and one that needs two', true, ['d: b c', 'b: a', 'c: a', 'a']],
    ['the same dependency twice', true, ['a: b b', 'b']],
    ['a container that needs itself', false, ['a: a']],
    ['two that need each other', false, ['a: b', 'b: a']],
    ['a ring behind a chain', false, ['a: b', 'b: c', 'c: d', 'd: b', 'e']],
    ['a container that the task does not have', false, ['a: b', 'c: a']],
  ];
  for (const [what, resolvable, lines] of tables)
    it(`can ${resolvable ? '' : 'never '}be met: ${what}`, () => {
      expect(isResolvable(nodesOf(...lines))).to.equal(resolvable);
    });

  it('tell who depends on a container, for whatever reason and directly only', () => {
    const nodes = nodesOf('a: b', 'b: c', 'c', 'd: a c');
    const dependents = (name: string) => dependentsOf(name, nodes).map((node) => node.name);
    expect(dependents('c')).to.deep.equal(['b', 'd']);
    expect(dependents('b')).to.deep.equal(['a']);
    expect(dependents('d')).to.deep.equal([]);
  });
});
