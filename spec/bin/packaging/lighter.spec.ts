import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { bundle } from '../../support/process.ts';

const source = join(import.meta.dirname, '../../../bin/ecs-agent.ts');
const built = [bundle];
const unbuilt = ['--import', 'tsx', source];

/** All that happens in an hour of a simulated agent, among faults, line by line. */
async function stepsOf(agent: string[], seed: number): Promise<string[]> {
  const words = ['simulate', '--seeds', `${seed}..${seed}`, '--minutes', '60', '--trace'];
  const { stdout } = await promisify(execFile)(process.execPath, [...agent, ...words], {
    maxBuffer: 2 ** 27,
  });
  // The last line has the time that it took.
  return stdout.split('\n').filter((line) => /^\d/.test(line));
}

describe('the charts of the built agent', () => {
  for (const seed of [3, 17, 29, 31, 64, 1_000])
    it(`take the steps that the library itself takes (seed ${seed})`, async () => {
      const [steps, expected] = await Promise.all([stepsOf(built, seed), stepsOf(unbuilt, seed)]);
      expect(expected.length).to.be.greaterThan(1_000);
      const differs = expected.findIndex((line, index) => line !== steps[index]);
      expect(steps[differs] ?? '', `step ${differs}`).to.equal(expected[differs] ?? '');
      expect(steps).to.have.length(expected.length);
    });
});
