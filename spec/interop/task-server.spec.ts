import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { expect } from 'chai';
import { faultTrials } from '../../machines/fault/sequence.ts';
import { hostNetwork } from '../../transport/network/network.ts';
import { requireOrSkip } from '../support/needs.ts';
import { fetched, Relay, said, serveIn } from './namespace.ts';
import { lackingForEngine, PrivateEngine } from './private-engine.ts';
import { type Placed, Stage, script, untilTerm } from './stage.ts';

const role = {
  credentialsId: 'f1f2f3f4-0000-4000-8000-000000000001',
  roleArn: 'arn:aws:iam::123456789012:role/task',
  accessKeyId: 'ASIATASK',
  secretAccessKey: 'secret of the task',
  sessionToken: 'token',
  expiration: '2030-01-01T00:00:00Z',
};
/** What a black hole is made of, and what answers there otherwise. */
const port = 7_070;
const blackhole = { Port: port, Protocol: 'tcp', TrafficType: 'egress' };

describe('what tasks reach at 169.254.170.2', () => {
  let engine: PrivateEngine;
  let relay: Relay;
  let web: ChildProcess;
  let stage: Stage;
  let rulesBefore: string;

  const rules = () =>
    ['filter', 'nat']
      .map((table) => said(engine.through, ['iptables', '-t', table, '-S']))
      .join('');
  const hostDoes = async (direction: 'up' | 'down') => {
    const command = stage.command(['host', direction]);
    expect(await command.exitCode(), command.output).to.equal(0);
  };

  before(async function () {
    this.timeout(60_000);
    requireOrSkip(this, lackingForEngine());
    engine = new PrivateEngine([]);
    await engine.start();
    const { through, dockerHost } = engine;
    const environment = {
      ECS_TASK_METADATA_PORT: '51679',
      ECS_INTROSPECTION_PORT: '51678',
      ECS_CONTAINER_STOP_TIMEOUT: '2s',
    };
    stage = await new Stage(dockerHost, environment, through).open();
    relay = await new Relay().open(through, Number(new URL(stage.plane.url).port));
    // A host has a way out, if only to nowhere.
    said(through, ['ip', 'route', 'add', 'default', 'dev', 'docker0']);
    web = await serveIn(through, port);
    rulesBefore = rules();
    await hostDoes('up');
    start();
    await stage.plane.settled();
  });
  after(async function () {
    this.timeout(60_000);
    await stage?.close();
    web?.kill('SIGKILL');
    relay?.close();
    await engine?.close();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(stage.agent?.output);
  });

  const audit = () => join(stage.folder, 'audit.log');
  const start = () => stage.start({ ECS_AUDIT_LOGFILE: audit() });
  const run = (command: string[], more: Record<string, unknown> = {}) => {
    const { enableFaultInjection, ...definition } = more;
    const task = stage.define([{ name: 'main', memory: 16, command }], definition);
    return stage.run({ ...task, roleCredentials: role, enableFaultInjection });
  };

  for (const networkMode of ['bridge', 'host'])
    it(`is a container’s own metadata and its keys, in ${networkMode} mode`, async function () {
      this.timeout(60_000);
      const wget = '/bin/busybox wget -qO-';
      const task = run(
        script(
          `${wget} $ECS_CONTAINER_METADATA_URI_V4/task && echo && ` +
            `${wget} http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`,
        ),
        { networkMode },
      );
      const { containers } = await task.told('STOPPED');
      expect(containers[0]?.exitCode).to.equal(0);
      const [metadata = '', keys = ''] = (await task.output('main')).split('\n');
      expect(JSON.parse(metadata)).to.include({ TaskARN: task.arn, Family: 'interop' });
      expect(JSON.parse(metadata).Containers[0]).to.include({ Name: 'main' });
      expect(JSON.parse(keys)).to.deep.equal({
        RoleArn: role.roleArn,
        AccessKeyId: role.accessKeyId,
        SecretAccessKey: role.secretAccessKey,
        Token: role.sessionToken,
        Expiration: role.expiration,
      });
      const line = readFileSync(audit(), 'utf8').trim().split('\n').at(-1);
      expect(line).to.match(/^\S+ 200 \S+ "\/v2\/credentials" "Wget" /);
      expect(line).to.include(` ${task.arn} GetCredentials 2 ${stage.cluster} `);
    });

  it('is what the doctor looks for', async function () {
    this.timeout(30_000);
    const doctor = stage.command(['doctor', '--json']);
    await doctor.exitCode();
    const findings: { name: string; says: string }[] = JSON.parse(doctor.output);
    const says = (name: string) => findings.find((one) => one.name === name)?.says;
    expect(says('169.254.170.2')).to.equal('It reaches the agent');
    expect(says('Ports')).to.equal('51678 is the agent’s, 51679 is the agent’s');
  });

  describe('asked for faults', () => {
    let task: Placed;
    before(async function () {
      this.timeout(60_000);
      task = run(untilTerm(0), { networkMode: 'host', enableFaultInjection: true });
      await task.told('RUNNING');
    });

    /** Waits for its turn where it is asked too often: once in five seconds. */
    const ask = async (fault: string, body: object) => {
      const { Env } = (await task.inspect('main')).Config;
      const [, base = ''] = Env.join('\n').match(/^ECS_AGENT_URI=(.*)$/m) ?? [];
      for (;;) {
        const answer = fetched(engine.through, { url: `${base}/fault/v1/${fault}`, body });
        if (answer.status !== 429) return { status: answer.status, body: JSON.parse(answer.text) };
        await passed(500);
      }
    };
    const askBlackhole = async (operation: string) =>
      (await ask(`network-blackhole-port/${operation}`, blackhole)).body;
    /** Whether the container itself gets an answer. */
    const reaches = async () => {
      const wget = `/bin/busybox timeout 1 /bin/busybox wget -qO- http://127.0.0.1:${port}/`;
      return (await task.inside('main', wget)).output === 'here';
    };
    const untilReached = async () => {
      while (!(await reaches())) await passed(200);
    };

    it('lets a port vanish until it is stopped', async function () {
      this.timeout(60_000);
      expect(await reaches()).to.equal(true);
      expect(await askBlackhole('status')).to.deep.equal({ Status: 'not-running' });
      expect(await askBlackhole('start')).to.deep.equal({ Status: 'running' });
      expect(await reaches()).to.equal(false);
      expect(await askBlackhole('status')).to.deep.equal({ Status: 'running' });
      expect(await askBlackhole('stop')).to.deep.equal({ Status: 'stopped' });
      expect(await reaches()).to.equal(true);
      expect(rules()).to.not.include(`tcp-${port}`);
    });

    it('lets it appear again after a crash of the agent', async function () {
      this.timeout(60_000);
      expect(await askBlackhole('start')).to.deep.equal({ Status: 'running' });
      await stage.kill();
      expect(await reaches()).to.equal(false);
      start();
      await stage.plane.settled();
      await untilReached();
      expect(rules()).to.not.include(`tcp-${port}`);
    });

    it('lets it appear again when the agent is stopped', async function () {
      this.timeout(60_000);
      expect(await askBlackhole('start')).to.deep.equal({ Status: 'running' });
      expect(await reaches()).to.equal(false);
      expect(await stage.agent?.signal('SIGTERM')).to.equal(0);
      expect(await reaches()).to.equal(true);
      expect(rules()).to.not.include(`tcp-${port}`);
      await stage.plane.parted();
      start();
      await stage.plane.settled();
    });

    it('delays what leaves, or says that this kernel cannot', async function () {
      this.timeout(60_000);
      const peer = run(script(`/bin/busybox httpd -f -p ${port}`));
      await peer.told('RUNNING');
      const address = (await peer.inspect('main')).NetworkSettings.Networks.bridge?.IPAddress ?? '';
      const latency = { DelayMilliseconds: 600, JitterMilliseconds: 0, Sources: [address] };
      const before = said(engine.through, ['tc', 'qdisc', 'show', 'dev', 'docker0']);
      const answer = await ask('network-latency/start', latency);
      if (await hasNetem()) {
        expect(answer).to.deep.equal({ status: 200, body: { Status: 'running' } });
        expect(await msTo(address)).to.be.at.least(600);
        expect((await ask('network-latency/stop', {})).body).to.deep.equal({ Status: 'stopped' });
        expect(await msTo(address)).to.be.below(600);
      } else expect(answer).to.deep.equal({ status: 500, body: { Error: 'internal error' } });
      expect(said(engine.through, ['tc', 'qdisc', 'show', 'dev', 'docker0'])).to.equal(before);
      peer.stop();
      await peer.told('STOPPED');
    });

    /** How long the container takes to be refused, or answered. */
    const msTo = async (address: string) => {
      const begun = performance.now();
      await task.inside(
        'main',
        `/bin/busybox timeout 5 /bin/busybox wget -qO- http://${address}:${port}/`,
      );
      return performance.now() - begun;
    };
    const hasNetem = async () => {
      const { run: runCommand } = hostNetwork();
      const results = await Promise.all(
        faultTrials.map((trial) => runCommand(trial, new AbortController().signal)),
      );
      return results.every(({ code }) => code === 0);
    };

    it('ends what a task leaves that ends', async function () {
      this.timeout(60_000);
      expect(await askBlackhole('start')).to.deep.equal({ Status: 'running' });
      expect(rules()).to.include(`-A OUTPUT -j egress-tcp-${port}`);
      task.stop();
      await task.told('STOPPED');
      while (rules().includes(`tcp-${port}`)) await passed(200);
    });
  });

  // After those of the faults, which need it.
  describe('once the host is as it was', () => {
    it('is gone', async function () {
      this.timeout(60_000);
      const rulesUp = rules();
      expect(rulesUp).to.not.equal(rulesBefore);
      await hostDoes('up');
      expect(rules()).to.equal(rulesUp);
      await hostDoes('down');
      expect(rules()).to.equal(rulesBefore);
    });
  });
});
