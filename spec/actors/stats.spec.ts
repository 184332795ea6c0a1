import { expect } from 'chai';
import { World, type WorldSettings } from '../../bin/world/world.ts';
import { DockerError } from '../../transport/docker/port.ts';
import { container, task, unwanted, wanted } from '../support/builders.ts';

const plan = task('a', [container('main'), container('side', { essential: false })]);

/** A world in which the task runs, and its containers are measured. */
async function begin(
  sampling: NonNullable<WorldSettings['sampling']> = { by: 'stream' },
  running = plan,
) {
  const world = new World({ sampling });
  await world.start();
  world.plane.deliver([wanted(running)]);
  await world.untilTold('a', 'RUNNING');
  const { agent } = world;
  if (!agent) throw new Error('The world has not begun');
  return { world, sampler: () => world.agent?.sampler ?? agent.sampler };
}
const second = 1_000;

describe('the measuring of containers', () => {
  it('has one stream for each container that runs, and tells its samples by task', async () => {
    const { world, sampler } = await begin();
    await world.clock.advance(10.5 * second);
    expect(world.count('followStats')).to.equal(2);
    const { idle, tasks } = sampler().usage();
    expect(idle).to.equal(false);
    expect(tasks.map(({ arn, family, version }) => [arn, family, version])).to.deep.equal([
      [plan.arn, 'web', '1'],
    ]);
    const [main, side] = tasks[0]?.containers ?? [];
    expect([main?.name, side?.name]).to.deep.equal(['main', 'side']);
    expect(main?.sets.memory?.sampleCount).to.be.within(9, 10);
    // A tenth of one of two CPUs.
    expect(main?.sets.cpu?.max).to.be.closeTo(5, 0.01);
    expect(main?.sets.network?.rxRate?.max).to.be.closeTo(1_000, 1);
  });

  it('tells no sample twice', async () => {
    const { world, sampler } = await begin();
    await world.clock.advance(10.5 * second);
    sampler().usage();
    expect(sampler().usage().tasks).to.deep.equal([]);
    await world.clock.advance(1 * second);
    expect(sampler().usage().tasks[0]?.containers[0]?.sets.cpu?.sampleCount).to.equal(1);
  });

  it('ends with its container', async () => {
    const { world, sampler } = await begin();
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(sampler().usage()).to.deep.equal({ idle: true, tasks: [] });
    const followed = world.count('followStats');
    await world.clock.advance(60 * second);
    expect(world.count('followStats')).to.equal(followed);
  });

  it('goes on with the containers that run after a restart', async () => {
    const { world, sampler } = await begin();
    await world.kill();
    await world.start();
    await world.clock.advance(5.5 * second);
    expect(sampler().usage().tasks[0]?.containers).to.have.length(2);
  });

  it('opens a stream again that broke, later each time', async () => {
    const { world, sampler } = await begin({ by: 'stream' }, task('a', [container('main')]));
    await world.clock.advance(2 * second);
    world.engine.setReachable(false);
    await world.clock.advance(30 * second);
    const tries = world.count('followStats');
    expect(tries).to.be.within(3, 7);
    world.engine.setReachable(true);
    await world.clock.advance(20 * second);
    expect(sampler().usage().tasks).to.have.length(1);
  });

  it('gives up a stream on which the Engine says nothing, and opens another', async () => {
    const { world } = await begin({ by: 'stream' }, task('a', [container('main')]));
    world.engine.failNext('followStats', new DockerError('DOCKER_REFUSED', 'no'));
    world.engine.dropSamples(true);
    await world.clock.advance(40 * second);
    expect(world.count('followStats')).to.be.above(1);
  });

  it('may look now and then instead', async () => {
    const { world, sampler } = await begin({ by: 'poll', everyMs: 10 * second });
    await world.clock.advance(35 * second);
    expect(world.count('followStats')).to.equal(0);
    expect(world.count('stats')).to.be.within(6, 10);
    expect(sampler().usage().tasks[0]?.containers[0]?.sets.cpu?.max).to.be.closeTo(5, 0.01);
  });

  it('does not happen where it is turned off', async () => {
    const { world, sampler } = await begin({ by: 'nothing' });
    await world.clock.advance(30 * second);
    expect(world.count('followStats') + world.count('stats')).to.equal(0);
    expect(sampler().usage()).to.deep.equal({ idle: true, tasks: [] });
  });

  it('tells of no network where a container has that of the host', async () => {
    const host = { ...task('a', [container('main')]), networkMode: 'host' };
    const { world, sampler } = await begin({ by: 'stream' }, host);
    await world.clock.advance(5.5 * second);
    expect(sampler().usage().tasks[0]?.containers[0]?.sets.network).to.equal(null);
  });

  it('keeps the latest sample, with the rates of the network', async () => {
    const { world, sampler } = await begin();
    const [main] = plan.containers;
    if (!main) throw new Error('no container');
    const sample = () => sampler().sample({ task: plan, container: main });
    const latest = () => {
      const found = sample();
      if (found === 'pending' || found === null) throw new Error('no sample');
      return found;
    };
    expect(sample()).to.equal('pending');
    await world.clock.advance(2.5 * second);
    const { text, rates } = latest();
    expect(JSON.parse(text)).to.have.property('memory_stats');
    expect(rates?.received).to.be.closeTo(1_000, 1);
    sampler().usage();
    expect(latest().rates).to.not.equal(null);
  });
});

describe('the health of containers that is published', () => {
  it('is told of those whose checks ECS heeds, while they run, since it changed', async () => {
    const checked = container('main', {
      healthChecked: true,
      dockerConfig: '{"Healthcheck":{"Test":["CMD","true"],"Interval":1000000000}}',
    });
    const { world, sampler } = await begin(
      { by: 'nothing' },
      task('a', [checked, container('side')]),
    );
    const [first] = sampler().health();
    expect(first).to.include({ family: 'web', version: '1' });
    expect(first?.containers.map(({ name }) => name)).to.deep.equal(['main']);
    await world.clock.advance(5 * second);
    const [then] = sampler().health();
    expect(then?.containers[0]?.status).to.equal('HEALTHY');
    const since = then?.containers[0]?.since;
    await world.clock.advance(60 * second);
    expect(sampler().health()[0]?.containers[0]?.since).to.equal(since);
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(sampler().health()).to.deep.equal([]);
  });
});
