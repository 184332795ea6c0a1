import { expect } from 'chai';
import type { Condition } from '../../../machines/container/model.ts';
import { container, ending, inessential, task, unwanted, wanted } from '../../support/builders.ts';
import { hour, minute, nameOf, running, second, started } from './stories.ts';

const dependingOn = (name: string, condition: Condition) => ({
  dependsOn: [{ container: name, condition }],
});

describe('a container that depends on another', () => {
  it('is pulled before that is ready where images are to be pulled up front', async () => {
    const world = await started({ rules: { pullBehavior: 'always', pullUpfront: true } });
    const init = inessential(ending('init', 0, 60));
    const app = container('app', { image: 'app:1', ...dependingOn('init', 'SUCCESS') });
    world.plane.deliver([wanted(task('a', [app, init]))]);
    await world.clock.advance(30 * second);
    expect(world.asked).to.include('pull app:1');
    expect(world.happened()).not.to.include('create app');
    await world.untilTold('a', 'RUNNING');
  });

  it('goes on where it was after a restart', async () => {
    const world = await started();
    const init = inessential(ending('init', 0, 60));
    const plan = task('a', [container('app', dependingOn('init', 'SUCCESS')), init]);
    world.plane.deliver([wanted(plan)]);
    await world.clock.advance(30 * second);
    await world.kill();
    await world.clock.advance(hour);
    await world.start();
    await world.untilTold('a', 'RUNNING', minute);
    expect(world.told('a').at(-1)).to.equal('RUNNING: app RUNNING, init STOPPED 0');
    expect(world.happened().filter((event) => event === 'start init')).to.have.length(1);
  });

  it('that runs no more is stopped with its task as ever', async () => {
    const world = await started();
    const init = inessential(ending('init', 0, 5));
    const plan = task('a', [container('app', dependingOn('init', 'START')), init]);
    await running(world, plan);
    await world.clock.advance(minute);
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED', minute);
    expect(world.engine.core.inspect(nameOf(plan, 'app')).State.Running).to.equal(false);
  });
});
