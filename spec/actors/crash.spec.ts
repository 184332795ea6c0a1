import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import { DockerError, dockerNameOf } from '../../transport/docker/port.ts';
import { EcsError } from '../../transport/ecs/port.ts';
import { container, ending, task, unwanted, wanted } from '../support/builders.ts';

describe('an agent that is killed', () => {
  let world: World;
  const plan = task('a', [container('main')]);
  const statuses = () => world.plane.statusesOf(plan.arn);
  const dockerName = dockerNameOf({ task: plan, container: container('main') });

  beforeEach(async () => {
    world = new World();
    await world.start();
  });

  const running = async (of = plan) => {
    world.plane.deliver([wanted(of)]);
    await world.clock.until(() => statuses().includes('RUNNING'));
  };

  it('has promised nothing that is not on disk', async () => {
    world.store.hold();
    world.plane.deliver([wanted(plan)]);
    await world.clock.advance(10_000);
    expect(world.plane.acknowledgements).to.deep.equal([]);
    world.store.release();
    await world.clock.settle();
    expect(world.plane.acknowledgements).to.have.length(1);
  });

  it('has told ECS nothing that is not on disk', async () => {
    world.store.hold();
    world.plane.deliver([wanted(plan)]);
    await world.clock.advance(10_000);
    // Nor has it made what nobody would remove after a crash.
    expect(world.happened()).to.deep.equal([]);
    expect(world.cgroups.log).to.deep.equal([]);
    expect(statuses()).to.deep.equal([]);
    world.store.release();
    await world.clock.advance(100);
    expect(statuses()).to.deep.equal(['RUNNING']);
  });

  it('acknowledges after the disk has room again', async () => {
    world.store.failNextWrite();
    world.plane.deliver([wanted(plan)]);
    await world.clock.settle();
    expect(world.plane.acknowledgements).to.deep.equal([]);
    await world.clock.advance(2_000);
    expect(world.plane.acknowledgements).to.have.length(1);
    expect(world.logged.some((line) => line.includes('State cannot be saved'))).to.equal(true);
  });

  it('comes back as the same container instance, and does not touch what runs', async () => {
    await running();
    const told = world.plane.reports.length;
    await world.kill();
    await world.start();
    await world.clock.advance(60_000);
    const arns = world.plane.registrations.map(({ containerInstanceArn }) => containerInstanceArn);
    expect(arns[0]).to.equal(null);
    expect(arns[1]).to.be.a('string');
    expect(world.happened()).to.deep.equal(['create main', 'start main']);
    expect(world.plane.reports.length).to.equal(told);
    world.plane.deliver([unwanted(plan)]);
    await world.clock.until(() => statuses().includes('STOPPED'));
  });

  it('tells the true exit code of a container that ended meanwhile', async () => {
    await running(task('a', [ending('main', 9, 20)]));
    await world.kill();
    await world.clock.advance(30_000);
    await world.start();
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.plane.reports.at(-1)?.containers[0]?.exitCode).to.equal(9);
  });

  it('tells that a container has vanished that was removed meanwhile', async () => {
    await running();
    await world.kill();
    world.engine.core.remove(dockerName, { force: true });
    // Longer ago than the agent asks for events when it starts.
    await world.clock.advance(60_000);
    await world.start();
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.plane.reports.at(-1)?.containers[0]).to.include({
      exitCode: null,
      reason: 'ContainerVanishedError: No container matching saved ID found',
    });
  });

  const steps = ['inspectImage', 'create', 'start', 'inspect'] as const;
  for (const step of steps)
    it(`in the middle of ${step} ends with one create, one start, and the task running`, async () => {
      world.engine.hangNext(step);
      world.plane.deliver([wanted(plan)]);
      await world.clock.advance(1_000);
      await world.kill();
      await world.start();
      await world.clock.until(() => statuses().includes('RUNNING'));
      expect(world.happened()).to.deep.equal(['create main', 'start main']);
    });

  it('after the Engine created a container whose reply was lost adopts it', async () => {
    world.engine.hangNext('start');
    world.plane.deliver([wanted(plan)]);
    await world.clock.until(() => world.happened().includes('create main'));
    await world.kill();
    await world.start();
    await world.clock.until(() => statuses().includes('RUNNING'));
    expect(world.happened()).to.deep.equal(['create main', 'start main']);
  });

  it('does not start a container again that ran to its end before the start was known', async () => {
    world.plane.deliver([wanted(task('a', [ending('main', 4)]))]);
    await world.clock.until(() => world.happened().includes('create main'));
    // By now the start is on disk, and on its way to the Engine.
    world.store.hold();
    await world.clock.until(() => world.happened().includes('die main'));
    await world.kill();
    await world.start();
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.happened().filter((event) => event === 'start main')).to.have.length(1);
    expect(world.plane.reports.at(-1)?.containers[0]?.exitCode).to.equal(4);
  });

  it('goes on with a stop where it was', async () => {
    const stubborn = task('a', [container('main', { command: ['/bin/busybox', 'sleep', '3600'] })]);
    await running(stubborn);
    world.plane.deliver([unwanted(stubborn)]);
    await world.clock.advance(5_000);
    await world.kill();
    await world.start();
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.plane.reports.at(-1)?.containers[0]?.exitCode).to.equal(137);
  });

  it('tells ECS what it had not told yet', async () => {
    await running(task('a', [ending('main', 7, 5)]));
    world.plane.failNext('submit', new EcsError('ECS_UNREACHABLE', 'x', 'no network'));
    await world.clock.advance(5_100);
    expect(statuses()).to.deep.equal(['RUNNING']);
    await world.kill();
    await world.start();
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.plane.reports.at(-1)?.containers[0]?.exitCode).to.equal(7);
  });

  it('tells ECS once more what it had accepted, where that was not on disk yet, and then no more', async () => {
    world = new World({ planeLatencyMs: 1_000 });
    await world.start();
    world.plane.deliver([wanted(plan)]);
    await world.clock.until(() => world.stateOf('outbox/a') === 'sending');
    await world.clock.advance(500);
    world.store.hold();
    await world.clock.until(() => statuses().length === 1);
    for (const times of [2, 2]) {
      await world.kill();
      await world.start();
      await world.clock.advance(60_000);
      expect(statuses()).to.deep.equal(Array(times).fill('RUNNING'));
    }
  });

  const records = ['task/a', 'container/a/main', 'outbox/a'];
  for (const record of records)
    it(`lives on with a task whose record ${record} was damaged`, async () => {
      world.plane.deliver([wanted(plan), wanted(task('b'))]);
      await world.clock.until(() => world.plane.reports.length === 2);
      await world.kill();
      world.store.damage(record);
      await world.start();
      await world.clock.advance(60_000);
      expect(world.happened()).not.to.include('die main');
      expect(world.logged.some((line) => line.includes(`Record ${record} was lost`))).to.equal(
        true,
      );
      world.plane.deliver([unwanted(plan)]);
      await world.clock.until(() => statuses().includes('STOPPED'));
      expect(world.plane.reports.at(-1)?.containers[0]?.exitCode).to.equal(0);
      expect(world.plane.statusesOf(task('b').arn)).to.deep.equal(['RUNNING']);
    });

  it('tells the end of a task again whose outbox was damaged before ECS knew it', async () => {
    await running(task('a', [ending('main', 7, 5)]));
    const trouble = new EcsError('ECS_UNREACHABLE', 'x', 'no network');
    world.plane.failNext('submit', ...Array.from({ length: 5 }, () => trouble));
    await world.clock.advance(6_000);
    await world.kill();
    world.store.damage('outbox/a');
    await world.start();
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.plane.reports.at(-1)?.containers[0]?.exitCode).to.equal(7);
    await world.clock.advance(4 * 3_600_000);
    expect(world.stateOf('task/a')).to.equal(undefined);
  });

  it('makes a task anew whose record names a state that no chart has', async () => {
    await running();
    await world.kill();
    await world.start((rows) =>
      rows.map(({ key, body }) =>
        key === 'task/a'
          ? { key, body: { ...(body as object), value: 'of an older chart' } }
          : { key, body },
      ),
    );
    world.plane.deliver([unwanted(plan)]);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.happened()).to.deep.equal(['create main', 'start main', 'die main']);
  });

  it('keeps its identity when its record is damaged', async () => {
    await running();
    await world.kill();
    world.store.damage('agent');
    await world.start();
    const [first, second] = world.plane.registrations;
    expect(first?.containerInstanceArn).to.equal(null);
    expect(second?.containerInstanceArn).to.be.a('string');
  });
});

describe('an Engine that does not answer', () => {
  let world: World;
  const plan = task('a');
  const statuses = () => world.plane.statusesOf(plan.arn);
  beforeEach(async () => {
    world = new World();
    await world.start();
    world.plane.deliver([wanted(plan)]);
    await world.clock.until(() => statuses().includes('RUNNING'));
  });

  it('is no stopped container: nothing is told until it answers again', async () => {
    world.engine.setReachable(false);
    await world.clock.advance(600_000);
    expect(statuses()).to.deep.equal(['RUNNING']);
    world.engine.core.exit(dockerNameOf({ task: plan, container: container('main') }), 5);
    world.engine.setReachable(true);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.plane.reports.at(-1)?.containers[0]?.exitCode).to.equal(5);
  });

  it('is asked to stop a container until it does', async () => {
    world.engine.setReachable(false);
    world.plane.deliver([unwanted(plan)]);
    await world.clock.advance(60_000);
    expect(statuses()).to.deep.equal(['RUNNING']);
    world.engine.setReachable(true);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.plane.reports.at(-1)?.containers[0]?.exitCode).to.equal(0);
  });

  it('that times out a start has the container stopped before it is told so', async () => {
    const late = new DockerError(
      'DOCKER_TIMEOUT',
      'Could not transition to started; timed out after waiting 3m0s',
    );
    world.engine.failNext('start', late);
    const other = task('b');
    world.plane.deliver([wanted(other)]);
    await world.clock.until(() => world.plane.statusesOf(other.arn).includes('STOPPED'));
    expect(world.engine.calls.get('stop')).to.equal(1);
    expect(world.plane.reports.at(-1)?.containers[0]?.reason).to.equal(
      'DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s',
    );
  });

  it('whose container somebody kills and removes still tells its exit code', async () => {
    world.engine.core.remove(dockerNameOf({ task: plan, container: container('main') }), {
      force: true,
    });
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.plane.reports.at(-1)?.containers[0]).to.include({ exitCode: 137, reason: null });
  });

  it('that kills a container for its memory gives that as the reason', async () => {
    const name = dockerNameOf({ task: plan, container: container('main') });
    world.engine.core.exit(name, 137, { outOfMemory: true });
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.plane.reports.at(-1)?.containers[0]?.reason).to.equal(
      'OutOfMemoryError: Container killed due to memory usage',
    );
  });
});
