import { expect } from 'chai';
import { EcsError } from '../../transport/ecs/port.ts';
import { container, ending, inessential, task, wanted } from '../support/builders.ts';
import { World } from '../support/world.ts';

describe('what ECS is told', () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.start();
  });

  const refused = (code: 'ECS_THROTTLED' | 'ECS_UNREACHABLE' | 'ECS_INVALID' | 'ECS_DENIED') =>
    new EcsError(code, 'X', 'no');
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
    let most = 0;
    let now = 0;
    const { ecs } = world.plane;
    const submit = ecs.submitTaskStateChange;
    const slow = new World();
    slow.plane.ecs.submitTaskStateChange = async (...given) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise<void>((resolve) => slow.clock.at(slow.clock.now() + 50, resolve));
      now -= 1;
      return submit(...given);
    };
    await slow.start();
    slow.plane.deliver(Array.from({ length: 30 }, (_, at) => wanted(task(`t${at}`))));
    await slow.clock.advance(1_000);
    expect(most).to.equal(10);
    expect(now).to.equal(0);
  });
});
