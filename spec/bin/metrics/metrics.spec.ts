import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LocalPlane, localTaskArn } from '../../../bin/commands/local-plane.ts';
import { wireTaskOf } from '../../../transport/acs/task-definition.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { SimEngine } from '../../../transport/sim/engine.ts';
import { serveEngine } from '../../../transport/sim/engine-http.ts';
import { SimRegistry } from '../../../transport/sim/registry.ts';
import { type Sample, samplesOf, sumOf } from '../../support/exposition.ts';
import { freePort } from '../../support/loopback.ts';
import { AgentProcess } from '../../support/process.ts';

describe('the metrics of an agent', () => {
  const pulse = { clock: realClock(), random: realRandom };
  let folder: string;
  let plane: LocalPlane;
  let port: number;
  let closeEngine: () => Promise<void>;
  const running: AgentProcess[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'metrics-spec-'));
    plane = new LocalPlane(pulse, 'specs');
    await plane.open();
    port = await freePort();
    const socket = join(folder, 'engine.sock');
    const images = ['secret-image:1'];
    const registry = new SimRegistry([]);
    const engine = new SimEngine({ ...pulse, latencyMs: 0, images, registry });
    closeEngine = await serveEngine(engine, socket);
  });
  afterEach(async () => {
    for (const { child } of running.splice(0)) child.kill('SIGKILL');
    await plane.close();
    await closeEngine();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (given: Record<string, string> = {}): AgentProcess => {
    const agent = new AgentProcess([], {
      ECS_CLUSTER: 'specs',
      ECS_BACKEND_HOST: plane.url,
      AWS_DEFAULT_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret',
      DOCKER_HOST: `unix://${join(folder, 'engine.sock')}`,
      ECS_DATADIR: join(folder, 'data'),
      ECS_EXTERNAL: 'true',
      ECS_IMAGE_PULL_BEHAVIOR: 'prefer-cached',
      ECS_INTROSPECTION_PORT: '0',
      ECS_ENABLE_PROMETHEUS_METRICS: 'true',
      ECS_PROMETHEUS_METRICS_PORT: String(port),
      ...given,
    });
    running.push(agent);
    return agent;
  };
  const ask = (path = '/metrics', method = 'GET') =>
    fetch(`http://127.0.0.1:${port}${path}`, { method });
  const scrape = async (): Promise<Sample[]> => samplesOf(await (await ask()).text());

  const place = (id: string, image = 'secret-image:1'): string => {
    const arn = localTaskArn('specs', id);
    const main = { name: 'secret-container', image, memory: 6, command: ['stay'] };
    plane.run(wireTaskOf({ family: 'f', containerDefinitions: [main] }, { arn, version: '1' }));
    return arn;
  };
  const until = (arn: string, status: string) =>
    plane.until(({ tasks }) => tasks[arn]?.status === status);

  it('are true of the tasks that it runs, and of what it asked of whom for them', async () => {
    start();
    await plane.connected();
    const [first = '', ...others] = ['a1', 'b2', 'c3'].map((id) => place(id));
    for (const arn of [first, ...others]) await until(arn, 'RUNNING');
    const missing = place('d4', 'gone:1');
    const failedPull = { effect: 'resolveImage', outcome: 'failed' };
    while (sumOf(await scrape(), 'ecs_agent_effects_total', failedPull) === 0);
    plane.stop(missing);
    await until(missing, 'STOPPED');
    const samples = await scrape();
    const is = (name: string, labels: Record<string, string> = {}) =>
      sumOf(samples, `ecs_agent_${name}`, labels);

    expect(is('tasks', { status: 'RUNNING' })).to.equal(3);
    expect(is('tasks', { status: 'STOPPED' })).to.equal(1);
    expect(is('actors', { machine: 'container', state: 'running.steady' })).to.equal(3);
    expect(is('actors', { machine: 'agent' })).to.equal(1);
    expect(is('docker_calls_total', { call: 'create', outcome: 'ok' })).to.equal(3);
    expect(is('docker_call_duration_seconds_count', { call: 'start' })).to.equal(3);
    expect(is('docker_call_duration_seconds_count', { call: 'watch' })).to.equal(0);
    expect(is('docker_calls_total', { call: 'resolveDigest' })).to.be.at.least(1);
    expect(is('docker_calls_total', { call: 'resolveDigest', outcome: 'ok' })).to.equal(0);
    expect(is('effects_total', { effect: 'startContainer', outcome: 'done' })).to.equal(3);
    expect(is('effects_running', { effect: 'startContainer' })).to.equal(0);
    expect(is('ecs_calls_total', { call: 'register', outcome: 'ok' })).to.equal(1);
    expect(is('ecs_calls_total', { call: 'submitTaskStateChange' })).to.be.at.least(4);
    expect(is('session_connected', { session: 'acs' })).to.equal(1);
    expect(is('session_connections_total', { session: 'acs' })).to.equal(1);
    expect(is('session_age_seconds', { session: 'acs' })).to.be.within(0.001, 60);
    expect(is('queue_length')).to.equal(0);
    expect(is('commits_total', { outcome: 'ok' })).to.be.within(4, 60);
    expect(is('commit_size_bytes_sum')).to.be.within(10_000, 200_000);
    expect(is('build_info')).to.equal(1);
    expect(is('event_loop_lag_seconds')).to.be.within(0, 10);
    expect(sumOf(samples, 'process_resident_memory_bytes')).to.be.within(3e7, 1e9);
    expect(sumOf(samples, 'process_cpu_seconds_total')).to.be.within(0.05, 60);
    const age = pulse.clock.now() / 1_000 - sumOf(samples, 'process_start_time_seconds');
    expect(age).to.be.within(0, 60);
  });

  it('name no task, container, image or instance', async () => {
    start();
    await plane.connected();
    const arn = place('0123456789abcdef');
    await until(arn, 'RUNNING');
    const text = await (await ask()).text();
    expect(text).not.to.match(/secret|arn:|0123456789abcdef|specs/);
    const series = samplesOf(text).filter(({ name }) => !name.endsWith('_bucket'));
    expect(series).to.have.length.below(150);
  });

  it('count on after another start, and are gone with the agent', async () => {
    const agent = start();
    await plane.connected();
    const arn = place('a1');
    await until(arn, 'RUNNING');
    expect(await agent.signal('SIGTERM')).to.equal(0);
    expect(await ask().catch(() => 'refused')).to.equal('refused');
    await plane.until(() => !plane.isConnected());
    start();
    await plane.connected();
    const samples = await scrape();
    expect(sumOf(samples, 'ecs_agent_tasks', { status: 'RUNNING' })).to.equal(1);
    expect(sumOf(samples, 'ecs_agent_docker_calls_total', { call: 'create' })).to.equal(0);
  });

  it('are told to who asks for them, and nothing else is', async () => {
    start();
    await plane.connected();
    const answer = await ask('/metrics?x=1');
    expect(answer.headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect((await ask('/')).status).to.equal(404);
    expect((await ask('/metrics', 'POST')).status).to.equal(405);
    expect(await (await ask('/metrics', 'HEAD')).text()).to.equal('');
  });

  it('are not there, nor does anything listen, unless they are asked for', async () => {
    start({ ECS_ENABLE_PROMETHEUS_METRICS: '' });
    await plane.connected();
    expect(await ask().catch(() => 'refused')).to.equal('refused');
  });

  it('do without their port where another has it, and so does the agent', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(port, '127.0.0.1', resolve));
    const agent = start();
    await agent.says(
      /level=warn .*Metrics cannot be served.*ECS_PROMETHEUS_METRICS_PORT.*EADDRINUSE/,
    );
    await plane.connected();
    expect(await agent.signal('SIGTERM')).to.equal(0);
    other.close();
  });
});
