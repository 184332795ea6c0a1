import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import { container, task, unwanted, wanted } from '../support/builders.ts';

describe('a task that is stopped while it waits for its host', () => {
  it('has nothing made for it by an agent that is restarted', async () => {
    const world = new World();
    await world.start();
    const all = { cpu: 2 };
    const first = task('a', [container('main')], all);
    const second = task('b', [container('main')], all);
    world.plane.deliver([wanted(first)]);
    await world.untilTold('a', 'RUNNING');
    world.plane.deliver([wanted(second)]);
    world.plane.deliver([unwanted(second)]);
    await world.untilTold('b', 'STOPPED');
    await world.kill();
    await world.start();
    expect(world.logged.filter((line) => line.includes('was lost'))).to.deep.equal([]);
    expect(world.cgroups.log).to.deep.equal(['create a']);
  });
});
