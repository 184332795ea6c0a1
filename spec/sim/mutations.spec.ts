import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { Copy } from './copy.ts';
import { type Mutation, mutations } from './mutations.ts';

describe('a change for the worse', function () {
  this.timeout(600_000);
  let copy: Copy;
  before(() => {
    copy = new Copy();
  });
  after(() => copy.remove());

  for (const mutation of mutations)
    it(`is noticed: ${mutation.what}`, async () => {
      const undo = copy.mutate(mutation);
      try {
        expect(await noticed(copy, mutation)).to.equal(true);
      } finally {
        undo();
      }
    });
});

/** Whether the specs that are named fail, or a simulation breaks a rule. */
const noticed = (copy: Copy, { specs }: Mutation): Promise<boolean> =>
  specs === undefined ? simulationFails(copy) : specsFail(copy, specs);

async function specsFail(copy: Copy, specs: string): Promise<boolean> {
  const mocha = 'node_modules/mocha/bin/mocha.js';
  const child = copy.run(mocha, ['--no-config', '--bail', '--timeout', '30000', specs]);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  const [code] = await once(child, 'close');
  return code !== 0 && /\d+ failing/.test(output);
}

/** Ends with the first rule that is broken. */
async function simulationFails(copy: Copy): Promise<boolean> {
  const child = copy.run('bin/ecs-agent.ts', ['simulate', '--lines', '--seeds', '1..100']);
  if (!child.stdout) return false;
  const ended = once(child, 'close');
  let isBroken = false;
  for await (const line of createInterface({ input: child.stdout })) {
    isBroken = (JSON.parse(line) as { violation: unknown }).violation !== null;
    if (isBroken) break;
  }
  child.kill();
  await ended;
  return isBroken;
}
