import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import { container, task, unwanted, wanted } from '../support/builders.ts';

describe('a disk that stays full over several tries to write', () => {
  it('has in the end what the actors have become, not what they were at the first try', async () => {
    const world = new World({ rules: { taskLimits: false } });
    await world.start();
    const plan = task('a', [container('main')]);
    world.store.setFull(true);
    world.plane.deliver([wanted(plan)]);
    await world.clock.advance(500);
    world.plane.deliver([unwanted(plan)]);
    await world.clock.advance(1_000);
    world.store.setFull(false);
    await world.clock.until(() => world.plane.acknowledgements.length === 2);
    await world.kill();
    await world.start();
    await world.clock.advance(60_000);
    expect(world.happened().at(-1)).to.equal('die main');
    expect(world.plane.statusesOf(plan.arn).at(-1)).to.equal('STOPPED');
  });
});
