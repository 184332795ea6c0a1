import { expect } from 'chai';
import {
  type ContainerRef,
  type CreateRequest,
  DockerError,
  type DockerErrorCode,
  type DockerPort,
  type EngineEvent,
} from '../../transport/docker/port.ts';
import { commands, lone } from '../support/engine-plans.ts';

/** An Engine, real or simulated, behind its port. */
export interface DockerUnderContract {
  port: DockerPort;
  /** An image that the Engine has, see `commands` in the support folder for what it must run. */
  image: string;
  /** Takes the Docker name of this container with a container of somebody else's. */
  occupy(ref: ContainerRef): Promise<void>;
  /** Removes whatever the specs left behind, running or not. */
  cleanup(): Promise<void>;
}

/** The code with which a call rejects; fails if it does not reject with a {@link DockerError}. */
async function rejection(call: Promise<unknown>): Promise<DockerError> {
  const outcome = await call.then(
    () => 'the call succeeded',
    (error: unknown) => error,
  );
  if (!(outcome instanceof DockerError)) throw new Error(`no DockerError: ${String(outcome)}`);
  return outcome;
}

async function rejects(call: Promise<unknown>, code: DockerErrorCode): Promise<void> {
  expect((await rejection(call)).code).to.equal(code);
}

/** Follows the events of one task; `until` answers the first of that action, past or to come. */
async function follow(port: DockerPort, taskArn: string) {
  const seen: EngineEvent[] = [];
  let told = (): void => {};
  const ending = new AbortController();
  let ended: Promise<unknown> = Promise.resolve();
  await new Promise<void>((opened, failed) => {
    const event = (happened: EngineEvent) => {
      if (happened.taskArn !== taskArn) return;
      seen.push(happened);
      told();
    };
    ended = port.watch({ opened, event }, ending.signal).catch((error: unknown) => {
      failed(error);
      return error;
    });
  });
  const until = async (action: EngineEvent['action']): Promise<EngineEvent> => {
    for (;;) {
      const found = seen.find((event) => event.action === action);
      if (found) return found;
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    }
  };
  const end = async () => {
    ending.abort();
    return await ended;
  };
  return { until, end };
}

/** What any Engine behind {@link DockerPort} must keep. `setup` runs once for the whole suite. */
export function describeDockerPort(name: string, setup: () => Promise<DockerUnderContract>): void {
  describe(name, () => {
    let engine: DockerUnderContract;
    let port: DockerPort;
    before(async () => {
      engine = await setup();
      port = engine.port;
    });
    after(async () => await engine?.cleanup());

    const made = async (ref: CreateRequest) => await port.create(ref);
    const started = async (ref: CreateRequest) => {
      const id = await made(ref);
      await port.start(ref);
      return id;
    };
    const ran = async (ref: CreateRequest) => {
      const watching = await follow(port, ref.task.arn);
      await started(ref);
      const died = await watching.until('die');
      await watching.end();
      return died;
    };

    it('says which API versions it speaks', async () => {
      const version = await port.version();
      expect(version.version).to.not.equal('');
      expect(version.apiVersion).to.match(/^\d+\.\d+$/);
      expect(version.minApiVersion).to.match(/^\d+\.\d+$/);
    });

    it('knows which images it has', async () => {
      expect(await port.hasImage(engine.image)).to.equal(true);
      expect(await port.hasImage('nobody/has-this:tag')).to.equal(false);
    });

    it('refuses a pull from a registry that cannot be reached', async () => {
      await rejects(port.pull('127.0.0.1:1/nothing:here'), 'DOCKER_REFUSED');
    });

    it('does not know a container that was never created', async () => {
      await rejects(port.inspect(lone()), 'DOCKER_NOT_FOUND');
      await rejects(port.start(lone()), 'DOCKER_NOT_FOUND');
      await rejects(port.stop(lone(), 1), 'DOCKER_NOT_FOUND');
    });

    it('does not create a container of an image that it does not have', async () => {
      await rejects(made(lone({ image: 'nobody/has-this:tag' })), 'DOCKER_NOT_FOUND');
    });

    it('shows a created container as never run', async () => {
      const ref = lone({ image: engine.image });
      const runtimeId = await made(ref);
      expect(await port.inspect(ref)).to.deep.equal({
        runtimeId,
        state: 'created',
        exitCode: null,
        startedAt: null,
        finishedAt: null,
        bindings: [],
        outOfMemory: false,
        error: '',
      });
    });

    it('adopts the container when it is created twice', async () => {
      const ref = lone({ image: engine.image });
      const first = await made(ref);
      expect(await made(ref)).to.equal(first);
    });

    it('refuses to create a container whose name is taken by a stranger', async () => {
      const ref = lone({ image: engine.image });
      await engine.occupy(ref);
      const error = await rejection(made(ref));
      expect(error.code).to.equal('DOCKER_REFUSED');
      expect(error.status).to.equal(409);
    });

    it('leaves a running container alone when it is started twice', async () => {
      const ref = lone({ image: engine.image });
      await started(ref);
      const before = await port.inspect(ref);
      await port.start(ref);
      expect(await port.inspect(ref)).to.deep.equal(before);
      expect(before.state).to.equal('running');
      expect(before.startedAt).to.be.a('number');
      expect(before.exitCode).to.equal(null);
      expect(before.finishedAt).to.equal(null);
    });

    it('refuses to start a command that does not exist, and keeps the reason', async () => {
      const ref = lone({ image: engine.image, command: commands.missing });
      await made(ref);
      const error = await rejection(port.start(ref));
      expect(error.code).to.equal('DOCKER_REFUSED');
      expect(error.message).to.match(/^Error response from daemon: .*\/no\/such\/program/);
      const facts = await port.inspect(ref);
      expect(facts.state).to.equal('exited');
      expect(facts.startedAt).to.equal(null);
      expect(facts.exitCode).to.equal(null);
      expect(facts.error).to.contain('/no/such/program');
    });

    it('keeps the exit code and the times of a container that ended', async () => {
      const ref = lone({ image: engine.image, command: commands.exit(3) });
      await ran(ref);
      const facts = await port.inspect(ref);
      expect(facts.state).to.equal('exited');
      expect(facts.exitCode).to.equal(3);
      // An Engine notes the start after the process runs: one that ends at once may end before.
      const tookMs = Number(facts.finishedAt) - Number(facts.startedAt);
      expect(tookMs).to.be.within(-1_000, 60_000);
      expect(facts.error).to.equal('');
    });

    it('stops a container with SIGTERM', async function () {
      // A shell that is told to end before it has set its trap does not heed SIGTERM.
      this.retries(3);
      const ref = lone({ image: engine.image, command: commands.untilTerm });
      await started(ref);
      await port.stop(ref, 5);
      expect((await port.inspect(ref)).exitCode).to.equal(0);
    });

    it('kills a container that does not heed SIGTERM once the grace is over', async () => {
      const ref = lone({ image: engine.image });
      await started(ref);
      await port.stop(ref, 1);
      const facts = await port.inspect(ref);
      expect(facts.state).to.equal('exited');
      expect(facts.exitCode).to.equal(137);
    });

    it('leaves a container that does not run alone when it is stopped', async () => {
      const ref = lone({ image: engine.image, command: commands.exit(0) });
      await ran(ref);
      const before = await port.inspect(ref);
      await port.stop(ref, 1);
      expect(await port.inspect(ref)).to.deep.equal(before);
    });

    it('tells of a start, of a death with its exit code, and of a removal', async () => {
      const ref = lone({ image: engine.image, command: commands.exit(7) });
      const watching = await follow(port, ref.task.arn);
      const runtimeId = await started(ref);
      const of = { runtimeId, taskArn: ref.task.arn, name: 'main' };
      expect(await watching.until('start')).to.deep.equal({
        ...of,
        action: 'start',
        exitCode: null,
      });
      expect(await watching.until('die')).to.deep.equal({ ...of, action: 'die', exitCode: 7 });
      await port.remove(runtimeId);
      expect(await watching.until('destroy')).to.deep.equal({
        ...of,
        action: 'destroy',
        exitCode: null,
      });
      await watching.end();
    });

    it('ends a watch when its caller loses interest', async () => {
      const watching = await follow(port, lone().task.arn);
      expect(await watching.end()).to.have.property('code', 'DOCKER_ABORTED');
    });

    it('leaves a container that is gone alone when it is removed', async () => {
      const ref = lone({ image: engine.image });
      const runtimeId = await made(ref);
      await port.remove(runtimeId);
      await port.remove(runtimeId);
      await rejects(port.inspect(ref), 'DOCKER_NOT_FOUND');
    });

    it('does not remove a container that runs', async () => {
      const ref = lone({ image: engine.image });
      const runtimeId = await started(ref);
      await rejects(port.remove(runtimeId), 'DOCKER_REFUSED');
      expect((await port.inspect(ref)).state).to.equal('running');
    });

    it('lists containers whether they run or not, and none of strangers', async () => {
      await engine.occupy(lone());
      const created = lone({ image: engine.image });
      const running = lone({ image: engine.image, name: 'side' });
      const ids = [await made(created), await started(running)];
      const listed = await port.list();
      expect(listed.map((each) => each.taskArn)).to.not.include('');
      expect(listed.filter((each) => ids.includes(each.runtimeId))).to.have.deep.members([
        { runtimeId: ids[0], taskArn: created.task.arn, name: 'main', running: false },
        { runtimeId: ids[1], taskArn: running.task.arn, name: 'side', running: true },
      ]);
    });

    it('publishes single ports and ranges, and tells where', async () => {
      const ref = lone({
        image: engine.image,
        portMappings: [
          { kind: 'single', containerPort: 80, hostPort: null, protocol: 'tcp' },
          { kind: 'single', containerPort: 53, hostPort: 0, protocol: 'udp' },
          { kind: 'range', from: 9000, to: 9002, protocol: 'tcp' },
        ],
      });
      await started(ref);
      const told = (await port.inspect(ref)).bindings.map((binding) => {
        expect(binding.bindIP).to.equal('0.0.0.0');
        if ('hostPort' in binding) {
          expect(binding.hostPort).to.be.greaterThan(0);
          return `${binding.protocol}:${binding.containerPort}`;
        }
        const [from, to] = binding.hostPortRange.split('-').map(Number);
        expect(to).to.equal((from ?? 0) + 2);
        return `${binding.protocol}:${binding.containerPortRange}`;
      });
      expect(told).to.have.members(['tcp:80', 'udp:53', 'tcp:9000-9002']);
    });

    it('gives a call up when its caller loses interest', async () => {
      const ref = lone({ image: engine.image });
      await started(ref);
      const interest = new AbortController();
      const stopping = port.stop(ref, 20, interest.signal);
      interest.abort();
      await rejects(stopping, 'DOCKER_ABORTED');
      await rejects(port.list(AbortSignal.abort()), 'DOCKER_ABORTED');
    });
  });
}
