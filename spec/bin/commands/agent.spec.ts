import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LocalPlane, localTaskArn } from '../../../bin/commands/local-plane.ts';
import { wireTaskOf } from '../../../transport/acs/task-definition.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { SimEngine } from '../../../transport/sim/engine.ts';
import { serveEngine } from '../../../transport/sim/engine-http.ts';
import { everyFact } from '../../contract/metadata.ts';
import { freePort, listen } from '../../support/loopback.ts';
import { MetadataService } from '../../support/metadata-service.ts';
import { AgentProcess } from '../../support/process.ts';

describe('the agent’s process', () => {
  const pulse = { clock: realClock(), random: realRandom };
  let folder: string;
  let plane: LocalPlane;
  let closeEngine: () => Promise<void>;
  const running: AgentProcess[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'agent-spec-'));
    plane = new LocalPlane(pulse, 'specs');
    await plane.open();
    closeEngine = await serveEngine(
      new SimEngine({ ...pulse, latencyMs: 0 }),
      join(folder, 'engine.sock'),
    );
  });
  afterEach(async () => {
    for (const { child } of running.splice(0)) child.kill('SIGKILL');
    await plane.close();
    await closeEngine();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The environment of a container instance, but for what is given; '' leaves a variable out. */
  const start = (given: Record<string, string> = {}, flags: string[] = []): AgentProcess => {
    const all: Record<string, string> = {
      ECS_CLUSTER: 'specs',
      ECS_BACKEND_HOST: plane.url,
      AWS_DEFAULT_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'top-secret',
      DOCKER_HOST: `unix://${join(folder, 'engine.sock')}`,
      ECS_DATADIR: join(folder, 'data'),
      ECS_EXTERNAL: 'true',
      ...given,
    };
    const env = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
    const agent = new AgentProcess(flags, env);
    running.push(agent);
    return agent;
  };

  it('registers, connects, and ends with 0 on SIGTERM', async () => {
    const agent = start();
    await plane.connected();
    expect(await agent.signal('SIGTERM')).to.equal(0);
    expect(agent.output).to.include('msg="Registered"');
    expect(agent.output).not.to.include('top-secret');
  });

  it('ends with 0 on SIGTERM within five seconds, though a client holds its request open', async () => {
    const port = await freePort();
    const agent = start({ ECS_INTROSPECTION_PORT: String(port) });
    await plane.connected();
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await new Promise((resolve) => void socket.write('GET / HTTP/1.1\r\nhost: x\r\n', resolve));
    const since = Date.now();
    expect(await agent.signal('SIGTERM')).to.equal(0);
    expect(Date.now() - since).to.be.below(3_000);
    socket.destroy();
  });

  it('is asked to stop by the first signal, and passes over the next ones', async () => {
    const agent = start();
    await plane.connected();
    agent.child.kill('SIGINT');
    agent.child.kill('SIGTERM');
    expect(await agent.signal('SIGINT')).to.equal(0);
    expect(agent.output.match(/Asked to stop/g)).to.have.length(1);
  });

  it('ends within five seconds, though its log file takes nothing', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const agent = start({ ECS_LOGFILE: pipe });
    await plane.connected();
    const since = Date.now();
    await agent.signal('SIGTERM');
    expect(Date.now() - since).to.be.below(5_000);
    expect(agent.output).to.include('Something hangs');
  });

  it('tells on SIGUSR1 what each actor does, without what tasks were given, and goes on', async () => {
    const agent = start();
    await plane.connected();
    const arn = localTaskArn('specs', '0123456789abcdef');
    plane.run(
      wireTaskOf(
        {
          family: 'specs',
          containerDefinitions: [
            {
              ...{ name: 'main', image: 'none:1', essential: true, memory: 16 },
              environment: [{ name: 'PASSWORD', value: 'hidden' }],
            },
          ],
        },
        { arn, version: '1' },
      ),
    );
    await plane.until(({ unacknowledged }) => unacknowledged.length === 0);
    agent.child.kill('SIGUSR1');
    await agent.says(/level=critical .*actor="task\/0123456789abcdef" state="/);
    expect(agent.output).to.match(/What the agent does follows" rssMiB=\d+ heapUsedMiB=\d+/);
    expect(await agent.signal('SIGTERM')).to.equal(0);
    expect(agent.output).not.to.include('hidden');
  });

  it('is healthy once ACS is connected, and not before it is registered', async () => {
    const port = String(await freePort());
    const check = async (): Promise<{ code: number | null; output: string }> => {
      const agent = new AgentProcess(['-healthcheck'], { ECS_INTROSPECTION_PORT: port });
      return { code: await agent.exitCode(), output: agent.output };
    };
    const silent = await listen(() => {});
    const waiting = start({ ECS_INTROSPECTION_PORT: port, ECS_BACKEND_HOST: silent.url });
    await once(silent.server, 'request');
    expect(await check()).to.deep.equal({
      code: 1,
      output: 'ecs-agent: The container instance is not registered with ECS yet\n',
    });
    expect(await waiting.signal('SIGTERM')).to.equal(0);
    await silent.close();
    start({ ECS_INTROSPECTION_PORT: port });
    await plane.connected();
    expect(await check()).to.deep.equal({ code: 0, output: '' });
  });

  it('has the level of ECS_LOGLEVEL before that of -loglevel', async () => {
    const agent = start({ ECS_LOGLEVEL: 'error' }, ['-loglevel=debug', '-k', 'more']);
    await plane.connected();
    expect(await agent.signal('SIGTERM')).to.equal(0);
    expect(agent.output).to.equal('');
  });

  it('warns of flags that are dangerous, and of words that are none', async () => {
    const agent = start({}, ['-k', 'more', '-loglevel=debug']);
    await plane.connected();
    await agent.signal('SIGTERM');
    expect(agent.output).to.match(/level=warn .*Flags end at \\"more\\"/);
    expect(agent.output).to.match(/level=warn .*are not verified \(-k\)/);
    expect(agent.output).not.to.include('level=debug');
  });

  it('keeps its state where only its own user may read it', async () => {
    const agent = start();
    await plane.connected();
    await agent.signal('SIGTERM');
    expect(statSync(join(folder, 'data')).mode & 0o777).to.equal(0o700);
  });

  it('comes back as the same container instance', async () => {
    start();
    await plane.connected();
    const first = plane.context().containerInstanceArn;
    await running[0]?.signal('SIGKILL');
    await start().says(/Registered/);
    expect(plane.context().containerInstanceArn).to.equal(first);
  });

  it('takes what the environment does not say from its configuration file', async () => {
    const path = join(folder, 'config.json');
    writeFileSync(path, JSON.stringify({ Cluster: 'specs', AWSRegion: 'us-west-2', Extra: 1 }));
    const agent = start({
      ...{ ECS_CLUSTER: '', AWS_DEFAULT_REGION: '', ECS_AGENT_CONFIG_FILE_PATH: path },
    });
    await plane.connected();
    expect(agent.output).to.include('cluster="specs"');
    expect(agent.output).to.include(`Extra in ${path} is not known: it is passed over`);
  });

  it('passes over values it cannot read, with a warning each', async () => {
    const agent = start({ ECS_RESERVED_MEMORY: 'much', ECS_CONTAINER_STOP_TIMEOUT: '30' });
    await plane.connected();
    await agent.signal('SIGTERM');
    const warnings = agent.lines.filter((line) => line.startsWith('level=warn'));
    expect(warnings.map((line) => /msg="(\w+)/.exec(line)?.[1]).sort()).to.deep.equal([
      'ECS_CONTAINER_STOP_TIMEOUT',
      'ECS_RESERVED_MEMORY',
    ]);
  });

  const refusals: [string, () => Record<string, string>, number, RegExp][] = [
    [
      'an instance attribute that is no JSON',
      () => ({ ECS_INSTANCE_ATTRIBUTES: '{' }),
      1,
      /ECS_INSTANCE_ATTRIBUTES must be a JSON object.*correct it or unset it/,
    ],
    [
      'no region on an external instance',
      () => ({ AWS_DEFAULT_REGION: '' }),
      1,
      /AWS_DEFAULT_REGION must name the region/,
    ],
    [
      'no region and no metadata service',
      () => ({ AWS_DEFAULT_REGION: '', ECS_EXTERNAL: '' }),
      1,
      /set AWS_DEFAULT_REGION/,
    ],
    [
      'no credentials',
      () => ({ AWS_ACCESS_KEY_ID: '' }),
      1,
      /No AWS credentials.*set AWS_ACCESS_KEY_ID/,
    ],
    [
      'no Engine',
      () => ({ DOCKER_HOST: `unix://${join(folder, 'nobody.sock')}` }),
      1,
      /nobody\.sock cannot be reached/,
    ],
    [
      'no control plane',
      () => ({ ECS_BACKEND_HOST: 'http://127.0.0.1:1' }),
      1,
      /http:\/\/127\.0\.0\.1:1.*cannot be reached/,
    ],
    [
      'a data directory that cannot be written',
      () => {
        writeFileSync(join(folder, 'file'), '');
        return { ECS_DATADIR: join(folder, 'file', 'data') };
      },
      1,
      /cannot be written: make it writable, or set ECS_DATADIR/,
    ],
  ];
  for (const [what, given, code, line] of refusals)
    it(`with ${what} ends with ${code} and one line that names the remedy`, async () => {
      const agent = start(given());
      expect(await agent.exitCode()).to.equal(code);
      const errors = agent.lines.filter((said) => said.startsWith('level=error'));
      expect(errors).to.have.length(1);
      expect(errors[0]).to.match(line);
    });

  const warningsOf = (agent: AgentProcess) =>
    agent.lines.filter((line) => line.startsWith('level=warn'));

  it('waits for an Engine that listens only after it, and says so once', async () => {
    const late = join(folder, 'late.sock');
    const agent = start({ DOCKER_HOST: `unix://${late}` });
    await agent.says(/late\.sock cannot be reached.*it is tried again for 10 s/);
    const wait = pulse.clock.now() + 3_000;
    await new Promise<void>((resolve) => pulse.clock.at(wait, resolve));
    symlinkSync(join(folder, 'engine.sock'), late);
    await plane.connected();
    expect(await agent.signal('SIGTERM')).to.equal(0);
    expect(warningsOf(agent)).to.have.length(1);
    expect(agent.output).not.to.include('level=error');
  });

  describe('on an EC2 instance', () => {
    const service = new MetadataService();
    beforeEach(async () => {
      service.asked.length = 0;
      service.answers.clear();
      service.set({ ...everyFact, spotAction: null, lifecycleState: 'InService' });
      await service.open();
    });
    afterEach(() => service.close());

    const onEc2 = (given: Record<string, string> = {}): AgentProcess =>
      start({
        AWS_EC2_METADATA_DISABLED: 'false',
        AWS_EC2_METADATA_SERVICE_ENDPOINT: service.url,
        AWS_DEFAULT_REGION: '',
        ECS_EXTERNAL: '',
        ...given,
      });

    it('takes the region from the instance', async () => {
      const agent = onEc2();
      await plane.connected();
      expect(await agent.signal('SIGTERM')).to.equal(0);
      expect(service.count('GET dynamic/instance-identity/signature')).to.equal(1);
      expect(warningsOf(agent)).to.deep.equal([]);
    });

    it('waits for a metadata service that is late, and says so once', async () => {
      service.answers.set('*', 503);
      const agent = onEc2();
      await agent.says(/answered 503.*it is tried again for 10 s/);
      service.answers.clear();
      await plane.connected();
      expect(await agent.signal('SIGTERM')).to.equal(0);
      expect(warningsOf(agent)).to.have.length(1);
    });

    it('without a metadata service that it needs ends with 1 and one line', async () => {
      await service.close();
      const agent = onEc2({ AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' });
      expect(await agent.exitCode()).to.equal(1);
      const errors = agent.lines.filter((said) => said.startsWith('level=error'));
      expect(errors).to.have.length(1);
      expect(errors[0]).to.match(/cannot be reached.*set AWS_DEFAULT_REGION/);
      expect(warningsOf(agent)).to.have.length(1);
    });

    it('in a warm pool does not register, and ends with 0 when it is asked to', async () => {
      service.set({ lifecycleState: 'Warmed:Running' });
      const agent = onEc2({ ECS_WARM_POOLS_CHECK: 'true' });
      await agent.says(/The warm pool has this instance.*Warmed:Running/);
      expect(await agent.signal('SIGTERM')).to.equal(0);
      expect(plane.context().containerInstanceArn).to.equal(null);
    });
  });

  it('with the state of another cluster ends with 5', async () => {
    start();
    await plane.connected();
    await running[0]?.signal('SIGTERM');
    const agent = start({ ECS_CLUSTER: 'elsewhere' });
    expect(await agent.exitCode()).to.equal(5);
    expect(agent.output).to.include(
      'belongs to cluster \\"specs\\", but ECS_CLUSTER is \\"elsewhere\\"',
    );
  });

  it('beside another agent on the same data directory ends with 1, and leaves the other alone', async () => {
    const first = start();
    await plane.connected();
    const second = start();
    expect(await second.exitCode()).to.equal(1);
    expect(second.output).to.match(
      /Another process has .* open: stop that agent, or set ECS_DATADIR/,
    );
    expect(first.child.exitCode).to.equal(null);
  });
});
