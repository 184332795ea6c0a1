import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ContainerRef } from '../../../transport/docker/port.ts';
import { DockerError } from '../../../transport/docker/port.ts';
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

describeDockerPort('the simulated Engine', async () => {
  const engine = engineOf();
  return {
    port: engine.port(`specs-${randomUUID()}`),
    image: testImage,
    occupy: occupied(engine),
    cleanup: async () => {},
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
  /** What becomes of a call within a virtual hour: `answered`, its code, or `nothing`. */
  const outcome = async (clock: SimClock, call: Promise<unknown>): Promise<string> => {
    let became = 'nothing';
    call.then(
      () => {
        became = 'answered';
      },
      (error: unknown) => {
        became = error instanceof DockerError ? error.code : String(error);
      },
    );
    await clock.advance(3_600_000);
    return became;
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

  it('never answers a call that hangs, until it is given up', async () => {
    const { clock, engine, port } = world();
    engine.hangNext('list');
    const ending = new AbortController();
    const call = port.list(ending.signal);
    expect(await outcome(clock, call)).to.equal('nothing');
    ending.abort();
    expect(await outcome(clock, call)).to.equal('DOCKER_ABORTED');
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

  it('says that it is simulated', async () => {
    const { clock, port } = world();
    const version = port.version();
    await clock.advance(10);
    expect((await version).version).to.include('simulated');
  });
});
