import { expect } from 'chai';
import { World } from '../../../bin/world/world.ts';
import { container, ending, task, unwanted, wanted } from '../../support/builders.ts';
import { hour, minute, nameOf, running, second, started } from './stories.ts';

/** The calls to the Engine, by their kind, since `before`. */
const since = (world: World, before: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries(
    [...world.engine.calls]
      .map(([call, count]) => [call, count - (before.get(call) ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );

/** ACS, which sends no heartbeats here, is another story. */
const isOfEngine = (line: string): boolean => !line.includes('ACS connection');

describe('the Engine that starts again', () => {
  it('and has ended the containers with itself is believed as soon as it is back', async () => {
    const world = await started();
    await running(world, task('a'));
    world.engine.restart({ liveRestore: false, downMs: 20 * second });
    await world.clock.advance(20 * second);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
    const back = world.clock.now();
    await world.untilTold('a', 'STOPPED');
    expect(world.clock.now() - back).to.be.below(13 * second);
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 255');
  });

  it('and has kept the containers running is followed on, and ECS is told nothing', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    world.engine.restart({ liveRestore: true, downMs: 20 * second });
    await world.clock.advance(hour);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
    world.engine.core.exit(nameOf(plan), 4);
    await world.untilTold('a', 'STOPPED', second);
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 4');
  });

  it('in the middle of a create makes the container once it is back', async () => {
    const world = await started();
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.until(
      () => world.stateOf('container/a/main') === 'preparing.creating.calling',
    );
    world.engine.restart({ liveRestore: false, downMs: minute });
    await world.untilTold('a', 'RUNNING', 2 * minute);
    expect(world.happened()).to.deep.equal(['create main', 'start main']);
  });

  it('while an image is asked for is asked again: the task goes on, and nothing is told of it', async () => {
    const world = await started({ rules: { pullBehavior: 'always' } });
    world.engine.restart({ liveRestore: true, downMs: 15 * second });
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'RUNNING', minute);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
  });

  it('does not end the agent that boots when it does not tell of one image', async () => {
    const world = new World();
    world.engine.hangNext('inspectImage');
    await world.begin();
    await world.clock.until(() => world.plane.connections === 1, minute);
    expect(world.exit).to.equal(undefined);
    await running(world, task('a'));
  });

  it('just after five stops in vain still tells how the container ended', async () => {
    const world = await started();
    const plan = task('a', [container('main')]);
    await running(world, plan);
    for (let tries = 0; tries < 5; tries++) world.engine.hangNext('stop');
    world.plane.deliver([unwanted(plan)]);
    await world.clock.until(() => world.stateOf('container/a/main') === 'stopping.pinging', hour);
    world.engine.dropEvents(true);
    world.engine.core.exit(nameOf(plan), 6);
    await world.untilTold('a', 'STOPPED', minute);
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 6');
  });

  it('with a restart policy has ended containers that are started again', async () => {
    const world = await started();
    const restartPolicy = { ignoredExitCodes: [], attemptPeriodS: 60 };
    await running(world, task('a', [container('main', { restartPolicy })]));
    await world.clock.advance(hour);
    world.engine.restart({ liveRestore: false, downMs: 20 * second });
    await world.clock.advance(minute);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
    expect(world.happened().at(-1)).to.equal('start main');
  });
});

describe('the events of the Engine', () => {
  it('told twice change nothing', async () => {
    const world = await started();
    world.engine.duplicateEvents(true);
    await running(world, task('a', [ending('main', 2, 5)]));
    await world.untilTold('a', 'STOPPED');
    await world.clock.advance(10 * minute);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING', 'STOPPED: main STOPPED 2']);
    expect(world.count('stop')).to.equal(0);
  });

  it('that are lost are found out within five and a half minutes', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    world.engine.dropEvents(true);
    world.engine.core.exit(nameOf(plan), 6);
    const from = world.clock.now();
    await world.untilTold('a', 'STOPPED');
    expect(world.clock.now() - from).to.be.below(5.5 * minute + second);
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 6');
  });

  it('that fell into a gap of the stream are heard when it stands again', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    world.engine.setReachable(false);
    world.engine.core.remove(nameOf(plan), { force: true });
    await world.clock.advance(5 * second);
    world.engine.setReachable(true);
    await world.untilTold('a', 'STOPPED', minute);
    // It is gone, and yet its end was heard.
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 137');
  });
});

describe('an Engine that does not answer', () => {
  it('a look at a container is asked again, and nothing is told meanwhile', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    for (let i = 0; i < 3; i++) world.engine.hangNext('inspect');
    world.engine.core.exit(nameOf(plan), 1);
    await world.clock.advance(90 * second);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
    await world.untilTold('a', 'STOPPED', 10 * second);
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 1');
  });

  it('for an hour is asked for its events alone, by 50 tasks that run', async () => {
    const world = await started();
    world.plane.deliver(Array.from({ length: 50 }, (_, at) => wanted(task(`t${at}`))));
    await world.clock.until(() => world.plane.reports.length === 50);
    await world.clock.advance(second);
    const [calls, lines] = [new Map(world.engine.calls), world.logged.length];
    world.engine.setReachable(false);
    await world.clock.advance(hour);
    const made = since(world, calls);
    expect(made).to.have.all.keys(['watch', 'list']);
    expect(made.watch).to.be.within(300, 420);
    expect(world.logged.slice(lines).filter(isOfEngine)).to.deep.equal([]);
    expect(world.plane.reports).to.have.length(50);
  });

  it('for ten minutes while tasks are to stop has them stopped when it does, and the log is quiet', async () => {
    const world = await started();
    const plans = Array.from({ length: 10 }, (_, at) => task(`t${at}`));
    world.plane.deliver(plans.map(wanted));
    await world.clock.until(() => world.plane.reports.length === 10);
    const lines = world.logged.length;
    world.engine.setReachable(false);
    world.plane.deliver(plans.map(unwanted));
    await world.clock.advance(10 * minute);
    expect(world.logged.slice(lines).filter(isOfEngine)).to.deep.equal([]);
    expect(world.plane.reports).to.have.length(10);
    world.engine.setReachable(true);
    await world.clock.until(() => world.plane.reports.length === 20, minute);
    for (const { arn } of plans)
      expect(world.plane.statusesOf(arn)).to.deep.equal(['RUNNING', 'STOPPED']);
  });
});
