import { expect } from 'chai';
import { container, ending, inessential, task, unwanted, wanted } from '../../support/builders.ts';
import { hour, minute, nameOf, running, second, started } from './stories.ts';

/** Runs until SIGTERM, which ends it with 143. */
const server = (name: string, more = {}) => container(name, { command: ['/bin/serve'], ...more });

describe('a task that ECS wants stopped', () => {
  it('while its container is created is stopped at once, and what the Engine makes is removed with it', async () => {
    const world = await started();
    const plan = task('a');
    world.engine.hangNext('create');
    world.plane.deliver([wanted(plan)]);
    await world.clock.advance(second);
    expect(world.stateOf('container/a/main')).to.equal('preparing.creating.calling');
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED', second);
    expect(world.told('a')).to.deep.equal(['STOPPED: main STOPPED']);
    expect([world.count('start'), world.count('stop')]).to.deep.equal([0, 0]);
    // The Engine had heard of it after all.
    world.engine.core.create(nameOf(plan), { Image: 'busybox:local' });
    await world.clock.advance(4 * hour);
    expect(world.happened().at(-1)).to.match(/^destroy/);
    expect([world.count('start'), world.count('stop')]).to.deep.equal([0, 0]);
  });

  it('while its container is started tells nothing until that is done, and then all that was', async () => {
    const world = await started();
    const plan = task('a', [server('main')]);
    world.plane.deliver([wanted(plan)]);
    await world.clock.until(() => world.stateOf('container/a/main') === 'starting.calling');
    world.plane.deliver([unwanted(plan)]);
    await world.clock.settle();
    expect(world.told('a')).to.deep.equal([]);
    await world.untilTold('a', 'STOPPED');
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING', 'STOPPED: main STOPPED 143']);
    expect(world.asked.filter((call) => /^(start|stop)/.test(call))).to.deep.equal([
      'start main',
      'stop main 30',
    ]);
  });

  const graces: [string, object, number][] = [
    ['30 seconds', {}, 30],
    ['its own stop timeout', { stopTimeoutS: 5 }, 5],
  ];
  for (const [words, more, seconds] of graces)
    it(`is given ${words}, once, and told with the code that it exits with`, async () => {
      const world = await started();
      const plan = task('a', [server('main', more)]);
      await running(world, plan);
      world.asked.length = 0;
      world.plane.deliver([unwanted(plan)]);
      await world.untilTold('a', 'STOPPED');
      expect(world.asked).to.deep.equal([`stop main ${seconds}`, 'inspect main']);
      expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 143');
    });

  it('whose stop hangs is told as stopped after five tries, as the Engine lives, and watched on', async () => {
    const world = await started();
    const plan = task('a', [server('main')]);
    await running(world, plan);
    for (let i = 0; i < 5; i++) world.engine.hangNext('stop');
    const from = world.clock.now();
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    const gaps = world.clock.now() - from - 5 * 150 * second;
    expect(gaps).to.be.within(6_100, 6_200 * 1.2);
    expect(world.told('a').at(-1)).to.equal(
      'STOPPED: main STOPPED (DockerTimeoutError: Could not transition to stopped; ' +
        'timed out after waiting 2m30s)',
    );
    // It did run, and is not left running.
    await world.clock.advance(minute);
    expect(world.happened().at(-1)).to.equal('die main');
  });

  it('at an Engine that is dead is told as stopped when it lives again and not before', async () => {
    const world = await started();
    const plan = task('a', [server('main')]);
    await running(world, plan);
    world.engine.setReachable(false);
    world.plane.deliver([unwanted(plan)]);
    await world.clock.advance(hour);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
    world.engine.setReachable(true);
    await world.untilTold('a', 'STOPPED', minute);
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 143');
  });

  it('stops what others depend on after them', async () => {
    const world = await started();
    const on = (name: string) => ({
      dependsOn: [{ container: name, condition: 'START' as const }],
    });
    const plan = task('a', [server('a', on('b')), server('b', on('c')), server('c')]);
    await running(world, plan);
    world.asked.length = 0;
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(world.asked.filter((call) => call.startsWith('stop'))).to.deep.equal([
      'stop a 30',
      'stop b 30',
      'stop c 30',
    ]);
    const last = ['die a', 'die b', 'die c'];
    expect(world.happened().slice(-3)).to.deep.equal(last);
    expect(world.told('a').at(-1)).to.equal('STOPPED: a STOPPED 143, b STOPPED 143, c STOPPED 143');
  });

  it('but is not known never touches the Engine', async () => {
    const world = await started();
    world.plane.deliver([unwanted(task('a'))]);
    await world.untilTold('a', 'STOPPED', second);
    expect(world.told('a')).to.deep.equal(['STOPPED: main STOPPED']);
    expect(world.asked).to.deep.equal([]);
  });

  it('and another wanted running in one message: what fits is started while the first still stops', async () => {
    const world = await started();
    const stubborn = container('main', { command: ['/bin/busybox', 'sleep', '3600'] });
    const old = task('a', [stubborn]);
    await running(world, old);
    world.plane.deliver([unwanted(old), wanted(task('b'))]);
    await world.untilTold('b', 'RUNNING', second);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
    await world.untilTold('a', 'STOPPED');
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 137');
  });

  it('and another that needs its place in one message: that starts when the first has stopped', async () => {
    const world = await started();
    const old = task('a', [container('main', { command: ['/bin/busybox', 'sleep', '3600'] })], {
      memoryMiB: 3_000,
    });
    await running(world, old);
    world.plane.deliver([unwanted(old), wanted(task('b', [server('main')], { memoryMiB: 3_000 }))]);
    await world.clock.advance(29 * second);
    expect(world.stateOf('task/b')).to.equal('queued');
    await world.untilTold('b', 'RUNNING');
    const order = world.plane.reports.map(({ taskArn, status }) => `${taskArn.at(-1)} ${status}`);
    expect(order).to.deep.equal(['a RUNNING', 'a STOPPED', 'b RUNNING']);
  });
});

describe('a container that runs after ECS was told that it has stopped', () => {
  it('is stopped, each time, and ECS is told nothing more', async () => {
    const world = await started();
    const plan = task('a', [ending('main', 0, 1), inessential(ending('side', 0, 1))]);
    await running(world, plan);
    await world.untilTold('a', 'STOPPED');
    const told = world.told('a').length;
    for (const name of ['main', 'side', 'main']) {
      const before = world.count('stop');
      world.engine.core.start(nameOf(plan, name));
      await world.clock.advance(minute);
      expect(world.count('stop'), name).to.equal(before + 1);
      expect(world.happened().at(-1)).to.equal(`die ${name}`);
    }
    expect(world.told('a')).to.have.length(told);
    expect(world.stateOf('container/a/main')).to.equal('stopped.ended');
  });

  it('is stopped too where its start was not heard', async () => {
    const world = await started();
    const plan = task('a', [server('main')]);
    await running(world, plan);
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    world.engine.dropEvents(true);
    world.engine.core.start(nameOf(plan));
    await world.clock.advance(6 * minute);
    expect(world.happened().at(-1)).to.equal('die main');
  });

  it('because its start was late is stopped when it appears', async () => {
    const world = await started();
    world.engine.hangNext('start');
    const plan = task('a', [server('main')]);
    const from = world.clock.now();
    world.plane.deliver([wanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(world.clock.now() - from).to.be.within(3 * minute, 3 * minute + second);
    expect(world.told('a')).to.deep.equal([
      'STOPPED: main STOPPED (DockerTimeoutError: Could not transition to started; ' +
        'timed out after waiting 3m0s)',
    ]);
    const stops = world.count('stop');
    world.engine.core.start(nameOf(plan));
    await world.clock.advance(minute);
    expect(world.count('stop')).to.equal(stops + 1);
    expect(world.happened().at(-1)).to.equal('die main');
    expect(world.told('a')).to.have.length(1);
  });
});
