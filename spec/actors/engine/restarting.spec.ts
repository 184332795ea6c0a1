import { expect } from 'chai';
import type { World } from '../../../bin/world/world.ts';
import { container, ending, task, unwanted, wanted } from '../../support/builders.ts';
import { hour, minute, nameOf, running, second, started } from './stories.ts';

/** Kills the agent and starts it after a while; what it asked before is forgotten. */
async function again(world: World, meanwhile: () => void = () => {}): Promise<void> {
  await world.kill();
  meanwhile();
  await world.clock.advance(10 * second);
  world.asked.length = 0;
  await world.start();
}

describe('an agent that is started again', () => {
  it('looks at what runs, and tells ECS nothing that it knows', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    await again(world);
    await world.clock.advance(hour);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
    expect(world.asked.filter((call) => !call.startsWith('inspect'))).to.deep.equal([]);
  });

  it('tells the code of a container that has ended meanwhile', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    await again(world, () => world.engine.core.exit(nameOf(plan), 3));
    await world.untilTold('a', 'STOPPED', second);
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 3');
  });

  it('tells that a container has vanished that is gone', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    await again(world, () => world.engine.core.remove(nameOf(plan), { force: true }));
    await world.untilTold('a', 'STOPPED', second);
    expect(world.told('a').at(-1)).to.equal(
      'STOPPED: main STOPPED (ContainerVanishedError: No container matching saved ID found)',
    );
  });

  it('takes the container that it had made before it was killed, and leaves none over', async () => {
    const world = await started();
    world.engine.loseReply('create');
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.until(() => world.happened().includes('create main'));
    await again(world);
    await world.untilTold('a', 'RUNNING', minute);
    expect(world.happened()).to.deep.equal(['create main', 'start main']);
    expect(world.engine.core.list({})).to.have.length(1);
  });

  it('whose Engine is not there yet ends with an error, and nothing is told to have stopped', async () => {
    const world = await started();
    await running(world, task('a'));
    await world.kill();
    world.engine.setReachable(false);
    await world.begin();
    await world.clock.advance(minute);
    expect(world.exit).to.deep.equal({
      code: 1,
      reason:
        'The simulated Engine cannot be reached. Start the Docker Engine, or set DOCKER_HOST to ' +
        'where it listens.',
    });
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
  });

  it('knows how a container is that ended, whose look at it was answered before that', async () => {
    const world = await started();
    const plan = task('a', [ending('main', 5, 30)]);
    await running(world, plan);
    await world.kill();
    await world.begin();
    await world.clock.advance(minute);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING', 'STOPPED: main STOPPED 5']);
    expect(world.count('stop')).to.equal(0);
  });

  it('keeps what it keeps of a task that has stopped no longer for that', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    const from = world.clock.now();
    await world.clock.advance(2 * hour);
    await again(world);
    expect(world.stateOf('task/a')).to.equal('stopped.keeping');
    await world.clock.until(() => world.stateOf('task/a') === undefined, 4 * hour);
    expect(world.clock.now() - from).to.be.within(3 * hour, 3 * hour + minute);
    expect(world.engine.core.list({})).to.deep.equal([]);
  });

  it('has 50 tasks as they were', async () => {
    const world = await started();
    const plans = Array.from({ length: 50 }, (_, at) => task(`t${at}`, [container('main')]));
    world.plane.deliver(plans.map(wanted));
    await world.clock.until(() => world.plane.reports.length === 50);
    await again(world);
    await world.clock.advance(10 * minute);
    expect(world.plane.reports).to.have.length(50);
    expect(world.asked.filter((call) => !call.startsWith('inspect'))).to.deep.equal([]);
    for (const { arn } of plans) expect(world.plane.statusesOf(arn)).to.deep.equal(['RUNNING']);
  });
});
