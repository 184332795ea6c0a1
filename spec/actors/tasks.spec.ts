import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import { container, ending, inessential, task, unwanted, wanted } from '../support/builders.ts';

describe('an agent with a task', () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.start();
  });

  const statuses = (id = 'a') => world.plane.statusesOf(task(id).arn);
  const last = () => world.plane.reports.at(-1);

  it('brings its container up and tells ECS that it runs', async () => {
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.until(() => statuses().length > 0);
    expect(statuses()).to.deep.equal(['RUNNING']);
    expect(world.happened()).to.deep.equal(['create main', 'start main']);
    expect(world.stateOf('container/a/main')).to.equal('running.steady');
  });

  it('tells that it ran before it tells that it stopped, however short its life', async () => {
    world.plane.deliver([wanted(task('a', [ending('main', 3)]))]);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(statuses()).to.deep.equal(['RUNNING', 'STOPPED']);
    expect(last()?.containers).to.have.length(1);
    expect(last()?.containers[0]).to.include({ name: 'main', status: 'STOPPED', exitCode: 3 });
    expect(last()?.executionStoppedAt).to.be.a('number');
  });

  it('stops the others when an essential container ends', async () => {
    world.plane.deliver([
      wanted(task('a', [ending('main', 0, 5), inessential(container('side'))])),
    ]);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.happened()).to.include.members(['die main', 'die side']);
    const ends = Object.fromEntries(
      (last()?.containers ?? []).map(({ name, exitCode }) => [name, exitCode]),
    );
    expect(ends).to.deep.equal({ main: 0, side: 0 });
  });

  it('goes on when a container that is not essential ends, and tells of it at the next tick', async () => {
    world.plane.deliver([
      wanted(task('a', [container('main'), inessential(ending('side', 1, 5))])),
    ]);
    await world.clock.advance(10_000);
    expect(statuses()).to.deep.equal(['RUNNING']);
    await world.clock.advance(30_000);
    expect(statuses()).to.deep.equal(['RUNNING', 'RUNNING']);
    expect(last()?.containers.map(({ name, exitCode }) => [name, exitCode])).to.deep.equal([
      ['side', 1],
    ]);
    expect(world.stateOf('task/a')).to.equal('running');
  });

  it('stops it when ECS wants it stopped, and kills what ignores SIGTERM after its own time', async () => {
    const stubborn = container('main', {
      command: ['/bin/busybox', 'sleep', '3600'],
      stopTimeoutS: 4,
    });
    world.plane.deliver([wanted(task('a', [stubborn]))]);
    await world.clock.until(() => statuses().length > 0);
    const from = world.clock.now();
    world.plane.deliver([unwanted(task('a', [stubborn]))]);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.clock.now() - from).to.be.within(4_000, 4_100);
    expect(last()?.containers[0]?.exitCode).to.equal(137);
  });

  it('never touches the Engine for a task that is wanted stopped from the first', async () => {
    world.plane.deliver([unwanted(task('a'))]);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.happened()).to.deep.equal([]);
    expect(last()?.containers[0]).to.include({ name: 'main', runtimeId: null, exitCode: null });
  });

  it('starts nothing when the stop follows in the next message', async () => {
    world.plane.deliver([wanted(task('a'))]);
    world.plane.deliver([unwanted(task('a'))]);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.happened()).not.to.include('start main');
    expect(statuses()).to.deep.equal(['STOPPED']);
  });

  it('takes the same payload twice as one', async () => {
    const first = world.plane.deliver([wanted(task('a'))]);
    const second = world.plane.deliver([wanted(task('a'))]);
    await world.clock.until(() => statuses().length > 0);
    await world.clock.advance(60_000);
    expect(world.happened()).to.deep.equal(['create main', 'start main']);
    expect(statuses()).to.deep.equal(['RUNNING']);
    const acknowledged = world.plane.acknowledgements.map(({ messageId }) => messageId);
    expect(acknowledged).to.deep.equal([first, second]);
  });

  it('tells the Engine’s reason when a container cannot be started', async () => {
    world.plane.deliver([
      wanted(task('a', [container('main', { command: ['/no/such/program'] })])),
    ]);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(statuses()).to.deep.equal(['STOPPED']);
    expect(last()?.containers[0]?.reason).to.match(
      /^CannotStartContainerError: Error response from daemon: .*no such file or directory/,
    );
    expect(last()?.containers[0]?.exitCode).to.equal(null);
  });

  it('refuses one that needs what it does not have, and names the feature', async () => {
    world.plane.deliver([wanted(task('a', [container('main')], { unsupported: ['secrets'] }))]);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(world.happened()).to.deep.equal([]);
    expect(last()?.reason).to.equal('TaskNotSupportedError: this agent does not support secrets');
  });

  it('tells of a task it cannot understand, runs its sibling, and leaves the payload unacknowledged', async () => {
    const bad = { arn: task('bad').arn, reason: 'UnrecogniedTaskError: Error loading task - no' };
    world.plane.deliver([wanted(task('a'))], [bad]);
    await world.clock.until(() => statuses().length + statuses('bad').length === 2);
    expect(statuses('bad')).to.deep.equal(['STOPPED']);
    expect(statuses('a')).to.deep.equal(['RUNNING']);
    expect(world.plane.acknowledgements).to.deep.equal([]);
    world.plane.deliver([wanted(task('a'))], [bad]);
    await world.clock.advance(60_000);
    expect(statuses('bad')).to.deep.equal(['STOPPED']);
  });

  it('that throws stops that task with a reason, and no other', async () => {
    world.plane.deliver([wanted(task('a')), wanted(task('b'))]);
    await world.clock.until(() => statuses('a').length + statuses('b').length === 2);
    world.agent?.system.get('task/a').send({ type: 'container.changed' });
    await world.clock.until(() => statuses('a').includes('STOPPED'));
    expect(last()?.reason).to.equal('TaskStateError: the task failed inside the agent');
    expect(world.happened().filter((event) => event === 'die main')).to.have.length(1);
    expect(statuses('b')).to.deep.equal(['RUNNING']);
    expect(world.logged.some((line) => line.startsWith('error Actor task/a failed'))).to.equal(
      true,
    );
  });
});

describe('the image of a container', () => {
  const pulls = async (behaviour: 'default' | 'always' | 'once' | 'prefer-cached') => {
    const world = new World({ rules: { pullBehavior: behaviour } });
    await world.start();
    for (const id of ['a', 'b']) {
      world.plane.deliver([wanted(task(id))]);
      await world.clock.until(() => world.plane.statusesOf(task(id).arn).length > 0);
    }
    return { world, count: world.engine.calls.get('pull') ?? 0 };
  };
  const counts: ['default' | 'always' | 'once' | 'prefer-cached', number][] = [
    ['default', 2],
    ['always', 2],
    ['once', 1],
    ['prefer-cached', 0],
  ];
  for (const [behaviour, count] of counts)
    it(`is pulled ${count} times for two tasks under ${behaviour}, when the Engine has it`, async () => {
      expect((await pulls(behaviour)).count).to.equal(count);
    });

  it('is remembered as pulled over a restart under once', async () => {
    const { world } = await pulls('once');
    await world.kill();
    await world.start();
    world.plane.deliver([wanted(task('c'))]);
    await world.clock.until(() => world.plane.statusesOf(task('c').arn).length > 0);
    expect(world.engine.calls.get('pull')).to.equal(1);
  });

  it('that was pulled leaves its times in what ECS is told', async () => {
    const { world } = await pulls('always');
    const [report] = world.plane.reports;
    expect(report?.pullStartedAt).to.be.a('number');
    expect(report?.pullStoppedAt).to.be.at.least(report?.pullStartedAt ?? Number.POSITIVE_INFINITY);
  });
});
