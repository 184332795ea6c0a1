import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type ContainerRef,
  DockerError,
  dockerNameOf,
  type EnginePort,
} from '../../../transport/docker/port.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import type { EngineCall } from '../../../transport/sim/engine/connection.ts';
import { SimEngine } from '../../../transport/sim/engine.ts';
import { serveEngine } from '../../../transport/sim/engine-http.ts';
import { simRandom } from '../../../transport/sim/random.ts';
import { describeDockerPort } from '../../contract/docker.ts';
import { clientOf } from '../../support/engine.ts';
import { commands, lone, taskPlan, testImage } from '../../support/engine-plans.ts';
import { VirtualEngine } from './virtual.ts';

const engineOf = () =>
  new SimEngine({ clock: realClock(), random: realRandom, images: [testImage] });
const occupied = (engine: SimEngine) => async (ref: ContainerRef) => {
  engine.core.create(dockerNameOf(ref), { Image: testImage });
};
/** A container left running would keep the process of the specs alive. */
const removeAll = async (engine: SimEngine) => {
  for (const { Id } of engine.core.list({})) engine.core.remove(Id, { force: true });
};

describeDockerPort('the simulated Engine', async () => {
  const engine = engineOf();
  return {
    port: engine.port(`specs-${randomUUID()}`),
    image: testImage,
    occupy: occupied(engine),
    cleanup: () => removeAll(engine),
  };
});

describeDockerPort('the Docker client, with the simulated Engine on a socket', async () => {
  const engine = engineOf();
  const folder = mkdtempSync(join(tmpdir(), 'sim-engine-'));
  const socket = join(folder, 'engine.sock');
  const close = await serveEngine(engine, socket);
  return {
    port: clientOf(`unix://${socket}`, `specs-${randomUUID()}`),
    image: testImage,
    occupy: occupied(engine),
    cleanup: async () => {
      await removeAll(engine);
      await close();
      rmSync(folder, { recursive: true });
    },
  };
});

const refused = new DockerError('DOCKER_REFUSED', 'no');
const minute = 60_000;

describe('the simulated Engine, in virtual time', () => {
  it('runs a container for as long as its command sleeps', async () => {
    const world = new VirtualEngine();
    const ref = await world.running({ command: commands.sleep(60) });
    await world.clock.advance(minute);
    const { startedAt, finishedAt, exitCode } = await world.answer(world.port.inspect(ref));
    expect([Number(finishedAt) - Number(startedAt), exitCode]).to.deep.equal([minute, 0]);
  });

  it('gives no two agents the same host port, and forgets it when its container ends', async () => {
    const world = new VirtualEngine();
    const hostPorts = [];
    for (const port of [world.engine.port('specs'), world.engine.port('specs')]) {
      const ref = lone({
        portMappings: [{ kind: 'single', containerPort: 80, hostPort: null, protocol: 'tcp' }],
      });
      await world.answer(port.create(ref));
      await world.answer(port.start(ref));
      const { bindings } = await world.answer(port.inspect(ref));
      hostPorts.push(...bindings.map((each) => 'hostPort' in each && each.hostPort));
      world.engine.core.exit(dockerNameOf(ref), 0);
      expect((await world.answer(port.inspect(ref))).bindings).to.deep.equal([]);
    }
    expect(hostPorts).to.deep.equal([32_768, 32_769]);
  });

  it('runs the same for the same seed and the same calls, another for another seed', async () => {
    const story = async (seed: number) => {
      const world = new VirtualEngine({ random: simRandom(seed) });
      const arn = 'arn:aws:ecs:sim:0:task/specs/same';
      await world.running({ command: commands.exit(3) }, { arn });
      return world.engine.core.log;
    };
    expect(await story(1)).to.deep.equal(await story(1));
    expect(await story(1)).not.to.deep.equal(await story(2));
  });

  it('says that it is simulated, and of its set-up what a story wants', async () => {
    const world = new VirtualEngine({ info: { cgroupVersion: 2 } });
    expect((await world.answer(world.port.version())).version).to.include('simulated');
    const { cgroupDriver, cgroupVersion } = await world.answer(world.port.info());
    expect([cgroupDriver, cgroupVersion]).to.deep.equal(['cgroupfs', 2]);
  });

  it('gives containers the cgroup of their task, unless the agent’s configuration says no', async () => {
    const world = new VirtualEngine();
    const parentOf = async (port: EnginePort) => {
      const ref = lone({}, { arn: 'arn:aws:ecs:sim:0:task/specs/a' });
      await world.answer(port.create(ref));
      const { HostConfig } = world.engine.core.bodyOf(dockerNameOf(ref));
      world.engine.core.remove(dockerNameOf(ref), { force: true });
      return HostConfig?.CgroupParent;
    };
    expect(await parentOf(world.port)).to.equal('/ecs/a');
    const without = world.engine.port('specs', { taskCgroupParent: () => null });
    expect(await parentOf(without)).to.equal(undefined);
  });
});

describe('what can go wrong between an agent and the simulated Engine', () => {
  it('refuses the next call of a kind, once', async () => {
    const world = new VirtualEngine();
    world.engine.failNext('create', refused);
    expect(await world.outcome(world.port.create(lone()))).to.equal('DOCKER_REFUSED');
    expect(world.engine.core.log).to.deep.equal([]);
    expect(await world.outcome(world.port.create(lone()))).to.equal('answered');
    expect(world.engine.calls.get('create')).to.equal(2);
  });

  it('fails, hangs and loses the reply of every call there is', async () => {
    const { port: ports } = new VirtualEngine();
    const ref = lone();
    const volume = { name: 'v', driver: 'local', driverOpts: {}, labels: {} };
    const image = { repository: 'own', tag: '1', files: [], changes: [] };
    const pull = { login: null, inactivityMs: minute };
    const on = { since: null, opened: () => {}, event: () => {} };
    const asks: Record<EngineCall, (port: typeof ports) => Promise<unknown>> = {
      version: (port) => port.version(),
      ping: (port) => port.ping(),
      info: (port) => port.info(),
      create: (port) => port.create(lone()),
      start: (port) => port.start(ref),
      stop: (port) => port.stop(ref, 1),
      inspect: (port) => port.inspect(ref),
      remove: (port) => port.remove('gone'),
      list: (port) => port.list(),
      watch: (port) => port.watch(on, new AbortController().signal),
      inspectImage: (port) => port.inspectImage('web'),
      resolveDigest: (port) => port.resolveDigest('web', null),
      pull: (port) => port.pull('web', pull),
      tag: (port) => port.tag('web', 'web:2'),
      listImages: (port) => port.listImages(),
      removeImage: (port) => port.removeImage('web:2'),
      importImage: (port) => port.importImage(image),
      volumePlugins: (port) => port.volumePlugins(),
      inspectVolume: (port) => port.inspectVolume('v'),
      createVolume: (port) => port.createVolume(volume),
      removeVolume: (port) => port.removeVolume('v'),
      stats: (port) => port.stats(ref, new AbortController().signal),
      followStats: (port) => port.followStats(ref, () => {}, new AbortController().signal),
    };
    expect(Object.keys(asks)).to.have.members(
      Object.keys(ports).filter((name) => name !== 'names'),
    );
    for (const [name, ask] of Object.entries(asks)) {
      const call = name as EngineCall;
      const world = new VirtualEngine();
      const { engine, port } = world;
      await world.answer(port.create(ref));
      await world.answer(port.start(ref));
      engine.failNext(call, refused);
      engine.hangNext(call);
      engine.loseReply(call);
      const became = [];
      for (let i = 0; i < 3; i++) became.push(await world.outcome(ask(port)));
      expect([name, ...became]).to.deep.equal([
        name,
        'DOCKER_REFUSED',
        'DOCKER_TIMEOUT',
        'DOCKER_UNREACHABLE',
      ]);
    }
  });

  it('does not answer a call that hangs before its deadline', async () => {
    const world = new VirtualEngine();
    world.engine.hangNext('start');
    const start = world.port.start(lone());
    expect(await world.outcome(start, 3 * minute - 1)).to.equal('nothing');
    expect(await world.outcome(start, 1)).to.equal('DOCKER_TIMEOUT');
    world.engine.hangNext('stop');
    const stop = world.port.stop(lone(), 30);
    expect(await world.outcome(stop, 2.5 * minute - 1)).to.equal('nothing');
    expect(await world.outcome(stop, 1)).to.equal('DOCKER_TIMEOUT');
  });

  it('ends a call that hangs when it is given up', async () => {
    const world = new VirtualEngine();
    world.engine.hangNext('list');
    const ending = new AbortController();
    const call = world.port.list(ending.signal);
    expect(await world.outcome(call, minute)).to.equal('nothing');
    ending.abort();
    expect(await world.outcome(call, 1)).to.equal('DOCKER_ABORTED');
  });

  it('makes nothing of a call that was given up on its way', async () => {
    const world = new VirtualEngine();
    const ending = new AbortController();
    const call = world.port.create(lone(), ending.signal);
    await world.clock.settle();
    ending.abort();
    expect(await world.outcome(call)).to.equal('DOCKER_ABORTED');
    const late = world.port.create(lone(), AbortSignal.abort());
    expect(await world.outcome(late)).to.equal('DOCKER_ABORTED');
    expect(world.engine.core.log).to.deep.equal([]);
  });

  it('creates the container though the reply is lost, and adopts it when asked again', async () => {
    const world = new VirtualEngine();
    const ref = lone();
    world.engine.loseReply('create');
    expect(await world.outcome(world.port.create(ref))).to.equal('DOCKER_UNREACHABLE');
    expect(await world.outcome(world.port.create(ref))).to.equal('answered');
    expect(world.engine.core.log.map(({ Action }) => Action)).to.deep.equal(['create']);
  });

  it('ends streams of events and refuses calls while it cannot be reached', async () => {
    const world = new VirtualEngine();
    const told = await world.watched();
    world.engine.setReachable(false);
    await world.clock.settle();
    expect(told).to.deep.equal(['opened', 'broken']);
    expect(await world.outcome(world.port.version())).to.equal('DOCKER_UNREACHABLE');
    world.engine.setReachable(true);
    expect(await world.outcome(world.port.version())).to.equal('answered');
  });

  it('breaks a stop under way with the connection, and the container ends all the same', async () => {
    const world = new VirtualEngine();
    const ref = await world.running({ command: commands.sleep(600) });
    const stop = world.port.stop(ref, 30);
    await world.clock.advance(1_000);
    world.engine.setReachable(false);
    expect(await world.outcome(stop, 1_000)).to.equal('DOCKER_UNREACHABLE');
    await world.clock.advance(30_000);
    world.engine.setReachable(true);
    expect((await world.answer(world.port.inspect(ref))).exitCode).to.equal(137);
  });
});

describe('the statistics of the simulated Engine', () => {
  it('are told no more to whoever gives them up in the middle of being told', async () => {
    const world = new VirtualEngine();
    const ref = await world.running({ command: commands.untilTerm });
    const ending = new AbortController();
    let told = 0;
    const follow = world.port.followStats(
      ref,
      () => {
        told++;
        ending.abort();
      },
      ending.signal,
    );
    expect(await world.outcome(follow)).to.equal('DOCKER_ABORTED');
    expect(told).to.equal(1);
  });
});

describe('the events of the simulated Engine', () => {
  it('are not told of what happens while it cannot be reached', async () => {
    const world = new VirtualEngine();
    const ref = await world.running({ command: commands.untilTerm });
    const told = await world.watched();
    world.engine.setReachable(false);
    world.engine.core.exit(dockerNameOf(ref), 5);
    world.engine.setReachable(true);
    expect(await world.watched()).to.deep.equal(['opened']);
    expect(told).to.deep.equal(['opened', 'broken']);
    expect((await world.answer(world.port.inspect(ref))).exitCode).to.equal(5);
  });

  it('are told again from a time on, for a stream that asks for the past', async () => {
    const world = new VirtualEngine();
    const ref = await world.running({ command: commands.untilTerm });
    await world.clock.advance(1_000);
    const since = world.clock.now();
    world.engine.core.exit(dockerNameOf(ref), 5);
    expect(await world.watched(since)).to.deep.equal(['opened', 'die main']);
    expect(await world.watched(since + 1)).to.deep.equal(['opened']);
    expect(await world.watched(0)).to.deep.equal(['opened', 'start main', 'die main']);
  });

  it('tell their time by the Engine’s clock', async () => {
    const world = new VirtualEngine();
    const times: number[] = [];
    const watch = world.port.watch(
      { since: null, opened: () => {}, event: ({ at }) => times.push(at) },
      new AbortController().signal,
    );
    watch.catch(() => {});
    const ref = await world.running({ command: commands.untilTerm });
    const { startedAt } = await world.answer(world.port.inspect(ref));
    const expected = [Number(startedAt)];
    for (let i = 0; i < 10; i++) {
      await world.clock.advance(1);
      world.engine.core.exit(dockerNameOf(ref), 0);
      world.engine.core.start(dockerNameOf(ref));
      expected.push(world.clock.now(), world.clock.now());
    }
    expect(times).to.deep.equal(expected);
  });

  it('are told of a container that somebody else removes', async () => {
    const world = new VirtualEngine();
    const ref = await world.running({ command: commands.untilTerm });
    const told = await world.watched();
    world.engine.core.remove(dockerNameOf(ref), { force: true });
    expect(told).to.deep.equal(['opened', 'die main', 'destroy main']);
    expect(await world.outcome(world.port.inspect(ref))).to.equal('DOCKER_NOT_FOUND');
  });

  it('are remembered only so long as there are not too many', async () => {
    const world = new VirtualEngine();
    const ref = await world.running({ command: commands.untilTerm });
    for (let i = 0; i < 200; i++) {
      world.engine.core.exit(dockerNameOf(ref), 0);
      world.engine.core.start(dockerNameOf(ref));
    }
    expect(world.engine.core.log).to.have.length(402);
    expect(await world.watched(0)).to.have.length(1 + 256);
  });

  it('are told twice, or not at all, where a story wants that', async () => {
    const world = new VirtualEngine();
    const told = await world.watched();
    world.engine.duplicateEvents(true);
    const ref = await world.running({ command: commands.untilTerm });
    world.engine.duplicateEvents(false);
    world.engine.dropEvents(true);
    world.engine.core.exit(dockerNameOf(ref), 0);
    world.engine.dropEvents(false);
    expect(told).to.deep.equal(['opened', 'start main', 'start main']);
    expect(await world.watched(0)).to.deep.equal(['opened', 'start main']);
    expect(world.engine.core.log.map(({ Action }) => Action)).to.include('die');
  });
});

describe('a restart of the simulated Engine', () => {
  const downMs = 20_000;
  const restarted = async (liveRestore: boolean) => {
    const world = new VirtualEngine();
    const stays = await world.running({ command: commands.untilTerm });
    const ends = await world.running({ command: commands.sleep(10), name: 'short' });
    const told = await world.watched();
    world.engine.restart({ liveRestore, downMs });
    const from = world.clock.now();
    await world.clock.advance(1);
    expect(told).to.deep.equal(['opened', 'broken']);
    expect(await world.outcome(world.port.ping(), downMs - 1)).to.equal('DOCKER_UNREACHABLE');
    const lives = [stays, ends].map(async (ref) => {
      const { state, exitCode, finishedAt } = await world.port.inspect(ref);
      return [state, exitCode, finishedAt && finishedAt - from];
    });
    await world.clock.advance(10);
    return { world, lives: await Promise.all(lives) };
  };

  it('ends its containers, which shows when it is back', async () => {
    const { lives } = await restarted(false);
    expect(lives).to.deep.equal([
      ['exited', 255, downMs],
      ['exited', 255, downMs],
    ]);
  });

  it('leaves its containers alone with live restore', async () => {
    const { lives } = await restarted(true);
    const tenSeconds = 10_000 - 3 * 10;
    expect(lives[0]).to.deep.equal(['running', null, null]);
    expect(lives[1]?.slice(0, 2)).to.deep.equal(['exited', 0]);
    expect(lives[1]?.[2]).to.be.within(tenSeconds, 10_000);
  });

  for (const liveRestore of [true, false])
    it(`loses all events of before, ${liveRestore ? 'with' : 'without'} live restore`, async () => {
      const { world } = await restarted(liveRestore);
      expect(await world.watched(0)).to.deep.equal(['opened']);
      const actions = world.engine.core.log.map(({ Action }) => Action);
      expect(actions.filter((action) => action === 'die')).to.have.length(liveRestore ? 1 : 2);
      await world.running({ name: 'later' });
      expect(await world.watched(0)).to.deep.equal(['opened', 'start later']);
    });
});

describe('a container of the simulated Engine', () => {
  it('says that it was killed for memory, once it was', async () => {
    const world = new VirtualEngine();
    const ref = await world.running({ command: commands.untilTerm });
    world.engine.core.exit(dockerNameOf(ref), 137, { outOfMemory: true });
    world.engine.core.exit(dockerNameOf(ref), 1);
    const { exitCode, outOfMemory } = await world.answer(world.port.inspect(ref));
    expect({ exitCode, outOfMemory }).to.deep.equal({ exitCode: 137, outOfMemory: true });
  });

  it('may run on when one of its processes was killed for memory', async () => {
    const world = new VirtualEngine();
    const ref = await world.running({ command: commands.untilTerm });
    world.engine.core.setOutOfMemory(dockerNameOf(ref));
    const { state, outOfMemory } = await world.answer(world.port.inspect(ref));
    expect({ state, outOfMemory }).to.deep.equal({ state: 'running', outOfMemory: true });
  });

  it('does the same again when it is started again, and keeps when it last ended', async () => {
    const world = new VirtualEngine();
    const ref = await world.running({ command: ['sh', '-c', 'sleep 5; exit 3'] });
    await world.clock.advance(minute);
    const before = await world.answer(world.port.inspect(ref));
    await world.answer(world.port.start(ref));
    const during = world.engine.core.inspect(dockerNameOf(ref)).State;
    expect([during.Status, during.ExitCode]).to.deep.equal(['running', 0]);
    expect(Date.parse(during.FinishedAt)).to.equal(before.finishedAt);
    await world.clock.advance(minute);
    const after = await world.answer(world.port.inspect(ref));
    expect(after.exitCode).to.equal(3);
    expect(after.startedAt).to.be.greaterThan(Number(before.finishedAt));
    expect(Number(after.finishedAt) - Number(after.startedAt)).to.equal(5_000);
  });

  it('keeps the reason for which it could not be started', async () => {
    const world = new VirtualEngine();
    const ref = lone({ command: commands.missing });
    await world.answer(world.port.create(ref));
    expect(await world.outcome(world.port.start(ref))).to.equal('DOCKER_REFUSED');
    const { Status, ExitCode, Error: error } = world.engine.core.inspect(dockerNameOf(ref)).State;
    expect([Status, ExitCode]).to.deep.equal(['created', 127]);
    expect(error).to.include('/no/such/program');
  });

  it('can be dead: neither running nor started again, until it is removed', async () => {
    const world = new VirtualEngine();
    const ref = await world.running();
    world.engine.core.setDead(dockerNameOf(ref));
    expect((await world.answer(world.port.inspect(ref))).state).to.equal('exited');
    expect(await world.outcome(world.port.start(ref))).to.equal('DOCKER_REFUSED');
    expect(await world.outcome(world.port.remove(dockerNameOf(ref)))).to.equal('answered');
  });

  it('is not created without what it is joined to, nor started before that runs', async () => {
    const world = new VirtualEngine();
    const links = [{ container: 'db', alias: 'db' }];
    const [db, web] = [lone({ name: 'db' }).container, lone({ name: 'web', links }).container];
    const task = taskPlan([db, web]);
    const ref = (container: typeof db) => ({ ...lone(), task, container });
    expect(await world.outcome(world.port.create(ref(web)))).to.equal('DOCKER_NOT_FOUND');
    await world.answer(world.port.create(ref(db)));
    await world.answer(world.port.create(ref(web)));
    expect(await world.outcome(world.port.start(ref(web)))).to.equal('DOCKER_REFUSED');
    await world.answer(world.port.start(ref(db)));
    expect(await world.outcome(world.port.start(ref(web)), 10)).to.equal('answered');
  });

  it('is refused when the disk is full', async () => {
    const world = new VirtualEngine();
    world.engine.core.setDiskFull(true);
    expect(await world.refusal(world.port.create(lone()))).to.include('no space left on device');
    world.engine.core.setDiskFull(false);
    expect(await world.outcome(world.port.create(lone()))).to.equal('answered');
  });

  describe('with a health check', () => {
    const second = 1e9;
    const checked = (test: string[], more: object = {}) => ({
      healthChecked: true,
      command: commands.untilTerm,
      dockerConfig: JSON.stringify({ Healthcheck: { Test: test, Interval: 5 * second, ...more } }),
    });
    const healthAfter = async (world: VirtualEngine, ref: ContainerRef, ms: number) => {
      await world.clock.advance(ms);
      return (await world.answer(world.port.inspect(ref), 1)).health;
    };

    it('is healthy after the first interval, and says so', async () => {
      const world = new VirtualEngine();
      const told = await world.watched();
      const ref = await world.running(checked(['CMD', 'true']));
      expect(await healthAfter(world, ref, 4_900)).to.equal('UNKNOWN');
      expect(await healthAfter(world, ref, 100)).to.equal('HEALTHY');
      expect(told).to.deep.equal(['opened', 'start main', 'health main']);
    });

    it('is unhealthy after the last of its retries', async () => {
      const world = new VirtualEngine();
      const ref = await world.running(checked(['CMD-SHELL', 'exit 1'], { Retries: 2 }));
      expect(await healthAfter(world, ref, 9_900)).to.equal('UNKNOWN');
      expect(await healthAfter(world, ref, 100)).to.equal('UNHEALTHY');
    });

    it('says what a story says, and begins anew when it is started again', async () => {
      const world = new VirtualEngine();
      const ref = await world.running(checked(['CMD', 'true']));
      world.engine.core.setHealth(dockerNameOf(ref), 'unhealthy');
      expect(await healthAfter(world, ref, 6_000)).to.equal('UNHEALTHY');
      world.engine.core.exit(dockerNameOf(ref), 0);
      await world.answer(world.port.start(ref));
      expect(await healthAfter(world, ref, 1)).to.equal('UNKNOWN');
      expect(await healthAfter(world, ref, 6_000)).to.equal('HEALTHY');
    });

    it('says nothing any more once it has ended', async () => {
      const world = new VirtualEngine();
      const told = await world.watched();
      const ref = await world.running(checked(['CMD', 'true']));
      world.engine.core.exit(dockerNameOf(ref), 0);
      await world.clock.advance(minute);
      expect(told).to.deep.equal(['opened', 'start main', 'die main']);
    });
  });
});
