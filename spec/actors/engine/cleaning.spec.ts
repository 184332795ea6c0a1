import { expect } from 'chai';
import { World } from '../../../bin/world/world.ts';
import { DockerError, volumeNameOf } from '../../../transport/docker/port.ts';
import { EcsError } from '../../../transport/ecs/port.ts';
import { container, ending, task, unwanted, wanted } from '../../support/builders.ts';
import { hour, minute, nameOf, running, second, started, volume } from './stories.ts';

const day = 24 * hour;

const recordsIn = (world: World): Promise<string[]> => {
  const keys: string[] = [];
  return world
    .kill()
    .then(() =>
      world.begin((rows) => {
        keys.push(...rows.map(({ key }) => key));
        return rows;
      }),
    )
    .then(() => keys);
};

/** Runs it, stops it, and answers when ECS was told. */
async function stopped(world: World, plan = task('a')): Promise<number> {
  await running(world, plan);
  world.plane.deliver([unwanted(plan)]);
  await world.clock.until(() => world.plane.statusesOf(plan.arn).includes('STOPPED'));
  return world.clock.now();
}

describe('what is left of a task', () => {
  it('goes three hours after its end: containers, its volume, its records; shared volumes stay', async () => {
    const world = await started();
    const shared = { ...volume, name: 'shared', scope: 'shared', autoprovision: true } as const;
    const mount = (name: string) => ({
      volume: name,
      containerPath: `/${name}`,
      readOnly: false,
    });
    const mountPoints = [mount('data'), mount('shared')];
    const plan = task('a', [container('main', { mountPoints }), container('side')], {
      volumes: [volume, shared],
    });
    const from = await stopped(world, plan);
    await world.clock.advance(3 * hour - minute);
    expect(world.engine.core.list({})).to.have.length(2);
    await world.clock.until(() => world.stateOf('task/a') === undefined);
    expect(world.clock.now() - from).to.be.within(3 * hour - second, 3 * hour + second);
    expect(world.asked.slice(-3)).to.deep.equal([
      `remove ${nameOf(plan, 'main')}`,
      `remove ${nameOf(plan, 'side')}`,
      `removeVolume ${volumeNameOf(plan, volume)}`,
    ]);
    expect(world.engine.core.list({})).to.deep.equal([]);
    expect(world.engine.core.volumes.list().map(({ name }) => name)).to.deep.equal(['shared']);
    expect([...(world.agent?.plans.all() ?? [])]).to.deep.equal([]);
    await world.clock.settle();
    const keys = (await recordsIn(world)).filter((key) => !key.startsWith('image/'));
    expect(keys).to.deep.equal(['agent']);
  });

  it('is spread by chance over the time that the configuration names', async () => {
    const world = await started({ rules: { cleanupJitterMs: hour } });
    const from = await stopped(world);
    await world.clock.until(() => world.stateOf('task/a') === undefined, day);
    // Its builders give each task a roll of one half.
    expect(world.clock.now() - from).to.be.within(3.5 * hour - second, 3.5 * hour + second);
  });

  it('waits for ECS to know of its end, but no longer than three days', async () => {
    const world = new World();
    const { clock, plane } = world;
    plane.ecs.submitTaskStateChange = () =>
      new Promise((_, reject) => {
        const down = new EcsError('ECS_UNREACHABLE', 'ETIMEDOUT', 'no answer');
        clock.at(clock.now() + 10 * minute, () => reject(down));
      });
    await world.start();
    plane.deliver([wanted(task('a', [ending('main', 0, 5)]))]);
    await world.clock.until(() => world.stateOf('task/a') === 'stopped.keeping');
    const from = world.clock.now();
    await world.clock.advance(3 * day - minute);
    expect(world.engine.core.list({})).to.have.length(1);
    await world.clock.advance(2 * minute);
    expect(world.engine.core.list({})).to.deep.equal([]);
    expect(world.clock.now() - from).to.be.below(3 * day + 2 * minute);
    // What is left is what ECS is still to be told.
    expect(world.stateOf('task/a')).to.equal('cleaning.telling');
  });

  it('that the Engine cannot be asked to remove is removed when it can', async () => {
    const world = await started();
    const from = await stopped(world);
    await world.clock.advance(3 * hour - minute);
    world.engine.setReachable(false);
    await world.clock.advance(30 * minute);
    expect(world.clock.now() - from).to.be.above(3 * hour);
    world.engine.setReachable(true);
    await world.clock.advance(minute);
    expect(world.engine.core.list({})).to.deep.equal([]);
    expect(world.stateOf('task/a')).to.equal(undefined);
  });

  const busy = new DockerError('DOCKER_REFUSED', 'device or resource busy');

  it('that the Engine refuses to remove for a while is removed later', async () => {
    const world = await started();
    await stopped(world);
    for (let times = 0; times < 9; times++) world.engine.failNext('remove', busy);
    await world.clock.advance(4 * hour);
    expect(world.engine.core.list({})).to.deep.equal([]);
    expect(world.stateOf('task/a')).to.equal(undefined);
    expect(world.logged.filter((line) => line.startsWith('warn'))).to.deep.equal([]);
  });

  it('that the Engine refuses to remove is left after ten tries, and told in the log', async () => {
    const world = await started();
    await stopped(world);
    for (let times = 0; times < 10; times++) world.engine.failNext('remove', busy);
    await world.clock.advance(4 * hour);
    expect(world.stateOf('task/a')).to.equal(undefined);
    expect(world.logged.filter((line) => line.startsWith('warn'))).to.deep.equal([
      `warn Container main of ${task('a').arn} was left: device or resource busy`,
    ]);
  });

  it('goes on where it was when the agent is killed in the middle', async () => {
    const world = await started();
    const from = await stopped(world, task('a', [container('one'), container('two')]));
    await world.clock.until(() => world.count('remove') === 1, day);
    await world.kill();
    await world.start();
    await world.clock.until(() => world.stateOf('task/a') === undefined, minute);
    expect(world.clock.now() - from).to.be.below(3 * hour + minute);
    expect(world.engine.core.list({})).to.deep.equal([]);
  });
});

describe('the cgroup of a task', () => {
  it('goes when its containers have ended, not with their remains', async () => {
    const world = await started();
    const plan = task('a', [container('main')], { cpu: 0.5, memoryMiB: 256 });
    await running(world, plan);
    expect(world.cgroups.log).to.deep.equal(['create a']);
    expect(world.cgroups.limits.get('a')).to.include({ cpu: 0.5, memoryMiB: 256 });
    expect(world.engine.core.bodyOf(nameOf(plan)).HostConfig?.CgroupParent).to.equal('/ecs/a');
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(world.cgroups.log).to.deep.equal(['create a']);
    await world.clock.advance(10 * second);
    expect(world.cgroups.log).to.deep.equal(['create a', 'remove a']);
    expect(world.engine.core.list({})).to.have.length(1);
  });

  it('is not made where tasks are not limited', async () => {
    const world = await started({ rules: { taskLimits: false } });
    await stopped(world);
    await world.clock.advance(4 * hour);
    expect(world.cgroups.log).to.deep.equal([]);
  });

  it('is not made where the host cannot, and the agent runs all the same', async () => {
    const world = await started();
    world.cgroups.setUnready('cgroups are read-only');
    await world.kill();
    await world.start();
    await running(world, task('a'));
    expect(world.cgroups.log).to.deep.equal([]);
    const warning = 'warn Tasks are not limited as a whole: cgroups are read-only';
    expect(world.logged).to.include(warning);
  });

  it('goes also where the agent was killed before that', async () => {
    const world = await started();
    await running(world, task('a'));
    await world.kill();
    world.engine.core.exit(nameOf(task('a')), 0);
    await world.start();
    await world.clock.advance(minute);
    expect(world.cgroups.log.filter((entry) => entry.startsWith('remove'))).to.deep.equal([
      'remove a',
    ]);
  });
});
