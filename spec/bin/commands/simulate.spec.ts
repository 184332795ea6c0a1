import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { drawPlan } from '../../../bin/simulation/run.ts';
import { AgentProcess } from '../../support/process.ts';

describe('ecs-agent simulate', () => {
  const size = { tasks: 3, minutes: 10 };
  const sized = ['--tasks', '3', '--minutes', '10'];

  it('tells how often each kind of fault struck, and at what rate time passed', async () => {
    const run = new AgentProcess(['simulate', '--seeds', '1..4', ...sized]);
    expect(await run.exitCode(), run.output).to.equal(0);
    expect(run.output).to.match(/^How often each kind of fault struck:\n +\d+ {2}docker\.slow\n/);
    expect(run.lines.at(-1)).to.match(
      /^4 seeds, 0 violations; \d+ simulated minutes in \d+ s, \d+ a second$/,
    );
  });

  it('replays a plan from a file as it replays the seed that it is drawn from', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ecs-agent-simulate-'));
    try {
      const file = join(folder, 'plan.json');
      writeFileSync(file, JSON.stringify(drawPlan(5, size)));
      const planned = new AgentProcess(['simulate', '--plan', file]);
      const traced = new AgentProcess(['simulate', '--seeds', '5', '--trace', ...sized]);
      expect(await planned.exitCode(), planned.output).to.equal(0);
      await traced.exitCode();
      expect(planned.lines).to.have.length.greaterThan(100);
      expect(planned.output).to.equal(traced.output);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  for (const words of [['--seeds', 'all'], ['--tasks', '0'], ['--no-such'], ['more']])
    it(`does not run with ${words.join(' ')}`, async () => {
      const run = new AgentProcess(['simulate', ...words]);
      expect(await run.exitCode()).to.equal(1);
      expect(run.output).to.match(/^ecs-agent: simulate: /);
    });
});
