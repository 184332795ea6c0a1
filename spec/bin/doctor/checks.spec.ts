import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connectEngine } from '../../../bin/commands/assemble.ts';
import { findingLines } from '../../../bin/commands/doctor.ts';
import { readConfig } from '../../../bin/config/config.ts';
import { clockCheck, credentialsCheck, proxyCheck, skewVerdict } from '../../../bin/doctor/aws.ts';
import { type Bench, type Check, examine, ok } from '../../../bin/doctor/check.ts';
import { cgroupCheck, dataCheck, diskCheck, engineCheck } from '../../../bin/doctor/host.ts';
import { portCheck, taskAddressCheck } from '../../../bin/doctor/network.ts';
import type { Environment } from '../../../bin/variables/variables.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { openTaskServer } from '../../../transport/tmds/server.ts';
import { freePort, listen } from '../../support/loopback.ts';
import { SimNetwork } from '../../support/network.ts';
import { sourceOf } from '../../transport/tmds/served.ts';

const nothing = () => {};
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const never = new AbortController().signal;

describe('the doctor', () => {
  let folder: string;
  let network: SimNetwork;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'doctor-'));
    network = new SimNetwork();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const bench = (environment: Environment = {}, more: Partial<Bench> = {}): Bench => {
    const clock = realClock();
    const { config } = readConfig(
      {
        AWS_EC2_METADATA_DISABLED: 'true',
        DOCKER_HOST: `unix://${folder}/none.sock`,
        ECS_DATADIR: folder,
        ...environment,
      },
      'linux',
    );
    const engine = connectEngine({ config, clock, log });
    return { config, environment, platform: 'linux', clock, log, engine, network, ...more };
  };
  const look = (check: Check, of = bench()) => check.look(of, never);
  const stateOf = async (check: Check, of = bench()) => (await look(check, of)).state;

  it('tells that no Engine answers, and where it was looked for', async () => {
    const { state, says } = await look(engineCheck);
    expect(state).to.equal('failed');
    expect(says).to.include(`unix://${folder}/none.sock`);
  });

  it('needs no cgroups where tasks are not limited', async () => {
    expect(await stateOf(cgroupCheck, bench({ ECS_ENABLE_TASK_CPU_MEM_LIMIT: '0' }))).to.equal(
      'ok',
    );
    expect(await stateOf(cgroupCheck, bench({}, { platform: 'windows' }))).to.equal('ok');
  });

  it('sees whether the data directory can be written, or made', async () => {
    expect(await look(dataCheck)).to.deep.equal(ok(`${folder} can be written`));
    const deeper = join(folder, 'a/b');
    expect(await look(dataCheck, bench({ ECS_DATADIR: deeper }))).to.deep.equal(
      ok(`${deeper} can be made in ${folder}`),
    );
    writeFileSync(join(folder, 'file'), '');
    const inFile = bench({ ECS_DATADIR: join(folder, 'file/a') });
    expect(await stateOf(dataCheck, inFile)).to.equal('failed');
    expect(await stateOf(dataCheck, bench({ ECS_CHECKPOINT: 'false' }))).to.equal('warning');
  });

  const sizes: [freeMiB: number, state: string][] = [
    [2_000, 'ok'],
    [1_023, 'warning'],
    [99, 'failed'],
  ];
  for (const [freeMiB, state] of sizes)
    it(`finds a disk with ${freeMiB} MiB to be ${state}`, async () => {
      const given = bench();
      const disk = async () => ({ totalBytes: 1e12, freeBytes: freeMiB * 1_048_576 });
      const engine = { ...given.engine, host: { ...given.engine.host, disk } };
      expect(await stateOf(diskCheck, { ...given, engine })).to.equal(state);
    });

  describe('at ports', () => {
    const ports = async (tasks: number) =>
      bench({ ECS_INTROSPECTION_PORT: '0', ECS_TASK_METADATA_PORT: String(tasks) });

    it('finds them free', async () => {
      const port = await freePort();
      expect(await look(portCheck, await ports(port))).to.deep.equal(ok(`${port} is free`));
    });

    it('finds the agent, and whether it is reached', async () => {
      const server = await openTaskServer({
        ...{ address: '127.0.0.1', port: 0, source: sourceOf(), clock: realClock() },
        agentApi: { protection: () => Promise.reject(), fault: () => Promise.reject() },
        audit: { write: nothing, close: nothing },
        rates: { steady: 40, burst: 60 },
      });
      const port = Number(new URL(server.url).port);
      expect(await look(portCheck, await ports(port))).to.deep.equal(ok(`${port} is the agent’s`));
      await server.close();
    });

    it('finds something else', async () => {
      const { url, close } = await listen((_, response) => response.end('hello'));
      const port = Number(new URL(url).port);
      const { state, says } = await look(portCheck, await ports(port));
      expect({ state, says }).to.deep.equal({
        state: 'failed',
        says: `Something other than the agent listens on port ${port}`,
      });
      await close();
    });

    it('finds something that says nothing, in its time', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      const clock = new SimClock();
      const findings = examine([portCheck], { ...(await ports(port)), clock });
      await new Promise(setImmediate);
      await clock.advance(15_000);
      expect((await findings)[0]).to.include({
        state: 'failed',
        says: 'It was not known within 15 s',
      });
      server.close();
    });
  });

  describe('at 169.254.170.2', () => {
    const at = async (more: Environment = {}) =>
      bench({ ECS_TASK_METADATA_PORT: String(await freePort()), ...more });

    it('finds nothing to do where no task is served', async () => {
      expect(await stateOf(taskAddressCheck, await at({ ECS_TASK_METADATA_PORT: '0' }))).to.equal(
        'ok',
      );
    });

    it('counts what is missing of the rules, and names the remedy', async () => {
      const verdict = await look(taskAddressCheck, await at());
      expect(verdict).to.include({ state: 'failed', remedy: 'Run as root: ecs-agent host up' });
      expect(verdict.says).to.match(
        /^\d of the firewall’s rules are missing, such as: iptables -t/,
      );
    });

    it('does not guess where the firewall cannot be asked', async () => {
      network.mishap = () => ({ code: 4, output: '', said: 'Permission denied' });
      expect(await look(taskAddressCheck, await at())).to.include({ state: 'warning' });
    });
  });

  it('compares the clock with that of the ECS API', async () => {
    const date = new Date(Date.now() - 600_000).toUTCString();
    const { url, close } = await listen((_, response) =>
      response.writeHead(400, { date }).end('no'),
    );
    const { state, says } = await look(clockCheck, bench({ ECS_BACKEND_HOST: url }));
    expect(state).to.equal('failed');
    expect(says).to.match(
      /^This host’s clock is (599|600|601) s ahead of that of AWS, which refuses/,
    );
    await close();
    expect(await stateOf(clockCheck, bench({ ECS_BACKEND_HOST: url }))).to.equal('warning');
    expect(await stateOf(clockCheck)).to.equal('warning');
  });

  const skews: [ms: number, state: string][] = [
    [0, 'ok'],
    [29_999, 'ok'],
    [-30_000, 'warning'],
    [299_999, 'warning'],
    [-300_000, 'failed'],
  ];
  for (const [ms, state] of skews)
    it(`finds a clock that is off by ${ms} ms to be ${state}`, () => {
      expect(skewVerdict(ms).state).to.equal(state);
    });

  it('finds credentials and does not show them', async () => {
    const keys = { AWS_ACCESS_KEY_ID: 'AKIDSHOWN', AWS_SECRET_ACCESS_KEY: 'SECRETSHOWN' };
    const verdict = await look(credentialsCheck, bench(keys));
    expect(verdict).to.deep.equal(ok('Keys were found'));
    const temporary = await look(credentialsCheck, bench({ ...keys, AWS_SESSION_TOKEN: 't' }));
    expect(temporary).to.deep.equal(ok('Temporary keys were found'));
  });

  const proxies: [Environment, string, RegExp][] = [
    [{}, 'ok', /^None is set$/],
    [{ HTTPS_PROXY: 'nonsense' }, 'failed', /^HTTPS_PROXY is no address/],
    [
      { https_proxy: 'http://user:password@proxy:3128' },
      'warning',
      /^HTTPS_PROXY is proxy:3128; NO_PROXY lacks 169.254.169.254 and 169.254.170.2$/,
    ],
    [
      { HTTP_PROXY: 'http://proxy:3128', NO_PROXY: '169.254.169.254, x' },
      'warning',
      /NO_PROXY lacks 169.254.170.2$/,
    ],
    [
      { HTTP_PROXY: 'http://proxy:3128', no_proxy: '169.254.169.254,169.254.170.2' },
      'ok',
      /^HTTP_PROXY is proxy:3128$/,
    ],
    [{ HTTP_PROXY: 'http://proxy:3128', NO_PROXY: '*' }, 'ok', /^HTTP_PROXY/],
  ];
  for (const [environment, state, says] of proxies)
    it(`finds ${JSON.stringify(environment)} to be ${state}`, async () => {
      const verdict = await look(proxyCheck, bench(environment));
      expect(verdict.state).to.equal(state);
      expect(verdict.says).to.match(says);
      expect(JSON.stringify(verdict)).to.not.include('password');
    });

  it('takes a check that throws for one that failed', async () => {
    const odd: Check = { name: 'Odd', look: () => Promise.reject(new Error('no such thing')) };
    const [finding] = await examine([odd], bench());
    expect(finding).to.include({ name: 'Odd', state: 'failed', says: 'no such thing' });
  });

  it('tells each finding in a line, and below it what to do', () => {
    const text = findingLines(
      [
        { name: 'Disk', state: 'ok', says: 'There is room' },
        { name: 'Clock', state: 'failed', says: 'It is slow', remedy: 'Set it' },
      ],
      false,
    );
    expect(text).to.equal(
      'ok      Disk: There is room\nfailed  Clock: It is slow\n        → Set it\n',
    );
  });
});
