import { expect } from 'chai';
import { takeOver } from '../../actors/takeover.ts';
import { courseOf } from '../../actors/takeover-container.ts';
import { World, type WorldSettings } from '../../bin/world/world.ts';
import type { TaskRules } from '../../machines/task/decide.ts';
import { labels } from '../../transport/docker/translate.ts';
import type { FoundContainer, FoundTask } from '../../transport/takeover/port.ts';
import {
  container,
  ending,
  inessential,
  task,
  taskArn,
  unwanted,
  wanted,
} from '../support/builders.ts';
import { commands, testImage } from '../support/engine-plans.ts';
import { hour, minute, second } from './engine/stories.ts';

type Known = Partial<FoundContainer> & { name: string };

const known = (given: Known): FoundContainer => ({
  runtimeId: `id-${given.name}`,
  status: 'RUNNING',
  sent: 'RUNNING',
  exitCode: null,
  digest: null,
  imageId: null,
  bindings: [],
  startedAt: null,
  restarts: 0,
  lastRestartAt: null,
  failure: null,
  ...given,
});

/** A task that runs and of which ECS was told so, but for what is given. */
const foundTask = (given: Partial<FoundTask> & { containers: FoundContainer[] }): FoundTask => ({
  plan: task('a', [container('main')]),
  lacks: [],
  desired: 'RUNNING',
  sent: 'RUNNING',
  knownAt: null,
  pullStartedAt: null,
  pullStoppedAt: null,
  executionStoppedAt: null,
  hasCgroup: false,
  warnings: [],
  ...given,
});

describe('how a task that is taken over goes on', () => {
  const [runs, ended] = (['RUNNING', 'STOPPED'] as const).map((status) =>
    known({ name: status, status }),
  ) as [FoundContainer, FoundContainer];
  const made = known({ name: 'made', status: 'CREATED' });
  const unmade = known({ name: 'unmade', status: 'PULLED', runtimeId: null });
  const stopped = { desired: 'STOPPED' } as const;
  const lacking = { lacks: ['secrets'] };
  const cases: [string, FoundContainer[], Partial<FoundTask>, string][] = [
    ['all run', [runs], {}, 'watched'],
    ['one runs and one has ended', [runs, ended], {}, 'watched'],
    ['all run and it is to stop', [runs], stopped, 'stopping'],
    ['all run, though it lacks something', [runs], lacking, 'watched'],
    ['all have ended', [ended], {}, 'stopped'],
    ['one runs and one is not begun', [runs, unmade], {}, 'watched'],
    ['one runs, one is not begun, and it lacks something', [runs, unmade], lacking, 'stopping'],
    ['one runs, one is not begun, and it is to stop', [runs, unmade], stopped, 'stopping'],
    ['one is made and not started', [made], {}, 'queued'],
    ['one is made and not started, and it lacks something', [made], lacking, 'stopping'],
    ['none is made', [unmade], {}, 'queued'],
    ['one has ended, and the next is not made', [ended, unmade], {}, 'queued'],
    ['none is made and it is to stop', [unmade], stopped, 'stopped'],
    ['none is made and it lacks something', [unmade], lacking, 'stopped'],
  ];
  for (const [what, containers, more, course] of cases)
    it(`is ${course} where ${what}`, () => {
      expect(courseOf(foundTask({ containers, ...more }))).to.equal(course);
    });
});

/** A world in which Amazon's agent had run, and this agent begins with what that had saved. */
class Succession {
  readonly world: World;
  readonly #rules: TaskRules = {
    pullBehavior: 'prefer-cached',
    pullUpfront: false,
    taskLimits: true,
    cleanupWaitMs: 3 * hour,
    cleanupJitterMs: 0,
  };

  constructor(settings?: WorldSettings) {
    this.world = new World(settings);
  }

  /** Makes a container as Amazon's agent does; a name of its own, and no label of this agent's. */
  made(name: string, command = commands.untilTerm): string {
    return this.world.engine.core.create(`ecs-web-1-${name}-0123`, {
      Image: testImage,
      Cmd: command,
      Labels: {
        [labels.cluster]: 'specs',
        [labels.taskArn]: taskArn('a'),
        [labels.containerName]: name,
      },
    });
  }

  ran(name: string, command = commands.untilTerm): string {
    const id = this.made(name, command);
    this.world.engine.core.start(id);
    return id;
  }

  /** Takes the task over, and starts this agent. */
  async take(given: Partial<FoundTask> & { containers: FoundContainer[] }): Promise<World> {
    const { world } = this;
    const found = foundTask({ knownAt: world.clock.now(), ...given });
    const containers = found.plan.containers.map((planned) => {
      const isMade = found.containers.some((one) => one.name === planned.name && one.runtimeId);
      return isMade ? { ...planned, dockerName: `ecs-web-1-${planned.name}-0123` } : planned;
    });
    const state = {
      agentVersion: '1.105.1',
      cluster: 'specs',
      containerInstanceArn: 'arn:aws:ecs:us-west-2:123456789012:container-instance/specs/old',
      ec2InstanceId: '',
      manifestSequence: 0,
      tasks: [{ ...found, plan: { ...found.plan, containers } }],
      images: [],
      unread: [],
    };
    const { records } = takeOver(state, {
      clock: world.clock,
      random: world.random,
      rules: this.#rules,
    });
    await world.store.open();
    await world.store.write(records);
    await world.store.close();
    await world.start();
    return world;
  }
}

const starts = (world: World) => world.asked.filter((call) => call.startsWith('start'));

describe('a task that is taken over', () => {
  it('goes on, and ECS is told nothing that it knows', async () => {
    const before = new Succession();
    const main = known({ name: 'main', runtimeId: before.ran('main') });
    const world = await before.take({ containers: [main] });
    await world.clock.advance(hour);
    expect(world.told('a')).to.deep.equal([]);
    expect(world.stateOf('task/a')).to.equal('running');
    expect(world.stateOf('container/a/main')).to.equal('running.steady');
    expect(world.happened()).to.deep.equal(['create main', 'start main']);
    expect(world.logged.filter((line) => /lost|no record knows/.test(line))).to.deep.equal([]);
  });

  it('is told to run where ECS was not told before', async () => {
    const before = new Succession();
    const main = known({ name: 'main', runtimeId: before.ran('main'), sent: null });
    const world = await before.take({ containers: [main], sent: null });
    await world.untilTold('a', 'RUNNING', minute);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
    expect(starts(world)).to.deep.equal([]);
  });

  it('is told of a container that had ended, of which that agent knew and ECS did not', async () => {
    const before = new Succession();
    const side = known({
      name: 'side',
      runtimeId: before.ran('side', commands.exit(5)),
      status: 'STOPPED',
      exitCode: 5,
    });
    const main = known({ name: 'main', runtimeId: before.ran('main') });
    const plan = task('a', [container('main'), inessential(container('side'))]);
    const world = await before.take({ plan, containers: [main, side] });
    await world.clock.advance(minute);
    expect(world.told('a')).to.deep.equal(['RUNNING: side STOPPED 5']);
  });

  it('is told to have stopped where that agent knew and ECS did not', async () => {
    const before = new Succession();
    before.ran('main', commands.exit(7));
    const failure = { name: 'OutOfMemoryError', message: 'too much' };
    const main = known({ name: 'main', status: 'STOPPED', exitCode: 7, failure });
    const executionStoppedAt = before.world.clock.now() - minute;
    const world = await before.take({ containers: [main], desired: 'STOPPED', executionStoppedAt });
    await world.untilTold('a', 'STOPPED', second);
    expect(world.told('a')).to.deep.equal(['STOPPED: main STOPPED 7 (OutOfMemoryError: too much)']);
    expect(world.plane.reports.at(-1)).to.include({ executionStoppedAt });
    await world.clock.until(() => world.stateOf('task/a') === undefined, 4 * hour);
    expect(world.engine.core.list({})).to.deep.equal([]);
    expect(world.stateOf('outbox/a')).to.equal(undefined);
  });

  it('that has stopped is removed when its time is over, and ECS is told nothing', async () => {
    const before = new Succession();
    before.ran('main', commands.exit(0));
    const main = known({ name: 'main', status: 'STOPPED', sent: 'STOPPED', exitCode: 0 });
    const world = await before.take({
      containers: [main],
      desired: 'STOPPED',
      sent: 'STOPPED',
      knownAt: before.world.clock.now() - 2 * hour,
      hasCgroup: true,
    });
    await world.clock.advance(hour - minute);
    expect(world.stateOf('task/a')).to.equal('stopped.keeping');
    expect(world.stateOf('resource/a/cgroup/cgroup')).to.equal('removed');
    await world.clock.advance(2 * minute);
    expect(world.stateOf('task/a')).to.equal(undefined);
    expect(world.engine.core.list({})).to.deep.equal([]);
    expect(world.told('a')).to.deep.equal([]);
  });

  it('is stopped in order where that agent was to stop it', async () => {
    const before = new Succession();
    const ids = ['db', 'app'].map((name) => known({ name, runtimeId: before.ran(name) }));
    const dependsOn = [{ container: 'db', condition: 'START' as const }];
    const plan = task('a', [container('db'), container('app', { dependsOn })]);
    const world = await before.take({ plan, containers: ids, desired: 'STOPPED' });
    await world.untilTold('a', 'STOPPED', minute);
    expect(world.happened().filter((event) => event.startsWith('die'))).to.deep.equal([
      'die app',
      'die db',
    ]);
    expect(world.told('a')).to.deep.equal(['STOPPED: db STOPPED 0, app STOPPED 0']);
  });

  it('has its next containers begun when those before have done their part', async () => {
    const before = new Succession();
    const init = known({
      ...{ name: 'init', runtimeId: before.ran('init', commands.exit(0)) },
      ...{ status: 'STOPPED' as const, exitCode: 0, sent: 'STOPPED' as const },
    });
    const main = known({ name: 'main', runtimeId: null, status: 'PULLED', sent: null });
    const dependsOn = [{ container: 'init', condition: 'SUCCESS' as const }];
    const plan = task('a', [inessential(container('init')), container('main', { dependsOn })]);
    const world = await before.take({ plan, containers: [init, main], sent: null });
    await world.untilTold('a', 'RUNNING', minute);
    expect(starts(world)).to.deep.equal(['start main']);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
  });

  it('has a container started that was made, and depends on one that runs', async () => {
    const before = new Succession();
    const db = known({ name: 'db', runtimeId: before.ran('db') });
    const app = known({
      name: 'app',
      runtimeId: before.made('app'),
      status: 'CREATED',
      sent: null,
    });
    const dependsOn = [{ container: 'db', condition: 'START' as const }];
    const plan = task('a', [container('db'), container('app', { dependsOn })]);
    const world = await before.take({ plan, containers: [db, app], sent: null });
    await world.untilTold('a', 'RUNNING', minute);
    expect(starts(world)).to.deep.equal(['start app']);
    expect(world.asked).not.to.include('create app');
  });

  it('is never started a second time where that agent could not say that it had been', async () => {
    const before = new Succession();
    const runtimeId = before.ran('main', commands.exit(9));
    const main = known({ name: 'main', runtimeId, status: 'CREATED', sent: null });
    const world = await before.take({ containers: [main], sent: null });
    await world.untilTold('a', 'STOPPED', minute);
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED 9');
    expect(starts(world)).to.deep.equal([]);
  });

  it('is not started where it was made, and that agent was to stop it', async () => {
    const before = new Succession();
    const runtimeId = before.made('main');
    const main = known({ name: 'main', runtimeId, status: 'CREATED', sent: null });
    const world = await before.take({ containers: [main], desired: 'STOPPED', sent: null });
    await world.untilTold('a', 'STOPPED', minute);
    expect(world.told('a')).to.deep.equal(['STOPPED: main STOPPED']);
    expect(starts(world)).to.deep.equal([]);
  });

  it('is begun where nothing of it was', async () => {
    const before = new Succession();
    const main = known({ name: 'main', runtimeId: null, status: 'NONE', sent: null });
    const world = await before.take({ containers: [main], sent: null });
    await world.untilTold('a', 'RUNNING', minute);
    expect(world.asked).to.include.members(['create main', 'start main']);
  });

  it('is stopped where it lacks what it needs to be begun, and ECS is told why', async () => {
    const before = new Succession();
    const db = known({ name: 'db', runtimeId: before.ran('db') });
    const app = known({ name: 'app', runtimeId: null, status: 'NONE', sent: null });
    const plan = task('a', [container('db'), container('app')]);
    const lacks = ['secrets'];
    const world = await before.take({ plan, containers: [db, app], sent: null, lacks });
    await world.untilTold('a', 'STOPPED', minute);
    expect(world.told('a').at(-1)).to.match(
      /^STOPPED \(TaskNotSupportedError: this agent does not support secrets\): db STOPPED 0/,
    );
    expect(starts(world)).to.deep.equal([]);
  });

  it('goes on where it runs, though this agent could not begin it', async () => {
    const before = new Succession();
    const main = known({ name: 'main', runtimeId: before.ran('main') });
    const world = await before.take({ containers: [main], lacks: ['secrets'] });
    await world.clock.advance(hour);
    expect(world.stateOf('task/a')).to.equal('running');
    world.plane.deliver([unwanted(task('a'))]);
    await world.untilTold('a', 'STOPPED', minute);
    expect(world.told('a')).to.deep.equal(['STOPPED: main STOPPED 0']);
  });

  it('is started again by its restart policy, from where that agent had counted', async () => {
    const before = new Succession();
    const restartPolicy = { ignoredExitCodes: [], attemptPeriodS: 60 };
    const main = known({ name: 'main', runtimeId: before.ran('main'), restarts: 2 });
    const plan = task('a', [container('main', { restartPolicy })]);
    const world = await before.take({ plan, containers: [main] });
    await world.clock.advance(2 * minute);
    world.engine.core.exit('ecs-web-1-main-0123', 1);
    await world.clock.advance(minute);
    expect(starts(world)).to.deep.equal(['start main']);
    const actor = world.agent?.system.get('container/a/main');
    expect(actor?.getSnapshot().context.restarts).to.equal(3);
  });

  it('is known to the next run of this agent as to the first', async () => {
    const before = new Succession();
    const main = known({ name: 'main', runtimeId: before.ran('main') });
    const world = await before.take({ containers: [main] });
    await world.clock.advance(minute);
    await world.kill();
    await world.start();
    await world.clock.advance(minute);
    world.engine.core.exit('ecs-web-1-main-0123', 4);
    await world.untilTold('a', 'STOPPED', second);
    expect(world.told('a')).to.deep.equal(['STOPPED: main STOPPED 4']);
  });

  it('is not begun again when ECS sends it once more', async () => {
    const before = new Succession();
    const main = known({ name: 'main', runtimeId: before.ran('main') });
    const world = await before.take({ containers: [main] });
    world.plane.deliver([wanted(task('a', [ending('main', 0)]))]);
    await world.clock.advance(minute);
    expect(world.told('a')).to.deep.equal([]);
    expect(world.happened()).to.deep.equal(['create main', 'start main']);
  });
});
