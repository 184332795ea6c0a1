import { expect } from 'chai';
import type { World } from '../../../bin/world/world.ts';
import { DockerError } from '../../../transport/docker/port.ts';
import { container, inessential, task, unwanted } from '../../support/builders.ts';
import { minute, nameOf, running, second, started } from './stories.ts';

const restartPolicy = { ignoredExitCodes: [0], attemptPeriodS: 60 };
const plan = task('a', [container('main', { restartPolicy })]);
const exit = (world: World, code: number) => world.engine.core.exit(nameOf(plan), code);
const starts = (world: World) => world.happened().filter((event) => event === 'start main').length;

describe('a container with a restart policy', () => {
  let world: World;
  beforeEach(async () => {
    world = await started();
    await running(world, plan);
  });

  it('is started again when it ends after its period, and ECS is told nothing', async () => {
    const before = world.engine.core.inspect(nameOf(plan)).Id;
    await world.clock.advance(90 * second);
    exit(world, 1);
    await world.clock.advance(5 * minute);
    expect(starts(world)).to.equal(2);
    expect(world.engine.core.inspect(nameOf(plan)).Id).to.equal(before);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
    expect(world.stateOf('container/a/main')).to.equal('running.steady');
  });

  it('may be started again a period after it last was', async () => {
    for (const [wait, count] of [
      [61, 2],
      [61, 3],
    ] as const) {
      await world.clock.advance(wait * second);
      exit(world, 1);
      await world.clock.advance(100);
      expect(starts(world)).to.equal(count);
    }
    await world.clock.advance(30 * second);
    exit(world, 4);
    await world.untilTold('a', 'STOPPED', second);
    expect(starts(world)).to.equal(3);
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 4');
  });

  it('is not when it ends within its period', async () => {
    await world.clock.advance(30 * second);
    exit(world, 1);
    await world.untilTold('a', 'STOPPED', second);
    expect(starts(world)).to.equal(1);
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 1');
  });

  it('is not when it exits with a code that is ignored', async () => {
    await world.clock.advance(90 * second);
    exit(world, 0);
    await world.untilTold('a', 'STOPPED', second);
    expect(starts(world)).to.equal(1);
  });

  it('is not when its task is to stop', async () => {
    await world.clock.advance(90 * second);
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED', second);
    await world.clock.advance(minute);
    expect(starts(world)).to.equal(1);
  });

  it('is when it was killed for its memory', async () => {
    await world.clock.advance(90 * second);
    world.engine.core.exit(nameOf(plan), 137, { outOfMemory: true });
    await world.clock.advance(minute);
    expect(starts(world)).to.equal(2);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
  });

  it('that cannot be started again is told with the code that it had', async () => {
    await world.clock.advance(90 * second);
    world.engine.failNext('start', new DockerError('DOCKER_REFUSED', 'no'));
    exit(world, 3);
    await world.untilTold('a', 'STOPPED', second);
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 3');
  });

  it('is started again at most once when the agent is killed in the middle of that', async () => {
    await world.clock.advance(90 * second);
    world.engine.loseReply('start');
    exit(world, 1);
    await world.clock.until(() => starts(world) === 2);
    await world.kill();
    await world.start();
    await world.clock.advance(minute);
    expect(starts(world)).to.equal(2);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
    expect(world.stateOf('container/a/main')).to.equal('running.steady');
  });

  it('is not started again before that is on disk', async () => {
    await world.clock.advance(90 * second);
    world.store.hold();
    exit(world, 1);
    await world.clock.advance(minute);
    expect(starts(world)).to.equal(1);
    world.store.release();
    await world.clock.advance(second);
    expect(starts(world)).to.equal(2);
  });

  it('that ended while the agent was away is started again by what it was last', async () => {
    await world.clock.advance(90 * second);
    await world.kill();
    exit(world, 1);
    await world.clock.advance(minute);
    await world.start();
    await world.clock.advance(minute);
    expect(starts(world)).to.equal(2);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
  });
});

describe('a sidecar with a restart policy', () => {
  it('is started again as an essential container is', async () => {
    const world = await started();
    const side = inessential(container('side', { restartPolicy }));
    const both = task('a', [container('main'), side]);
    await running(world, both);
    await world.clock.advance(90 * second);
    world.engine.core.exit(nameOf(both, 'side'), 9);
    await world.clock.advance(minute);
    expect(world.happened().filter((event) => event === 'start side')).to.have.length(2);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING, side RUNNING']);
  });
});
