import { expect } from 'chai';
import { allFaultKinds, drawFaults } from '../../bin/simulation/plan/faults.ts';
import { Draw, type Plan } from '../../bin/simulation/plan/plan.ts';
import { drawPlan, simulate } from '../../bin/simulation/run.ts';
import { shrink } from '../../bin/simulation/shrink.ts';
import { simRandom } from '../../transport/sim/random.ts';
import { AgentProcess } from '../support/process.ts';

const size = { tasks: 20, minutes: 60 };
const minute = 60_000;

describe('the agent in a simulation of its whole world', () => {
  const seeds = process.env.SIMULATE_SEEDS ?? '1..300';

  it(`breaks no rule in an hour with twenty tasks among faults (seeds ${seeds})`, async function () {
    this.timeout(0);
    const run = new AgentProcess(['simulate', '--seeds', seeds]);
    const code = await run.exitCode();
    expect(code, run.output).to.equal(0);
    const [, rate] =
      /, 0 violations; \d+ simulated minutes in (\d+ s, \d+ a second)/.exec(run.output) ?? [];
    expect(rate, run.output).to.be.a('string');
    console.log(`      ${run.lines.at(-1)}`);
  });

  it('goes byte for byte as before by the same seed, in another process too', async function () {
    this.timeout(2 * minute);
    const traced = async (seed: number): Promise<string> => {
      const lines: string[] = [];
      await simulate(drawPlan(seed, size), (line) => lines.push(line));
      return `${lines.join('\n')}\n`;
    };
    const first = await traced(2);
    expect(first.length).to.be.greaterThan(100_000);
    expect(await traced(2)).to.equal(first);
    expect(await traced(3)).not.to.equal(first);
    const apart = new AgentProcess(['simulate', '--seeds', '2', '--trace']);
    expect(await apart.exitCode()).to.equal(0);
    expect(apart.output).to.equal(first);
  });

  it('is struck by every kind of fault in a thousand seeds', () => {
    const drawn = Array.from({ length: 1_000 }, (_, seed) =>
      drawFaults(new Draw(simRandom(seed)), 60).map(({ kind }) => kind),
    );
    expect([...new Set(drawn.flat())].sort()).to.deep.equal([...allFaultKinds].sort());
  });
});

describe('a simulation that fails', () => {
  it('is shrunk to what it fails with', async () => {
    const plan = drawPlan(1, size);
    const isWanted = ({ tasks, faults }: Plan): boolean =>
      tasks.some(({ id }) => id === 't7') && faults.some(({ at }) => at === plan.faults[2]?.at);
    const least = await shrink(plan, (candidate) => Promise.resolve(isWanted(candidate)));
    expect(least.tasks.map(({ id, containers }) => [id, containers.length])).to.deep.equal([
      ['t7', 1],
    ]);
    expect(least.faults).to.deep.equal([plan.faults[2]]);
    expect(least.steps).to.deep.equal([]);
  });
});
