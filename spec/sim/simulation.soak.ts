import { expect } from 'chai';
import { AgentProcess } from '../support/process.ts';

describe('the agent in ten thousand simulations of its whole world', () => {
  it('breaks no rule, and is struck by every kind of fault', async function () {
    this.timeout(0);
    const run = new AgentProcess(['simulate', '--seeds', process.env.SIMULATE_SEEDS ?? '1..10000']);
    const code = await run.exitCode();
    console.log(run.output);
    expect(code).to.equal(0);
  });
});
