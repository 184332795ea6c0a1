import { expect } from 'chai';
import { World } from '../../../bin/world/world.ts';
import { task, unwanted, wanted } from '../../support/builders.ts';
import { hour, minute, running, second, started } from './stories.ts';

/** The calls to the Engine, by their kind, since `before`. */
const since = (world: World, before: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries(
    [...world.engine.calls]
      .map(([call, count]) => [call, count - (before.get(call) ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );

/** ACS, which sends no heartbeats here, is another story. */
const isOfEngine = (line: string): boolean => !line.includes('ACS connection');

describe('the Engine that starts again', () => {
  it('does not end the agent that boots when it does not tell of one image', async () => {
    const world = new World();
    world.engine.hangNext('inspectImage');
    await world.begin();
    await world.clock.until(() => world.plane.connections === 1, minute);
    expect(world.exit).to.equal(undefined);
    await running(world, task('a'));
  });
});

describe('an Engine that does not answer', () => {
  it('for an hour is asked for its events alone, by 50 tasks that run', async () => {
    const world = await started();
    world.plane.deliver(Array.from({ length: 50 }, (_, at) => wanted(task(`t${at}`))));
    await world.clock.until(() => world.plane.reports.length === 50);
    await world.clock.advance(second);
    const [calls, lines] = [new Map(world.engine.calls), world.logged.length];
    world.engine.setReachable(false);
    await world.clock.advance(hour);
    const made = since(world, calls);
    expect(made).to.have.all.keys(['watch', 'list']);
    expect(made.watch).to.be.within(300, 420);
    expect(world.logged.slice(lines).filter(isOfEngine)).to.deep.equal([]);
    expect(world.plane.reports).to.have.length(50);
  });

  it('for ten minutes while tasks are to stop has them stopped when it does, and the log is quiet', async () => {
    const world = await started();
    const plans = Array.from({ length: 10 }, (_, at) => task(`t${at}`));
    world.plane.deliver(plans.map(wanted));
    await world.clock.until(() => world.plane.reports.length === 10);
    const lines = world.logged.length;
    world.engine.setReachable(false);
    world.plane.deliver(plans.map(unwanted));
    await world.clock.advance(10 * minute);
    expect(world.logged.slice(lines).filter(isOfEngine)).to.deep.equal([]);
    expect(world.plane.reports).to.have.length(10);
    world.engine.setReachable(true);
    await world.clock.until(() => world.plane.reports.length === 20, minute);
    for (const { arn } of plans)
      expect(world.plane.statusesOf(arn)).to.deep.equal(['RUNNING', 'STOPPED']);
  });
});
