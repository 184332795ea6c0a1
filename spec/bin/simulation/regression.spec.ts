import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readScenario } from '../../../bin/scenario/file/read.ts';
import { play } from '../../../bin/scenario/play.ts';
import { VirtualStage } from '../../../bin/scenario/stage/virtual.ts';
import { Copy } from '../../sim/copy.ts';
import { mutations } from '../../sim/mutations.ts';

const ended = async (child: ChildProcess) => {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  const [code] = await once(child, 'close');
  return { code: code as number | null, output };
};

/** What this agent makes of a scenario. */
async function failureHere(file: string) {
  const read = await readScenario(file, readFileSync(file, 'utf8'));
  return (await play(read, new VirtualStage(read.scenario))).failure;
}

/** A change of the agent by which the first seed fails, and what the command says of the scenario. */
const cases = [
  {
    what: 'the reconciler removes containers that run',
    says: 'which fails as well',
    code: 1,
    heads: '# It broke a rule, "stopped for a reason": web of ',
  },
  {
    what: 'what a task holds of its host is given back twice, at the stop and at the end',
    says: 'which does not fail, as no step says what broke',
    code: 0,
    heads:
      '# not said here: how that rule was broken: the agent that broke it plays this without a',
  },
];

describe('a seed that breaks a rule', function () {
  this.timeout(60_000);
  let copy: Copy;
  beforeEach(() => {
    copy = new Copy();
  });
  afterEach(() => copy.remove());

  for (const { what, says, code, heads } of cases)
    it(`is written as a scenario ${says}: ${what}`, async () => {
      const mutation = mutations.find((one) => one.what === what);
      if (!mutation) throw new Error(`there is no change "${what}"`);
      copy.mutate(mutation);
      const words = ['--seeds', '1', '--tasks', '1', '--minutes', '10'];
      const simulated = await ended(copy.run('bin/ecs-agent.ts', ['simulate', ...words]));
      expect(simulated.code, simulated.output).to.equal(1);
      const name = 'simulate-1.scenario.yaml';
      expect(simulated.output).to.contain(
        `\ntold as a scenario, ${says}: ecs-agent scenario run ${name}\n`,
      );
      const file = join(copy.folder, name);
      expect(readFileSync(file, 'utf8')).to.contain(`\n${heads}`);
      const mutated = await ended(copy.run('bin/ecs-agent.ts', ['scenario', 'run', name]));
      expect(mutated.code, mutated.output).to.equal(code);
      expect(await failureHere(file)).to.equal(null);
    });
});
