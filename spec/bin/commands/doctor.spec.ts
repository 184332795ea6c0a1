import { expect } from 'chai';
import type { Finding } from '../../../bin/doctor/check.ts';
import { AgentProcess } from '../../support/process.ts';

describe('ecs-agent doctor', () => {
  it('tells one failure of a configuration that cannot be read, and ends with 1', async () => {
    const doctor = new AgentProcess(['doctor', '--json'], { DOCKER_HOST: 'nowhere' });
    expect(await doctor.exitCode()).to.equal(1);
    const findings: Finding[] = JSON.parse(doctor.output);
    expect(findings.map(({ name, state }) => `${name} ${state}`)).to.deep.equal([
      'Configuration failed',
    ]);
    expect(findings[0]?.says).to.match(/^DOCKER_HOST must be an address/);
  });

  it('tells what it found in lines, of all it looks at', async () => {
    const doctor = new AgentProcess(['doctor'], {
      DOCKER_HOST: 'unix:///nowhere.sock',
      ECS_LOGLEVEL: 'loud',
      ECS_INTROSPECTION_PORT: '0',
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'hidden',
    });
    expect(await doctor.exitCode()).to.equal(1);
    const found = doctor.lines.flatMap(
      (line) => /^(\w+) +(.+?):/.exec(line)?.slice(1, 3).join(' ') ?? [],
    );
    expect(found).to.include.members([
      ...['warning Configuration', 'failed Docker Engine', 'ok Ports', 'ok 169.254.170.2'],
      ...['warning Clock', 'ok AWS credentials', 'ok Proxies'],
    ]);
    expect(doctor.lines.filter((line) => line.startsWith(' ')).join('\n')).to.include(
      '→ Start the Engine, or set DOCKER_HOST to where it listens',
    );
    expect(doctor.output).to.not.match(/AKID|hidden/);
  });

  it('does not know other words', async () => {
    const doctor = new AgentProcess(['doctor', '--all']);
    expect(await doctor.exitCode()).to.equal(1);
    expect(doctor.output).to.match(/^ecs-agent: Unknown option '--all'.*see ecs-agent --help/);
  });
});
