import { expect } from 'chai';
import {
  type CreateRequest,
  type EnginePort,
  dockerNameOf as nameOf,
} from '../../transport/docker/port.ts';
import { commands, instanceArn, lone } from '../support/engine-plans.ts';
import { type EngineUnderContract, follow, rejection, rejects } from './engine.ts';
import { describeImages } from './images.ts';
import { describeStats } from './stats.ts';
import { describeVolumes } from './volumes.ts';

/** What any Engine behind {@link EnginePort} must keep. `setup` runs once for the whole suite. */
export function describeDockerPort(name: string, setup: () => Promise<EngineUnderContract>): void {
  describe(name, () => {
    let engine: EngineUnderContract;
    let port: EnginePort;
    before(async () => {
      engine = await setup();
      port = engine.port;
    });
    after(async () => await engine?.cleanup());
    describeImages(() => engine);
    describeVolumes(() => engine);
    describeStats(() => engine);

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

    it('answers a ping', async () => {
      await port.ping();
    });

    it('says where it keeps its data, and how it holds containers', async () => {
      const info = await port.info();
      expect(info.rootDirectory).to.match(/^\//);
      expect(info.cgroupDriver).to.be.oneOf(['cgroupfs', 'systemd', 'none']);
      expect(info.cgroupVersion).to.be.oneOf([1, 2]);
      expect(info.securityOptions).to.be.an('array');
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
      const { createdAt, networks, details, ...facts } = await port.inspect(ref);
      expect(details.startedAt).to.equal(null);
      expect(facts).to.deep.equal({
        runtimeId,
        state: 'created',
        exitCode: null,
        startedAt: null,
        finishedAt: null,
        bindings: [],
        outOfMemory: false,
        error: '',
        health: 'UNKNOWN',
        imageId: (await port.inspectImage(engine.image))?.id,
      });
      expect(createdAt).to.be.greaterThan(0);
      expect(networks).to.be.an('array');
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

    it('starts a container again that has ended', async () => {
      const ref = lone({ image: engine.image, command: commands.exit(0) });
      await ran(ref);
      const first = await port.inspect(ref);
      const watching = await follow(port, ref.task.arn);
      await port.start(ref);
      await watching.until('die');
      await watching.end();
      const second = await port.inspect(ref);
      expect(second.runtimeId).to.equal(first.runtimeId);
      expect(second.startedAt).to.be.greaterThan(Number(first.startedAt));
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
      const { at: startedAt, ...start } = await watching.until('start');
      const { at: diedAt, ...death } = await watching.until('die');
      await port.remove(runtimeId);
      const { at: removedAt, ...removal } = await watching.until('destroy');
      await watching.end();
      expect(start).to.deep.equal({ ...of, action: 'start', exitCode: null });
      expect(death).to.deep.equal({ ...of, action: 'die', exitCode: 7 });
      expect(removal).to.deep.equal({ ...of, action: 'destroy', exitCode: null });
      expect(removedAt).to.be.at.least(Math.max(startedAt, diedAt));
      expect(startedAt).to.be.greaterThan(0);
    });

    it('tells again what has happened since a time, and nothing from before', async () => {
      const ref = lone({ image: engine.image, command: commands.exit(0) });
      const { at, runtimeId } = await ran(ref);
      const watching = await follow(port, ref.task.arn, at);
      expect(await watching.until('die')).to.include({ at, runtimeId });
      await watching.end();
      const later = await follow(port, ref.task.arn, at + 1);
      await port.remove(runtimeId);
      await later.until('destroy');
      await later.end();
      expect(later.seen.map(({ action }) => action)).to.deep.equal(['destroy']);
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

    it('removes a container by its Docker name as well', async () => {
      const ref = lone({ image: engine.image });
      const runtimeId = await made(ref);
      const listed = (await port.list()).find((each) => each.runtimeId === runtimeId);
      await port.remove(listed?.dockerName ?? '');
      await rejects(port.inspect(ref), 'DOCKER_NOT_FOUND');
    });

    it('does not remove a container that runs', async () => {
      const ref = lone({ image: engine.image });
      const runtimeId = await started(ref);
      await rejects(port.remove(runtimeId), 'DOCKER_REFUSED');
      expect((await port.inspect(ref)).state).to.equal('running');
    });

    it('lists containers whether they run or not, with whose they are', async () => {
      const created = lone({ image: engine.image });
      const running = lone({ image: engine.image, name: 'side' }, { version: '7' });
      const ended = lone({ image: engine.image, command: commands.exit(0) });
      await ran(ended);
      const ids = [await made(created), await started(running)];
      const [first, second, third] = await Promise.all(
        [created, running, ended].map(async ({ task }) => {
          const of = (await port.list()).filter(({ taskArn }) => taskArn === task.arn);
          expect(of).to.have.length(1);
          return of[0];
        }),
      );
      expect(first).to.deep.include({
        runtimeId: ids[0],
        name: 'main',
        family: 'web',
        version: '1',
        containerInstanceArn: instanceArn,
        image: engine.image,
        imageId: (await port.inspectImage(engine.image))?.id,
        state: 'created',
      });
      expect(second).to.deep.include({ runtimeId: ids[1], name: 'side', version: '7' });
      expect([second?.state, third?.state]).to.deep.equal(['running', 'exited']);
      expect(first?.dockerName).to.match(/^ecs-web-1-main-[0-9a-f]{20}$/);
      expect(first?.createdAt).to.be.greaterThan(0);
    });

    it('lists the containers of strangers as of no task', async () => {
      const ref = lone();
      await engine.occupy(ref);
      const stranger = (await port.list()).find(({ dockerName }) => dockerName === nameOf(ref));
      expect(stranger).to.include({ taskArn: '', name: '', containerInstanceArn: '' });
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
