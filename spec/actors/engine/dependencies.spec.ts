import { expect } from 'chai';
import type { Condition, ContainerPlan } from '../../../machines/container/model.ts';
import { DockerError } from '../../../transport/docker/port.ts';
import { container, ending, inessential, task, unwanted, wanted } from '../../support/builders.ts';
import { hour, minute, nameOf, pulling, running, second, started } from './stories.ts';

const dependingOn = (name: string, condition: Condition) => ({
  dependsOn: [{ container: name, condition }],
});

/** A database that Docker finds healthy, or not, after seven seconds. */
const database = (check: 'exit 0' | 'exit 1', more: Partial<ContainerPlan> = {}) =>
  container('db', {
    healthChecked: true,
    dockerConfig: JSON.stringify({
      Healthcheck: { Test: ['CMD-SHELL', check], Interval: 7e9, Retries: 1 },
    }),
    ...more,
  });

const neverReady = (text: string) => `CannotStartContainerError: dependency graph: ${text}`;

describe('a container that depends on another', () => {
  it('that is to complete is pulled and started when that has exited, whatever its code', async () => {
    const world = await pulling();
    const init = inessential(ending('init', 1, 60));
    const app = container('app', dependingOn('init', 'COMPLETE'));
    world.plane.deliver([wanted(task('a', [app, init]))]);
    await world.clock.advance(minute - second);
    expect(world.asked.filter((call) => /^(pull|create|start) /.test(call))).to.have.length(3);
    expect(world.stateOf('container/a/app')).to.equal('preparing.awaitingPull');
    await world.clock.until(() => world.happened().includes('die init'));
    const from = world.clock.now();
    await world.untilTold('a', 'RUNNING');
    expect(world.clock.now() - from).to.be.below(second);
    expect(world.told('a')).to.deep.equal([
      'MANIFEST_PULLED: app MANIFEST_PULLED, init MANIFEST_PULLED',
      'MANIFEST_PULLED: init RUNNING',
      'RUNNING: app RUNNING, init STOPPED 1',
    ]);
  });

  it('that is to succeed is never started when that exits with 1, and says so', async () => {
    const world = await pulling();
    const init = inessential(ending('init', 1, 1));
    world.plane.deliver([
      wanted(task('a', [init, container('app', dependingOn('init', 'SUCCESS'))])),
    ]);
    await world.untilTold('a', 'STOPPED');
    expect(world.happened()).not.to.include('create app');
    const why = neverReady(
      'failed to resolve container ordering dependency [init(busybox:local) (STOPPED->RUNNING) - ' +
        'Exit: 1] for target [app(busybox:local) (MANIFEST_PULLED->RUNNING)] as dependency did ' +
        'not exit successfully.',
    );
    expect(world.told('a')).to.deep.equal([
      'MANIFEST_PULLED: init MANIFEST_PULLED, app MANIFEST_PULLED',
      `STOPPED: init STOPPED 1, app STOPPED 143 (${why})`,
    ]);
  });

  it('that is to be healthy is pulled, created and started when Docker says so', async () => {
    const world = await pulling();
    world.plane.deliver([
      wanted(task('a', [database('exit 0'), container('app', dependingOn('db', 'HEALTHY'))])),
    ]);
    await world.clock.until(() => world.happened().includes('start db'));
    const from = world.clock.now();
    await world.clock.advance(6 * second);
    expect(world.stateOf('container/a/app')).to.equal('preparing.awaitingPull');
    await world.untilTold('a', 'RUNNING');
    expect(world.clock.now() - from).to.be.within(7 * second, 8 * second);
    expect(world.told('a').at(-1)).to.equal('RUNNING: db RUNNING, app RUNNING');
  });

  it('that is to be healthy is started also where the event of its health was lost', async () => {
    const world = await started();
    world.engine.dropEvents(true);
    world.plane.deliver([
      wanted(task('a', [database('exit 0'), container('app', dependingOn('db', 'HEALTHY'))])),
    ]);
    await world.untilTold('a', 'RUNNING', 6 * minute);
    expect(world.told('a').at(-1)).to.equal('RUNNING: app RUNNING');
  });

  it('that is not healthy within its start timeout fails, and the task with it', async () => {
    const world = await started();
    const db = database('exit 1', { startTimeoutS: 8, command: ['/bin/serve'] });
    world.plane.deliver([wanted(task('a', [db, container('app', dependingOn('db', 'HEALTHY'))]))]);
    await world.clock.until(() => world.happened().includes('start db'));
    const from = world.clock.now();
    await world.untilTold('a', 'STOPPED');
    expect(world.clock.now() - from).to.be.within(8 * second, 9 * second);
    const why = neverReady(
      'container ordering dependency [db(busybox:local) (RUNNING->RUNNING)] for target ' +
        '[app(busybox:local) (MANIFEST_PULLED->RUNNING)] has timed out.',
    );
    expect(world.told('a')).to.deep.equal([`STOPPED: db STOPPED 143, app STOPPED 143 (${why})`]);
    expect(world.happened().slice(-1)).to.deep.equal(['die db']);
  });

  it('that waits for a start timeout keeps waiting for what is left of it after a restart', async () => {
    const world = await started();
    const db = database('exit 1', { startTimeoutS: 60 });
    world.plane.deliver([wanted(task('a', [db, container('app', dependingOn('db', 'HEALTHY'))]))]);
    await world.clock.until(() => world.happened().includes('start db'));
    const from = world.clock.now();
    await world.clock.advance(30 * second);
    await world.kill();
    await world.start();
    await world.untilTold('a', 'STOPPED');
    expect(world.clock.now() - from).to.be.within(60 * second, 61 * second);
  });

  it('that cannot be created is told with it, and neither is started', async () => {
    const world = await started();
    world.engine.failNext('create', new DockerError('DOCKER_REFUSED', 'no such volume'));
    world.plane.deliver([
      wanted(task('a', [container('app', dependingOn('b', 'START')), container('b')])),
    ]);
    await world.untilTold('a', 'STOPPED');
    expect(world.happened()).to.deep.equal([]);
    const why = neverReady(
      'failed to resolve container ordering dependency [b(busybox:local) (PULLED->STOPPED)] for ' +
        'target [app(busybox:local) (MANIFEST_PULLED->RUNNING)] because dependency will never start',
    );
    expect(world.told('a')).to.deep.equal([
      `STOPPED: app STOPPED 143 (${why}), b STOPPED (CannotCreateContainerError: no such volume)`,
    ]);
  });

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
