import { expect } from 'chai';
import { container, ending, task, wanted } from '../../support/builders.ts';
import { digest, hour, minute, nameOf, pulling, running, started } from './stories.ts';

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
