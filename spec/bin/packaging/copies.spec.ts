import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'acorn';
import { full } from 'acorn-walk';
import { expect } from 'chai';
import { bundle } from '../../support/process.ts';

describe('the code of the built agent', () => {
  it('has no object that begins as a copy and grows, which Node.js 20 is slow with', () => {
    const code = readFileSync(join(dirname(bundle), 'agent.js'), 'utf8');
    const begins = new Map<string, number>();
    full(parse(code, { ecmaVersion: 2022, sourceType: 'script' }), (node) => {
      const { properties = [] } = node as { properties?: { type: string; argument?: object }[] };
      const [first, ...more] = properties;
      if (node.type !== 'ObjectExpression' || first?.type !== 'SpreadElement') return;
      if (more.length === 0) return;
      const isNothing = (first.argument as { value?: unknown }).value === null;
      const kind = isNothing ? 'nothing' : code.slice(node.start, node.start + 60);
      begins.set(kind, (begins.get(kind) ?? 0) + 1);
    });
    expect([...begins.keys()]).to.deep.equal(['nothing']);
  });
});
