import { expect } from 'chai';
import { CgroupError } from '../../../transport/cgroup/port.ts';
import { DockerError, volumeNameOf } from '../../../transport/docker/port.ts';
import { container, task, wanted } from '../../support/builders.ts';
import {
  digest,
  hour,
  minute,
  nameOf,
  pulling,
  running,
  second,
  started,
  volume,
} from './stories.ts';

const refused = (message: string, status: number) =>
  new DockerError('DOCKER_REFUSED', `Error response from daemon: ${message}`, { status });

describe('a task that fails', () => {
  it('because its container cannot be created says why, in the Engine’s words', async () => {
    const world = await pulling();
    world.engine.failNext('create', refused('invalid mount config', 400));
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'STOPPED');
    expect(world.told('a')).to.deep.equal([
      'MANIFEST_PULLED: main MANIFEST_PULLED',
      'STOPPED: main STOPPED (CannotCreateContainerError: Error response from daemon: ' +
        'invalid mount config)',
    ]);
    expect([world.count('start'), world.count('stop')]).to.deep.equal([0, 0]);
    expect(world.plane.reports.at(-1)?.containers[0]?.digest).to.equal(digest);
  });

  it('because the disk is full says so', async () => {
    const world = await started();
    world.engine.core.setDiskFull(true);
    const plan = task('a');
    world.plane.deliver([wanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(world.told('a')).to.deep.equal([
      'STOPPED: main STOPPED (CannotCreateContainerError: Error response from daemon: ' +
        `mkdir ${nameOf(plan)}: no space left on device)`,
    ]);
  });

  it('because a create is not answered in time is removed by its name with the rest', async () => {
    const world = await started();
    const plan = task('a');
    world.engine.hangNext('create');
    const from = world.clock.now();
    world.plane.deliver([wanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(world.clock.now() - from).to.be.within(4 * minute, 4 * minute + second);
    expect(world.told('a')).to.deep.equal([
      'STOPPED: main STOPPED (DockerTimeoutError: Could not transition to created; ' +
        'timed out after waiting 4m0s)',
    ]);
    world.engine.core.create(nameOf(plan), { Image: 'busybox:local' });
    await world.clock.advance(4 * hour);
    expect(world.asked).to.include(`remove ${nameOf(plan)}`);
    expect(world.engine.core.list({})).to.deep.equal([]);
  });

  it('because its port is taken is looked at and not stopped', async () => {
    const world = await started();
    world.engine.failNext('start', refused('Bind for 0.0.0.0:80 failed: port is allocated', 500));
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'STOPPED');
    expect(world.count('stop')).to.equal(0);
    expect(world.told('a')).to.deep.equal([
      'STOPPED: main STOPPED (CannotStartContainerError: Error response from daemon: ' +
        'Bind for 0.0.0.0:80 failed: port is allocated)',
    ]);
  });

  it('because its cgroup cannot be made gives that as the reason of the task', async () => {
    const world = await started();
    world.cgroups.failNext(new CgroupError('mkdir /sys/fs/cgroup/ecs: read-only file system'));
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'STOPPED');
    expect(world.happened()).to.deep.equal([]);
    expect(world.count('pull')).to.equal(0);
    expect(world.told('a')).to.deep.equal([
      "STOPPED (CgroupError: Agent could not create task's platform resources): main STOPPED",
    ]);
  });

  it('because its volume cannot be made gives the Engine’s words as the reason of the task', async () => {
    const world = await started();
    const mount = { volume: 'data', containerPath: '/data', readOnly: false };
    const plan = task('a', [container('main', { mountPoints: [mount] })], {
      volumes: [{ ...volume, driver: 'nfs' }],
    });
    world.plane.deliver([wanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(world.happened()).to.deep.equal([]);
    const name = volumeNameOf(plan, volume);
    expect(world.told('a')).to.deep.equal([
      `STOPPED (Error response from daemon: create ${name}: error looking up volume plugin nfs: ` +
        'plugin "nfs" not found): main STOPPED',
    ]);
  });

  const on = (name: string) => [{ container: name, condition: 'START' as const }];
  const circle = task('a', [
    container('one', { dependsOn: on('two') }),
    container('two', { dependsOn: on('one') }),
  ]);

  it('because its containers wait for each other is cleaned like any other, also after a restart', async () => {
    const world = await started();
    world.plane.deliver([wanted(circle)]);
    await world.untilTold('a', 'STOPPED');
    expect(world.told('a')).to.deep.equal([
      `STOPPED (Task dependencies cannot be resolved, taskArn: ${circle.arn})`,
    ]);
    expect(world.asked).to.deep.equal([]);
    await world.kill();
    await world.start();
    await world.clock.advance(minute);
    expect(world.told('a')).to.have.length(1);
    expect(world.stateOf('task/a')).to.equal('stopped.keeping');
    await world.clock.advance(4 * hour);
    expect(world.stateOf('task/a')).to.equal(undefined);
    expect([...(world.agent?.plans.all() ?? [])]).to.deep.equal([]);
  });

  it('because it cannot be read is told so, and its payload is not acknowledged', async () => {
    const world = await started();
    const reason = 'UnrecogniedTaskError: Error loading task - no containers';
    world.plane.deliver([], [{ arn: task('a').arn, reason }]);
    await world.untilTold('a', 'STOPPED');
    expect(world.told('a')).to.deep.equal([`STOPPED (${reason})`]);
    expect(world.plane.acknowledgements).to.deep.equal([]);
  });
});

describe('an answer of the Engine that is lost', () => {
  for (const call of ['create', 'start'] as const)
    it(`after a ${call} does no harm: it is done once`, async () => {
      const world = await started();
      world.engine.loseReply(call);
      await running(world, task('a'));
      expect(world.happened()).to.deep.equal(['create main', 'start main']);
      expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
      expect(world.engine.core.list({})).to.have.length(1);
    });

  it('after a stop does no harm', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    world.engine.loseReply('stop');
    world.plane.deliver([{ plan, desired: 'STOPPED', roll: 0 }]);
    await world.untilTold('a', 'STOPPED');
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 0');
  });
});
