import { expect } from 'chai';
import { AgentProcess } from '../../support/process.ts';

describe('ecs-agent host', () => {
  for (const words of [[], ['sideways'], ['up', 'down'], ['up', '--force']])
    it(`changes nothing with the words ${JSON.stringify(words)}`, async () => {
      const host = new AgentProcess(['host', ...words], { PATH: '/nowhere' });
      expect(await host.exitCode()).to.equal(1);
      expect(host.output).to.match(/^ecs-agent: .*\(see ecs-agent --help\)\n$/);
    });

  it('says what is missing where it cannot be done', async () => {
    const host = new AgentProcess(['host', 'up'], {
      PATH: '/nowhere',
      ECS_TASK_METADATA_PORT: '51679',
    });
    expect(await host.exitCode()).to.equal(1);
    expect(host.lines.at(-1)).to.match(
      /^ecs-agent: sysctl -w net.ipv4.conf.all.route_localnet=1 failed: .*Run this as root/,
    );
  });
});
