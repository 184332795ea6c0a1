import { expect } from 'chai';
import { container, ending, inessential, task, unwanted, wanted } from '../../support/builders.ts';
import { digest, hour, minute, nameOf, pulling, running, second, started } from './stories.ts';

describe('a task that runs', () => {
  it('is pulled by its digest, created, started and told of step by step', async () => {
    const world = await pulling();
    world.plane.deliver([wanted(task('a', [ending('main', 0, 5)]))]);
    await world.untilTold('a', 'STOPPED');
    expect(world.asked).to.deep.equal([
      'resolveDigest busybox:local',
      `pull busybox@${digest}`,
      `tag busybox@${digest}`,
      'inspectImage busybox:local',
      'create main',
      'start main',
      'inspect main',
      'inspect main',
    ]);
    expect(world.told('a')).to.deep.equal([
      'MANIFEST_PULLED: main MANIFEST_PULLED',
      'RUNNING: main RUNNING',
      'STOPPED: main STOPPED 0',
    ]);
    const [manifest, run, stop] = world.plane.reports;
    expect(manifest?.containers[0]?.digest).to.equal(digest);
    expect(run?.containers[0]).to.include({ digest, exitCode: null });
    expect(run?.containers[0]?.runtimeId).to.match(/^[0-9a-f]{64}$/);
    expect(run?.executionStoppedAt).to.equal(null);
    expect(stop?.executionStoppedAt).to.be.closeTo(world.clock.now(), 100);
  });

  it('tells the ports that it got', async () => {
    const world = await started();
    const web = container('main', {
      portMappings: [{ kind: 'single', containerPort: 80, hostPort: null, protocol: 'tcp' }],
    });
    await running(world, task('a', [web]));
    expect(world.plane.reports[0]?.containers[0]?.bindings).to.deep.equal([
      { bindIP: '0.0.0.0', protocol: 'tcp', containerPort: 80, hostPort: 32_768 },
    ]);
  });

  it('tells of a container that is not essential and exits with 1 after 10 to 30 seconds, as RUNNING', async () => {
    const world = await started();
    await running(world, task('a', [container('main'), inessential(ending('side', 1, 5))]));
    await world.clock.until(() => world.happened().includes('die side'));
    const died = world.clock.now();
    await world.clock.until(() => world.told('a').length === 2);
    expect(world.clock.now() - died).to.be.within(10 * second, 30 * second);
    expect(world.told('a')).to.deep.equal([
      'RUNNING: main RUNNING, side RUNNING',
      'RUNNING: side STOPPED 1',
    ]);
    await world.clock.advance(30 * minute);
    expect(world.told('a')).to.have.length(2);
    expect(world.stateOf('task/a')).to.equal('running');
  });

  it('of containers that are not essential has stopped with the last of them', async () => {
    const world = await started();
    const sides = [inessential(ending('one', 1, 5)), inessential(ending('two', 2, 60))];
    await running(world, task('a', sides));
    await world.untilTold('a', 'STOPPED');
    expect(world.told('a')).to.deep.equal([
      'RUNNING: one RUNNING, two RUNNING',
      'RUNNING: one STOPPED 1',
      'STOPPED: two STOPPED 2',
    ]);
  });

  it('stops the others when an essential container ends, and is told of all of them at once', async () => {
    const world = await started();
    const side = inessential(container('side', { command: ['/bin/serve'] }));
    await running(world, task('a', [ending('main', 0, 5), side]));
    await world.untilTold('a', 'STOPPED');
    expect(world.asked.filter((call) => call.startsWith('stop'))).to.deep.equal(['stop side 30']);
    expect(world.told('a')).to.deep.equal([
      'RUNNING: main RUNNING, side RUNNING',
      'STOPPED: main STOPPED 0, side STOPPED 143',
    ]);
  });

  it('that was killed for its memory says so', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    world.engine.core.exit(nameOf(plan), 137, { outOfMemory: true });
    await world.untilTold('a', 'STOPPED');
    expect(world.told('a').at(-1)).to.equal(
      'STOPPED: main STOPPED 137 (OutOfMemoryError: Container killed due to memory usage)',
    );
    expect(world.asked).not.to.include('stop main 30');
  });

  it('runs on where one of its processes was killed for memory and its container was not', async () => {
    const world = await started();
    const Healthcheck = { Test: ['CMD', 'true'], Interval: 5e9 };
    const dockerConfig = JSON.stringify({ Healthcheck });
    const plan = task('a', [container('main', { healthChecked: true, dockerConfig })]);
    await running(world, plan);
    world.engine.core.setOutOfMemory(nameOf(plan));
    await world.clock.advance(30 * minute);
    world.engine.core.setHealth(nameOf(plan), 'unhealthy');
    await world.clock.advance(second);
    const seen = world.agent?.system.get('container/a/main').getSnapshot().context;
    expect(seen).to.include({ health: 'UNHEALTHY', failure: null });
    await world.kill();
    await world.start();
    await world.clock.advance(30 * minute);
    expect(world.stateOf('container/a/main')).to.equal('running.steady');
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    // Where it ends after all, Docker tells of that kill, and so does ECS.
    expect(world.told('a')).to.deep.equal([
      'RUNNING: main RUNNING',
      'STOPPED: main STOPPED 0 (OutOfMemoryError: Container killed due to memory usage)',
    ]);
  });

  it('is changed by no duplicate of its payload: not on disk, not at the Engine, not for ECS', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    const { asked, plane, store } = world;
    const before = { asked: asked.length, told: plane.reports.length, thanks: 1 };
    let written = 0;
    const write = store.write.bind(store);
    store.write = (batch) => {
      written += batch.length;
      return write(batch);
    };
    expect(plane.acknowledgements).to.have.length(before.thanks);
    const again = plane.deliver([wanted({ ...plan, family: 'other' })]);
    await world.clock.advance(minute);
    expect(asked).to.have.length(before.asked);
    expect(plane.reports).to.have.length(before.told);
    expect(written).to.equal(0);
    expect(plane.acknowledgements.at(-1)).to.include({ kind: 'payload', messageId: again });
  });

  it('however short its life is told as RUNNING and then as STOPPED, and stopped by nobody', async () => {
    const world = await started();
    world.plane.deliver([wanted(task('a', [ending('main', 0)]))]);
    await world.untilTold('a', 'STOPPED');
    await world.clock.advance(hour);
    // The look at how it started shows its end already.
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING 0', 'STOPPED: main STOPPED 0']);
    expect(world.count('stop')).to.equal(0);
  });

  it('that ends while the Engine is asked how it is has ended, and is stopped by nobody', async () => {
    const world = await started();
    const plan = task('a');
    await running(world, plan);
    // The look is on its way when the container ends, and comes back after that was told.
    await world.clock.advance(5 * minute - 10);
    while (world.stateOf('watch') === 'following.watching') await world.clock.advance(1);
    world.engine.core.exit(nameOf(plan), 3);
    await world.clock.advance(hour);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING', 'STOPPED: main STOPPED 3']);
    expect(world.count('stop')).to.equal(0);
  });
});
