import { expect } from 'chai';
import type { World } from '../../../bin/world/world.ts';
import { container, task, wanted } from '../../support/builders.ts';
import { minute, running, second, started } from './stories.ts';

/** Kills the agent and starts it after a while; what it asked before is forgotten. */
async function again(world: World, meanwhile: () => void = () => {}): Promise<void> {
  await world.kill();
  meanwhile();
  await world.clock.advance(10 * second);
  world.asked.length = 0;
  await world.start();
}

describe('an agent that is started again', () => {
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
