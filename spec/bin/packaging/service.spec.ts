import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { variables } from '../../../bin/variables/variables.ts';

const root = join(import.meta.dirname, '../../..');
const read = (name: string) => readFileSync(join(root, 'bin/packaging', name), 'utf8');

for (const name of ['ecs-agent.service', 'Dockerfile'])
  describe(`the packaging’s ${name}`, () => {
    it('sets only variables that the agent reads', () => {
      const set = [...read(name).matchAll(/\bECS_[A-Z_]+(?==)/g)].map(([variable]) => variable);
      expect(set).to.include('ECS_DATADIR');
      expect(Object.keys(variables)).to.include.members(set);
    });
  });

describe('the unit of the agent', () => {
  const settings = (key: string) =>
    [...read('ecs-agent.service').matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(
      ([, value]) => value,
    );

  it('sets up the network of the host before the agent, and takes it down after', () => {
    const [agent] = settings('ExecStart');
    expect(settings('ExecStartPre')).to.deep.equal([`${agent} host up`]);
    expect(settings('ExecStopPost')).to.deep.equal([`${agent} host down`]);
  });

  it('starts the agent again but where that cannot help', () => {
    expect(settings('Restart')).to.deep.equal(['on-failure']);
    expect(settings('RestartPreventExitStatus')).to.deep.equal(['5']);
    expect(settings('RestartForceExitStatus')).to.deep.equal(['42']);
  });

  it('lets the settings of the operator win', () => {
    const lines = read('ecs-agent.service').split('\n');
    const last = lines.findLastIndex((line) => line.startsWith('Environment='));
    expect(lines[last + 1]).to.match(/^EnvironmentFile=/);
    expect(settings('EnvironmentFile').at(-1)).to.equal('-/etc/ecs/ecs.config');
  });
});
