import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import { EcsError } from '../../transport/ecs/port.ts';

const second = 1_000;
const terminate = { action: 'terminate', time: '2026-11-01T10:00:00Z' };

describe('an agent on a Spot Instance', () => {
  let world: World;
  const lines = (level: string) => world.logged.filter((line) => line.startsWith(level));

  const started = async (spot = true) => {
    world = new World({ watching: { warmPool: false, spot } });
    await world.start();
    return world;
  };

  it('asks each second whether it is to be interrupted', async () => {
    await started();
    await world.clock.advance(60 * second);
    expect(world.instance.asked.get('spotAction')).to.be.within(59, 61);
    expect(world.plane.states).to.deep.equal([]);
    expect(lines('warn')).to.deep.equal([]);
  });

  it('has itself drained within two seconds of the notice, says so, and asks no more', async () => {
    await started();
    await world.clock.advance(10 * second);
    world.instance.set({ spotAction: terminate });
    await world.clock.advance(2 * second);
    const arn = world.agent?.system.get('agent').getSnapshot().context.containerInstanceArn;
    expect(world.plane.states).to.deep.equal([{ arn, cluster: 'specs', status: 'DRAINING' }]);
    expect(lines('warn')).to.deep.equal(['warn EC2 is about to terminate this Spot Instance']);
    expect(world.logged).to.include('info ECS drains this instance {"action":"terminate"}');
    const asked = world.instance.asked.get('spotAction');
    await world.clock.advance(60 * second);
    expect(world.instance.asked.get('spotAction')).to.equal(asked);
    expect(world.plane.states).to.have.length(1);
  });

  it('tells ECS each second until it has taken it, and says once that it has not', async () => {
    await started();
    const busy = () => new EcsError('ECS_THROTTLED', 'ThrottlingException', 'too busy');
    world.plane.failNext('updateState', busy(), busy(), busy());
    world.instance.set({ spotAction: terminate });
    await world.clock.advance(6 * second);
    expect(world.plane.states).to.have.length(1);
    expect(lines('warn')).to.have.length(2);
    expect(lines('warn')[1]).to.match(/told again: too busy/);
  });

  it('goes on asking where nobody can tell, and says so once', async () => {
    await started();
    world.instance.setTrouble('METADATA_UNAVAILABLE');
    await world.clock.advance(30 * second);
    expect(lines('warn')).to.have.length(1);
    world.instance.setTrouble(null);
    world.instance.set({ spotAction: terminate });
    await world.clock.advance(2 * second);
    expect(world.plane.states).to.have.length(1);
  });

  it('says once of an action that it does not know, and goes on asking', async () => {
    await started();
    world.instance.set({ spotAction: { action: 'nap', time: '' } });
    await world.clock.advance(30 * second);
    expect(lines('warn')).to.deep.equal(['warn EC2 is about to nap this Spot Instance']);
    expect(world.plane.states).to.deep.equal([]);
  });

  it('asks nothing where it is not to be drained', async () => {
    await started(false);
    await world.clock.advance(60 * second);
    expect(world.instance.asked.get('spotAction')).to.equal(undefined);
  });
});
