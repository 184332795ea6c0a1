import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import { EcsError } from '../../transport/ecs/port.ts';
import { container, ending, inessential, task, unwanted, wanted } from '../support/builders.ts';

describe('what ECS is told', () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.start();
  });

  const refused = (code: 'ECS_THROTTLED' | 'ECS_UNREACHABLE' | 'ECS_INVALID' | 'ECS_DENIED') =>
    new EcsError(code, 'X', 'no');
  const troubles = () => world.logged.filter((line) => / ECS /.test(line));
  const statuses = (id = 'a') => world.plane.statusesOf(task(id).arn);

  it('arrives in order and once each, whatever fails on the way', async () => {
    world.plane.failNext(
      'submit',
      refused('ECS_THROTTLED'),
      refused('ECS_UNREACHABLE'),
      refused('ECS_DENIED'),
      refused('ECS_THROTTLED'),
    );
    world.plane.deliver([wanted(task('a', [ending('main', 0, 1)]))]);
    await world.clock.until(() => statuses().includes('STOPPED'));
    await world.clock.advance(120_000);
    expect(statuses()).to.deep.equal(['RUNNING', 'STOPPED']);
  });

  it('is tried again after one second and more, thirty at most, for ever', async () => {
    const many = Array.from({ length: 40 }, () => refused('ECS_UNREACHABLE'));
    world.plane.failNext('submit', ...many);
    world.plane.deliver([wanted(task('a'))]);
    const from = world.clock.now();
    await world.clock.until(() => statuses().length > 0, 3 * 3_600_000);
    const averageMs = (world.clock.now() - from) / many.length;
    expect(averageMs).to.be.within(20_000, 36_000);
  });

  it('leaves out a change that ECS will never take, and goes on with the next', async () => {
    world.plane.failNext('submit', refused('ECS_INVALID'));
    world.plane.deliver([wanted(task('a', [ending('main', 0, 5)]))]);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(statuses()).to.deep.equal(['STOPPED']);
  });

  it('is named in one line of the log where ECS will never take it, with the reason', async () => {
    world.plane.failNext('submit', new EcsError('ECS_INVALID', 'X', 'no such task'));
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.advance(120_000);
    expect(troubles()).to.deep.equal([
      `warn ECS will never take that task ${task('a').arn} is RUNNING (main RUNNING); ` +
        'it is left out: no such task',
    ]);
    expect(statuses()).to.deep.equal([]);
  });

  it('is over for a task whose end ECS will never take: its remains go as those of others', async () => {
    const never = Array.from({ length: 2 }, () => refused('ECS_INVALID'));
    world.plane.failNext('submit', ...never);
    world.plane.deliver([wanted(task('a', [ending('main', 3, 5)]))]);
    await world.clock.advance(10_000);
    expect(troubles().at(-1)).to.include('is STOPPED (main STOPPED 3); it is left out');
    expect(world.stateOf('outbox/a')).to.equal(undefined);
    await world.clock.advance(4 * 3_600_000);
    expect(world.stateOf('task/a')).to.equal(undefined);
  });

  it('troubles the log once for each kind of trouble, and once when all of it got through', async () => {
    const kinds = ['ECS_UNREACHABLE', 'ECS_DENIED', 'ECS_UNREACHABLE'] as const;
    world.plane.failNext('submit', ...kinds.flatMap((kind) => Array(20).fill(refused(kind))));
    world.plane.deliver(Array.from({ length: 20 }, (_, at) => wanted(task(`t${at}`))));
    await world.clock.until(() => world.plane.reports.length === 20);
    const said = 'warn ECS does not take changes of tasks; it is told again until it does: no';
    expect(troubles().map((line) => line.replace(/,"taskArn":"[^"]*"/, ''))).to.deep.equal([
      `${said} {"code":"ECS_DENIED"}`,
      `${said} {"code":"ECS_UNREACHABLE"}`,
      'info ECS takes changes of tasks again {"seconds":5,"tasks":20,"failedTries":60}',
    ]);
    world.plane.failNext('submit', refused('ECS_DENIED'), refused('ECS_DENIED'));
    world.plane.deliver([unwanted(task('t1'))]);
    await world.clock.until(() => world.plane.reports.length === 21);
    expect(troubles().slice(3)).to.have.length(2);
  });

  it('is no trouble for the log when one retry is enough', async () => {
    world.plane.failNext('submit', refused('ECS_THROTTLED'));
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.until(() => statuses().length > 0);
    expect(troubles()).to.deep.equal([]);
  });

  it('is told again when a call hangs until its deadline', async () => {
    world.plane.api.plan('submit', [{ is: 'hang' }]);
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.advance(43_000);
    expect(statuses()).to.deep.equal([]);
    await world.clock.advance(1_000);
    expect(statuses()).to.deep.equal(['RUNNING']);
  });

  it('is not kept waiting by the calls of other tasks that hang', async () => {
    world.plane.api.plan(
      'submit',
      Array.from({ length: 9 }, () => ({ is: 'hang' })),
    );
    world.plane.deliver(Array.from({ length: 30 }, (_, at) => wanted(task(`t${at}`))));
    await world.clock.advance(1_000);
    expect(world.plane.reports).to.have.length(21);
  });

  it('gathers what happens to containers until the tick or the task’s own change', async () => {
    const sides = [1, 2, 3].map((n) => inessential(ending(`side${n}`, n, n)));
    world.plane.deliver([wanted(task('a', [ending('main', 0, 8), ...sides]))]);
    await world.clock.until(() => statuses().includes('STOPPED'));
    expect(statuses()).to.deep.equal(['RUNNING', 'STOPPED']);
    const last = world.plane.reports.at(-1);
    expect(last?.containers.map(({ name, exitCode }) => [name, exitCode])).to.deep.equal([
      ['main', 0],
      ['side1', 1],
      ['side2', 2],
      ['side3', 3],
    ]);
  });

  it('tells each container’s status once', async () => {
    world.plane.deliver([
      wanted(task('a', [container('main'), inessential(ending('side', 1, 1))])),
    ]);
    await world.clock.advance(120_000);
    const told = world.plane.reports.flatMap(({ containers }) =>
      containers.map(({ name, status }) => `${name} ${status}`),
    );
    expect(told.sort()).to.deep.equal(['main RUNNING', 'side RUNNING', 'side STOPPED']);
  });

  it('of many tasks is told by ten senders at a time', async () => {
    const slow = new World({ planeLatencyMs: 50 });
    await slow.start();
    slow.plane.deliver(Array.from({ length: 30 }, (_, at) => wanted(task(`t${at}`))));
    await slow.clock.until(() => slow.plane.reports.length === 30, 1_000);
    expect(slow.plane.api.mostAtOnce.submit).to.equal(10);
  });
});
