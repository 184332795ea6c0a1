import { expect } from 'chai';
import * as prometheus from 'prom-client';
import { instrumentsOf } from '../../../bin/metrics/instruments.ts';
import { portMeter, unmetered } from '../../../bin/metrics/ports.ts';
import { DockerError, type EnginePort } from '../../../transport/docker/port.ts';
import { EcsError, type EcsPort } from '../../../transport/ecs/port.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { samplesOf, sumOf } from '../../support/exposition.ts';

describe('ports that are counted', () => {
  const clock = new SimClock(0);
  const instruments = instrumentsOf(prometheus);
  const meter = portMeter(instruments, clock);
  const sum = async (name: string, labels: Record<string, string> = {}) =>
    sumOf(samplesOf(await instruments.registry.metrics()), `ecs_agent_${name}`, labels);
  const after = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.at(clock.now() + ms, resolve));

  it('answer as they would, and tell how long that took', async () => {
    const port = { ping: () => after(1_500), names: 'as they are' } as unknown as EnginePort;
    const docker = meter.docker(port);
    const asked = docker.ping();
    await clock.advance(2_000);
    await asked;
    expect(docker.names).to.equal('as they are');
    expect(await sum('docker_calls_total', { call: 'ping', outcome: 'ok' })).to.equal(1);
    expect(await sum('docker_call_duration_seconds_sum', { call: 'ping' })).to.equal(1.5);
    expect(await sum('docker_call_duration_seconds_bucket', { le: '1' })).to.equal(0);
    expect(await sum('docker_call_duration_seconds_bucket', { le: '2.5' })).to.equal(1);
  });

  it('fail as they would, and tell by which kind of error', async () => {
    const failing = new DockerError('DOCKER_TIMEOUT', 'too long');
    const docker = meter.docker({ info: () => Promise.reject(failing) } as unknown as EnginePort);
    expect(await docker.info().catch((error: unknown) => error)).to.equal(failing);
    const ecs = meter.ecs({
      createCluster: () => Promise.reject(new EcsError('ECS_DENIED', 'x', 'no')),
      register: () => Promise.reject(new TypeError('a fault')),
    } as unknown as EcsPort);
    await ecs.createCluster('c').catch(() => {});
    await ecs.register({} as Parameters<EcsPort['register']>[0]).catch(() => {});
    expect(await sum('docker_calls_total', { call: 'info', outcome: 'timeout' })).to.equal(1);
    expect(await sum('ecs_calls_total', { call: 'createCluster', outcome: 'denied' })).to.equal(1);
    expect(await sum('ecs_calls_total', { call: 'register', outcome: 'failed' })).to.equal(1);
  });

  it('keep what their calls know of themselves', async () => {
    class Own {
      readonly #secret = 'mine';
      discoverPollEndpoint() {
        return Promise.resolve({ acs: this.#secret, telemetry: null });
      }
    }
    const ecs = meter.ecs(new Own() as unknown as EcsPort);
    const { acs } = await ecs.discoverPollEndpoint({ arn: '', cluster: '' });
    expect(acs).to.equal('mine');
  });

  it('tell of the end of a stream, but not how long it went on', async () => {
    const end = new DockerError('DOCKER_UNREACHABLE', 'gone');
    const docker = meter.docker({ watch: () => Promise.reject(end) } as unknown as EnginePort);
    const on = { since: null, opened: () => {}, event: () => {} };
    await docker.watch(on, new AbortController().signal).catch(() => {});
    const watch = { call: 'watch' };
    expect(await sum('docker_calls_total', { ...watch, outcome: 'unreachable' })).to.equal(1);
    expect(await sum('docker_call_duration_seconds_count', watch)).to.equal(0);
  });

  it('tell the bytes of each batch that is on disk, and which was not written', async () => {
    let isFull = false;
    const write = () => (isFull ? Promise.reject(new Error('full')) : Promise.resolve());
    const medium = meter.medium({
      write,
      open: () => Promise.resolve({ texts: [], identity: null, generation: 7, damage: null }),
      close: () => Promise.resolve(),
    });
    expect((await medium.open()).generation).to.equal(7);
    const steps = [
      { type: 'put' as const, key: 'task/a', value: 'ü' },
      { type: 'del' as const, key: 'task/b' },
    ];
    const batch = { steps, generation: 1, identity: undefined };
    await medium.write(batch);
    isFull = true;
    expect(await medium.write(batch).catch((error: Error) => error.message)).to.equal('full');
    expect(await sum('commit_size_bytes_sum')).to.equal(14);
    expect(await sum('commits_total', { outcome: 'ok' })).to.equal(1);
    expect(await sum('commits_total', { outcome: 'failed' })).to.equal(1);
  });

  it('are the ports themselves where nothing is counted', () => {
    const port = {} as EnginePort;
    expect(unmetered.docker(port)).to.equal(port);
  });
});
