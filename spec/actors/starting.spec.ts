import { expect } from 'chai';
import { contactInstance } from '../../actors/instance.ts';
import { World } from '../../bin/world/world.ts';
import { DockerError } from '../../transport/docker/port.ts';
import { EcsError } from '../../transport/ecs/port.ts';
import { SimClock } from '../../transport/sim/clock.ts';
import { SimInstance } from '../../transport/sim/host.ts';
import { simRandom } from '../../transport/sim/random.ts';
import { task, wanted } from '../support/builders.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const warnings = ({ logged }: World) => logged.filter((line) => line.startsWith('warn'));

describe('a start before the Engine', () => {
  it('waits for it, says so once, and goes on as if nothing had been', async () => {
    const world = new World();
    world.engine.setReachable(false);
    await world.begin();
    await world.clock.advance(8 * second);
    expect(warnings(world)).to.have.length(1);
    expect(warnings(world)[0]).to.match(/cannot be reached.*it is tried again for 10 s/);
    world.engine.setReachable(true);
    await world.clock.advance(2.1 * second);
    expect(world.plane.connections).to.equal(1);
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'RUNNING');
    expect(warnings(world)).to.have.length(1);
  });

  it('is tried for ten seconds, ever more slowly, and ends with 1 and the remedy', async () => {
    const world = new World();
    world.engine.setReachable(false);
    const from = world.clock.now();
    await world.begin();
    await world.clock.until(() => world.exit !== undefined, minute);
    expect(world.clock.now() - from).to.be.within(10_000, 10_100);
    expect(world.count('version')).to.be.within(7, 9);
    expect(world.exit?.code).to.equal(1);
    expect(world.exit?.reason).to.match(/cannot be reached.*set DOCKER_HOST/);
  });

  it('waits for one that takes a call and does not answer it', async () => {
    const world = new World();
    for (let i = 0; i < 3; i++)
      world.engine.failNext('version', new DockerError('DOCKER_TIMEOUT', 'no answer'));
    await world.begin();
    await world.clock.advance(3 * second);
    expect(world.plane.connections).to.equal(1);
  });

  it('ends at once with 0 when it is asked to', async () => {
    const world = new World();
    world.engine.setReachable(false);
    await world.begin();
    await world.clock.advance(3 * second);
    world.agent?.stop();
    await world.clock.settle();
    expect(world.exit).to.deep.equal({ code: 0, reason: '' });
  });

  it('does not wait for what will not come', async () => {
    const world = new World({ taskLimitsRequired: true });
    world.cgroups.setUnready('no cgroups here');
    await world.begin();
    await world.clock.advance(second);
    expect(world.exit?.code).to.equal(5);
    expect(world.exit?.reason).to.match(/ECS_ENABLE_TASK_CPU_MEM_LIMIT=false/);
  });
});

describe('a start before the network', () => {
  const unreachable = () => new EcsError('ECS_UNREACHABLE', 'ENETUNREACH', 'no way to ECS');

  it('waits for it, and says so once', async () => {
    const world = new World();
    world.plane.failNext('register', unreachable(), unreachable(), unreachable());
    await world.start();
    expect(world.plane.connections).to.equal(1);
    expect(warnings(world)).to.deep.equal(['warn no way to ECS; it is tried again for 10 s']);
  });

  it('ends with 1 and the remedy after ten seconds', async () => {
    const world = new World();
    world.plane.failNext('register', ...Array.from({ length: 20 }, unreachable));
    const from = world.clock.now();
    await world.begin();
    await world.clock.until(() => world.exit !== undefined, minute);
    expect(world.clock.now() - from).to.be.within(10_000, 10_100);
    expect(world.exit?.code).to.equal(1);
    expect(world.exit?.reason).to.match(/^no way to ECS\. .*ECS_BACKEND_HOST/);
  });
});

describe('the first contact with the metadata of an instance', () => {
  let clock: SimClock;
  let instance: SimInstance;
  let said: string[];
  beforeEach(() => {
    clock = new SimClock(1_700_000_000_000);
    instance = new SimInstance(clock);
    said = [];
    instance.setTrouble('METADATA_UNREACHABLE');
  });

  /** What the contact comes to: a code, or `answered`; undefined while it is waited for. */
  const contact = (expected: boolean) => {
    const outcome: { is?: string } = {};
    const say = (message: string) => said.push(message);
    const log = { debug: say, info: say, warn: say, error: say };
    const ports = { clock, random: simRandom(1), log, metadata: instance.port };
    void contactInstance(ports, { expected }).then((trouble) => {
      outcome.is = trouble?.code ?? 'answered';
    });
    return outcome;
  };

  it('is made by a service that comes up a while after the agent', async () => {
    const outcome = contact(true);
    await clock.advance(5 * second);
    expect(outcome.is).to.equal(undefined);
    instance.setTrouble(null);
    await clock.advance(2.5 * second);
    expect(outcome.is).to.equal('answered');
    expect(said).to.have.length(1);
    expect(said[0]).to.match(/it is tried again for 10 s/);
  });

  it('is given up after ten seconds', async () => {
    const outcome = contact(true);
    await clock.advance(9.9 * second);
    expect(outcome.is).to.equal(undefined);
    await clock.advance(0.2 * second);
    expect(outcome.is).to.equal('METADATA_UNREACHABLE');
  });

  it('is tried once where nobody has to be there', async () => {
    const outcome = contact(false);
    await clock.advance(2);
    expect(outcome.is).to.equal('METADATA_UNREACHABLE');
    expect(said).to.deep.equal([]);
  });
});

describe('an agent on an EC2 instance', () => {
  it('registers with the identity document of its instance', async () => {
    const world = new World();
    await world.start();
    expect(world.plane.registrations[0]?.identity).to.deep.equal({
      document: '{"region":"us-west-2"}',
      signature: 'SIMULATED',
    });
  });

  it('registers without it where it cannot be had, and says so', async () => {
    const world = new World();
    world.instance.setTrouble('METADATA_REFUSED');
    await world.start();
    expect(world.plane.registrations[0]?.identity).to.equal(null);
    expect(warnings(world)[0]).to.match(/without the identity document of the instance.*403/);
  });

  it('ends with 5 where cloud-init has missed the user data of the instance', async () => {
    const world = new World();
    world.host.setCloudInit('DataSourceNone');
    world.instance.set({ userData: '#!/bin/sh' });
    await world.start();
    expect(world.exit?.code).to.equal(5);
    expect(world.exit?.reason).to.match(/cloud-init clean --reboot/);
  });

  const fine: [string, (world: World) => void][] = [
    ['that has no user data', (world) => world.host.setCloudInit('DataSourceNone')],
    [
      'whose user data nobody tells',
      (world) => {
        world.host.setCloudInit('DataSourceNone');
        world.instance.setTrouble('METADATA_UNREACHABLE');
      },
    ],
    [
      'whose user data cloud-init has found',
      (world) => {
        world.host.setCloudInit('DataSourceEc2Local');
        world.instance.set({ userData: '#!/bin/sh' });
      },
    ],
  ];
  for (const [which, make] of fine)
    it(`registers one ${which}`, async () => {
      const world = new World();
      make(world);
      await world.start();
      expect(world.plane.registrations).to.have.length(1);
    });
});

describe('an instance in a warm pool', () => {
  const watching = { warmPool: true, spot: false };
  const begun = async () => {
    const world = new World({ watching });
    world.instance.set({ lifecycleState: 'Warmed:Stopped' });
    await world.begin();
    return world;
  };

  it('registers once it is in service, however long that takes', async () => {
    const world = await begun();
    await world.clock.advance(5 * hour);
    expect(world.plane.registrations).to.deep.equal([]);
    expect(world.instance.asked.get('lifecycleState')).to.be.within(300, 301);
    world.instance.set({ lifecycleState: 'InService' });
    await world.clock.advance(minute);
    expect(world.plane.connections).to.equal(1);
    expect(warnings(world)).to.deep.equal([]);
  });

  it('is not given up while the service is ill or away', async () => {
    const world = await begun();
    await world.clock.advance(10 * minute);
    for (const trouble of ['METADATA_UNAVAILABLE', 'METADATA_UNREACHABLE'] as const) {
      world.instance.setTrouble(trouble);
      await world.clock.advance(3 * hour);
      expect(world.exit).to.equal(undefined);
    }
    world.instance.setTrouble(null);
    world.instance.set({ lifecycleState: 'InService' });
    await world.clock.advance(minute);
    expect(world.plane.connections).to.equal(1);
  });

  it('ends with 5 where no place in a pool is named for two hours', async () => {
    const world = new World({ watching });
    await world.begin();
    await world.clock.advance(2 * hour - 2 * minute);
    expect(world.exit).to.equal(undefined);
    await world.clock.advance(2 * minute);
    expect(world.exit?.code).to.equal(5);
    expect(world.exit?.reason).to.match(/ECS_WARM_POOLS_CHECK=false/);
  });

  it('ends with 5 where the service refuses to tell', async () => {
    const world = await begun();
    world.instance.setTrouble('METADATA_REFUSED');
    await world.clock.advance(2 * minute);
    expect(world.exit?.code).to.equal(5);
  });

  it('ends at once with 0 when it is asked to', async () => {
    const world = await begun();
    await world.clock.advance(90 * second);
    world.agent?.stop();
    await world.clock.settle();
    expect(world.exit).to.deep.equal({ code: 0, reason: '' });
  });
});
