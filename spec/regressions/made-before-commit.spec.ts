import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import { container, task, unwanted, wanted } from '../support/builders.ts';

describe('an agent that is killed before a new task is on disk', () => {
  it('leaves no cgroup of a task behind that ECS wants stopped by then', async () => {
    const world = new World();
    await world.start();
    const plan = task('a', [container('main')]);
    world.store.hold();
    world.plane.deliver([wanted(plan)]);
    await world.clock.advance(1_000);
    await world.kill();
    await world.start();
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    // Until its remains are removed.
    await world.clock.advance(4 * 3_600_000);
    expect([...world.cgroups.limits.keys()]).to.deep.equal([]);
  });
});
