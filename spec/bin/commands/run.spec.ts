import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { realClock } from '../../../transport/host/clock.ts';
import { openIntrospection } from '../../../transport/http/introspection.ts';
import type { OpenServer } from '../../../transport/http/server.ts';
import { listen } from '../../support/loopback.ts';
import { AgentProcess, bundle } from '../../support/process.ts';

/** Runs the executable to its end, elsewhere than in its folder. */
function run(words: string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...words], {
    cwd: '/',
    env,
    encoding: 'utf8',
    maxBuffer: 8 * 1_048_576,
  });
  return { status, stdout, stderr };
}

describe('the executable', () => {
  for (const words of [['-h'], ['-help'], ['--help'], ['-k', '--help']])
    it(`explains itself on the error output with 5: ${words.join(' ')}`, () => {
      const { status, stdout, stderr } = run(words);
      expect({ status, stdout }).to.deep.equal({ status: 5, stdout: '' });
      expect(stderr).to.match(/^Usage: ecs-agent \[FLAG\.\.\.\]\n/);
      for (const part of ['explain [--json] [TASK]', '-loglevel LEVEL', 'Exit codes:', '  42\n'])
        expect(stderr).to.include(part);
      expect(Math.max(...stderr.split('\n').map((line) => line.length))).to.be.at.most(96);
    });

  it('explains itself on the standard output where it is asked by a word', () => {
    const { status, stdout, stderr } = run(['help']);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout).to.equal(run(['-h']).stderr);
  });

  const refused: [string, RegExp][] = [
    ['-no-such-flag', /^ecs-agent: there is no flag -no-such-flag\n\nUsage:/],
    ['-k=perhaps', /^ecs-agent: the flag -k must be true or false, not "perhaps"\n\nUsage:/],
    ['explian', /^ecs-agent: there is no command explian\n\nUsage:/],
    ['constructor', /^ecs-agent: there is no command constructor\n/],
  ];
  for (const [word, line] of refused)
    it(`refuses ${word} with 5`, () => {
      const { status, stderr } = run([word]);
      expect(status).to.equal(5);
      expect(stderr).to.match(line);
    });

  it('tells its version in the shape of the Amazon ECS agent, whatever its configuration', () => {
    const { status, stdout } = run(['-version'], { ECS_INSTANCE_ATTRIBUTES: '{' });
    expect(status).to.equal(0);
    expect(stdout).to.match(/^Amazon ECS Agent:\n\tVersion: 1\.\d+\.\d+\n\tCommit: [0-9a-f]{8}\n$/);
  });

  it('shows its licence and those of what is in it, wherever it is started', () => {
    const { status, stdout } = run(['-license', '-version']);
    expect(status).to.equal(0);
    const [own = '', others = '', ...more] = stdout.split(`${'='.repeat(80)}\n`);
    expect(more).to.deep.equal([]);
    expect(own).to.equal(readFileSync(join(dirname(bundle), '..', 'LICENSE'), 'utf8'));
    const manifest = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8');
    for (const [name, version] of Object.entries(JSON.parse(manifest).dependencies))
      expect(others).to.include(`\n${name} ${version}\nLicence: `);
    expect(others).to.include('LevelDB').and.include('Snappy');
  });

  it('says on Linux that it is no service of Windows, and ends with 1', function () {
    if (process.platform === 'win32') this.skip();
    const { status, stdout } = run(['-windows-service']);
    expect(status).to.equal(1);
    expect(stdout).to.match(/^level=error .*-windows-service is for Windows/);
  });

  it('cannot tell its attributes without an Engine', () => {
    const { status, stdout, stderr } = run(['-ecs-attributes'], {
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
      AWS_DEFAULT_REGION: 'us-west-2',
    });
    expect({ status, stdout }).to.deep.equal({ status: 1, stdout: '' });
    expect(stderr).to.match(/^ecs-agent: .*docker\.sock cannot be reached/m);
  });
});

describe('the health check', () => {
  let server: OpenServer;
  let health = { healthy: true, sentence: 'ACS is connected' };
  beforeEach(async () => {
    server = await openIntrospection({
      address: '127.0.0.1',
      port: 0,
      clock: realClock(),
      licence: async () => '',
      source: {
        metadata: () => ({ cluster: 'c', containerInstanceArn: null, version: 'v' }),
        health: () => health,
        tasks: () => [],
        explain: () => [],
      },
    });
  });
  afterEach(() => server.close());

  const check = async (env: Record<string, string> = {}) => {
    const agent = new AgentProcess(['-healthcheck'], {
      ECS_INTROSPECTION_PORT: new URL(server.url).port,
      ...env,
    });
    return { code: await agent.exitCode(), output: agent.output };
  };

  it('is 0 and silent while the agent is in touch with ECS', async () => {
    health = { healthy: true, sentence: 'ACS is connected' };
    expect(await check()).to.deep.equal({ code: 0, output: '' });
  });

  it('is 1 and a sentence while it is not, though it answers', async () => {
    health = { healthy: false, sentence: 'ACS has not been connected for 300 seconds' };
    expect(await check()).to.deep.equal({
      code: 1,
      output: 'ecs-agent: ACS has not been connected for 300 seconds\n',
    });
  });

  it('asks another name of this host where it is told one', async () => {
    health = { healthy: true, sentence: '' };
    const wrong = { ECS_INTROSPECTION_BIND_ADDRESS: '192.0.2.1' };
    expect(await check({ ...wrong, ECS_AGENT_HEALTHCHECK_HOST: '127.0.0.1' })).to.include({
      code: 0,
    });
  });

  it('is 1 where nobody answers, and where no agent does', async () => {
    const nobody = await check({ ECS_INTROSPECTION_PORT: '1' });
    expect(nobody.code).to.equal(1);
    expect(nobody.output).to.match(/^ecs-agent: No agent answers at http:\/\/127\.0\.0\.1:1: /);
    const other = await listen((_, response) => response.end('hello'));
    const { port } = new URL(other.url);
    const answer = await check({ ECS_INTROSPECTION_PORT: port });
    expect(answer.code).to.equal(1);
    expect(answer.output).to.include('is not this agent');
    await other.close();
  });
});
