import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type ContainerRef,
  DockerError,
  type DockerPort,
  type EngineEvent,
} from '../../../transport/docker/port.ts';
import { dockerNameOf } from '../../../transport/docker/translate.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { SimEngine } from '../../../transport/sim/engine.ts';
import { serveEngine } from '../../../transport/sim/engine-http.ts';
import { simRandom } from '../../../transport/sim/random.ts';
import { describeDockerPort } from '../../contract/docker.ts';
import { clientOf } from '../../support/engine.ts';
import { commands, lone, testImage } from '../../support/engine-plans.ts';

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

describe('the simulated Engine, in virtual time', () => {
  const world = () => {
    const clock = new SimClock();
    const engine = new SimEngine({ clock, random: simRandom(7) });
    return { clock, engine, port: engine.port('specs') };
  };
  /** What becomes of a call in time, a virtual hour if nothing is said: `answered`, its code, or `nothing`. */
  const outcome = async (
    clock: SimClock,
    call: Promise<unknown>,
    withinMs = 3_600_000,
  ): Promise<string> => {
    let became = 'nothing';
    call.then(
      () => {
        became = 'answered';
      },
      (error: unknown) => {
        became = error instanceof DockerError ? error.code : String(error);
      },
    );
    await clock.advance(withinMs);
    return became;
  };
  const answer = async <Answer>(clock: SimClock, call: Promise<Answer>): Promise<Answer> => {
    await clock.advance(10);
    return await call;
  };
  const running = async (clock: SimClock, port: DockerPort, command: string[]) => {
    const ref = lone({ command });
    await answer(clock, port.create(ref));
    await answer(clock, port.start(ref));
    return ref;
  };
  const refused = new DockerError('DOCKER_REFUSED', 'no');

  it('refuses the next call of a kind, once', async () => {
    const { clock, engine, port } = world();
    engine.failNext('create', refused);
    expect(await outcome(clock, port.create(lone()))).to.equal('DOCKER_REFUSED');
    expect(engine.core.log).to.deep.equal([]);
    expect(await outcome(clock, port.create(lone()))).to.equal('answered');
    expect(engine.calls.get('create')).to.equal(2);
  });

  it('does not answer a call that hangs before its deadline', async () => {
    const { clock, engine, port } = world();
    const minute = 60_000;
    engine.hangNext('start');
    const start = port.start(lone());
    expect(await outcome(clock, start, 3 * minute - 1)).to.equal('nothing');
    expect(await outcome(clock, start, 1)).to.equal('DOCKER_TIMEOUT');
    engine.hangNext('stop');
    const stop = port.stop(lone(), 30);
    expect(await outcome(clock, stop, 2.5 * minute - 1)).to.equal('nothing');
    expect(await outcome(clock, stop, 1)).to.equal('DOCKER_TIMEOUT');
  });

  it('ends a call that hangs when it is given up', async () => {
    const { clock, engine, port } = world();
    engine.hangNext('list');
    const ending = new AbortController();
    const call = port.list(ending.signal);
    expect(await outcome(clock, call, 60_000)).to.equal('nothing');
    ending.abort();
    expect(await outcome(clock, call, 1)).to.equal('DOCKER_ABORTED');
  });

  it('makes nothing of a call that was given up on its way', async () => {
    const { clock, engine, port } = world();
    const ending = new AbortController();
    const call = port.create(lone(), ending.signal);
    await clock.settle();
    ending.abort();
    expect(await outcome(clock, call)).to.equal('DOCKER_ABORTED');
    expect(await outcome(clock, port.create(lone(), AbortSignal.abort()))).to.equal(
      'DOCKER_ABORTED',
    );
    expect(engine.core.log).to.deep.equal([]);
  });

  it('creates the container though the reply is lost, and adopts it when asked again', async () => {
    const { clock, engine, port } = world();
    const ref = lone();
    engine.loseReply('create');
    expect(await outcome(clock, port.create(ref))).to.equal('DOCKER_UNREACHABLE');
    expect(await outcome(clock, port.create(ref))).to.equal('answered');
    expect(engine.core.log.map(({ Action }) => Action)).to.deep.equal(['create']);
  });

  it('ends streams of events and refuses calls while it cannot be reached', async () => {
    const { clock, engine, port } = world();
    const watch = port.watch({ opened: () => {}, event: () => {} }, new AbortController().signal);
    await clock.advance(10);
    engine.setReachable(false);
    expect(await outcome(clock, watch)).to.equal('DOCKER_UNREACHABLE');
    expect(await outcome(clock, port.version())).to.equal('DOCKER_UNREACHABLE');
    engine.setReachable(true);
    expect(await outcome(clock, port.version())).to.equal('answered');
  });

  it('runs a container for as long as its command sleeps', async () => {
    const { clock, port } = world();
    const ref = lone({ command: commands.sleep(60) });
    await outcome(
      clock,
      port.create(ref).then(() => port.start(ref)),
    );
    const facts = port.inspect(ref);
    await clock.advance(10);
    const { startedAt, finishedAt, exitCode } = await facts;
    expect([Number(finishedAt) - Number(startedAt), exitCode]).to.deep.equal([60_000, 0]);
  });

  it('breaks a stop under way with the connection, and the container ends all the same', async () => {
    const { clock, engine, port } = world();
    const ref = await running(clock, port, commands.sleep(600));
    const stop = port.stop(ref, 30);
    await clock.advance(1_000);
    engine.setReachable(false);
    expect(await outcome(clock, stop, 1_000)).to.equal('DOCKER_UNREACHABLE');
    await clock.advance(30_000);
    engine.setReachable(true);
    expect((await answer(clock, port.inspect(ref))).exitCode).to.equal(137);
  });

  it('tells nothing of what happens while it cannot be reached', async () => {
    const { clock, engine, port } = world();
    const ref = await running(clock, port, commands.untilTerm);
    const told: string[] = [];
    const event = ({ action }: EngineEvent) => told.push(action);
    const watch = port.watch({ opened: () => {}, event }, new AbortController().signal);
    watch.catch(() => {});
    await clock.advance(10);
    engine.setReachable(false);
    engine.core.exit(dockerNameOf(ref), 5);
    engine.setReachable(true);
    await clock.advance(10);
    expect(told).to.deep.equal([]);
    expect((await answer(clock, port.inspect(ref))).exitCode).to.equal(5);
  });

  it('tells of a container that somebody else removes, and knows it no more', async () => {
    const { clock, engine, port } = world();
    const ref = await running(clock, port, commands.untilTerm);
    const told: string[] = [];
    const event = ({ action, exitCode }: EngineEvent) => told.push(`${action} ${exitCode}`);
    const watch = port.watch({ opened: () => {}, event }, new AbortController().signal);
    watch.catch(() => {});
    await clock.advance(10);
    engine.core.remove(dockerNameOf(ref), { force: true });
    expect(told).to.deep.equal(['die 137', 'destroy null']);
    expect(await outcome(clock, port.inspect(ref))).to.equal('DOCKER_NOT_FOUND');
  });

  it('says of a container that it was killed for memory, once it was', async () => {
    const { clock, engine, port } = world();
    const ref = await running(clock, port, commands.untilTerm);
    engine.core.exit(dockerNameOf(ref), 137, { outOfMemory: true });
    engine.core.exit(dockerNameOf(ref), 1);
    const { exitCode, outOfMemory } = await answer(clock, port.inspect(ref));
    expect({ exitCode, outOfMemory }).to.deep.equal({ exitCode: 137, outOfMemory: true });
  });

  it('gives no two agents the same host port', async () => {
    const { clock, engine } = world();
    const hostPorts = [];
    for (const port of [engine.port('specs'), engine.port('specs')]) {
      const ref = lone({
        portMappings: [{ kind: 'single', containerPort: 80, hostPort: null, protocol: 'tcp' }],
      });
      await answer(clock, port.create(ref));
      await answer(clock, port.start(ref));
      const { bindings } = await answer(clock, port.inspect(ref));
      hostPorts.push(...bindings.map((each) => 'hostPort' in each && each.hostPort));
    }
    expect(hostPorts).to.deep.equal([32_768, 32_769]);
  });

  it('takes an image without a tag for its latest', async () => {
    const clock = new SimClock();
    const engine = new SimEngine({ clock, random: simRandom(7), images: ['web', 'db:9'] });
    const port = engine.port('specs');
    const has = (image: string) => answer(clock, port.hasImage(image));
    expect([await has('web:latest'), await has('web'), await has('db')]).to.deep.equal([
      true,
      true,
      false,
    ]);
  });

  it('runs the same for the same seed and the same calls, another for another seed', async () => {
    const story = async (seed: number) => {
      const clock = new SimClock(1_000);
      const engine = new SimEngine({ clock, random: simRandom(seed) });
      const port = engine.port('specs');
      const ref = lone({ command: commands.exit(3) });
      const same = { ...ref, task: { ...ref.task, arn: 'arn:aws:ecs:sim:0:task/specs/same' } };
      await answer(clock, port.create(same));
      await answer(clock, port.start(same));
      return engine.core.log;
    };
    expect(await story(1)).to.deep.equal(await story(1));
    expect(await story(1)).not.to.deep.equal(await story(2));
  });

  it('says that it is simulated', async () => {
    const { clock, port } = world();
    const version = port.version();
    await clock.advance(10);
    expect((await version).version).to.include('simulated');
  });
});
