import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import { EcsError } from '../../transport/ecs/port.ts';
import { task, wanted } from '../support/builders.ts';

const minute = 60_000;
const hour = 60 * minute;

describe('the session with ACS', () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.start();
  });

  /** Lets time pass with a heartbeat each half minute, as ACS sends them. */
  const live = async (ms: number) => {
    const end = world.clock.now() + ms;
    while (world.clock.now() < end) {
      world.plane.heartbeat('beat');
      await world.clock.advance(Math.min(30_000, end - world.clock.now()));
    }
  };

  it('answers a heartbeat', () => {
    world.plane.heartbeat('h-1');
    expect(world.plane.acknowledgements).to.deep.equal([{ kind: 'heartbeat', messageId: 'h-1' }]);
  });

  it('acknowledges a payload and the credentials that came with it', async () => {
    const credentials = [{ credentialsId: 'app', expiration: '2030-01-01T00:00:00Z' }];
    const messageId = world.plane.deliver([wanted(task('a'))], [], credentials);
    await world.clock.settle();
    expect(world.plane.acknowledgements.map(({ kind }) => kind)).to.deep.equal([
      'payload',
      'credentials',
    ]);
    expect(world.plane.acknowledgements[1]).to.deep.equal({
      kind: 'credentials',
      messageId,
      ...credentials[0],
    });
  });

  it('is opened again at once when the peer ended it in good order', async () => {
    world.plane.drop({ clean: true });
    await world.clock.advance(100);
    expect(world.plane.connections).to.equal(2);
  });

  it('is opened again after a growing delay when it broke', async () => {
    const openings: number[] = [];
    for (let i = 0; i < 4; i++) {
      const broken = world.clock.now();
      const before = world.plane.connections;
      world.plane.drop({ clean: false });
      await world.clock.until(() => world.plane.connections > before);
      openings.push(world.clock.now() - broken);
    }
    const least = [250, 375, 562, 843];
    openings.forEach((delay, at) => {
      expect(delay).to.be.within(least[at] ?? 0, (least[at] ?? 0) * 1.2 + 10);
    });
  });

  it('forgets earlier failures once a connection has lived for two minutes', async () => {
    for (let i = 0; i < 5; i++) {
      world.plane.drop({ clean: false });
      await world.clock.advance(minute / 4);
    }
    await live(3 * minute);
    const broken = world.clock.now();
    const before = world.plane.connections;
    world.plane.drop({ clean: false });
    await world.clock.until(() => world.plane.connections > before);
    expect(world.clock.now() - broken).to.be.below(350);
  });

  it('is given up when nothing is heard for one to two minutes', async () => {
    await world.clock.advance(minute - 1_000);
    expect(world.plane.connections).to.equal(1);
    await world.clock.advance(minute + 2_000);
    expect(world.plane.connections).to.be.at.least(2);
  });

  it('is renewed in good order when it is 30 to 35 minutes old', async () => {
    await live(30 * minute - 1_000);
    expect(world.plane.connections).to.equal(1);
    await live(5 * minute + 2_000);
    expect(world.plane.connections).to.equal(2);
  });

  it('leaves ACS alone for an hour when the container instance is not active', async () => {
    world.plane.drop({ clean: false, inactiveInstance: true });
    await world.clock.advance(hour - 1_000);
    expect(world.plane.connections).to.equal(1);
    await world.clock.advance(2_000);
    expect(world.plane.connections).to.equal(2);
    expect(world.exit).to.equal(undefined);
  });

  it('waits for ECS to name the endpoint, however long it takes', async () => {
    const ill = () => new EcsError('ECS_THROTTLED', 'ServerException', 'ill');
    world.plane.failNext('discover', ill(), ill(), ill());
    world.plane.drop({ clean: true });
    await world.clock.advance(5_000);
    expect(world.plane.connections).to.equal(2);
  });

  it('that crashes is started anew, and five crashes in a minute end the agent', async () => {
    for (let i = 0; i < 5; i++) {
      world.agent?.system.get('session').send({ type: 'message.received' });
      await world.clock.advance(1_000);
      expect(world.exit).to.equal(undefined);
    }
    expect(world.plane.connections).to.equal(6);
    world.agent?.system.get('session').send({ type: 'message.received' });
    await world.clock.advance(1_000);
    expect(world.exit).to.deep.equal({ code: 1, reason: 'The session with ACS keeps failing.' });
  });
});

describe('registering', () => {
  const refusal = (code: 'ECS_THROTTLED' | 'ECS_INVALID' | 'ECS_DENIED') =>
    new EcsError(code, 'X', `because of ${code}`);

  it('is tried again while ECS is throttling', async () => {
    const world = new World();
    world.plane.failNext('register', refusal('ECS_THROTTLED'), refusal('ECS_THROTTLED'));
    const from = world.clock.now();
    await world.start();
    expect(world.plane.registrations).to.have.length(1);
    expect(world.clock.now() - from).to.be.within(9_000, 11_000);
  });

  it('is given up after an hour of throttling', async () => {
    const world = new World();
    world.plane.failNext('register', ...Array.from({ length: 60 }, () => refusal('ECS_THROTTLED')));
    await world.begin();
    await world.clock.advance(hour + 10 * minute);
    expect(world.exit).to.deep.equal({ code: 1, reason: 'because of ECS_THROTTLED' });
  });

  it('uses one client token for all its tries', async () => {
    const world = new World();
    await world.start();
    const [registration] = world.plane.registrations;
    expect(registration?.clientToken).to.match(/^[0-9a-f-]{36}$/);
    expect(registration?.resources).to.deep.equal({
      cpuUnits: 2048,
      memoryMiB: 4096 - 512,
      tcpPorts: [22],
      udpPorts: [],
    });
  });

  it('ends the agent with 1 where more memory is reserved than there is', async () => {
    const world = new World({ reservedMemoryMiB: 5_000 });
    await world.start();
    expect(world.exit).to.deep.equal({
      code: 1,
      reason: 'ECS_RESERVED_MEMORY reserves 5000 MiB, but the host has 4096 MiB: reserve less',
    });
    expect(world.plane.registrations).to.deep.equal([]);
  });

  const ends: ['ECS_INVALID' | 'ECS_DENIED', number][] = [
    ['ECS_INVALID', 5],
    ['ECS_DENIED', 1],
  ];
  for (const [code, exit] of ends)
    it(`ends the agent with ${exit} after ${code}`, async () => {
      const world = new World();
      world.plane.failNext('register', refusal(code));
      await world.start();
      expect(world.exit).to.deep.equal({ code: exit, reason: `because of ${code}` });
    });
});

describe('asked to stop', () => {
  it('the agent ends with 0 and leaves its tasks running', async () => {
    const world = new World();
    await world.start();
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.until(() => world.plane.reports.length > 0);
    world.agent?.stop();
    await world.clock.settle();
    expect(world.exit).to.deep.equal({ code: 0, reason: '' });
    expect(world.happened()).to.deep.equal(['create main', 'start main']);
  });

  it('it does not wait for a disk that does not answer', async () => {
    const world = new World();
    await world.start();
    world.store.hold();
    world.plane.deliver([wanted(task('a'))]);
    world.agent?.stop();
    await world.clock.advance(2_900);
    expect(world.exit).to.equal(undefined);
    await world.clock.advance(200);
    expect(world.exit?.code).to.equal(0);
  });
});
