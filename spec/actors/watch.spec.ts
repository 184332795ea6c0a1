import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import { dockerNameOf } from '../../transport/docker/port.ts';
import { container, inessential, task, unwanted, wanted } from '../support/builders.ts';
import { lone } from '../support/engine-plans.ts';

const second = 1_000;
const minute = 60 * second;

describe('the watch over the Engine', () => {
  let world: World;
  beforeEach(async () => {
    world = new World({ cleanup: { intervalMs: 24 * 60 * minute } });
    await world.start();
  });

  /** The container instance that this agent is. */
  const mine = () => world.plane.registrations.length > 0 && instanceOf(world);

  /** Runs a container that no record knows, of this container instance or another. */
  const stray = async (id: string, { instance }: { instance: string }) => {
    const plan = task(id, [container('main')]);
    const ref = { ...lone(), task: plan, container: container('main') };
    const port = world.engine.port('specs');
    const made = port.create({ ...ref, containerInstanceArn: instance });
    await world.clock.advance(10);
    const up = port.start(ref);
    await world.clock.advance(10);
    await Promise.all([made, up]);
    return plan;
  };

  it('stands at once, and looks at all containers every five minutes and a half at most', async () => {
    const before = world.count('list');
    await world.clock.advance(60 * minute);
    expect(world.count('list') - before).to.be.within(10, 12);
    expect(world.count('watch')).to.equal(1);
  });

  it('asks again after growing delays of ten seconds at most, and from where it was', async () => {
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'RUNNING');
    world.engine.setReachable(false);
    const before = world.count('watch');
    await world.clock.advance(10 * minute);
    expect(world.count('watch') - before).to.be.within(50, 70);
    world.engine.core.exit(dockerNameOf({ task: task('a'), container: container('main') }), 8);
    world.engine.setReachable(true);
    await world.untilTold('a', 'STOPPED', 13 * second);
    expect(world.stateOf('watch')).to.equal('following.watching');
  });

  it('tells a container of its hints only: events of others change nothing', async () => {
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'RUNNING');
    const asked = world.asked.length;
    await stray('other', {
      instance: 'arn:aws:ecs:us-west-2:123456789012:container-instance/other',
    });
    await world.clock.advance(second);
    expect(world.asked).to.have.length(asked);
  });

  it('adopts a container of this instance that runs and that no record knows; ECS may stop it', async () => {
    const plan = await stray('lost', { instance: mine() || '' });
    await world.clock.advance(12 * minute);
    expect(world.told('lost')).to.deep.equal(['RUNNING: main RUNNING']);
    expect(world.logged.join()).to.include(
      'warn A container runs that no record knows: it is adopted',
    );
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('lost', 'STOPPED', minute);
    expect(world.happened().at(-1)).to.equal('die main');
    expect(world.told('lost').at(-1)).to.equal('STOPPED: main STOPPED 0');
  });

  it('adopts all that runs after its store was lost with the state of the tasks', async () => {
    world.plane.deliver([wanted(task('a')), wanted(task('b'))]);
    await world.clock.until(() => world.plane.reports.length === 2);
    await world.kill();
    await world.start((rows) => rows.filter(({ key }) => key === 'agent'));
    await world.clock.advance(12 * minute);
    expect(world.stateOf('task/a')).to.equal('running');
    expect(world.stateOf('task/b')).to.equal('running');
    expect(world.happened().filter((event) => event.startsWith('die'))).to.deep.equal([]);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING', 'RUNNING: main RUNNING']);
  });

  it('adopts what runs of a task whose plan was lost and whose outbox was not', async () => {
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'RUNNING');
    await world.kill();
    await world.start((rows) => rows.filter(({ key }) => !key.startsWith('plan/')));
    await world.clock.advance(12 * minute);
    expect(world.exit).to.equal(undefined);
    expect(world.stateOf('task/a')).to.equal('running');
  });

  it('leaves a container to the payload that ECS sends again after a crash', async () => {
    const plan = task('a', [container('main'), inessential(container('side'))], { memoryMiB: 256 });
    world.plane.deliver([wanted(plan)]);
    await world.untilTold('a', 'RUNNING');
    await world.kill();
    await world.start((rows) => rows.filter(({ key }) => key === 'agent'));
    world.plane.deliver([wanted(plan)]);
    await world.clock.advance(20 * minute);
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED', minute);
    await world.clock.advance(minute);
    expect([...world.cgroups.limits.keys()]).to.deep.equal([]);
    expect(world.logged.join()).not.to.include('adopted');
  });

  it('never touches a container of another instance', async () => {
    await stray('theirs', { instance: 'arn:aws:ecs:us-west-2:123456789012:container-instance/2' });
    await world.clock.advance(60 * minute);
    expect(world.stateOf('task/theirs')).to.equal(undefined);
    expect(world.happened()).to.deep.equal(['create main', 'start main']);
    expect(world.plane.reports).to.deep.equal([]);
  });
});

function instanceOf(world: World): string {
  const { containerInstanceArn } = world.agent?.system.get('agent').getSnapshot().context ?? {};
  return String(containerInstanceArn);
}
